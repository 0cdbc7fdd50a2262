"""Present against a real store and the demo's switchboard, in a process that is killed: started late, killed, started
again, what is shown is what is wanted."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL

import anyio
import pytest

from callendar.contracts.store import Store
from callendar.contracts.switchboard import Shown
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.reason import ReasonCode
from callendar.domain.reason_table import REASONS
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.domain.timetable import Segment
from callendar.engine.clock import SystemClock
from callendar.engine.plan import current_planned_with
from callendar.engine.shown import show
from callendar.store.open import open_store
from callendar.switchboards.demo.wire import Ahead, Show, parse_lines

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
COMPANY = Company(id=CompanyId("acme"), name="Acme", reasons=REASONS)
PEOPLE = [PersonId(f"p_{n:03}") for n in range(60)]
DEADLINE_SECONDS = 20


def row(person_id: PersonId, now: datetime, starts_in_seconds: int) -> Row:
    """Referred for a quarter of an hour from a while from now."""
    start = now + timedelta(seconds=starts_in_seconds)
    end = start + timedelta(minutes=15)
    person = Person(id=person_id, company_id=COMPANY.id, name=person_id, extensions=(Extension(number=person_id[2:]),))
    meeting = Segment(start=start, end=end, kind="referred", reason=ReasonCode("meeting"), back_at=end)
    return Row(person=person, timetable=(meeting,), slid_at=now)


async def save(store: Store, rows: list[Row]) -> None:
    async with store.change(COMPANY.id, [row.person.id for row in rows]) as tx:
        for row in rows:
            await tx.save_person(row.person, row.slid_at)
            await tx.save_row(row, current_planned_with(await tx.load_company()))


@asynccontextmanager
async def driven(database: Path, file: Path) -> AsyncGenerator[None]:
    """A process drives the switchboard within, and is then killed without a word."""
    command = [sys.executable, "-m", "tests.integration.drive", str(database), str(file)]
    process = await anyio.open_process(command, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield
        assert process.returncode is None
    finally:
        process.kill()
        await process.wait()


def shown_by(file: Path) -> dict[PersonId, Shown]:
    """What the file says is shown."""
    lines = parse_lines(file.read_bytes()) if file.exists() else []
    return {line.person: line.shown for line in lines if isinstance(line, Show)}


async def wait_until_wanted_is_shown(store: Store, file: Path) -> None:
    """Poll until everybody is shown as her row says at that instant."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        rows = (await store.load_rows(COMPANY.id)).rows
        shown = shown_by(file)
        now = SystemClock().now()
        missing = [each.person.id for each in rows if shown.get(each.person.id) != show(each, COMPANY, now)]
        if not missing:
            return
        assert time.monotonic() < deadline, f"{len(missing)} people are not shown as wanted, {missing[0]} among them"
        await anyio.sleep(0.1)


async def test_started_late_killed_and_started_again_it_shows_what_is_wanted(tmp_path: Path) -> None:
    """Edges that pass while nothing runs are shown at the next start, and only they; an edge while it runs is shown at
    its second."""
    database, file = tmp_path / "callendar.db", tmp_path / "switchboard.log"
    clock = SystemClock()
    store = await open_store(database, clock=clock)
    try:
        await store.save_company(COMPANY)
        now = clock.now()
        early = [row(each, now, -60) for each in PEOPLE[:20]]
        later = [row(each, now, 3600) for each in PEOPLE[20:]]
        await save(store, early + later)

        async with driven(database, file):
            await wait_until_wanted_is_shown(store, file)
            soon = clock.now() + timedelta(seconds=3)
            await save(store, [row(each, clock.now(), 3) for each in PEOPLE[20:40]])
            await wait_until_wanted_is_shown(store, file)
            await clock.sleep_until(soon + timedelta(seconds=1))
            await wait_until_wanted_is_shown(store, file)
        edges = [
            line
            for line in parse_lines(file.read_bytes())
            if isinstance(line, Show) and line.person in PEOPLE[20:40] and line.shown.kind == "referred"
        ]
        assert len(edges) == 20
        assert all(timedelta(0) <= line.at - soon <= timedelta(seconds=2) for line in edges)

        before = file.stat().st_size
        await save(store, [row(each, clock.now(), -1) for each in PEOPLE[40:50]])
        async with driven(database, file):
            await wait_until_wanted_is_shown(store, file)
        said = parse_lines(file.read_bytes()[before:])
        assert {line.person for line in said if isinstance(line, Show)} == set(PEOPLE[40:50])
        assert {line.person for line in said if isinstance(line, Ahead)} <= set(PEOPLE)
    finally:
        await store.close()
