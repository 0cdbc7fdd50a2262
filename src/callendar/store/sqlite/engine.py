"""Engines on a SQLite file, or on a database in memory."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, StaticPool

from callendar.store.place import FilePlace
from callendar.store.sqlite import driver


def open_engine(
    place: FilePlace, *, begin: str, connections: int, read_only: bool = False, foreign_keys: bool = True
) -> AsyncEngine:
    """An engine whose transactions begin as said; connects when first used."""
    pool: dict[str, Any] = (
        {"poolclass": StaticPool}
        if place.path is None
        else {"poolclass": AsyncAdaptedQueuePool, "pool_size": connections, "max_overflow": 0, "pool_timeout": 60}
    )
    engine = create_async_engine(
        "sqlite+aiosqlite://", hide_parameters=True, async_creator=lambda: driver.connect(place.path), **pool
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:  # pyright: ignore[reportUnusedFunction]
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")
        # What is changed or deleted is overwritten, in freed pages too; the default differs from build to build.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute(f"PRAGMA foreign_keys={int(foreign_keys)}")
        cursor.execute("PRAGMA query_only=ON" if read_only else "PRAGMA journal_mode=WAL")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin_transaction(connection: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.exec_driver_sql(begin)

    return engine
