"""Reading calendars once, without a running service: for `callendar calendars sync`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from callendar.contracts.clock import Clock
from callendar.contracts.source import Source, SourceContext, SourceKind
from callendar.contracts.store import NotFound, Store
from callendar.domain.booking import Calendar, Connection, ConnectionId
from callendar.domain.mark import build_marks
from callendar.domain.rules import CompanyId
from callendar.engine.connecting import open_source
from callendar.engine.held import HeldPeople
from callendar.engine.reading import GroundMoved, Reader, ReadingFailed


async def read_all(
    store: Store,
    held: HeldPeople,
    clock: Clock,
    kinds: Mapping[str, SourceKind],
    context: SourceContext,
    calendars: Sequence[Calendar],
) -> AsyncGenerator[tuple[Calendar, str | None]]:
    """Read these calendars one after the other; each with its fault in words, None when it was read."""
    for calendar in calendars:
        yield calendar, await _read_one(store, held, clock, kinds, context, calendar)


async def _read_one(
    store: Store,
    held: HeldPeople,
    clock: Clock,
    kinds: Mapping[str, SourceKind],
    context: SourceContext,
    calendar: Calendar,
) -> str | None:
    company = held.company(calendar.company_id)
    numbers = frozenset(each.number for row in company.rows.values() for each in row.person.extensions)
    connection = await _connection(store, calendar.company_id, calendar.connection_id)
    kind = kinds.get(connection.kind)
    if kind is None:
        return f"nothing installed reads {connection.kind!r}"
    source: Source | None = None

    async def opened() -> Source:
        nonlocal source
        source = source or await open_source(kind, connection, context)
        return source

    reader = Reader(store, clock, lambda company, person: build_marks(company, person, numbers))
    try:
        read = await reader.read(company.company, calendar.id, opened, None)
        while read.partial:
            read = await reader.read(company.company, calendar.id, opened, None)
        await store.save_progress(calendar.company_id, {connection.id: read.at}, {})
    except ReadingFailed as error:
        return str(error.error)
    except (NotFound, GroundMoved):
        return "it was changed meanwhile; try again"
    finally:
        if source is not None:
            await source.close()
    return None


async def _connection(store: Store, company_id: CompanyId, connection_id: ConnectionId) -> Connection:
    for connection in await store.load_connections(company_id):
        if connection.id == connection_id:
            return connection
    raise NotFound(f"there is no connection {connection_id}")
