"""Readings: put in place of what was kept, whole or not at all, touching only what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from callendar.contracts.source import Reading
from callendar.domain.booking import CalendarId
from callendar.domain.rules import CompanyId
from callendar.store.body import FAULTS, encode_bookings
from callendar.store.calendars import find_calendar
from callendar.store.connect import Reader, Writer
from callendar.store.tables import calendars, objects

AT_ONCE = 100
"""Refs named in one statement, and written before others get their turn."""
UNREAD = ""
"""The etag of an object of which nothing is known that could be compared."""
_NOTHING = encode_bookings(())


async def apply_reading(
    writer: Writer,
    company_id: CompanyId,
    calendar_id: CalendarId,
    reading: Reading,
    read_until: datetime | None,
    drops: int | None,
) -> bool:
    """True if any booking, `read_until` or the fault differs from before."""
    calendar = await find_calendar(writer.connection, company_id, calendar_id)
    if reading.partial and not calendar.is_known:
        # What is kept of before is no news to the next piece only if it is forgotten which version it was.
        these = objects.c.company_id == company_id, objects.c.calendar_id == calendar_id
        await writer.execute(update(objects).where(*these, objects.c.etag != UNREAD).values(etag=UNREAD))
    differs = await _replace_objects(writer, company_id, calendar_id, reading)
    gone = set(reading.gone)
    if reading.complete:
        these = objects.c.company_id == company_id, objects.c.calendar_id == calendar_id
        kept = await writer.connection.scalars(select(objects.c.ref).where(*these))
        gone.update(set(kept) - reading.objects.keys() - reading.unchanged)
    differs |= await _remove_objects(writer, company_id, calendar_id, gone - reading.objects.keys())
    dropped_since = drops is not None and drops != calendar.drops
    state: dict[str, Any] = {
        "read_until": read_until,
        "failing_since": None,
        "fault": None,
        # Changes alone cannot make known what was dropped, nor can a reading that began before the drop.
        "is_known": not dropped_since and (reading.complete or reading.partial or calendar.is_known),
        "sync_cursor": reading.cursor,
    }
    if any(getattr(calendar, name) != value for name, value in state.items()):
        this = calendars.c.company_id == company_id, calendars.c.id == calendar_id
        await writer.execute(update(calendars).where(*this).values(**state))
    return differs or calendar.read_until != read_until or calendar.failing_since is not None


async def save_fault(
    writer: Writer, company_id: CompanyId, calendar_id: CalendarId, failing_since: datetime, fault: str
) -> bool:
    """True if it had not failed before; the first failure's instant stays."""
    calendar = await find_calendar(writer.connection, company_id, calendar_id)
    is_first = calendar.failing_since is None
    if is_first or calendar.fault != fault:
        this = calendars.c.company_id == company_id, calendars.c.id == calendar_id
        since = failing_since if is_first else calendar.failing_since
        await writer.execute(update(calendars).where(*this).values(failing_since=since, fault=fault))
    return is_first


async def load_object_faults(connection: Reader, company_id: CompanyId, calendar_id: CalendarId) -> Sequence[str]:
    """What could not be used in the objects kept, by ref."""
    question = (
        select(objects.c.faults)
        .where(objects.c.company_id == company_id, objects.c.calendar_id == calendar_id)
        .where(objects.c.faults != FAULTS.encode(()))
        .order_by(objects.c.ref)
    )
    return [fault for kept in await connection.scalars(question) for fault in FAULTS.decode(kept)]


async def _replace_objects(writer: Writer, company_id: CompanyId, calendar_id: CalendarId, reading: Reading) -> bool:
    differs = False
    for refs in _parts(reading.objects):
        these = _named(company_id, calendar_id, refs)
        kept = {row.ref: row for row in await writer.connection.execute(select(objects).where(*these))}
        changed: list[dict[str, Any]] = []
        for ref in refs:
            read, before = reading.objects[ref], kept.get(ref)
            bookings = before.bookings if read.stands and before is not None else encode_bookings(read.bookings)
            faults = FAULTS.encode(read.faults)
            differs |= bookings != (_NOTHING if before is None else before.bookings)
            if before is None or (before.etag, before.bookings, before.faults) != (read.etag, bookings, faults):
                key = {"company_id": company_id, "calendar_id": calendar_id, "ref": ref}
                changed.append({**key, "etag": read.etag, "bookings": bookings, "faults": faults})
        await writer.upsert_many(objects, changed)
    return differs


async def _remove_objects(
    writer: Writer, company_id: CompanyId, calendar_id: CalendarId, gone: Collection[str]
) -> bool:
    differs = False
    for refs in _parts(gone):
        removing = delete(objects).where(*_named(company_id, calendar_id, refs)).returning(objects.c.bookings)
        removed = (await writer.execute(removing)).scalars().all()
        differs |= any(bookings != _NOTHING for bookings in removed)
    return differs


def _named(company_id: CompanyId, calendar_id: CalendarId, refs: Sequence[str]) -> tuple[Any, ...]:
    return objects.c.company_id == company_id, objects.c.calendar_id == calendar_id, objects.c.ref.in_(refs)


def _parts(refs: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(refs)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]
