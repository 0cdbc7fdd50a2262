"""Connections: those that write, a few that read, and the order among writers."""

from __future__ import annotations

from asyncio import Lock
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import cache
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, Table, or_, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, ResourceClosedError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.dml import UpdateBase

from callendar.contracts.meter import Meter
from callendar.store.fault import told
from callendar.store.place import FilePlace, Place
from callendar.store.postgresql.engine import open_engine as open_server
from callendar.store.sqlite.engine import open_engine as open_file
from callendar.store.sqlite.scrub import Scrub
from callendar.store.standing import Standing
from callendar.store.wake import Wake
from callendar.store.whole import whole

T = TypeVar("T")

READERS, WRITERS = 4, 4


class Reader:
    """Asks within one transaction; every answer is waited for, whoever is cancelled."""

    def __init__(self, connection: AsyncConnection, place: Place) -> None:
        self._connection = connection
        self._place = place

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._connection.dialect.name

    async def execute(
        self, statement: Executable, rows: Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement, for each of these rows if there are any."""
        return await self._do(self._connection.execute(statement, rows))

    async def scalar(self, statement: Executable) -> Any:
        """The first column of the first row; None without one."""
        return (await self.execute(statement)).scalar()

    async def scalars(self, statement: Executable) -> Sequence[Any]:
        """The first column of every row."""
        return (await self.execute(statement)).scalars().all()

    async def lock_out_writers(self, *tables: Table) -> None:
        """Have nobody else write these tables until the transaction ends; in a file its one writer has seen to that."""
        if self.dialect == "postgresql":
            names = ", ".join(table.name for table in tables)
            await self.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Run what knows only blocking connections on this one."""
        return await self._do(self._connection.run_sync(work))

    async def _do(self, asked: Coroutine[Any, Any, T]) -> T:
        with told(self._place):
            try:
                return await whole(asked)
            except OSError as error:
                # Of no answer in time the driver makes no error of its own; the answer may still come to whoever asks
                # next.
                await whole(self._connection.invalidate(error))
                raise


class Writer:
    """The writing side of one transaction; remembers whether anything was written at all."""

    def __init__(self, connection: Reader) -> None:
        self.connection = connection
        self.wrote = False
        self.answered = False
        """Whether an answer to an `Idempotency-Key` was saved in it."""

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
    """One database, open. In a file writers wait for one another in the order in which they came; on a server only for
    what they both write."""

    def __init__(self, place: Place, wake: Wake) -> None:
        self.place = place
        self._wake = wake
        self.standing = Standing()
        self.meter: Meter | None = None
        self.before_commit: Callable[[Writer], Awaitable[None]] | None = None
        """Called at the end of every transaction that wrote."""
        self._turn = Lock() if isinstance(place, FilePlace) else None
        self._reader: AsyncEngine | None = None
        self._scrub = Scrub() if isinstance(place, FilePlace) and place.path is not None else None
        if not isinstance(place, FilePlace):
            self._writer = open_server(place, connections=WRITERS)
            self._reader = open_server(place, connections=READERS, read_only=True)
        else:
            self._writer = open_file(place, begin="BEGIN IMMEDIATE", connections=1)
            # A database in memory is its connection's own, so there everybody takes turns on the one.
            if place.path is not None:
                self._reader = open_file(place, begin="BEGIN", connections=READERS, read_only=True)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Reader]:
        """Everything read within is as it stood at one instant."""
        turn = self._turn if self._reader is None else None
        with self.standing.watched():
            async with turn or nullcontext(), begun(self._reader or self._writer, self.place) as connection:
                yield Reader(connection, self.place)

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Writer]:
        """One transaction: kept when the block ends, nothing left behind when it raises. Wakes if it wrote."""
        began = monotonic()
        locked_out = self.standing.locked_out
        async with self._turn or nullcontext():
            if self._turn is not None:
                self.standing.raise_if_locked_out(locked_out)
            with self.standing.watched():
                async with begun(self._writer, self.place) as connection:
                    writer = Writer(Reader(connection, self.place))
                    try:
                        yield writer
                    except BaseException:
                        if self.meter is not None:
                            self.meter.count("callendar_transactions_failed")
                        raise
                    if writer.wrote:
                        if self.before_commit is not None:
                            await self.before_commit(writer)
                        try:
                            with told(self.place, committing=True):
                                await whole(connection.commit())
                        finally:
                            self._wake.tell()
                        self.standing.note_written()
                        if self.meter is not None:
                            self.meter.took("callendar_transaction_seconds", monotonic() - began)
                        if self._scrub is not None:
                            await self._scrub.run_if_due(connection)

    async def close(self) -> None:
        """Close every connection; whoever writes is waited for."""
        if self._reader is not None:
            await self._reader.dispose()
        async with self._turn or nullcontext():
            await self._writer.dispose()


@asynccontextmanager
async def begun(engine: AsyncEngine, place: Place) -> AsyncGenerator[AsyncConnection]:
    """A connection with a transaction begun; what is not committed when the block ends is taken back."""
    connection = engine.connect()
    try:
        with told(place):
            await whole(connection.start())
            await whole(connection.begin().start())
        yield connection
    finally:
        if connection.sync_connection is not None:
            try:
                await whole(connection.close())
            except (DBAPIError, OSError):
                # It could not be told to take back what was begun: with the connection gone, that is taken back too.
                with suppress(ResourceClosedError):
                    await whole(connection.invalidate())
                    await whole(connection.close())
