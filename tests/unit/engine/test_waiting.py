"""Waiting by the clock that was handed in."""

from __future__ import annotations

from datetime import timedelta

import anyio
import anyio.lowlevel
import pytest

from callendar.engine.waiting import TookTooLong, wait_until, within
from tests.clock import START, HandClock

pytestmark = pytest.mark.anyio


async def test_work_that_ends_in_time_gives_its_answer() -> None:
    """Nobody waits out the limit."""
    clock = HandClock()

    async def work() -> str:
        await anyio.lowlevel.checkpoint()
        return "done"

    assert await within(clock, 60, work) == "done"
    assert clock.monotonic() == 0


async def test_an_error_of_the_work_comes_out_as_it_is() -> None:
    """Not wrapped in a group."""

    async def work() -> None:
        await anyio.lowlevel.checkpoint()
        raise LookupError("itself")

    with pytest.raises(LookupError, match="itself"):
        await within(HandClock(), 60, work)


async def test_work_that_hangs_is_cut_off() -> None:
    """At its limit, by the clock's time."""
    clock = HandClock()
    ended: list[float] = []

    async def limited() -> None:
        with pytest.raises(TookTooLong):
            await within(clock, 60, anyio.sleep_forever)
        ended.append(clock.monotonic())

    async with anyio.create_task_group() as group:
        group.start_soon(limited)
        await clock.advance(59)
        assert not ended
        await clock.advance(2)
    assert ended == [60]


@pytest.mark.parametrize("by_event", [True, False], ids=["event", "time"])
async def test_a_wait_ends_at_the_event_or_the_time(by_event: bool) -> None:
    """Whichever comes first, for both kinds of waits."""
    clock = HandClock()
    event = anyio.Event()
    ended: list[float] = []

    async def wait_seconds() -> None:
        await clock.wait(event, 10)
        ended.append(clock.monotonic())

    async def wait_instant() -> None:
        await wait_until(event, clock, START + timedelta(seconds=10), at_most_seconds=60)
        ended.append(clock.monotonic())

    async with anyio.create_task_group() as group:
        group.start_soon(wait_seconds)
        group.start_soon(wait_instant)
        await clock.advance(5)
        if by_event:
            event.set()
        await clock.advance(20)
    assert ended == [5, 5] if by_event else [10, 10]


async def test_a_wait_for_an_instant_ends_though_the_clock_is_set_back() -> None:
    """After the seconds that it may last at most."""
    clock = HandClock()
    ended: list[float] = []

    async def wait() -> None:
        await wait_until(anyio.Event(), clock, START + timedelta(seconds=10), at_most_seconds=15)
        ended.append(clock.monotonic())

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await clock.advance(5)
        await clock.set_wall(START - timedelta(hours=1))
        await clock.advance(60)
    assert ended == [15]
