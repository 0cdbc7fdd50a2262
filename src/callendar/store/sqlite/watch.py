"""Watching a SQLite file for commits of other processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from callendar.store.fault import told
from callendar.store.place import FilePlace
from callendar.store.sqlite import driver
from callendar.store.whole import whole

LOOK_SECONDS = 0.2
"""With the look itself within the 250 ms promised."""


class FileWatch:
    """Another process's commits change `PRAGMA data_version`, as a connection of its own sees it. A database in memory
    has no other process."""

    look_seconds = LOOK_SECONDS

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection: driver.Connection | None = None
        self._data_version = 0

    async def open(self, tell: Callable[[], None]) -> None:
        """Remember what is committed."""
        if self._path is not None:
            with told(FilePlace(self._path)):
                self._connection = await driver.connect(self._path)
                self._data_version = await self._read_data_version(self._connection)

    async def look(self) -> bool:
        """Whether the file has changed."""
        if self._connection is None:
            return False
        with told(FilePlace(self._path)):
            now = await whole(self._read_data_version(self._connection))
        before, self._data_version = self._data_version, now
        return now != before

    def committed(self) -> None:
        """The file itself tells."""

    async def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    @staticmethod
    async def _read_data_version(connection: driver.Connection) -> int:
        found = await (await connection.cursor().execute("PRAGMA data_version")).fetchall()
        return int(found[0][0])
