"""Connecting calendars: tried before they are saved, chosen one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex

from msgspec import Struct, structs

from callendar.contracts.source import FoundCalendar, SourceContext, SourceKind
from callendar.contracts.store import NotFound, Store
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.errors import InvalidValue
from callendar.domain.person import Person
from callendar.domain.rules import CompanyId
from callendar.engine.plan import replan


def new_connection(
    company_id: CompanyId, kind: SourceKind, name: str, given: Mapping[str, str | None], poll_seconds: int | None = None
) -> Connection:
    """A connection with the settings that its kind asks for.

    Raises:
        InvalidValue: A setting that it needs is missing.
    """
    settings: dict[str, str] = {}
    secret: str | None = None
    for setting in kind.settings:
        value = given.get(setting.name)
        if not value:
            if setting.required:
                raise InvalidValue(f"{kind.name} needs --{setting.name}: {setting.help}")
        elif setting.secret:
            secret = value
        else:
            settings[setting.name] = value
    return Connection(
        id=ConnectionId("c_" + token_hex(8)),
        company_id=company_id,
        kind=kind.name,
        name=name,
        settings=settings,
        secret=secret,
        poll_seconds=kind.poll_seconds if poll_seconds is None else poll_seconds,
    )


class Tried(Struct, frozen=True, kw_only=True):
    """A connection that answered."""

    calendars: Sequence[FoundCalendar]
    """Every one that it reaches, in the server's order."""
    clock_offset_seconds: float | None
    """How far its server's clock is ahead of ours."""


async def try_connection(kind: SourceKind, connection: Connection, context: SourceContext) -> Tried:
    """Try a connection before it is saved; raises `SourceError` with the mend."""
    source = await kind.open(connection, context)
    try:
        found = await source.find_calendars()
        return Tried(calendars=found, clock_offset_seconds=source.clock_offset_seconds)
    finally:
        await source.close()


async def connect_calendars(
    store: Store, person: Person, connection: Connection, found: Sequence[tuple[FoundCalendar, bool]], now: datetime
) -> list[Calendar]:
    """Save a connection with the calendars found over it, each with whether it is chosen; they are hers."""
    held = await store.load_calendars(person.company_id, person.id)
    order = max((each.order for each in held), default=-1) + 1
    calendars = [
        Calendar(
            id=CalendarId("cal_" + token_hex(8)),
            company_id=person.company_id,
            person_id=person.id,
            connection_id=connection.id,
            ref=each.ref,
            name=each.name,
            order=order + place,
            selected=selected,
            owned=each.owned,
            added_at=now,
        )
        for place, (each, selected) in enumerate(found)
    ]
    await store.save_connection(connection)
    async with store.change(person.company_id, [person.id]) as tx:
        for calendar in calendars:
            await tx.save_calendar(calendar)
        await replan(tx, person.id)
    return calendars


async def choose_calendar(
    store: Store, company_id: CompanyId, calendar_id: CalendarId, *, selected: bool | None, marks: bool | None
) -> Calendar:
    """Change whether a calendar is read and whether its marks count; None leaves it as it is.

    Raises:
        NotFound: There is no such calendar in the company.
    """
    for calendar in await store.load_calendars(company_id):
        if calendar.id == calendar_id:
            break
    else:
        raise NotFound(f"there is no calendar {calendar_id}")
    changed = structs.replace(
        calendar,
        selected=calendar.selected if selected is None else selected,
        marks=calendar.marks if marks is None else marks,
    )
    async with store.change(company_id, [calendar.person_id]) as tx:
        await tx.save_calendar(changed)
        await replan(tx, calendar.person_id)
    if changed.selected:
        await store.request_sync(company_id, [calendar_id])
    return changed
