"""The driver of PostgreSQL: asyncpg, imported when the first connection is made, so that SQLite starts without it."""

# asyncpg comes without types; what is used of its connections is named here.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import anyio

from callendar.store.place import ServerPlace
from callendar.store.postgresql.fault import tell_unreachable

CONNECT_SECONDS = 10
"""How long a server may take to answer a new connection."""
ANSWER_SECONDS = 30.0
"""How long it may take to answer a statement of the store's: longer, and it is held to be away."""
SIGN_SECONDS = 5.0
"""The same of a statement that asks little more than whether it is there."""
HANG_UP_SECONDS = 2.0
SESSION = {
    # What another transaction holds is waited for; a node that hangs or has vanished holds nobody up for ever.
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "jit": "off",
}


class Connection(Protocol):
    """What is used of asyncpg's connection."""

    async def execute(self, query: str) -> str:
        """Run statements; the server's word on the last."""
        ...

    async def fetchval(self, query: str, *args: object) -> Any:
        """The first column of the first row."""
        ...

    async def fetchrow(self, query: str, *args: object) -> Any:
        """The first row."""
        ...

    async def add_listener(self, channel: str, callback: Callable[[object, int, str, object], None]) -> None:
        """Have what is notified there handed to this: connection, process, channel, payload."""
        ...

    def add_termination_listener(self, callback: Callable[[object], None]) -> None:
        """Have this called when the connection ends."""
        ...

    def terminate(self) -> None:
        """End it at once."""
        ...

    async def close(self) -> None:
        """End it in order."""
        ...


async def connect(
    place: ServerPlace, *, name: str = "callendar", answer_seconds: float = SIGN_SECONDS, **session: str
) -> Connection:
    """A new connection.

    Args:
        name: By which the server's administrator sees it.
        answer_seconds: After which a statement that is not answered raises `TimeoutError`.
        session: Settings of the server for this connection.

    Raises:
        StoreError: It cannot be had, in words.
    """
    import asyncpg

    try:
        return await asyncpg.connect(
            place.address,
            timeout=CONNECT_SECONDS,
            command_timeout=answer_seconds,
            server_settings={"application_name": name, **SESSION, **session},
        )
    except (*faults(), ValueError) as error:
        # Without the driver's error behind it: of an address that it cannot read, it repeats parts.
        raise tell_unreachable(error, place) from None


def faults() -> tuple[type[Exception], ...]:
    """What is raised by a connection when the server refuses or is away."""
    import asyncpg

    return asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError


async def hang_up(connection: Connection) -> None:
    """End a connection in order if the server is there, and at once if not."""
    with anyio.move_on_after(HANG_UP_SECONDS, shield=True):
        with suppress(*faults()):
            await connection.close()
            return
    connection.terminate()
