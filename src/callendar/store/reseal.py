"""Resealing: everything sealed anew with the newest key, or for the first time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from sqlalchemy import Table, and_, bindparam, select, update
from structlog import get_logger

from callendar.contracts.kept import KeysTold, Resealed
from callendar.contracts.store import StoreError
from callendar.store.body import CALENDAR, CONNECTION
from callendar.store.connect import Connections, Reader, Writer
from callendar.store.fault import told
from callendar.store.key import KeyFault
from callendar.store.place import FilePlace
from callendar.store.schema import SEALED
from callendar.store.seal import Seal, is_sealed
from callendar.store.sqlite import driver
from callendar.store.tables import calendars, companies, connections, meta

log = get_logger()

AT_ONCE = 500


async def reseal(database: Connections, seal: Seal, *, drop: bool) -> Resealed:
    """The new key is in its file before anything is sealed with it, and the old ones until everything is.

    Whoever saves a connection meanwhile looks at the file while it holds the database, so after the first transaction
    nobody seals with an older key.
    """
    async with database.write() as writer:
        await writer.connection.lock_out_writers(connections, calendars)
        made = await seal.keys.renew()
        done, shut = await _seal_all(writer, seal, only_plain=False)
    older = seal.keys.count - 1
    dropped = drop and not shut and made
    if dropped:
        async with database.write() as writer:
            await writer.connection.lock_out_writers(connections, calendars)
            await seal.keys.drop()
    await _wipe(database, vacuum=False)
    return Resealed(connections=done, shut=shut, key_made=made, older=older, dropped=dropped)


async def seal_plain(database: Connections, seal: Seal) -> None:
    """Seal what a release before sealing has left, once; without a key it stays as it is, and is looked at next time.
    What was readable leaves the file."""
    async with database.read() as connection:
        if await connection.scalar(select(meta.c.value).where(meta.c.name == SEALED)):
            return
    try:
        async with database.write() as writer:
            done, _shut = await _seal_all(writer, seal, only_plain=True)
    except KeyFault as error:
        log.warning("connections_not_sealed", said=str(error))
        return
    if done and not await _wipe(database, vacuum=True):
        return
    async with database.write() as writer:
        await writer.upsert(meta, {"name": SEALED, "value": "yes"})


def examine_keys(seal: Seal) -> KeysTold:
    """As they are now. A file of ours that is not there yet is no fault: it is made at the first need."""
    keys = seal.keys
    keys.look()
    missing = keys.place.is_ours and keys.place.file is not None and not keys.place.file.exists()
    return KeysTold(
        place=str(keys.place),
        made=keys.made,
        fault=None if missing else keys.fault,
        warnings=tuple(keys.warnings()),
        missing=missing,
    )


async def _seal_all(writer: Writer, seal: Seal, *, only_plain: bool) -> tuple[int, tuple[str, ...]]:
    """How many connections were sealed, and the faults of those that do not open."""
    done, shut = 0, list[str]()
    async for part in _parts(writer.connection, connections):
        changed: list[tuple[Any, bytes]] = []
        for row in part:
            kept = CONNECTION.decode(row.body)
            if only_plain and is_sealed(kept.secret):
                continue
            opened = seal.open_connection(kept)
            if opened.fault is not None:
                shut.append(opened.fault)
                continue
            changed.append((row, CONNECTION.encode(await seal.seal_connection(opened))))
        done += len(changed)
        await _put(writer, connections, changed)
    async for part in _parts(writer.connection, calendars):
        changed = []
        for row in part:
            kept = CALENDAR.decode(row.body)
            if only_plain and is_sealed(kept.ref):
                continue
            opened = seal.open_calendar(kept)
            if opened.ref or not is_sealed(kept.ref):
                changed.append((row, CALENDAR.encode(await seal.seal_calendar(opened))))
        await _put(writer, calendars, changed)
    return done, tuple(shut)


async def _parts(connection: Reader, table: Table) -> AsyncGenerator[list[Any]]:
    """All rows of a table, of one company after the other, so many at a time."""
    for company_id in await connection.scalars(select(companies.c.id).order_by(companies.c.id)):
        last = ""
        while True:
            more = select(table).where(table.c.company_id == company_id, table.c.id > last)
            part = list(await connection.execute(more.order_by(table.c.id).limit(AT_ONCE)))
            if not part:
                break
            yield part
            last = part[-1].id


async def _put(writer: Writer, table: Table, changed: list[tuple[Any, bytes]]) -> None:
    this = and_(table.c.company_id == bindparam("whose"), table.c.id == bindparam("which"))
    await writer.execute_many(
        update(table).where(this).values(body=bindparam("sealed")),
        [{"whose": row.company_id, "which": row.id, "sealed": body} for row, body in changed],
    )


async def _wipe(database: Connections, *, vacuum: bool) -> bool:
    """Have what was overwritten leave the files too; False when another process stands in the way, or the disk.

    What SQLite frees it overwrites (`secure_delete`), but its log still holds the pages of before, and a file written
    without that pragma may hold them anywhere.
    """
    place = database.place
    if not isinstance(place, FilePlace) or place.path is None:
        return True
    try:
        with told(place):
            connection = await driver.connect(place.path)
            try:
                cursor = connection.cursor()
                if vacuum:
                    await cursor.execute("VACUUM")
                ((busy, _log, _moved),) = await (await cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")).fetchall()
            finally:
                await connection.close()
    except StoreError as error:
        log.warning("overwritten_secrets_linger", said=str(error))
        return False
    return not busy
