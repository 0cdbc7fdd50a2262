"""Who the API's tests are played with: a company in a real store behind the web, and another one beside it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from argon2 import PasswordHasher
from litestar import Litestar
from msgspec import structs

from callendar.contracts.clock import Clock
from callendar.contracts.source import Reading, ReadObject, SourceContext, SourceSetting
from callendar.contracts.store import Store
from callendar.domain.booking import Booking, Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import Extension, Person, PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.domain.span import Span
from callendar.engine.choosing import CalendarDesk
from callendar.engine.connecting import ConnectionDesk
from callendar.engine.held import HeldPeople
from callendar.engine.orders import OrderDesk
from callendar.engine.password import Passwords
from callendar.engine.plan import replan
from callendar.engine.tokens import create_token
from callendar.engine.users import Users
from callendar.store.open import open_store
from callendar.web.parts import WebParts
from callendar.web.site import create_web
from tests.clock import START, HandClock
from tests.connections import save_connection
from tests.fakes.counted import CountedStore
from tests.fakes.house import expand_nothing
from tests.fakes.source import FakeSystem
from tests.integration.described import describe

COMPANY, OTHER = CompanyId("co_north"), CompanyId("co_south")
ANNA, BO, CILLA = PersonId("p_anna"), PersonId("p_bo"), PersonId("p_cilla")
CONNECTION = ConnectionId("c_dav")
SETTINGS = (
    SourceSetting(name="url", help="Where it is.", address=True),
    SourceSetting(name="user", help="Who signs in.", required=False),
    SourceSetting(name="password", help="Her password.", secret=True, required=False),
)
"""What the kind `caldav` asks for here: it is a fake."""
WHO: dict[str, tuple[Role, PersonId | None]] = {
    "anna": ("colleague", ANNA),
    "bo": ("colleague", BO),
    "colleague": ("colleague", None),
    "delegate": ("colleague", None),
    "telephonist": ("telephonist", None),
    "administrator": ("administrator", None),
}
"""Everybody who signs in, by the name of her token."""
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes passwords at once; how dear they are is not what these tests are about."""
PASSWORD = "sjutton gröna hästar"


class Cast:
    """The company of Anna (101, Sales), Bo (102, Support) and Cilla (103, Sales); and what a test does to it."""

    def __init__(self, store: Store, clock: Clock, console_dir: Path | None, public_url: str | None) -> None:
        self.store = store
        self._clock = clock
        self.held = HeldPeople(store)
        self.secrets: dict[str, str] = {}
        self.token_ids: dict[str, ViewerId] = {}
        self.tickets: dict[str, ViewerId] = {}
        self.system = FakeSystem(clock)
        self.system.settings = SETTINGS
        kinds = {"caldav": structs.replace(self.system.kind, name="caldav")}
        context = SourceContext(expand=expand_nothing, clock=clock, allow_files=False)
        self.parts = WebParts(
            store=store,
            held=self.held,
            orders=OrderDesk(store, self.held, clock),
            connections=ConnectionDesk(store, self.held, clock, kinds, context),
            calendars=CalendarDesk(store, self.held, clock),
            passwords=Passwords(CHEAP),
            clock=clock,
            version="test",
            console_dir=console_dir,
            public_url=public_url,
            tickets=self.tickets,
        )
        self.web: Litestar = create_web(self.parts)

    @property
    def clock(self) -> HandClock:
        """To be turned, where the test did not bring another."""
        assert isinstance(self._clock, HandClock)
        return self._clock

    def browser(self) -> httpx2.AsyncClient:
        """Somebody who has not signed in; every answer is held against the API's document."""
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=_app(self.web)),
            base_url="http://callendar.test",
            event_hooks={"response": [describe(self.web).check]},
        )

    def sent_by(self, who: str) -> httpx2.AsyncClient:
        """A program with the token of that name."""
        client = self.browser()
        client.headers["Authorization"] = f"Bearer {self.secrets[who]}"
        client.base_url = httpx2.URL("http://callendar.test/api/v1/")
        return client

    async def ask(self, who: str, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """One request to the API, and its answer."""
        async with self.sent_by(who) as client:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, json=body, headers=given)

    async def seen(self, who: str, person: str = ANNA) -> dict[str, Any]:
        """A person as that viewer is sent her in the list."""
        answer = await self.ask(who, "GET", f"people?ids={person}")
        assert answer.status_code == 200, answer.text
        return answer.json()["people"][0]

    async def add_user(
        self,
        email: str,
        role: Role = "colleague",
        person: PersonId | None = None,
        *,
        company: CompanyId = COMPANY,
        password: str = PASSWORD,
    ) -> ViewerId:
        """A user who signs in with that password."""
        by = Viewer(id=ViewerId("command line"), company_id=company, role="administrator", name="test")
        name = email.partition("@")[0].title()
        user, _ = await Users(self.store, Passwords(CHEAP)).add(
            by, email=email, name=name, role=role, person_id=person, password=password, now=self._clock.now()
        )
        return user.id

    @asynccontextmanager
    async def signed_in(self, email: str, password: str = PASSWORD, **more: str) -> AsyncGenerator[httpx2.AsyncClient]:
        """A browser in which a user has signed in; its requests go to the API."""
        async with self.browser() as client:
            client.headers["Sec-Fetch-Site"] = "same-origin"
            client.base_url = httpx2.URL("http://callendar.test/api/v1/")
            answer = await client.post("session", json={"email": email, "password": password, **more})
            assert answer.status_code == 200, answer.text
            yield client

    async def book(self, *bookings: Booking, person: PersonId = ANNA) -> None:
        """Read these bookings, and no others, from the person's calendar."""
        reading = Reading(
            objects={"1": ReadObject(etag=str(self._clock.monotonic()), bookings=bookings)},
            gone=frozenset(),
            cursor=None,
            complete=True,
        )
        async with self.store.change(COMPANY, [person]) as tx:
            await tx.apply_reading(calendar_id(person), reading, self._clock.now() + timedelta(days=35))
            await replan(tx, person)
        self.held.company(COMPANY).note_read(CONNECTION, self._clock.now())
        await self.held.refresh()

    async def change(self, person: PersonId, **values: Any) -> None:
        """Change what is kept of a person."""
        async with self.store.change(COMPANY, [person]) as tx:
            causes = await tx.load_causes(person)
            await tx.save_person(structs.replace(causes.person, **values), self._clock.now())
            await replan(tx, person)
        await self.held.refresh()

    async def rule(self, **values: Any) -> None:
        """Change the company's rules, and plan everybody anew."""
        company = await self.store.load_company(COMPANY)
        await self.store.save_company(structs.replace(company, rules=structs.replace(company.rules, **values)))
        async with self.store.change(COMPANY, [ANNA, BO, CILLA]) as tx:
            for person in (ANNA, BO, CILLA):
                await replan(tx, person)
        await self.held.refresh()


