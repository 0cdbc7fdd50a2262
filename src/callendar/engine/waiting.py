"""Waiting by the clock that was handed in: for an event or an instant, whichever comes first; for work in a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import anyio

from callendar.contracts.clock import Clock

T = TypeVar("T")


class TookTooLong(Exception):
    """The work had not ended within its limit; it was cancelled."""


async def within(clock: Clock, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """What the work returns or raises, cut off after so many seconds of the clock.

    Raises:
        TookTooLong: It was cut off.
    """
    done: list[T] = []
    failed: Exception | None = None
    async with anyio.create_task_group() as group:
        group.start_soon(_cut_off, clock, seconds, group.cancel_scope)
        try:
            done.append(await work())
        except Exception as error:  # noqa: BLE001 - raised again below, outside the group, which would wrap it
            failed = error
        group.cancel_scope.cancel()
    if failed is not None:
        raise failed
    if not done:
        raise TookTooLong(f"no end within {seconds:g} s")
    return done[0]


async def wait_until(event: anyio.Event, clock: Clock, instant: datetime, *, at_most_seconds: float) -> None:
    """Return when the event is set, at the instant as the wall clock shows it, or after so many seconds: the wall clock
    may be set back meanwhile."""
    if event.is_set() or clock.now() >= instant:
        return

    async def ring() -> None:
        await clock.sleep_until(instant)
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(ring)
        group.start_soon(_cut_off, clock, at_most_seconds, group.cancel_scope)
        await event.wait()
        group.cancel_scope.cancel()


async def _cut_off(clock: Clock, seconds: float, scope: anyio.CancelScope) -> None:
    await clock.sleep(seconds)
    scope.cancel()
