"""The event loop watched: its longest pauses, and where it stood in them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import FrameType

import anyio

BEAT_SECONDS = 0.002
LOOK_SECONDS = 0.01
LONG_SECONDS = 0.05
"""From so long on it is noted where the loop stands."""


class LoopWatch:
    """Counts the pauses of the loop that it was started on.

    A pause is charged with no more than this process worked in it: what the machine did for others meanwhile is no part
    of it. Where the loop was seen waiting for something to do, only what its own thread worked counts.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.where: list[tuple[float, str]] = []
        """Pauses of more than `LONG_SECONDS`, each with the place it was last seen at."""
        self.over = False
        self._beat = time.perf_counter()
        self._seen: str | None = None

    def begin(self) -> None:
        """Forget what was measured so far."""
        self.longest, self.where = 0.0, []
        self._beat = time.perf_counter()

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._beat = began = time.perf_counter()
            worked, own = time.process_time(), time.thread_time()
            await anyio.sleep(BEAT_SECONDS)
            idle = self._seen is not None and "selectors.py" in self._seen
            charged = time.thread_time() - own if idle else time.process_time() - worked
            pause = min(time.perf_counter() - began - BEAT_SECONDS, charged)
            self.longest = max(self.longest, pause)
            if pause > LONG_SECONDS:
                self.where.append((pause, self._seen or "?"))
            self._seen = None

    def look(self, thread: int) -> None:
        """From another thread: note where the loop's stands when it does not come back."""
        while not self.over:
            time.sleep(LOOK_SECONDS)
            if time.perf_counter() - self._beat > LONG_SECONDS:
                self._seen = _told(sys._current_frames().get(thread))  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the one way to see it


@asynccontextmanager
async def watched() -> AsyncGenerator[LoopWatch]:
    """Watch the running loop for as long as the block lasts."""
    watch = LoopWatch()
    looker = threading.Thread(target=watch.look, args=(threading.get_ident(),), daemon=True)
    looker.start()
    async with anyio.create_task_group() as group:
        group.start_soon(watch.run)
        try:
            yield watch
        finally:
            watch.over = True
            group.cancel_scope.cancel()


def _told(frame: FrameType | None) -> str:
    """The innermost place, and those of ours on the way to it."""
    places: list[str] = []
    while frame is not None and len(places) < 6:
        file = frame.f_code.co_filename
        if "callendar" in file or not places:
            places.append(f"{file.rsplit('/', 1)[-1]}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(places)
