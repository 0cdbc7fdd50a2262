"""Connections, calendars, and what is known of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import structs
from sqlalchemy import ARRAY, Column, ColumnElement, Text, any_, cast, delete, select, update

from callendar.contracts.kept import CalendarSync
from callendar.contracts.source import Known
from callendar.contracts.store import Conflict, NotFound
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from callendar.store.body import CALENDAR, CONNECTION, PERSON
from callendar.store.connect import Reader, Writer
from callendar.store.person import find_person
from callendar.store.seal import Seal, is_sealed
from callendar.store.tables import calendars, connections, objects


async def load_connections(connection: Reader, company_id: CompanyId, seal: Seal) -> Sequence[Connection]:
    """By name, then id."""
    question = select(connections).where(connections.c.company_id == company_id)
    found = [_decode_connection(row, seal) for row in await connection.execute(question)]
    return sorted(found, key=lambda each: (each.name, each.id))


async def load_connection(
    connection: Reader, company_id: CompanyId, connection_id: ConnectionId, seal: Seal, *, lock: bool = False
) -> Connection:
    """One, which nobody else may change meanwhile if it is locked; `NotFound` if there is none."""
    this = connections.c.company_id == company_id, connections.c.id == connection_id
    question = select(connections).where(*this)
    row = (await connection.execute(question.with_for_update(key_share=True) if lock else question)).one_or_none()
    if row is None:
        raise NotFound(f"there is no connection {connection_id}")
    return _decode_connection(row, seal)


async def save_connection(writer: Writer, connection: Connection, seal: Seal) -> None:
    """Add or change one; `read_at` counts only when it is new. Another kind or setting is another system: what was
    known of its calendars is dropped."""
    this = connections.c.company_id == connection.company_id, connections.c.id == connection.id
    kept = await writer.connection.scalar(select(connections.c.body).where(*this))
    row = {"company_id": connection.company_id, "id": connection.id}
    if kept is None:
        body = CONNECTION.encode(structs.replace(await seal.seal_connection(connection), read_at=None))
        await writer.upsert(connections, {**row, "read_at": connection.read_at, "body": body})
        return
    sealed = CONNECTION.decode(kept)
    before = seal.open_connection(sealed)
    if (before.settings, before.secret) == (connection.settings, connection.secret) and is_sealed(sealed.secret):
        # What is sealed stays as it is, so that equal values have equal bodies; also when it could not be opened.
        after = structs.replace(connection, settings={}, secret=sealed.secret, fault=None)
    else:
        after = await seal.seal_connection(connection)
    body = CONNECTION.encode(structs.replace(after, read_at=None))
    await writer.execute(update(connections).where(*this, connections.c.body != body).values(body=body))
    if (before.kind, before.settings) != (connection.kind, connection.settings):
        await drop_known(writer, connection.company_id, connection_id=connection.id)


async def delete_connection(writer: Writer, company_id: CompanyId, connection_id: ConnectionId) -> None:
    """Remove one without calendars; `Conflict` while it has some."""
    used = calendars.c.company_id == company_id, calendars.c.connection_id == connection_id
    if await writer.connection.scalar(select(calendars.c.id).where(*used).limit(1)):
        raise Conflict(f"the connection {connection_id} still has calendars; remove them first")
    this = connections.c.company_id == company_id, connections.c.id == connection_id
    await writer.execute(delete(connections).where(*this))


async def load_calendars(
    connection: Reader, company_id: CompanyId, seal: Seal, person_id: PersonId | None = None
) -> Sequence[Calendar]:
    """Of one person or of all, by person, then in the order of her list."""
    question = select(calendars).where(calendars.c.company_id == company_id)
    if person_id is not None:
        question = question.where(calendars.c.person_id == person_id)
    found = [_decode(row, seal) for row in await connection.execute(question)]
    return sorted(found, key=lambda each: (each.person_id, each.order, each.id))


async def load_calendar_sync(
    connection: Reader, company_id: CompanyId, calendar_id: CalendarId, seal: Seal
) -> CalendarSync:
    """What is needed to read it; `NotFound` if it is gone."""
    row = await find_calendar(connection, company_id, calendar_id)
    calendar = _decode(row, seal)
    person = await find_person(connection, company_id, calendar.person_id)
    known: Known | None = None
    if row.is_known:
        these = objects.c.company_id == company_id, objects.c.calendar_id == calendar_id
        etags = await connection.execute(select(objects.c.ref, objects.c.etag).where(*these))
        known = Known(cursor=row.sync_cursor, etags={each.ref: each.etag for each in etags})
    return CalendarSync(
        calendar=calendar, person=PERSON.decode(person.body), slid_at=person.slid_at, known=known, drops=row.drops
    )


async def save_calendar(writer: Writer, calendar: Calendar, seal: Seal) -> None:
    """Add or change one. What readings found out (`read_until`, the fault) counts only when it is new or elsewhere."""
    this = calendars.c.company_id == calendar.company_id, calendars.c.id == calendar.id
    kept = (await writer.connection.execute(select(calendars).where(*this))).one_or_none()
    before = None if kept is None else _decode(kept, seal)
    sealed = None if kept is None else CALENDAR.decode(kept.body).ref
    if before is None or sealed is None or before.ref != calendar.ref or not is_sealed(sealed):
        sealed = (await seal.seal_calendar(calendar)).ref
    settings: dict[str, Any] = {
        "person_id": calendar.person_id,
        "connection_id": calendar.connection_id,
        "position": calendar.order,
        "selected": calendar.selected,
        "body": CALENDAR.encode(structs.replace(calendar, ref=sealed, read_until=None, failing_since=None, fault=None)),
    }
    row = {"company_id": calendar.company_id, "id": calendar.id, **settings}
    if before is None:
        state = {name: getattr(calendar, name) for name in ("read_until", "failing_since", "fault")}
        unread = {"is_known": False, "drops": 0, "sync_cursor": None}
        await writer.upsert(calendars, {**row, **state, **unread})
        return
    if (before.ref, before.connection_id) != (calendar.ref, calendar.connection_id):
        await writer.execute(
            delete(objects).where(objects.c.company_id == calendar.company_id, objects.c.calendar_id == calendar.id)
        )
        settings |= {"read_until": None, "failing_since": None, "fault": None, "sync_cursor": None}
        settings |= {"is_known": False, "drops": calendars.c.drops + 1}
    elif all(getattr(kept, name) == value for name, value in settings.items()):
        return
    await writer.execute(update(calendars).where(*this).values(**settings))


async def delete_calendar(writer: Writer, company_id: CompanyId, calendar_id: CalendarId) -> None:
    """Remove one with its bookings."""
    this = calendars.c.company_id == company_id, calendars.c.id == calendar_id
    await writer.execute(delete(calendars).where(*this))


async def lock_calendars(
    writer: Writer,
    company_id: CompanyId,
    *,
    people: Collection[PersonId] | None = None,
    connection_id: ConnectionId | None = None,
) -> ColumnElement[bool]:
    """Lock a company's, or these people's, or a connection's, in id order, before several of them are written; returns
    what says which they are."""
    its = calendars.c.company_id == company_id
    these = its
    if people is not None:
        these &= calendars.c.person_id.in_(people) if len(people) == 1 else _is_any(calendars.c.person_id, people)
    if connection_id is not None:
        these &= calendars.c.connection_id == connection_id
    if writer.connection.dialect == "sqlite":  # there the one writer has locked all
        return these
    question = select(calendars.c.id).where(these).order_by(calendars.c.id).with_for_update()
    # One that is added meanwhile is not among them: it would be waited for out of order.
    return its & _is_any(calendars.c.id, await writer.connection.scalars(question))


def _is_any(column: Column[str], values: Collection[str]) -> ColumnElement[bool]:
    return column == any_(cast(sorted(values), ARRAY(Text)))


async def drop_known(
    writer: Writer,
    company_id: CompanyId,
    person_id: PersonId | None = None,
    connection_id: ConnectionId | None = None,
) -> None:
    """Have a company's calendars, or a person's, or a connection's, read from the start; bookings stay till then."""
    people = None if person_id is None else [person_id]
    these = await lock_calendars(writer, company_id, people=people, connection_id=connection_id)
    # Those not known are counted too: one of them may be under way with the marks of before.
    await writer.execute(update(calendars).where(these).values(is_known=False, drops=calendars.c.drops + 1))


