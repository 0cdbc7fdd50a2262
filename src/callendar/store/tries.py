"""Tries to sign in, counted by what they were made with; the company is not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from callendar.contracts.kept import TryKey
from callendar.domain.limit import Limit
from callendar.store.connect import Reader, Writer
from callendar.store.tables import tries

KEPT = timedelta(days=1)
"""Longer than any limit remembers."""
DEVICES_KEPT = timedelta(days=90)
"""How long a browser that has signed in is known when it does so no more."""
SWEPT_AT_ONCE = 200


async def count_try(writer: Writer, tried: Mapping[TryKey, Limit], at: datetime) -> int:
    """Count one more under each; or, where a limit asks to wait, nothing."""
    counts: dict[TryKey, int] = {}
    wait = 0
    for key, limit in tried.items():
        this = select(tries.c["count"].label("failed"), tries.c.last_at).where(*_this(key)).with_for_update()
        row = (await writer.connection.execute(this)).one_or_none()
        count, last_at = (0, at) if row is None else (row.failed, row.last_at)
        counts[key] = count if limit.still_counts(last_at, at) else 0
        wait = max(wait, limit.wait_seconds(count, last_at, at))
    if wait:
        return wait
    for key, count in counts.items():
        await _keep(writer, key, count + 1, at)
    await _sweep(writer, at)
    return 0


async def end_tries(writer: Writer, key: TryKey, at: datetime) -> None:
    """None any more, and there."""
    await _keep(writer, key, 0, at)


async def take_back_try(writer: Writer, key: TryKey) -> None:
    """One less."""
    await writer.execute(update(tries).where(*_this(key), tries.c["count"] > 0).values(count=tries.c["count"] - 1))


async def has_tries(connection: Reader, key: TryKey) -> bool:
    """Whether there is anything."""
    return await connection.scalar(select(tries.c.kind).where(*_this(key))) is not None


async def _keep(writer: Writer, key: TryKey, count: int, at: datetime) -> None:
    await writer.upsert(tries, {"kind": key.kind, "key": key.key, "count": count, "last_at": at})


async def _sweep(writer: Writer, at: datetime) -> None:
    """Every try takes the place of some old ones, so that a flood of made-up addresses does not stay."""
    kept = ((tries.c.kind != "device") & (tries.c.last_at < at - KEPT)) | (tries.c.last_at < at - DEVICES_KEPT)
    old = select(tries.c.kind, tries.c.key).where(kept).limit(SWEPT_AT_ONCE).with_for_update(skip_locked=True)
    for row in (await writer.connection.execute(old)).all():
        await writer.execute(delete(tries).where(tries.c.kind == row.kind, tries.c.key == row.key))


def _this(key: TryKey) -> tuple[ColumnElement[bool], ...]:
    return tries.c.kind == key.kind, tries.c.key == key.key
