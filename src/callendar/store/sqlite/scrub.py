"""Scrub: what has been changed or deleted does not go on standing in the file beside the database.

In the database itself `secure_delete` overwrites it at once. The log of writes (WAL) still holds pages as they were,
until it is begun anew: so that is done every minute in which something is written, and the log cut off.
"""

from __future__ import annotations

import time
from contextlib import suppress
from sqlite3 import Error

from sqlalchemy.ext.asyncio import AsyncConnection

from callendar.store.sqlite.driver import BUSY_SECONDS
from callendar.store.whole import whole

EVERY_SECONDS = 60.0
PATIENCE_SECONDS = 0.2
"""How long readers are waited for, while nobody can write; the next minute tries again."""


class Scrub:
    """Knows when the log of one file was cut off last."""

    def __init__(self) -> None:
        self._done = time.monotonic()

    async def run_if_due(self, connection: AsyncConnection) -> None:
        """Cut the log off, at most once a minute, on the connection that writes, after its commit. Its failing harms
        nothing that was kept."""
        now = time.monotonic()
        if now - self._done < EVERY_SECONDS:
            return
        self._done = now
        await whole(self._cut_off(connection))

    async def _cut_off(self, connection: AsyncConnection) -> None:
        # Past SQLAlchemy, which would begin a transaction: within one there is no cutting off.
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        with suppress(Error, OSError):
            try:
                await raw.cursor().execute(f"PRAGMA busy_timeout={int(PATIENCE_SECONDS * 1000)}")
                await raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                await raw.cursor().execute(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