async def save_progress(
    writer: Writer,
    company_id: CompanyId,
    read_at: Mapping[ConnectionId, datetime],
    cursors: Mapping[CalendarId, str],
) -> None:
    """Keep when connections were read, and cursors of calendars that are still known."""
    for connection_id, at in sorted(read_at.items()):
        this = connections.c.company_id == company_id, connections.c.id == connection_id
        moved = connections.c.read_at.is_distinct_from(at)
        await writer.execute(update(connections).where(*this, moved).values(read_at=at))
    for calendar_id, cursor in sorted(cursors.items()):
        this = calendars.c.company_id == company_id, calendars.c.id == calendar_id
        moved = calendars.c.sync_cursor.is_distinct_from(cursor)
        await writer.execute(update(calendars).where(*this, calendars.c.is_known, moved).values(sync_cursor=cursor))


def _decode_connection(row: Any, seal: Seal) -> Connection:
    """A row of the table as the domain knows it."""
    return structs.replace(seal.open_connection(CONNECTION.decode(row.body)), read_at=row.read_at)


async def find_calendar(connection: Reader, company_id: CompanyId, calendar_id: CalendarId) -> Any:
    """Its row of the table; `NotFound` if it is not there."""
    question = select(calendars).where(calendars.c.company_id == company_id, calendars.c.id == calendar_id)
    found = (await connection.execute(question)).one_or_none()
    if found is None:
        raise NotFound(f"there is no calendar {calendar_id}")
    return found


def _decode(row: Any, seal: Seal) -> Calendar:
    """A row of the table as the domain knows it."""
    kept = seal.open_calendar(CALENDAR.decode(row.body))
    return structs.replace(kept, read_until=row.read_until, failing_since=row.failing_since, fault=row.fault)
