"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from callendar.engine.clock import SystemClock

pytestmark = pytest.mark.anyio


def test_instants_are_aware_utc_and_whole_seconds() -> None:
    """As everywhere inside."""
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond == 0


async def test_an_instant_that_has_passed_is_not_waited_for() -> None:
    """Nor is a negative number of seconds."""
    clock = SystemClock()
    with anyio.fail_after(1):
        await clock.sleep_until(clock.now() - timedelta(days=1))
        await clock.sleep(-5)


async def test_a_clock_set_forward_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked at anew after every slice, and the last slice ends at the instant."""
    wall = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal wall
        slept.append(seconds)
        wall += seconds if len(slept) != 2 else 3600

    monkeypatch.setattr("callendar.engine.clock.time.time", lambda: wall)
    monkeypatch.setattr("callendar.engine.clock.anyio.sleep", sleep)
    clock = SystemClock()
    await clock.sleep_until(clock.now() + timedelta(seconds=3612))
    assert slept == [5, 5, 5, 2]
