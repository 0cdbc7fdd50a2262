"""The driver of SQLite: aiosqlite, with one trip to its thread for each statement instead of four.

SQLAlchemy makes a cursor, runs a statement, fetches all rows and closes the cursor, each of which is a trip of its own
in aiosqlite. The rows are fetched at once anyway, so here everything is done while the thread has the statement.
"""

# aiosqlite shows its thread and queue only by names with an underscore; SQLAlchemy uses them likewise.
# ruff: noqa: SLF001
# pyright: reportPrivateUsage=false, reportIncompatibleMethodOverride=false, reportUnknownMemberType=false

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite

BUSY_SECONDS = 5.0
"""How long another process's transaction is waited for."""


class Connection(aiosqlite.Connection):
    """A connection whose cursors are `Cursor`s."""

    def cursor(self) -> Cursor:
        """A cursor; nothing happens yet."""
        return Cursor(self)


class Cursor:
    """What SQLAlchemy asks of a cursor; holds the whole result of its last statement."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Run one statement and fetch what it gives."""
        return await self._run(lambda connection: connection.execute(sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> Cursor:
        """Run one statement for each."""
        return await self._run(lambda connection: connection.executemany(sql, parameters))

    async def fetchall(self) -> list[Any]:
        """What is left of the result."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Nothing is open any more."""

    async def _run(self, statement: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> Cursor:
        await self._connection._execute(self._run_in_thread, statement)
        return self

    def _run_in_thread(self, statement: Callable[[sqlite3.Connection], sqlite3.Cursor]) -> None:
        cursor = statement(self._connection._conn)
        try:
            self._rows = cursor.fetchall()
            self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


async def connect(path: Path | None) -> Connection:
    """Open a file, or a database in memory, without transactions of the driver's own making."""

    def open_in_thread() -> sqlite3.Connection:
        # The pool looks at a connection from the loop's thread; statements run in the connection's own.
        return sqlite3.connect(path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)

    connection = Connection(open_in_thread, iter_chunk_size=64)
    connection._thread.daemon = True
    return await connection  # pyright: ignore[reportReturnType]
