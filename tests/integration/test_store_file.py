"""A store on a file: readers beside a writer, cancelled work, and a day on which nothing happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import product
from pathlib import Path

import anyio
import pytest

from callendar.contracts.store import Store
from callendar.store.connect import begun
from callendar.store.open import open_store
from callendar.store.place import FilePlace
from callendar.store.sqlite import scrub
from callendar.store.sqlite.engine import open_engine
from tests.clock import HandClock
from tests.contracts.store_cast import ANNA, BO, PLANNED_WITH, apply, booking, cast, plant, read, reading, referral, row

pytestmark = pytest.mark.anyio
NORTH = cast()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncGenerator[Store]:
    """A store with the cast in it."""
    opened = await open_store(tmp_path / "callendar.db", clock=HandClock())
    await plant(opened, NORTH)
    yield opened
    await opened.close()


async def test_readers_do_not_wait_for_a_writer(store: Store) -> None:
    """Whoever asks in the middle of a transaction is answered at once, with what stood before."""
    with anyio.fail_after(5):
        async with store.change(NORTH.id, [ANNA]) as tx:
            await tx.save_referral(referral("r1"))
            await tx.save_row(row(NORTH.anna, 1), PLANNED_WITH)
            assert (await store.load_causes(NORTH.id, ANNA)).orders.referrals == ()
            assert (await store.load_rows(NORTH.id, [ANNA])).rows[0].timetable == ()
    assert (await store.load_rows(NORTH.id, [ANNA])).rows[0].timetable != ()


async def test_writing_is_durable_before_it_is_answered(store: Store, tmp_path: Path) -> None:
    """WAL, synced fully, foreign keys on: what was answered survives the power."""
    place = FilePlace(tmp_path / "callendar.db")
    engine = open_engine(place, begin="BEGIN IMMEDIATE", connections=1)
    async with begun(engine, place) as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar_one() == value
    await engine.dispose()


async def test_cancelled_transaction_leaves_nothing_and_the_next_goes_on(store: Store) -> None:
    """Cancelled at any await, by a scope or by its task: nothing half-done, nobody waits for a lock of no one's."""

    async def cancel_task(delay: float) -> None:
        task = asyncio.create_task(apply(store, NORTH, reading(many, complete=True)))
        await asyncio.wait({task}, timeout=delay)
        task.cancel()
        await asyncio.wait({task})

    async def cancel_scope(delay: float) -> None:
        with anyio.move_on_after(delay):
            await apply(store, NORTH, reading(many, complete=True))

    many = {f"r{number}": read(booking(str(number))) for number in range(300)}
    for cancel, millis in product((cancel_scope, cancel_task), range(0, 24, 2)):
        await cancel(millis / 1_000)
        with anyio.fail_after(10):
            kept = len((await store.load_causes(NORTH.id, ANNA)).calendars[0].bookings)
            assert kept in (0, 300)
            await apply(store, NORTH, reading(complete=True))


async def test_what_changes_nothing_is_not_written(store: Store, tmp_path: Path) -> None:
    """Polls without news and plans without a difference leave every byte of the files as it was."""
    complete = reading({"a": read(booking())}, complete=True)
    await apply(store, NORTH, complete)

    def written() -> list[bytes]:
        return [(tmp_path / name).read_bytes() for name in ("callendar.db", "callendar.db-wal")]

    before = written()
    for _ in range(50):
        await apply(store, NORTH, complete)
        async with store.change(NORTH.id, [ANNA, BO]) as tx:
            for person in (NORTH.anna, NORTH.bo):
                await tx.save_notices(person.id, [])
                assert not await tx.save_row(row(person), PLANNED_WITH)
    assert written() == before


async def test_what_is_changed_or_removed_stands_in_no_file_any_more(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subject that became private, one of a booking that went, a page full of them: not in the database, nor in its
    log of writes, once that has been cut off; and nobody who reads at that moment is harmed."""

    def in_files(word: str) -> bool:
        return any(word.encode() in each.read_bytes() for each in tmp_path.iterdir())

    long = {f"long-{n}": read(booking("PlantedLong" * 500)) for n in range(20)}
    await apply(store, NORTH, reading({"a": read(booking("PlantedA")), "b": read(booking("PlantedB")), **long}))
    assert in_files("PlantedA")
    assert in_files("PlantedB")
    assert in_files("PlantedLong")
    monkeypatch.setattr(scrub, "EVERY_SECONDS", 0)
    await apply(store, NORTH, reading({"a": read(booking("")), "c": read(booking("Stays"))}, complete=True))
    assert not in_files("Planted")
    assert in_files("Stays")
    async with anyio.create_task_group() as group:
        group.start_soon(store.load_causes, NORTH.id, ANNA)
        group.start_soon(apply, store, NORTH, reading({"c": read(booking("Stays too"))}, complete=True))
    assert (await store.load_causes(NORTH.id, ANNA)).calendars[0].bookings[0].subject == "Stays too"
