"""Sweep: what has grown too old is removed, now and then, in a transaction that writes anyway."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Column, Table, delete, func, select, tuple_, update

from callendar.domain.rules import CompanyId
from callendar.store.connect import Writer
from callendar.store.tables import answers, changes, counters, sessions, tombstones
from callendar.store.trail import ANSWER_HOURS

TOMBSTONE_DAYS = 7
CHANGE_DAYS = 1
EVERY = timedelta(hours=1)


class Sweep:
    """Knows when each company was swept last."""

    def __init__(self) -> None:
        self._swept: dict[CompanyId, datetime] = {}

    async def run_if_due(self, writer: Writer, company_id: CompanyId, now: datetime) -> None:
        """Remove old tombstones, changes, answers and sessions, at most once an hour."""
        last = self._swept.get(company_id)
        if last is not None and last <= now < last + EVERY:
            return
        self._swept[company_id] = now
        await _forget_tombstones(writer, company_id, now - timedelta(days=TOMBSTONE_DAYS))
        for table, column, oldest in (
            (changes, changes.c.made_at, now - timedelta(days=CHANGE_DAYS)),
            (answers, answers.c.given_at, now - timedelta(hours=ANSWER_HOURS)),
            (sessions, sessions.c.ends_at, now),
        ):
            await _remove_older(writer, table, column, company_id, oldest)


async def _remove_older(
    writer: Writer, table: Table, column: Column[datetime], company_id: CompanyId, oldest: datetime
) -> None:
    """Nobody is waited for: what somebody else is about to remove is left to him."""
    key = tuple_(*table.primary_key)
    old = select(*table.primary_key).where(table.c.company_id == company_id, column < oldest)
    await writer.execute(delete(table).where(key.in_(old.with_for_update(skip_locked=True))))


async def _forget_tombstones(writer: Writer, company_id: CompanyId, oldest: datetime) -> None:
    old = tombstones.c.company_id == company_id, tombstones.c.gone_at < oldest
    forgotten_n = await writer.connection.scalar(select(func.max(tombstones.c.n)).where(*old))
    if forgotten_n is not None:
        this = counters.c.company_id == company_id, counters.c.forgotten_n < forgotten_n
        await writer.execute(update(counters).where(*this).values(forgotten_n=forgotten_n))
        await writer.execute(delete(tombstones).where(*old))
