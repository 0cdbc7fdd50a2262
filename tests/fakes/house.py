"""A small company in a real store, and the engine running over it by a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import anyio
from msgspec import structs

from callendar.contracts.expand import ExpandAsk, Expanded
from callendar.contracts.source import SourceKind
from callendar.domain.booking import Booking, Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.domain.span import Span
from callendar.engine.held import HeldPeople
from callendar.engine.plan import replan
from callendar.engine.present import SwitchboardPlace
from callendar.engine.service import Engine
from callendar.store.open import open_store
from tests.clock import START, HandClock
from tests.connections import save_connection
from tests.fakes.counted import CountedStore
from tests.fakes.source import FakeSystem
from tests.fakes.switchboard import FakeSwitchboard

COMPANY = CompanyId("acme")
CONNECTION = ConnectionId("c_1")
RULES = Rules(mode="refer")


async def expand_nothing(ask: ExpandAsk) -> Expanded:
    """These sources hand over bookings ready-made."""
    return Expanded(bookings=())


def booking(start: datetime, minutes: int, subject: str = "m: budget") -> Booking:
    """One that refers."""
    return Booking(when=Span(start, start + timedelta(minutes=minutes)), uid=subject, subject=subject)


class House:
    """Everything that a test of the engine turns, asks and looks at."""

    def __init__(self, clock: HandClock, store: CountedStore, company: CompanyId = COMPANY) -> None:
        self.clock = clock
        self.store = store
        self.company = company
        self.system = FakeSystem(clock)
        self.board = FakeSwitchboard(clock)
        self.held = HeldPeople(store.as_store)
        self.sources: dict[str, SourceKind] | None = None
        """Instead of the kind of `system`."""
        self.switchboards: Sequence[SwitchboardPlace] | None = None
        """Instead of `board`."""

    async def found(self, rules: Rules = RULES) -> None:
        """The company, with one connection and nobody in it."""
        company = Company(id=self.company, name="Acme", zone="UTC", rules=rules, reasons=REASONS)
        await self.store.as_store.save_company(company)
        await self.add_connection()

    async def add_connection(self, connection_id: str = CONNECTION, *, poll_seconds: int = 60) -> ConnectionId:
        connection = Connection(
            id=ConnectionId(connection_id),
            company_id=self.company,
            kind="fake",
            name=connection_id,
            settings={},
            poll_seconds=poll_seconds,
        )
        await save_connection(self.store.as_store, connection)
        return connection.id

    async def add_person(self, name: str, extension: str = "101") -> PersonId:
        person = Person(
            id=PersonId(name), company_id=self.company, name=name, extensions=(Extension(number=extension),)
        )
        async with self.store.as_store.change(self.company, [person.id]) as tx:
            await tx.save_person(person, self.clock.now())
            await replan(tx, person.id)
        return person.id

    async def add_calendar(self, person: str, connection: str = CONNECTION, *, ref: str | None = None) -> CalendarId:
        """Of a person that is there; its ref is the person's name."""
        calendar = Calendar(
            id=CalendarId(f"k_{ref or person}"),
            company_id=self.company,
            person_id=PersonId(person),
            connection_id=ConnectionId(connection),
            ref=ref or person,
            name="Calendar",
            added_at=self.clock.now(),
        )
        async with self.store.as_store.change(self.company, [calendar.person_id]) as tx:
            await tx.save_calendar(calendar)
            await replan(tx, calendar.person_id)
        return calendar.id

    async def add_people(self, *names: str) -> None:
        """Each with one calendar of her name over the one connection."""
        for place, name in enumerate(names):
            await self.add_person(name, str(101 + place))
            await self.add_calendar(name)

    async def row(self, person: str) -> Row:
        """As it is stored."""
        rows = await self.store.as_store.load_rows(self.company, [PersonId(person)])
        return rows.rows[0]

    async def calendar(self, calendar_id: str) -> Calendar:
        """As it is stored."""
        return (await self.store.as_store.load_calendar_sync(self.company, CalendarId(calendar_id))).calendar

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Engine]:
        """The engine runs within, over rows held anew, and has done what was to be done at the start."""
        self.held = HeldPeople(self.store.as_store)
        place = SwitchboardPlace(name="s_1", kind=self.board.kind, settings={})
        engine = Engine(
            store=self.store.as_store,
            held=self.held,
            clock=self.clock,
            sources={"fake": self.system.kind} if self.sources is None else self.sources,
            switchboards=[place] if self.switchboards is None else self.switchboards,
            expand=expand_nothing,
        )
        async with anyio.create_task_group() as group:
            group.start_soon(engine.run)
            await self.clock.advance(1)
            try:
                yield engine
            finally:
                group.cancel_scope.cancel()


@asynccontextmanager
async def open_house(path: Path | None = None, *, rules: Rules = RULES) -> AsyncGenerator[House]:
    """A company with one connection and nobody in it, on a file or in memory."""
    clock = HandClock(START)
    store = CountedStore(await open_store(path or ":memory:", clock=clock))
    clock.busy = lambda: store.is_busy
    house = House(clock, store)
    await house.found(rules)
    try:
        yield house
    finally:
        await store.as_store.close()


async def change_rules(house: House, rules: Rules) -> None:
    """Save other rules."""
    company = await house.store.as_store.load_company(house.company)
    await house.store.as_store.save_company(structs.replace(company, rules=rules))
