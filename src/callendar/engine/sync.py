"""Sync: when did data change. Every selected calendar of every company is read when it is due (`design.md` §6).

What there is to read is learned from the store: once at the start, then from rows that changed (a calendar added,
changed or removed plans its person anew), from connections, and from requests to read now, also of other processes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial

import anyio
from anyio.abc import TaskGroup
from msgspec import structs
from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.source import SourceContext, SourceKind
from callendar.contracts.store import NotFound, Store, StoreAway
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.mark import Marks, build_marks
from callendar.domain.person import Person, PersonId
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.engine.connection import ConnectionReader
from callendar.engine.held import HeldPeople
from callendar.engine.reading import Reader
from callendar.engine.supervise import supervised

log = get_logger()

KEEP_SECONDS = 30
"""When connections were last read, and cursors, are stored at most so often."""
SETTLE_SECONDS = 0.2
"""Wakes closer together than this cause one look."""
LOOK_SECONDS = 300
"""A look even if nothing woke us."""


class SyncedCompany:
    """What is read for one company."""

    def __init__(self) -> None:
        self.n: int | None = None
        """Rows up to it have been looked at; None before the first look."""
        self.readers: dict[ConnectionId, ConnectionReader] = {}
        self.scopes: dict[ConnectionId, anyio.CancelScope] = {}
        self.calendars: dict[PersonId, dict[CalendarId, Calendar]] = {}
        """Selected ones, by person."""
        self.numbers: dict[PersonId, tuple[str, ...]] = {}
        self.extensions: frozenset[str] = frozenset()
        self.read_at: dict[ConnectionId, datetime] = {}
        """Not yet stored."""
        self.cursors: dict[CalendarId, str] = {}
        """Not yet stored."""

    def note_numbers(self, rows: Mapping[PersonId, Row], people: Collection[PersonId]) -> None:
        """Keep the extensions of these people up to date."""
        changed = False
        for person_id in people:
            row = rows.get(person_id)
            numbers = tuple(extension.number for extension in row.person.extensions) if row is not None else ()
            if self.numbers.get(person_id, ()) != numbers:
                self.numbers[person_id] = numbers
                changed = True
        if changed:
            self.extensions = frozenset(number for numbers in self.numbers.values() for number in numbers)


class Sync:
    """Reads all calendars until cancelled.

    Args:
        sources: Kinds of sources by the name under which connections ask for them.
        context: What every source is given.
    """

    def __init__(
        self,
        *,
        store: Store,
        held: HeldPeople,
        clock: Clock,
        sources: Mapping[str, SourceKind],
        context: SourceContext,
    ) -> None:
        self._store = store
        self._held = held
        self._clock = clock
        self._sources = sources
        self._context = context
        self._companies: dict[CompanyId, SyncedCompany] = {}
        self._reader = Reader(store, clock, self._marks)
        self._news = anyio.Event()
        self._noted = anyio.Event()
        self._first = anyio.Event()
        """A connection was read for the first time: whoever has just connected it wants to see that at once."""

    # asked from outside --------------------------------------------------------------------------------------------

    def read_now(self, company_id: CompanyId, calendar_id: CalendarId) -> None:
        """Read a calendar at once; nothing happens if it is not read here."""
        for reader in self._readers(company_id):
            reader.read_now(calendar_id)

    def read_person_now(self, company_id: CompanyId, person_id: PersonId) -> None:
        """Read all of a person's calendars at once; what was to be stored of them is out of date."""
        synced = self._companies.get(company_id)
        if synced is not None:
            for calendar_id in synced.calendars.get(person_id, {}):
                synced.cursors.pop(calendar_id, None)
                self.read_now(company_id, calendar_id)

    def look_again(self, company_id: CompanyId, calendar_id: CalendarId) -> None:
        """A server notified that this calendar changed."""
        for reader in self._readers(company_id):
            reader.look_again(calendar_id)

    def _readers(self, company_id: CompanyId) -> Sequence[ConnectionReader]:
        synced = self._companies.get(company_id)
        return () if synced is None else tuple(synced.readers.values())

    # running -------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Read until cancelled; what is not yet stored of `read_at` and cursors is stored at the end."""
        self._companies = {}
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._listen, self._store.wait_for_change)
                group.start_soon(self._listen, self._held.changed)
                group.start_soon(supervised, "keep progress", self._keep_progress, self._clock)
                await supervised("follow the store", partial(self._follow, group), self._clock)
        finally:
            with anyio.move_on_after(KEEP_SECONDS, shield=True):
                await self._store_progress()

    async def _listen(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Have every wake lead to a look that begins after it, also one that comes during a look."""
        while True:
            await wait()
            self._news.set()

    async def _follow(self, group: TaskGroup) -> None:
        while True:
            self._news = news = anyio.Event()
            await self._look(group)
            await self._clock.wait(news, LOOK_SECONDS)
            await self._clock.sleep(SETTLE_SECONDS)

    # what there is to read -----------------------------------------------------------------------------------------

    async def _look(self, group: TaskGroup) -> None:
        for company_id in self._companies.keys() - self._held.companies.keys():
            for scope in self._companies.pop(company_id).scopes.values():
                scope.cancel()
        for company_id in list(self._held.companies):
            synced = self._companies.setdefault(company_id, SyncedCompany())
            requested = await self._store.take_sync_requests(company_id)
            await self._look_at_people(company_id, synced, requested)
            await self._look_at_connections(company_id, synced, group)
            for calendar_id in requested:
                self.read_now(company_id, calendar_id)

    async def _look_at_people(
        self, company_id: CompanyId, synced: SyncedCompany, requested: Collection[CalendarId]
    ) -> None:
        """Learn the calendars of whoever changed, or of everybody; and of requested ones that are not known yet."""
        held = self._held.company(company_id)
        n = held.n
        touched = held.touched_since(synced.n) if synced.n is not None else None
        by_person: dict[PersonId, list[Calendar]]
        if touched is None:
            by_person = {person_id: [] for person_id in synced.calendars}
            for calendar in await self._store.load_calendars(company_id):
                by_person.setdefault(calendar.person_id, []).append(calendar)
            synced.note_numbers(held.rows, held.rows.keys() | synced.numbers.keys())
        else:
            touched |= await self._people_of_unknown(company_id, requested)
            by_person = {person_id: list(await self._calendars_of(company_id, person_id)) for person_id in touched}
            synced.note_numbers(held.rows, touched)
        for person_id, calendars in by_person.items():
            self._put(synced, person_id, calendars)
        synced.n = n

    async def _people_of_unknown(self, company_id: CompanyId, requested: Collection[CalendarId]) -> set[PersonId]:
        readers = self._readers(company_id)
        people: set[PersonId] = set()
        for calendar_id in requested:
            if not any(calendar_id in reader for reader in readers):
                try:
                    people.add((await self._store.load_calendar_sync(company_id, calendar_id)).person.id)
                except NotFound:
                    log.info("request_for_nothing", calendar=calendar_id)
        return people

    async def _calendars_of(self, company_id: CompanyId, person_id: PersonId) -> Sequence[Calendar]:
        try:
            return await self._store.load_calendars(company_id, person_id)
        except NotFound:
            return ()

    def _put(self, synced: SyncedCompany, person_id: PersonId, calendars: Sequence[Calendar]) -> None:
        """These are the person's calendars now."""
        before = synced.calendars.pop(person_id, {})
        now = {calendar.id: calendar for calendar in calendars if calendar.selected}
        for calendar_id, calendar in before.items():
            if calendar_id not in now or now[calendar_id].connection_id != calendar.connection_id:
                synced.cursors.pop(calendar_id, None)
                if calendar.connection_id in synced.readers:
                    synced.readers[calendar.connection_id].remove(calendar_id)
        for calendar in now.values():
            if calendar.connection_id in synced.readers:
                synced.readers[calendar.connection_id].add(calendar)
        if now:
            synced.calendars[person_id] = now

    async def _look_at_connections(self, company_id: CompanyId, synced: SyncedCompany, group: TaskGroup) -> None:
        connections = {connection.id: connection for connection in await self._store.load_connections(company_id)}
        for connection_id in synced.readers.keys() - connections.keys():
            self._stop(synced, connection_id)
        for connection in connections.values():
            reader = synced.readers.get(connection.id)
            if reader is None or not _read_alike(reader.connection, connection):
                self._stop(synced, connection.id)
                self._start(company_id, synced, connection, group)

    def _start(self, company_id: CompanyId, synced: SyncedCompany, connection: Connection, group: TaskGroup) -> None:
        reader = ConnectionReader(
            connection,
            self._sources.get(connection.kind),
            context=self._context,
            reader=self._reader,
            clock=self._clock,
            company=lambda: self._held.company(company_id).company,
            noted=partial(self._note, company_id, synced, connection.id),
            polled=lambda seconds: self._held.company(company_id).note_poll(connection.id, seconds),
            meter=self._held.meter,
        )
        for calendars in synced.calendars.values():
            for calendar in calendars.values():
                if calendar.connection_id == connection.id:
                    reader.add(calendar)
        synced.readers[connection.id] = reader
        synced.scopes[connection.id] = scope = anyio.CancelScope()
        group.start_soon(self._run_reader, reader, scope, name=f"connection {connection.id}")

    async def _run_reader(self, reader: ConnectionReader, scope: anyio.CancelScope) -> None:
        with scope:
            await supervised(f"connection {reader.connection.id}", reader.run, self._clock)

    def _stop(self, synced: SyncedCompany, connection_id: ConnectionId) -> None:
        if synced.readers.pop(connection_id, None) is not None:
            synced.scopes.pop(connection_id).cancel()

    def _marks(self, company: Company, person: Person) -> Marks:
        synced = self._companies.get(company.id)
        return build_marks(company, person, synced.extensions if synced is not None else frozenset())

    # what is kept by and by ----------------------------------------------------------------------------------------

    def _note(
        self,
        company_id: CompanyId,
        synced: SyncedCompany,
        connection_id: ConnectionId,
        calendar_id: CalendarId,
        cursor: str | None,
        oldest: datetime,
    ) -> None:
        held = self._held.company(company_id)
        if connection_id not in held.read_at:
            self._first.set()
        held.note_read(connection_id, oldest)
        synced.read_at[connection_id] = oldest
        if cursor is None:
            synced.cursors.pop(calendar_id, None)
        else:
            synced.cursors[calendar_id] = cursor
        self._noted.set()

    async def _keep_progress(self) -> None:
        while True:
            await self._noted.wait()
            self._noted, self._first = anyio.Event(), anyio.Event()
            await self._store_progress()
            await self._clock.wait(self._first, KEEP_SECONDS)

    async def _store_progress(self) -> None:
        for company_id, synced in list(self._companies.items()):
            read_at, synced.read_at = synced.read_at, {}
            cursors, synced.cursors = synced.cursors, {}
            if read_at or cursors:
                try:
                    await self._store.save_progress(company_id, read_at, cursors)
                except StoreAway:
                    synced.read_at, synced.cursors = read_at | synced.read_at, cursors | synced.cursors
                    raise


def _read_alike(one: Connection, other: Connection) -> bool:
    """Whether two states of a connection differ in nothing that matters to its source and its polls."""
    return structs.replace(one, name="", read_at=None) == structs.replace(other, name="", read_at=None)
