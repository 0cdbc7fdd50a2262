"""Holding a database in a PostgreSQL server: an advisory lock of a connection that stays open."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from secrets import token_hex

import anyio
from structlog import get_logger

from callendar.contracts.store import StoreError
from callendar.store.place import ServerPlace
from callendar.store.postgresql import driver
from callendar.store.postgresql.fault import tell

log = get_logger()

KEY = 0x43_41_4C_4C
"""Of the advisory lock; advisory locks are each database's own."""
CHECK_SECONDS = 2.0
AGAIN_SECONDS = 1.0
"""Between two attempts to hold what was lost."""
LEAVING_SECONDS = 5.0
"""How long a start waits for a holder to go: of a process that was killed, the server knows a little later."""
LOOK_SECONDS = 0.1
"""Between two looks whether it has gone."""
_HOLDER = """
SELECT pid, application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32 | objid::bigint) = $1 AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class HeldElsewhere(StoreError):
    """Another serve has it."""


class ServerHold:
    """A database held by a connection. When that is lost the server gives the lock away, sooner or later; meanwhile
    what is written stays right, since every transaction locks what it changes, but two would read the same calendars.
    """

    def __init__(self, place: ServerPlace) -> None:
        self._place = place
        self._mine = token_hex(4)
        self._connection: driver.Connection | None = None

    async def take(self, *, leaving_seconds: float = 0.0) -> None:
        """Hold it; `StoreError` if another has it, for so long at least, or the server cannot be asked."""
        deadline = anyio.current_time() + leaving_seconds
        name = f"callendar serve {self._mine} {os.getpid()} {socket.gethostname()}"[:63]
        connection = await driver.connect(self._place, name=name)
        try:
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", KEY):
                try:
                    await self._make_room(connection)
                except HeldElsewhere:
                    if anyio.current_time() >= deadline:
                        raise
                    await anyio.sleep(LOOK_SECONDS)
        except BaseException as error:
            connection.terminate()
            if isinstance(error, driver.faults()):
                raise tell(error, self._place) from error
            raise
        self._connection = connection

    async def keep(self) -> None:
        """Ask now and then; what was lost is taken again, unless another has it by then."""
        while True:
            await anyio.sleep(CHECK_SECONDS)
            if not await self._is_held():
                log.warning("hold_lost", database=str(self._place))
                await self._take_again()
                log.info("hold_taken_again", database=str(self._place))

    async def close(self) -> None:
        """Let it go."""
        if self._connection is not None:
            await driver.hang_up(self._connection)
            self._connection = None

    async def _is_held(self) -> bool:
        if self._connection is None:
            return False
        try:
            await self._connection.fetchval("SELECT 1")
        except driver.faults():
            self._connection.terminate()
            self._connection = None
            return False
        return True

    async def _take_again(self) -> None:
        while True:
            try:
                await self.take()
            except HeldElsewhere as error:
                raise HeldElsewhere(f"the hold on the database was lost, and {error}") from error
            except StoreError:
                await anyio.sleep(AGAIN_SECONDS)
            else:
                return

    async def _make_room(self, connection: driver.Connection) -> None:
        """Say who has it; end the connection that this process has lost, should the server not know that yet."""
        holder = await connection.fetchrow(_HOLDER, KEY)
        if holder is None:
            return
        named = str(holder["application_name"] or "").split(" ", 4)
        if named[2:3] == [self._mine]:
            await connection.fetchval("SELECT pg_terminate_backend($1, 2000)", holder["pid"])
            return
        who = f"process {named[3]} on {named[4]}" if len(named) == 5 else f"connection {holder['pid']} of the server"
        raise HeldElsewhere(
            f"another callendar serve ({who}) is running on {self._place}; stop it first, or give this one a database "
            "of its own"
        )


@asynccontextmanager
async def hold_server(place: ServerPlace) -> AsyncGenerator[ServerHold]:
    """Hold it for as long as the block runs."""
    held = ServerHold(place)
    await held.take(leaving_seconds=LEAVING_SECONDS)
    try:
        yield held
    finally:
        await held.close()
