"""Watching a PostgreSQL database for commits of other processes: notifications, and a look at what was committed."""

from __future__ import annotations

from asyncio import Event, Lock, Task, create_task
from collections.abc import Callable
from secrets import token_hex

import anyio
from structlog import get_logger

from callendar.contracts.store import StoreError
from callendar.store.place import ServerPlace
from callendar.store.postgresql import driver
from callendar.store.postgresql.fault import tell
from callendar.store.whole import whole

log = get_logger()

CHANNEL = "callendar"
LOOK_SECONDS = 2.0
NOTIFY_SECONDS = 0.25
"""Between two notifications of one process; what is committed meanwhile shares the next."""
FIRST_SECONDS, CAP_SECONDS = 0.2, 5.0
"""Between two attempts to connect again."""


class ServerWatch:
    """Listens on a connection of its own, which is made again when it is lost.

    A notification only hurries: it is sent after the commit, so it is lost with a process that dies in between, and
    while somebody's connection is down. So the server's snapshot is looked at too. It differs once any transaction that
    writes or locks has ended, in another database of the server as well; it never stays the same when one of ours was
    committed.
    """

    look_seconds = LOOK_SECONDS

    def __init__(self, place: ServerPlace) -> None:
        self._place = place
        self._name = token_hex(4)
        self._tell: Callable[[], None] = lambda: None
        self._connection: driver.Connection | None = None
        self._asking = Lock()
        self._snapshot = ""
        self._unsaid = False
        self._to_do = Event()
        """There is something to notify of, or a connection to be made."""
        self._closing = Event()
        self._task: Task[None] | None = None

    async def open(self, tell: Callable[[], None]) -> None:
        """Listen."""
        self._tell = tell
        await self._connect()
        self._task = create_task(self._run(), name="watch the database")

    async def look(self) -> bool:
        """Whether the snapshot has moved; a server that cannot be asked is asked again later."""
        before = self._snapshot
        now = await whole(self._ask("SELECT pg_current_snapshot()::text"))
        if now is not None:
            self._snapshot = now
        return self._snapshot != before

    def committed(self) -> None:
        """Notify the others soon."""
        self._unsaid = True
        self._to_do.set()

    async def close(self) -> None:
        """Notify of what is still unsaid, and hang up."""
        self._closing.set()
        self._to_do.set()
        if self._task is not None:
            await self._task
        if self._connection is not None:
            await driver.hang_up(self._connection)

    async def _run(self) -> None:
        """Notify, and connect again when it has to be, until closed."""
        wait = FIRST_SECONDS
        while not self._closing.is_set() or (self._unsaid and self._connection is not None):
            await self._to_do.wait()
            self._to_do.clear()
            if self._connection is None:
                await self._pause(wait)
                wait = FIRST_SECONDS if await self._connect_again() else min(2 * wait, CAP_SECONDS)
            elif self._unsaid:
                self._unsaid = False
                await self._ask("SELECT pg_notify($1, $2)", CHANNEL, self._name)
                await self._pause(NOTIFY_SECONDS)

    async def _pause(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._closing.wait()

    async def _connect(self) -> None:
        connection = await driver.connect(self._place, name="callendar listens")
        try:
            await connection.add_listener(CHANNEL, self._hear)
            self._snapshot = await connection.fetchval("SELECT pg_current_snapshot()::text")
        except driver.faults() as error:
            connection.terminate()
            raise tell(error, self._place) from error
        self._connection = connection
        connection.add_termination_listener(self._lose)

    async def _connect_again(self) -> bool:
        try:
            await self._connect()
        except StoreError:
            self._to_do.set()
            return False
        log.info("database_heard_again", database=str(self._place))
        # Whatever was committed meanwhile, here or elsewhere, may not have been heard of.
        self._tell()
        self.committed()
        return True

    async def _ask(self, query: str, *values: str) -> str | None:
        """One question; None if the connection is lost, which is then made again."""
        async with self._asking:
            connection = self._connection
            if connection is None:
                return None
            try:
                return str(await connection.fetchval(query, *values))
            except driver.faults():
                self._lose(connection)
                connection.terminate()
                return None

    def _hear(self, _connection: object, _process: int, _channel: str, name: object) -> None:
        if name != self._name:
            self._tell()

    def _lose(self, connection: object) -> None:
        if connection is self._connection and not self._closing.is_set():
            self._connection = None
            log.warning("database_not_heard", database=str(self._place))
            self._to_do.set()