def calendar_id(person: PersonId) -> CalendarId:
    """The one calendar of a person."""
    return CalendarId(f"k_{person}")


def booking(subject: str | None, start_minutes: int = -10, minutes: int = 60, **values: Any) -> Booking:
    """A booking that begins so many minutes from the start of the test."""
    start = START + timedelta(minutes=start_minutes)
    given: dict[str, Any] = {"uid": "uid-1", **values}
    return Booking(when=Span(start, start + timedelta(minutes=minutes)), subject=subject, **given)


def wire(instant: datetime) -> str:
    """As it stands in answers."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


@asynccontextmanager
async def open_cast(
    path: Path | str = ":memory:",
    *,
    clock: Clock | None = None,
    console_dir: Path | None = None,
    public_url: str | None = None,
) -> AsyncGenerator[Cast]:
    """Both companies, with everybody's tokens."""
    clock = clock or HandClock()
    counted = CountedStore(await open_store(path, clock=clock))
    if isinstance(clock, HandClock):
        clock.busy = lambda: counted.is_busy
    store = counted.as_store
    try:
        cast = Cast(store, clock, console_dir, public_url)
        for company_id in (COMPANY, OTHER):
            company = Company(id=company_id, name=company_id, zone="UTC", rules=Rules(), reasons=REASONS)
            await store.save_company(company)
        await _plant(store, OTHER, PersonId("p_south_anna"), "Anna South", "101", "Sales")
        await save_connection(
            store,
            Connection(
                id=CONNECTION,
                company_id=COMPANY,
                kind="caldav",
                name="Calendars",
                settings={"url": "https://dav.example/secret-path", "user": "u"},
                secret="planted-secret",
            ),
        )
        for person, name, extension, department in (
            (ANNA, "Anna", "101", "Sales"),
            (BO, "Bo", "102", "Support"),
            (CILLA, "Cilla", "103", "Sales"),
        ):
            await _plant(store, COMPANY, person, name, extension, department)
            async with store.change(COMPANY, [person]) as tx:
                await tx.save_calendar(
                    Calendar(
                        id=calendar_id(person),
                        company_id=COMPANY,
                        person_id=person,
                        connection_id=CONNECTION,
                        ref=f"/{name}/",
                        name=f"{name}'s calendar",
                        added_at=START,
                    )
                )
                await replan(tx, person)
        for who, (role, person) in WHO.items():
            token, secret = await create_token(store, COMPANY, role, who.title(), person, START)
            cast.secrets[who], cast.token_ids[who] = secret, token.id
        south: tuple[tuple[str, Role], ...] = (("south", "telephonist"), ("south_administrator", "administrator"))
        for who, role in south:
            token, secret = await create_token(store, OTHER, role, "South", None, START)
            cast.secrets[who], cast.token_ids[who] = secret, token.id
        await cast.held.open()
        await cast.change(ANNA, delegates=(cast.token_ids["delegate"],))
        await cast.book()
        await cast.book(person=BO)
        await cast.book(person=CILLA)
        yield cast
    finally:
        await store.close()


async def _plant(
    store: Store, company_id: CompanyId, person_id: PersonId, name: str, extension: str, department: str
) -> None:
    person = Person(
        id=person_id,
        company_id=company_id,
        name=name,
        zone="UTC",
        email=f"{name.casefold().replace(' ', '.')}@{company_id}.example",
        extensions=(Extension(number=extension),),
        department=department,
    )
    async with store.change(company_id, [person_id]) as tx:
        await tx.save_person(person, START)
        await replan(tx, person_id)


def _app(web: Litestar) -> Any:
    # Two vocabularies for the same ASGI callable.
    return web
