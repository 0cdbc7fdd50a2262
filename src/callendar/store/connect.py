"""Connections: one that writes, a few that read, and the order among writers."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, Table, event, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, StaticPool
from sqlalchemy.sql.dml import UpdateBase

from callendar.store import driver
from callendar.store.fault import told
from callendar.store.place import Place
from callendar.store.standing import Standing
from callendar.store.wake import Wake
from callendar.store.whole import whole

T = TypeVar("T")

READERS = 4


class Reader:
    """Asks within one transaction; every answer is waited for, whoever is cancelled."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    async def execute(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement, for each of these rows if there are any."""
        return await whole(self._connection.execute(statement, rows))

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row; None without one."""
        return (await self.execute(statement)).scalar()

    async def scalars(self, statement: Executable) -> Sequence[Any]:
        """The first column of every row."""
        return (await self.execute(statement)).scalars().all()

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Run what knows only blocking connections on this one."""
        return await whole(self._connection.run_sync(work))


class Writer:
    """The writing side of one transaction; remembers whether anything was written at all."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = Reader(connection)
        self.wrote = False

    async def execute(self, statement: UpdateBase) -> CursorResult[Any]:
        """Run one writing statement."""
        result = await self.connection.execute(statement)
        self.wrote |= result.rowcount != 0
        return result

    async def execute_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a writing statement for each of these; nothing happens without any."""
        if rows:
            result = await self.connection.execute(statement, rows)
            self.wrote |= result.rowcount != 0

    async def upsert(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Have the row of this primary key be as given; True if it was not."""
        result = await self.connection.execute(upserting(self.connection.dialect, table, tuple(row)), [row])
        self.wrote |= result.rowcount != 0
        return result.rowcount != 0

    async def upsert_many(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """The same for several, all with the same columns."""
        if rows:
            await self.execute_many(upserting(self.connection.dialect, table, tuple(rows[0])), rows)


@cache
def upserting(dialect: str, table: Table, names: tuple[str, ...]) -> Executable:
    """The statement that adds a row with these columns, or changes the one of its primary key where it differs."""
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    given = [name for name in names if name not in keys]
    if not given:
        return insert.on_conflict_do_nothing(index_elements=keys)
    return insert.on_conflict_do_update(
        index_elements=keys,
        set_={name: insert.excluded[name] for name in given},
        where=or_(*(table.c[name].is_distinct_from(insert.excluded[name]) for name in given)),
    )


class Connections:
    """One database, open. Writers wait for one another in the order in which they came."""

    def __init__(self, place: Place, wake: Wake) -> None:
        self.place = place
        self._wake = wake
        self._writing = Lock()
        self.standing = Standing()
        in_memory = place.path is None
        self._writer = open_engine(place, begin="BEGIN IMMEDIATE", connections=1)
        # A database in memory is its connection's own, so there everybody takes turns on the one.
        self._reader = None if in_memory else open_engine(place, begin="BEGIN", connections=READERS, read_only=True)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Reader]:
        """Everything read within is as it stood at one instant."""
        with self.standing.watched(), told(self.place):
            if self._reader is None:
                async with self._writing, begun(self._writer) as connection:
                    yield Reader(connection)
            else:
                async with begun(self._reader) as connection:
                    yield Reader(connection)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Writer]:
        """One transaction: kept when the block ends, nothing left behind when it raises. Wakes if it wrote."""
        locked_out = self.standing.locked_out
        async with self._writing:
            self.standing.raise_if_locked_out(locked_out)
            with self.standing.watched(), told(self.place):
                async with begun(self._writer) as connection:
                    writer = Writer(connection)
                    yield writer
                    if writer.wrote:
                        try:
                            await whole(connection.commit())
                        finally:
                            self._wake.tell()
                        self.standing.note_written()

    async def close(self) -> None:
        """Close every connection; whoever writes is waited for."""
        if self._reader is not None:
            await self._reader.dispose()
        async with self._writing:
            await self._writer.dispose()


@asynccontextmanager
async def begun(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    """A connection with a transaction begun; what is not committed when the block ends is taken back."""
    connection = engine.connect()
    try:
        await whole(connection.start())
        await whole(connection.begin().start())
        yield connection
    finally:
        if connection.sync_connection is not None:
            await whole(connection.close())


def open_engine(
    place: Place, *, begin: str, connections: int, read_only: bool = False, foreign_keys: bool = True
) -> AsyncEngine:
    """An engine whose transactions begin as said; connects when first used."""
    pool: dict[str, Any] = (
        {"poolclass": StaticPool}
        if place.path is None
        else {"poolclass": AsyncAdaptedQueuePool, "pool_size": connections, "max_overflow": 0, "pool_timeout": 60}
    )
    engine = create_async_engine(
        place.url, hide_parameters=True, async_creator=lambda: driver.connect(place.path), **pool
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={int(foreign_keys)}")
        cursor.execute("PRAGMA query_only=ON" if read_only else "PRAGMA journal_mode=WAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.exec_driver_sql(begin)

    return engine
