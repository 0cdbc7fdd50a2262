"""Jobs that break are started again."""

from __future__ import annotations

from itertools import pairwise

import anyio
import anyio.lowlevel
import pytest
from structlog.testing import capture_logs

from callendar.engine.supervise import mishap, supervised
from tests.clock import HandClock

pytestmark = pytest.mark.anyio


async def test_a_job_that_breaks_is_started_again_later_and_later() -> None:
    """Its waits double up to a minute, and others are not harmed."""
    clock = HandClock()
    began: list[float] = []
    other: list[float] = []

    async def breaks() -> None:
        began.append(clock.monotonic())
        await anyio.lowlevel.checkpoint()
        raise ValueError("Budget with Eva")

    async def ticks() -> None:
        while True:
            await clock.sleep(10)
            other.append(clock.monotonic())

    with capture_logs() as logs:
        async with anyio.create_task_group() as group:
            group.start_soon(supervised, "one", breaks, clock)
            group.start_soon(supervised, "two", ticks, clock)
            await clock.advance(600)
            group.cancel_scope.cancel()
    waits = [after - before for before, after in pairwise(began)]
    assert len(waits) > 8
    assert waits[0] <= 1
    assert max(waits) <= 60
    assert all(wait >= 45 for wait in waits[7:])
    assert len(other) == 60
    assert "Budget" not in str(logs)
    assert logs[0]["error"] == "ValueError"


async def test_a_steady_job_starts_again_at_once() -> None:
    """What ran for a minute before it broke does not inherit the long waits."""
    clock = HandClock()
    began: list[float] = []

    async def breaks_late() -> None:
        began.append(clock.monotonic())
        await clock.sleep(100)
        raise ValueError

    async with anyio.create_task_group() as group:
        group.start_soon(supervised, "one", breaks_late, clock)
        await clock.advance(1000)
        group.cancel_scope.cancel()
    assert all(after - before <= 101 for before, after in pairwise(began))


async def test_a_job_that_ends_is_over() -> None:
    """It is not started again."""
    times = 0

    async def ends() -> None:
        nonlocal times
        times += 1

    await supervised("one", ends, HandClock())
    assert times == 1


def test_a_mishap_in_a_group_is_named_by_what_happened() -> None:
    """Not by the group that it came in."""
    group = ExceptionGroup("unhandled", [KeyError("subject")])
    assert mishap(group)["error"] == "KeyError"
