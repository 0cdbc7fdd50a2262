"""The store: who waits hears of every commit, and of nothing else."""

from __future__ import annotations

import anyio
import pytest
from anyio.abc import TaskStatus

from callendar.contracts.store import Store
from tests.connections import save_connection
from tests.contracts.store_cast import (
    ANNA,
    CALENDAR,
    CONNECTION,
    LATER,
    PLANNED_WITH,
    apply,
    booking,
    cast,
    plant,
    reading,
    row,
)
from tests.contracts.store_cast import read as object_of

pytestmark = pytest.mark.anyio
NORTH = cast()


async def is_woken(store: Store, within_seconds: float) -> bool:
    with anyio.move_on_after(within_seconds):
        await store.wait_for_change()
        return True
    return False


async def save_row(store: Store, *hours: int) -> None:
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_row(row(NORTH.anna, *hours), PLANNED_WITH)


async def settle(store: Store) -> None:
    """Hear of everything so far, the echo of one's own commits through the file included."""
    while await is_woken(store, 0.5):
        pass


async def test_all_who_wait_are_woken(store: Store) -> None:
    """One commit wakes everybody."""
    await plant(store, NORTH)
    woken: list[int] = []

    async def wait(number: int, *, task_status: TaskStatus[None]) -> None:
        await settle(store)
        task_status.started()
        await store.wait_for_change()
        woken.append(number)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            for number in range(3):
                await tasks.start(wait, number)
            assert woken == []
            await save_row(store, 1)
    assert sorted(woken) == [0, 1, 2]


async def test_commit_between_two_waits_is_not_lost(store: Store) -> None:
    """What was committed while a task looked elsewhere wakes its next wait at once."""
    await plant(store, NORTH)
    await settle(store)
    await save_row(store, 1)
    assert await is_woken(store, 0.05)


async def test_first_wait_hears_of_what_came_before(store: Store) -> None:
    """A task that has loaded before another wrote cannot miss it by waiting too late."""
    await plant(store, NORTH)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.wait_for_change)


async def test_what_changes_nothing_wakes_nobody(store: Store) -> None:
    """Equal rows, equal readings, equal settings, transactions that only read, and those that fail."""
    await plant(store, NORTH)
    complete = reading({"a": object_of(booking())}, complete=True)
    await apply(store, NORTH, complete)
    await save_row(store, 1)
    await store.save_progress(NORTH.id, {CONNECTION: LATER}, {CALENDAR: "c1"})
    await settle(store)
    await save_row(store, 1)
    await apply(store, NORTH, complete)
    await store.save_company(NORTH.company)
    await save_connection(store, NORTH.connection)
    await store.save_progress(NORTH.id, {CONNECTION: LATER}, {CALENDAR: "c1"})
    await store.take_sync_requests(NORTH.id)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_person(NORTH.anna, LATER)
        await tx.save_calendar(NORTH.calendar)
        await tx.save_notices(ANNA, [])
        await tx.restore_orders(ANNA, (await tx.load_causes(ANNA)).orders)
    assert not await is_woken(store, 0.6)
