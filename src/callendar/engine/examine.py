"""Examine: every connection tried, in plain words with the mend, for `callendar doctor`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime

from msgspec import Struct

from callendar.contracts.source import SourceContext, SourceError, SourceKind
from callendar.contracts.store import Store
from callendar.domain.booking import Calendar, Connection
from callendar.domain.rules import Company
from callendar.engine.connecting import find_calendars


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was tried."""

    well: bool
    said: str


async def examine(
    store: Store, company: Company, kinds: Mapping[str, SourceKind], context: SourceContext
) -> AsyncGenerator[Finding]:
    """Try each connection of a company, then say of each calendar how it is; findings come as they are found."""
    people = {row.person.id: row.person.name for row in (await store.load_rows(company.id)).rows}
    yield Finding(well=True, said=f"people: {len(people)}, reasons: {len(company.reasons)}, mode: {company.rules.mode}")
    calendars = await store.load_calendars(company.id)
    for connection in await store.load_connections(company.id):
        mine = [each for each in calendars if each.connection_id == connection.id]
        yield await _try(connection, mine, kinds, context)
    for calendar in calendars:
        if calendar.selected and calendar.fault is not None:
            since = f"{calendar.failing_since:%Y-%m-%d %H:%M}Z" if calendar.failing_since else "now"
            whose = people.get(calendar.person_id, calendar.person_id)
            yield Finding(well=False, said=f"{whose}, {calendar.name}, failing since {since}: {calendar.fault}")


async def _try(
    connection: Connection, calendars: list[Calendar], kinds: Mapping[str, SourceKind], context: SourceContext
) -> Finding:
    kind = kinds.get(connection.kind)
    if kind is None:
        return Finding(well=False, said=f"{connection.name}: nothing installed reads {connection.kind!r}")
    try:
        found = await find_calendars(kind, connection, context)
    except SourceError as error:
        return Finding(well=False, said=f"{connection.name}: {error}")
    read = f"read {_age(connection.read_at, context.clock.now())}"
    return Finding(
        well=True, said=f"{connection.name}: answers; calendars offered: {len(found)}, in use: {len(calendars)}; {read}"
    )


def _age(read_at: datetime | None, now: datetime) -> str:
    if read_at is None:
        return "not yet"
    seconds = int((now - read_at.astimezone(UTC)).total_seconds())
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"
