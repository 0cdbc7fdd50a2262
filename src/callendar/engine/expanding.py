"""Expansion in worker processes: a hostile calendar costs its own reading, never the loop or another calendar."""

from __future__ import annotations

import resource
import signal
from functools import partial
from typing import Self

import anyio
from anyio import BrokenWorkerProcess, CapacityLimiter, to_process

from callendar.contracts.expand import ExpandAsk, Expanded, ExpandFailed
from callendar.formats.calendar_object import How, read_object

WORKERS = 2
LIMIT_SECONDS = 6.0
BUDGET_SECONDS, BUDGET_WINDOW_SECONDS = 20.0, 3600.0
"""What one calendar may spend in a window on objects that take long; the rest of it is then put off."""
LONG_SECONDS = 1.0
"""An object that took less is not counted: a large calendar of ordinary ones is never put off."""
MEMORY_BYTES = 1 << 30
START_SECONDS = 30.0
"""How long a worker may take to start and import, on a machine that is busy."""


class ProcessExpander:
    """Expands in at most `workers` processes, each bounded in memory, each call in time.

    Workers are started by `warm_up`, or by the first calls, and end with the event loop at the latest. A worker that is
    killed, for slowness or by anybody, fails the one call that it was serving; the next call gets a new worker. Open it
    with `async with`; afterwards it takes no more.
    """

    def __init__(
        self, *, workers: int = WORKERS, limit_seconds: float = LIMIT_SECONDS, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._workers = workers
        self._limit_seconds = limit_seconds
        self._memory_bytes = memory_bytes
        self._turns = CapacityLimiter(workers)
        # Processes are limited by `_turns`; whoever has a turn must not wait again while his time runs.
        self._processes = CapacityLimiter(workers)
        self._closed = False
        self._calendars: dict[str, _Calendar] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True

    async def warm_up(self) -> None:
        """Start all workers, so that the first readings do not pay for the imports. Its failing harms nothing."""
        async with anyio.create_task_group() as group:
            for _ in range(self._workers):
                group.start_soon(self._start_one)

    async def __call__(self, ask: ExpandAsk) -> Expanded:
        """Expand one object; see `contracts.expand.Expander`."""
        if self._closed:
            raise ExpandFailed("nothing is expanded any more; the service is stopping")
        calendar = self._calendars.setdefault(ask.calendar, _Calendar())
        # One turn a calendar at a time: whoever brings many objects leaves the other worker to the others.
        async with calendar.turn:
            calendar.check(anyio.current_time())
            async with self._turns:
                began = anyio.current_time()
                try:
                    return await self._expand(ask)
                finally:
                    calendar.spend(anyio.current_time() - began)

    async def _expand(self, ask: ExpandAsk) -> Expanded:
        try:
            with anyio.fail_after(self._limit_seconds):
                return await to_process.run_sync(
                    partial(expand_bounded, ask, self._memory_bytes), cancellable=True, limiter=self._processes
                )
        except TimeoutError as error:
            raise ExpandFailed(
                f"a calendar object took longer than {self._limit_seconds:g} s to expand and was given up"
            ) from error
        except BrokenWorkerProcess as error:
            raise ExpandFailed("the process that expanded a calendar object died") from error

    async def _start_one(self) -> None:
        async with self._turns:
            with anyio.move_on_after(START_SECONDS):
                try:
                    await to_process.run_sync(_settle, cancellable=True, limiter=self._processes)
                except BrokenWorkerProcess:
                    # The first call tries again, and tells.
                    return


class _Calendar:
    """What one calendar has spent."""

    def __init__(self) -> None:
        self.turn = anyio.Lock()
        self._since = 0.0
        self._spent = 0.0

    def check(self, now: float) -> None:
        """Raises `ExpandFailed` when the calendar has spent what it may."""
        if now - self._since > BUDGET_WINDOW_SECONDS:
            self._since, self._spent = now, 0.0
        if self._spent >= BUDGET_SECONDS:
            raise ExpandFailed("the calendar takes too long to expand; what is left of it is put off until tomorrow")

    def spend(self, seconds: float) -> None:
        """An object took so long."""
        if seconds >= LONG_SECONDS:
            self._spent += seconds


def expand_object(ask: ExpandAsk) -> Expanded:
    """Expand one object here and now, without limits but those of `ask`."""
    read = read_object(
        ask.data,
        How(
            window=ask.window,
            zone=ask.zone,
            calendar_zone=ask.calendar_zone,
            addresses=ask.addresses,
            marks=ask.marks,
            max_bookings=ask.max_bookings,
        ),
    )
    return Expanded(bookings=read.bookings, faults=read.faults)


def expand_bounded(ask: ExpandAsk, memory_bytes: int) -> Expanded:
    """What a worker runs: expand within so much memory.

    Raises:
        ExpandFailed: Out of memory, or the object broke the reader; the message tells nothing of its content.
    """
    _settle()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    allowed = memory_bytes if most == resource.RLIM_INFINITY else min(memory_bytes, most)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, most))
    try:
        return expand_object(ask)
    except MemoryError as error:
        raise ExpandFailed(f"a calendar object needed more than {memory_bytes >> 20} MiB to expand") from error
    except Exception as error:
        raise ExpandFailed(f"a calendar object could not be read ({type(error).__name__})") from error


def _settle() -> None:
    """Be there, with all imports done. An interrupt at the terminal is for the service, which ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
