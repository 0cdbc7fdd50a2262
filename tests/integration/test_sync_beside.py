"""Sync on the machine's clock, while another program writes into the same file."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from callendar.contracts.store import Store
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.engine.clock import SystemClock
from callendar.engine.held import HeldPeople
from callendar.engine.plan import replan
from callendar.engine.service import Engine
from callendar.store.open import open_store
from tests.connections import save_connection
from tests.fakes.house import booking, expand_nothing
from tests.fakes.source import FakeSystem

pytestmark = pytest.mark.anyio

COMPANY = Company(id=CompanyId("acme"), name="Acme", zone="UTC", rules=Rules(), reasons=REASONS)
CONNECTION = Connection(
    id=ConnectionId("c_1"), company_id=COMPANY.id, kind="fake", name="Feed", settings={}, poll_seconds=3600
)
ANNA = Person(id=PersonId("anna"), company_id=COMPANY.id, name="Anna")
CALENDAR_ID = CalendarId("k_1")
AT_ONCE_SECONDS = 5
"""A second is promised; the machine may be busy with other tests."""


class Beside:
    """The running engine, and a store of its own on the same file, as the command line opens one."""

    def __init__(self, store: Store, held: HeldPeople, system: FakeSystem) -> None:
        self.store = store
        self.held = held
        self.system = system

    async def connect_anna(self) -> None:
        """What `callendar connect` leaves behind."""
        now = self.system.clock.now()
        await save_connection(self.store, CONNECTION)
        calendar = Calendar(
            id=CALENDAR_ID,
            company_id=COMPANY.id,
            person_id=ANNA.id,
            connection_id=CONNECTION.id,
            ref="anna",
            name="Calendar",
            added_at=now,
        )
        async with self.store.change(COMPANY.id, [ANNA.id]) as tx:
            await tx.save_person(ANNA, now)
            await tx.save_calendar(calendar)
            await replan(tx, ANNA.id)


async def wait_for(true: Callable[[], Awaitable[bool] | bool]) -> None:
    """Poll until something is so."""
    deadline = time.monotonic() + AT_ONCE_SECONDS
    while True:
        found = true()
        if found if isinstance(found, bool) else await found:
            return
        assert time.monotonic() < deadline, "not so in time"
        await anyio.sleep(0.02)


@asynccontextmanager
async def beside(path: Path) -> AsyncGenerator[Beside]:
    clock = SystemClock()
    serving, other = await open_store(path, clock=clock), await open_store(path, clock=clock)
    try:
        await serving.save_company(COMPANY)
        held, system = HeldPeople(serving), FakeSystem(clock)
        engine = Engine(
            store=serving, held=held, clock=clock, sources={"fake": system.kind}, switchboards=[], expand=expand_nothing
        )
        async with anyio.create_task_group() as group:
            ready = anyio.Event()
            group.start_soon(lambda: engine.run(ready=ready))
            await ready.wait()
            yield Beside(other, held, system)
            group.cancel_scope.cancel()
    finally:
        await other.close()
        await serving.close()


async def test_what_the_command_line_connects_is_read_and_held_at_once(tmp_path: Path) -> None:
    """Person, connection and calendar are new to the running engine."""
    async with beside(tmp_path / "callendar.db") as run:
        start = run.system.clock.now() + timedelta(hours=1)
        run.system.put("anna", "1", booking(start, 60))
        await run.connect_anna()
        await wait_for(lambda: ANNA.id in run.held.company(COMPANY.id).rows)
        await wait_for(lambda: len(run.held.company(COMPANY.id).rows[ANNA.id].timetable) == 1)
        assert run.held.company(COMPANY.id).rows[ANNA.id].timetable[0].start == start


async def test_a_request_of_the_command_line_is_taken_at_once(tmp_path: Path) -> None:
    """Though the next poll would be in an hour; the referral that was moved is followed."""
    async with beside(tmp_path / "callendar.db") as run:
        await run.connect_anna()
        await wait_for(lambda: len(run.system.asked) == 1)
        run.system.put("anna", "1", booking(run.system.clock.now(), 60))
        await run.store.request_sync(COMPANY.id, [CALENDAR_ID])
        await wait_for(lambda: len(run.system.asked) == 2)
        await wait_for(lambda: len(run.held.company(COMPANY.id).rows[ANNA.id].timetable) == 1)
