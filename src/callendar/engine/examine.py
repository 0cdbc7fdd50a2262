"""Examine: every connection tried, in plain words with the mend, for `callendar doctor`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime

import anyio
from msgspec import Struct

from callendar.contracts.source import SourceContext, SourceError, SourceKind
from callendar.contracts.store import Store, StoreError
from callendar.domain.booking import Calendar, Connection, ConnectionId
from callendar.domain.rules import Company
from callendar.engine.connecting import try_connection

CLOCK_WARN_SECONDS, CLOCK_FAULT_SECONDS = 2, 60
"""From where a difference between clocks is told, and from where it is a fault."""
AT_ONCE = 16
"""Connections tried at once: one that hangs takes half a minute."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was tried."""

    well: bool
    said: str


async def examine(
    store: Store, company: Company, kinds: Mapping[str, SourceKind], context: SourceContext
) -> AsyncGenerator[Finding]:
    """Try the connections of a company, several at once, then say of each calendar how it is."""
    people = {row.person.id: row.person.name for row in (await store.load_rows(company.id)).rows}
    yield Finding(well=True, said=f"people: {len(people)}, reasons: {len(company.reasons)}, mode: {company.rules.mode}")
    calendars = await store.load_calendars(company.id)
    connections = await store.load_connections(company.id)
    tried: dict[ConnectionId, Sequence[Finding]] = {}
    turns = anyio.CapacityLimiter(AT_ONCE)

    async def take_turn(connection: Connection) -> None:
        mine = [each for each in calendars if each.connection_id == connection.id]
        async with turns:
            tried[connection.id] = await _try(connection, mine, kinds, context)

    async with anyio.create_task_group() as group:
        for connection in connections:
            group.start_soon(take_turn, connection)
    for connection in connections:
        for finding in tried[connection.id]:
            yield finding
    for calendar in calendars:
        if calendar.selected and calendar.fault is not None:
            since = f"{calendar.failing_since:%Y-%m-%d %H:%M}Z" if calendar.failing_since else "now"
            whose = people.get(calendar.person_id, calendar.person_id)
            yield Finding(well=False, said=f"{whose}, {calendar.name}, failing since {since}: {calendar.fault}")
        for fault in await store.load_object_faults(company.id, calendar.id):
            whose = people.get(calendar.person_id, calendar.person_id)
            yield Finding(well=True, said=f"{whose}, {calendar.name}: {fault}")


async def examine_store(store: Store) -> Sequence[Finding]:
    """What is wrong with the database, tried by writing to it, as of a full disk; nothing where it can be written."""
    try:
        await store.check(write=True)
    except StoreError as error:
        return [Finding(well=False, said=str(error))]
    return []


async def examine_keys(store: Store) -> Sequence[Finding]:
    """What connections are sealed with, and what is wrong with that."""
    told = await store.examine_keys()
    found = [Finding(well=True, said=f"warning: {warning}") for warning in told.warnings]
    if told.fault is not None:
        return [Finding(well=False, said=told.fault), *found]
    if told.missing:
        return [Finding(well=True, said=f"{told.place} is made with the first connection"), *found]
    return [Finding(well=True, said=f"connections are sealed with {told.place}; keep a copy of it elsewhere"), *found]


async def _try(
    connection: Connection, calendars: list[Calendar], kinds: Mapping[str, SourceKind], context: SourceContext
) -> Sequence[Finding]:
    kind = kinds.get(connection.kind)
    if kind is None:
        return [Finding(well=False, said=f"{connection.name}: nothing installed reads {connection.kind!r}")]
    try:
        tried = await try_connection(kind, connection, context)
    except SourceError as error:
        return [Finding(well=False, said=f"{connection.name}: {error}")]
    read = f"read {_age(connection.read_at, context.clock.now())}"
    used = sum(each.selected for each in calendars)
    found = [Finding(well=True, said=f"{connection.name}: answers; calendars in use: {used}; {read}")]
    offset = tried.clock_offset_seconds
    if offset is not None and abs(offset) >= CLOCK_WARN_SECONDS:
        which = "ahead of" if offset > 0 else "behind"
        told = f"its clock is {abs(offset):.0f} s {which} this machine's; set both by the network's time"
        found.append(Finding(well=abs(offset) < CLOCK_FAULT_SECONDS, said=f"{connection.name}: {told}"))
    return found


def _age(read_at: datetime | None, now: datetime) -> str:
    if read_at is None:
        return "not yet"
    seconds = int((now - read_at.astimezone(UTC)).total_seconds())
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"
