"""Several processes on one database: they wait for one another, hear of one another, and may die at any moment."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from callendar.contracts.store import Store
from callendar.domain.person import PersonId
from callendar.store.open import open_store
from tests.clock import HandClock
from tests.contracts.store_cast import ANNA, CALENDAR, cast, plant, subjects
from tests.integration.store_writer import OBJECTS
from tests.postgres import KEYS

pytestmark = pytest.mark.anyio
NORTH = cast()
ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["file", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the database is."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "callendar.db")


@pytest.fixture
async def store(database: str) -> AsyncGenerator[Store]:
    """The store as this process has it open."""
    opened = await open_store(database, clock=HandClock(), keys=KEYS)
    await plant(opened, NORTH)
    yield opened
    await opened.close()


def start_writer(database: str, name: str, rounds: int) -> subprocess.Popen[str]:
    """A writer in a process of its own, running from the checkout."""
    command = [sys.executable, "-m", "tests.integration.store_writer", database, name, str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def run_writers(database: str, names: list[str], rounds: int) -> None:
    """All at once, to their ends."""
    writers = [start_writer(database, name, rounds) for name in names]
    for writer in writers:
        writer.communicate(timeout=60)
    assert [writer.returncode for writer in writers] == [0] * len(names)


def run_and_kill(database: str, name: str, after_seconds: float) -> int:
    """Let a writer write, kill it without warning, and say which round it had said was kept."""
    with start_writer(database, name, 0) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline())]
        try:
            writer.wait(after_seconds)
        except subprocess.TimeoutExpired:
            writer.kill()
        said += [int(line) for line in writer.stdout if line.endswith("\n")]
    return max(said)


async def test_two_processes_write_one_database(store: Store, database: str) -> None:
    """Every transaction of both is kept whole, with an n of its own, and orders count in one line."""
    n = await store.load_counter(NORTH.id)
    await to_thread.run_sync(run_writers, database, ["a", "b"], 15)
    changes = [await store.load_change(NORTH.id, f"{name} {each}") for name in "ab" for each in range(1, 16)]
    assert sorted(change.n for change in changes) == list(range(n + 1, n + 31))
    assert sorted(len(change.before.referrals) for change in changes) == list(range(30))
    referrals = (await store.load_causes(NORTH.id, ANNA)).orders.referrals
    assert [each.accepted for each in referrals] == list(range(1, 31))
    assert len(set(subjects(await store.load_causes(NORTH.id, ANNA)))) == 1


async def test_commit_of_another_process_is_heard_of(store: Store, database: str) -> None:
    """Whoever waits is woken, and finds what was written above the last n."""
    n = await store.load_counter(NORTH.id)
    found: list[PersonId] = []
    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(to_thread.run_sync, run_writers, database, ["a"], 1)
            while not found:
                await store.wait_for_change()
                since = await store.load_rows_since(NORTH.id, n)
                assert since is not None
                found = [row.person.id for row in since.rows]
    assert found == [ANNA]


async def test_killed_writer_leaves_nothing_half_done(store: Store, database: str) -> None:
    """At whatever moment it is killed: what it said was kept is there, and every reading is whole or not at all."""
    chance = random.Random(20261123)
    for attempt in range(8):
        name = f"w{attempt}"
        said = await to_thread.run_sync(run_and_kill, database, name, chance.uniform(0.0, 0.3))
        causes = await store.load_causes(NORTH.id, ANNA)
        found = subjects(causes)
        assert len(found) == OBJECTS
        assert len(set(found)) == 1
        assert (await store.load_calendar_sync(NORTH.id, CALENDAR)).known is not None
        mine = [each.id for each in causes.orders.referrals if each.id.startswith(name)]
        assert mine[:said] == [f"{name} {number}" for number in range(1, said + 1)]
        assert len(mine) in (said, said + 1)
        assert found[0] == mine[-1]
        rows = await store.load_rows(NORTH.id)
        assert max(row.version for row in rows.rows) <= rows.n
        assert (await store.load_change(NORTH.id, mine[-1])).n == rows.n
