"""A clock that is turned by hand: tests decide what time it is, and nothing sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from math import ceil
from typing import Any

import anyio
import anyio.lowlevel

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday."""
SECOND = 1_000_000


def not_busy() -> bool:
    """Nothing goes on outside the event loop."""
    return False


class HandClock:
    """Implements `contracts.clock.Clock`. `advance` goes from sleeper to sleeper, and lets each do what it does
    before time goes on.

    `busy` says whether something is still going on outside the event loop (a store's thread): time stands still
    while it is true.
    """

    def __init__(self, start: datetime = START, busy: Callable[[], bool] = not_busy) -> None:
        self.busy = busy
        self._start = start
        self._turned = 0
        """Microseconds: exact, as seconds in a float would not be."""
        self._set_by = timedelta(0)
        self._sleepers: list[tuple[int, int, anyio.Event]] = []
        self._until: list[tuple[datetime, int, anyio.Event]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._precisely().replace(microsecond=0)

    def monotonic(self) -> float:
        return self._turned / SECOND

    async def sleep(self, seconds: float) -> None:
        await anyio.lowlevel.checkpoint()
        if seconds > 0:
            event = anyio.Event()
            heappush(self._sleepers, (self._turned + ceil(seconds * SECOND), next(self._order), event))
            await event.wait()

    async def wait(self, event: anyio.Event, seconds: float) -> None:
        async def ring() -> None:
            await self.sleep(seconds)
            group.cancel_scope.cancel()

        if seconds <= 0 or event.is_set():
            return
        async with anyio.create_task_group() as group:
            group.start_soon(ring)
            await event.wait()
            group.cancel_scope.cancel()

    async def sleep_until(self, instant: datetime) -> None:
        await anyio.lowlevel.checkpoint()
        if instant > self._precisely():
            event = anyio.Event()
            heappush(self._until, (instant, next(self._order), event))
            await event.wait()

    async def advance(self, seconds: float) -> None:
        """Turn it on, waking whoever sleeps on the way, in order."""
        target = self._turned + ceil(seconds * SECOND)
        await self.settle()
        while (wake := self._next_wake()) is not None and wake <= target:
            self._turned = max(self._turned, wake)
            self._wake()
            await self.settle()
        self._turned = target

    async def set_wall(self, instant: datetime) -> None:
        """Set the wall clock, as an administrator might; the monotonic one goes on undisturbed."""
        self._set_by = instant - self._start - timedelta(microseconds=self._turned)
        self._wake()
        await self.settle()

    async def settle(self) -> None:
        """Return once everybody waits for something that only time, or the test, can bring."""
        # anyio.wait_all_tasks_blocked sleeps 0.1 s whenever somebody is not; what the loop still has to do is exact.
        loop: Any = asyncio.get_running_loop()
        while True:
            while loop._ready:  # noqa: ASYNC110 - nothing sets an event when the loop has run out of work
                await asyncio.sleep(0)
            if not self.busy():
                return
            await asyncio.sleep(0.0005)

    def _precisely(self) -> datetime:
        return self._start + timedelta(microseconds=self._turned) + self._set_by

    def _next_wake(self) -> int | None:
        waits = [self._sleepers[0][0]] if self._sleepers else []
        if self._until:
            waits.append(self._turned + (self._until[0][0] - self._precisely()) // timedelta(microseconds=1))
        return min(waits, default=None)

    def _wake(self) -> None:
        while self._sleepers and self._sleepers[0][0] <= self._turned:
            heappop(self._sleepers)[2].set()
        while self._until and self._until[0][0] <= self._precisely():
            heappop(self._until)[2].set()
