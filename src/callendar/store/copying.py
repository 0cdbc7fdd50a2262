"""Copying: everything that is kept, from one database into another, whatever their engines, table by table."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, func, insert, literal, select, tuple_

from callendar.contracts.backup import Copied, Progress
from callendar.store import tables
from callendar.store.connect import Reader, Writer
from callendar.store.tables import metadata

AT_ONCE = 500
"""Rows in memory at a time."""
LEFT_OUT = (tables.sessions, tables.tries)
"""Sign-ins end with a restore, so that none that was ended after the backup comes back to life."""
OWN = ("epoch", "probe")
"""Names in `meta` that belong to one database alone."""


async def copy_tables(source: Reader, target: Writer, progress: Progress) -> Copied:
    """Copy what stands in `source` at one instant into a `target` whose tables are there and empty, but for its `meta`.

    Both have this release's schema. The target keeps its own epoch; what else its `meta` says was of what it was.
    """
    ordered = [table for table in metadata.sorted_tables if table not in LEFT_OUT]
    counts = {table: await _count(source, table) for table in ordered}
    done, total = 0, sum(counts.values())
    progress(done, total)
    await target.execute(delete(tables.meta).where(*_copied(tables.meta)))
    for table in ordered:
        async for rows in _pages(source, table):
            await target.execute_many(insert(table), rows)
            done += len(rows)
            progress(done, total)
    return Copied(companies=counts[tables.companies], people=counts[tables.people], rows=total)


async def _count(source: Reader, table: Table) -> int:
    return int(await source.scalar(select(func.count()).select_from(table).where(*_copied(table))))


async def _pages(source: Reader, table: Table) -> AsyncGenerator[Sequence[dict[str, Any]]]:
    """All rows of a table, in the order of its key."""
    keys = list(table.primary_key)
    question = select(table).where(*_copied(table)).order_by(*keys).limit(AT_ONCE)
    rows = [dict(row) for row in (await source.execute(question)).mappings()]
    while rows:
        yield rows
        last = tuple_(*(literal(rows[-1][key.name], key.type) for key in keys))
        beyond = question.where(tuple_(*keys) > last)
        rows = [dict(row) for row in (await source.execute(beyond)).mappings()]


def _copied(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (tables.meta.c.name.not_in(OWN),) if table is tables.meta else ()
