"""Schema: whether a database is this release's, and what makes it so."""

from __future__ import annotations

from secrets import token_hex
from typing import Any, Literal

import anyio.to_thread
from sqlalchemy import Connection, delete, insert, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from callendar.contracts.store import StoreError
from callendar.store.connect import Reader, Writer, begun
from callendar.store.fault import told
from callendar.store.place import FilePlace, Place, ServerPlace
from callendar.store.postgresql.engine import open_engine as open_server
from callendar.store.sqlite.engine import open_engine as open_file
from callendar.store.tables import meta, metadata
from callendar.store.whole import whole

HEAD = "0002"
"""The newest revision under `migrations/versions`; a test compares. Known here so that a start needs no Alembic."""

MIGRATING = 0x43_41_4C_4D
"""Key of PostgreSQL's advisory lock under which one process at a time migrates."""
MIGRATING_SECONDS = 120
"""How long another's migration is waited for."""
SEALED = "sealed"
"""In `meta` once every connection and calendar is sealed: from the beginning, where a database is made anew."""

State = Literal["empty", "ours", "old"]


async def make_anew(connection: Reader) -> str:
    """Make the tables of a database in memory, which has no past to migrate from; returns the epoch."""
    await connection.run_sync(metadata.create_all)
    await _mark_sealed(connection)
    return await _ensure_epoch(connection)


async def migrate(place: Place) -> str:
    """Bring a database to this release's schema in one transaction, while nobody else does; returns the epoch.

    Raises:
        StoreError: It is another program's or a newer release's, locked, damaged, not to be written or reached.
    """
    engine = _open_engine(place)
    try:
        async with begun(engine, place) as connection:
            reader = Reader(connection, place)
            if isinstance(place, ServerPlace):
                await reader.execute(text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=MIGRATING))
            state = await _state(place, reader)
            if state != "ours":
                await reader.run_sync(_upgrade)
            if state == "empty":
                await _mark_sealed(reader)
            epoch = await _ensure_epoch(reader)
            if isinstance(place, FilePlace):
                broken = (await reader.execute(text("PRAGMA foreign_key_check"))).first()
                if broken is not None:
                    raise StoreError(f"{place} refers to something that is not there, in {broken[0]}; restore a backup")
            with told(place):
                await whole(connection.commit())
            return epoch
    finally:
        await engine.dispose()


def _open_engine(place: Place) -> AsyncEngine:
    if isinstance(place, FilePlace):
        # Foreign keys rest while SQLite makes tables anew.
        return open_file(place, begin="BEGIN IMMEDIATE", connections=1, foreign_keys=False)
    return open_server(place, connections=1, lock_timeout=f"{MIGRATING_SECONDS}s")


async def find_epoch(place: Place, connection: Reader) -> str | None:
    """The epoch of a database that needs nothing done; None if `migrate` has to look at it."""
    if isinstance(place, ServerPlace):
        await _check_server(place, connection)
    if await _state(place, connection) != "ours":
        return None
    return await connection.scalar(select(meta.c.value).where(meta.c.name == "epoch"))


async def forget_epoch(writer: Writer) -> None:
    """Leave a database nameless: whoever opens it next gives it an epoch of its own."""
    await writer.execute(delete(meta).where(meta.c.name == "epoch"))


async def renew_epoch(writer: Writer) -> None:
    """Give a database another epoch: whatever anybody holds of before is not of it."""
    await forget_epoch(writer)
    await _ensure_epoch(writer.connection)


async def _ensure_epoch(connection: Reader) -> str:
    epoch = await connection.scalar(select(meta.c.value).where(meta.c.name == "epoch"))
    if epoch is None:
        epoch = token_hex(4)
        await connection.execute(insert(meta).values(name="epoch", value=epoch))
    return epoch


async def _mark_sealed(connection: Reader) -> None:
    """Nothing of before sealing can be in a database that is made anew."""
    await connection.execute(insert(meta).values(name=SEALED, value="yes"))


async def _check_server(place: ServerPlace, connection: Reader) -> None:
    if await connection.scalar(text("SELECT pg_is_in_recovery()")):
        raise StoreError(f"{place} cannot be written: it is a standby; give the address of the primary")
    encoding = await connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise StoreError(
            f"{place} is encoded in {encoding}; make a database with ENCODING 'UTF8' and TEMPLATE template0"
        )


async def _state(place: Place, connection: Reader) -> State:
    tables = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
    if not tables:
        return "empty"
    if not {"alembic_version", "meta"} <= tables:
        raise StoreError(f"{place} is the database of another program; name another")
    found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalars().all()
    if found == [HEAD]:
        return "ours"
    known = await anyio.to_thread.run_sync(_revisions)
    if not set(found) <= known:
        raise StoreError(
            f"{place} was written by a newer release of Callendar (its schema is {', '.join(found)}, "
            f"this one's {HEAD}); install that release, or restore a backup of before"
        )
    return "old"


def alembic_config() -> Any:
    """Where Alembic finds our migrations; its type is Alembic's, which is imported only when needed."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "callendar.store:migrations")
    return config


def _revisions() -> frozenset[str]:
    from alembic.script import ScriptDirectory

    return frozenset(script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions())


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
