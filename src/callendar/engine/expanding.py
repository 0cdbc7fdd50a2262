"""Expansion in worker processes: a hostile calendar costs its own reading, never the loop or another calendar."""

from __future__ import annotations

import os
import resource
import signal
import time
from contextlib import suppress
from functools import partial
from typing import Self

import anyio
from anyio import BrokenWorkerProcess, CapacityLimiter, to_process

from callendar.contracts.expand import ExpandAsk, Expanded, ExpandFailed, ExpandPutOff
from callendar.contracts.meter import Meter
from callendar.formats.calendar_object import How, read_object

WORKERS = 2
LIMIT_SECONDS = 6.0
"""Of a processor, for one object: how busy the machine is with others is not its fault."""
PATIENCE = 4
"""So many times the limit may pass by the clock; then the worker is ended, whatever it does."""
BUDGET_SECONDS, BUDGET_WINDOW_SECONDS = 20.0, 3600.0
"""What one calendar may spend in a window on objects that take long; the rest of it is then put off."""
LONG_SECONDS = 1.0
"""An object that took less is not counted: a large calendar of ordinary ones is never put off."""
MEMORY_BYTES = 1 << 30


class ProcessExpander:
    """Expands in at most `workers` processes, each bounded in memory, each call in time.

    Workers are started by `warm_up`, or by the first calls, and end with the event loop at the latest. A worker that is
    killed, for slowness or by anybody, fails the one call that it was serving; the next call gets a new worker. Open it
    with `async with`; afterwards it takes no more.
    """

    def __init__(
        self,
        *,
        workers: int = WORKERS,
        limit_seconds: float = LIMIT_SECONDS,
        memory_bytes: int = MEMORY_BYTES,
        meter: Meter | None = None,
    ) -> None:
        self._workers = workers
        self._limit_seconds = limit_seconds
        self._memory_bytes = memory_bytes
        self._turns = CapacityLimiter(workers)
        # Processes are limited by `_turns`; whoever has a turn must not wait again while his time runs.
        self._processes = CapacityLimiter(workers)
        self._closed = False
        self._meter = meter
        self._calendars: dict[str, _Calendar] = {}
        self._idle: list[int] = []
        """Workers that wait for a call, by process id."""

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
                expanded, spent = await self._expand(ask)
                calendar.spend(spent)
        if isinstance(expanded, ExpandFailed):
            raise expanded
        return expanded

    async def _expand(self, ask: ExpandAsk) -> tuple[Expanded | ExpandFailed, float]:
        """What the object gives, and the seconds of a processor that it took."""
        await self._have_worker()
        bounded = partial(expand_bounded, ask, self._memory_bytes, self._limit_seconds)
        try:
            with anyio.fail_after(self._limit_seconds * PATIENCE):
                expanded, seconds, worker = await to_process.run_sync(
                    bounded, cancellable=True, limiter=self._processes
                )
        except (TimeoutError, _OutOfTime):
            if self._meter is not None:
                self._meter.count("callendar_expansions_killed")
            return ExpandPutOff(_too_slow(self._limit_seconds)), self._limit_seconds
        except BrokenWorkerProcess:
            return ExpandPutOff("the process that expanded a calendar object died"), 0.0
        self._idle.append(worker)
        return expanded, seconds

    async def _have_worker(self) -> None:
        """Take an idle worker for the call that follows, started if there is none.

        Whoever is cancelled, a worker once begun is waited for: one that is given up while it starts would stay for
        ever, as its pool does not know it yet.
        """
        while self._idle:
            if _is_alive(self._idle.pop()):
                return
        for _ in range(self._workers + 1):
            # The pool may first hand out those that have died.
            with anyio.CancelScope(shield=True), suppress(BrokenWorkerProcess):
                await to_process.run_sync(_settle, limiter=self._processes)
                return

    async def _start_one(self) -> None:
        async with self._turns:
            with anyio.CancelScope(shield=True):
                try:
                    self._idle.append(await to_process.run_sync(_settle, limiter=self._processes))
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
            raise ExpandPutOff("the calendar takes too long to expand; what is left of it is put off until tomorrow")

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


def expand_bounded(
    ask: ExpandAsk, memory_bytes: int, limit_seconds: float
) -> tuple[Expanded | ExpandFailed, float, int]:
    """What a worker runs: expand within so much memory and so many seconds of its processor; how many it took, and its
    process id.

    A failure is returned, not raised, so that it has its time too; its message tells nothing of the object's content.
    """
    _settle()
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    allowed = memory_bytes if most == resource.RLIM_INFINITY else min(memory_bytes, most)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, most))
    signal.signal(signal.SIGPROF, _give_up)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, limit_seconds)
    try:
        expanded: Expanded | ExpandFailed = expand_object(ask)
    except MemoryError:
        expanded = ExpandFailed(f"a calendar object needed more than {memory_bytes >> 20} MiB to expand")
    except _OutOfTime:
        expanded = ExpandPutOff(_too_slow(limit_seconds))
    except Exception as error:  # noqa: BLE001 - whatever an object does to the reader is that object's fault
        expanded = ExpandFailed(f"a calendar object could not be read ({type(error).__name__})")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return expanded, time.process_time() - began, os.getpid()


class _OutOfTime(BaseException):
    """Raised wherever the worker happens to be; nothing on the way may take it for a mistake in the calendar."""


def _give_up(_signal: int, _frame: object) -> None:
    raise _OutOfTime


def _too_slow(seconds: float) -> str:
    return f"a calendar object took longer than {seconds:g} s to expand and was given up"


def _settle() -> int:
    """Be there, with all imports done; the process id. An interrupt at the terminal is for the service, which ends its
    workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return os.getpid()


def _is_alive(worker: int) -> bool:
    try:
        return os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False
