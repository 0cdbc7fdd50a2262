"""Engines on a PostgreSQL server."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from callendar.store.place import ServerPlace
from callendar.store.postgresql import driver

POOL_SECONDS = 60.0
"""How long a question waits for a connection, and an idle connection's oldest for use."""


def open_engine(place: ServerPlace, *, connections: int, read_only: bool = False, **session: str) -> AsyncEngine:
    """An engine whose transactions see one snapshot if they only read, and what is committed if they write (decision
    0013); connects when first used."""
    transactions = {
        "default_transaction_isolation": "repeatable read" if read_only else "read committed",
        "default_transaction_read_only": "on" if read_only else "off",
    }

    async def connect() -> Any:
        return await driver.connect(place, answer_seconds=driver.ANSWER_SECONDS, **transactions, **session)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        hide_parameters=True,
        async_creator=connect,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
    )

    @event.listens_for(engine.sync_engine, "checkout")
    def check(connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        # A server that restarted has closed it, which is known without asking: all of that age are made anew.
        if connection.driver_connection.is_closed():
            error = DisconnectionError("closed by the server")
            error.invalidate_pool = True
            raise error

    return engine
