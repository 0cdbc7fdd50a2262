"""Wake: who waits hears of a commit, here or in another process, and misses none."""

from __future__ import annotations

from asyncio import Event, Lock, Task, current_task
from typing import Any
from weakref import WeakKeyDictionary

import anyio

from callendar.store import driver
from callendar.store.place import Place
from callendar.store.whole import whole

LOOK_SECONDS = 0.2
"""Between two looks for commits of other processes; with the look itself within the 250 ms promised."""


class Wake:
    """Counts commits. Each task is told of every commit since it was last told; the first time, since the opening.

    Another process's commits change `PRAGMA data_version` as a connection of its own sees it; it is looked at only
    while somebody waits, and compared with the last look, however long ago.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._commits = 0
        self._event = Event()
        self._seen: WeakKeyDictionary[Task[Any], int] = WeakKeyDictionary()
        self._looking = Lock()
        self._watch: driver.Connection | None = None
        self._data_version = 0

    async def open(self) -> None:
        """Begin to remember what other processes commit."""
        if self._place.path is not None:
            self._watch = await driver.connect(self._place.path)
            self._data_version = await self._read_data_version(self._watch)

    async def close(self) -> None:
        """Let go of the connection; called once."""
        async with self._looking:
            if self._watch is not None:
                await self._watch.close()
                self._watch = None

    def tell(self) -> None:
        """Something was committed."""
        self._commits += 1
        self._event.set()
        self._event = Event()

    async def wait(self) -> None:
        """Return when something was committed that this task has not been told of."""
        task = current_task()
        if task is None:
            raise RuntimeError("only a task can wait")
        while self._seen.get(task, 0) == self._commits:
            with anyio.move_on_after(LOOK_SECONDS):
                await self._event.wait()
                continue
            await self._look()
        self._seen[task] = self._commits

    async def _look(self) -> None:
        async with self._looking:
            if self._watch is None:
                return
            now = await whole(self._read_data_version(self._watch))
            if now != self._data_version:
                self._data_version = now
                self.tell()

    @staticmethod
    async def _read_data_version(watch: driver.Connection) -> int:
        found = await (await watch.cursor().execute("PRAGMA data_version")).fetchall()
        return int(found[0][0])
