"""Wake: who waits hears of a commit, here or in another process, and misses none."""

from __future__ import annotations

from asyncio import Event, Lock, Task, current_task
from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import anyio

from callendar.store.place import FilePlace, Place
from callendar.store.postgresql.watch import ServerWatch
from callendar.store.sqlite.watch import FileWatch


class Watch(Protocol):
    """How one engine lets other processes know of commits."""

    look_seconds: float
    """Between two looks while somebody waits."""

    async def open(self, tell: Callable[[], None]) -> None:
        """Begin to remember what others commit; `tell` is called when it is heard of by other means than a look."""
        ...

    async def look(self) -> bool:
        """Whether something may have been committed since the last look, however long ago."""
        ...

    def committed(self) -> None:
        """This process has committed something: the others are to hear of it."""
        ...

    async def close(self) -> None:
        """Let go of everything; others have been told by then."""
        ...


class Wake:
    """Counts commits. Each task is told of every commit since it was last told; the first time, since the opening."""

    def __init__(self, place: Place) -> None:
        self._commits = 0
        self._event = Event()
        self._seen: WeakKeyDictionary[Task[Any], int] = WeakKeyDictionary()
        self._looking = Lock()
        self._watch: Watch = FileWatch(place.path) if isinstance(place, FilePlace) else ServerWatch(place)

    async def open(self) -> None:
        """Begin to remember what other processes commit."""
        await self._watch.open(self._count)

    async def close(self) -> None:
        """Let go of the connection; called once."""
        async with self._looking:
            await self._watch.close()

    def tell(self) -> None:
        """Something was committed here."""
        self._count()
        self._watch.committed()

    async def wait(self) -> None:
        """Return when something was committed that this task has not been told of."""
        task = current_task()
        if task is None:
            raise RuntimeError("only a task can wait")
        while self._seen.get(task, 0) == self._commits:
            with anyio.move_on_after(self._watch.look_seconds):
                await self._event.wait()
                continue
            async with self._looking:
                if await self._watch.look():
                    self._count()
        self._seen[task] = self._commits

    def _count(self) -> None:
        self._commits += 1
        self._event.set()
        self._event = Event()
