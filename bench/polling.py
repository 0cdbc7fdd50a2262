"""What a poll that finds nothing new costs, against a live Radicale with 200 calendars; beside it a bare request."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx2
from msgspec import Struct

from bench.figure import Figure
from bench.planted import COMPANY, cpu_seconds, person_id, plant_people
from callendar.contracts.source import Source, SourceContext
from callendar.contracts.store import Store
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.mark import Marks, build_marks
from callendar.domain.person import Person
from callendar.domain.rules import Company
from callendar.engine.clock import SystemClock
from callendar.engine.expanding import ProcessExpander
from callendar.engine.reading import Reader
from callendar.sources import caldav
from callendar.store.open import open_store
from tests.connections import save_connection
from tests.integration.radicale import RadicaleServer, start_radicale

CALENDARS, OBJECTS = 200, 20
ROUNDS = 5
USER, PASSWORD = "bench", "bench"
CTAG = (
    b'<propfind xmlns="DAV:" xmlns:C="http://calendarserver.org/ns/"><prop><sync-token/><C:getctag/></prop></propfind>'
)


class Cost(Struct, frozen=True):
    """Of one poll, in milliseconds."""

    wall: float
    ours: float
    servers: float


def measure() -> Iterable[Figure]:
    """One calendar after the other, so that the wall clock tells of one poll; what varies is the machine's noise."""
    with tempfile.TemporaryDirectory() as folder, start_radicale(Path(folder) / "dav", {USER: PASSWORD}) as server:
        urls = [_fill(server, number) for number in range(CALENDARS)]
        first, poll, bare = anyio.run(_measure, server, urls, str(Path(folder) / "bench.db"))
    yield Figure(
        f"first reading of {OBJECTS} objects, each of {CALENDARS} calendars",
        f"{first.wall:.0f} ms; ours {first.ours:.0f} ms, Radicale's {first.servers:.0f} ms of processor",
        f"{OBJECTS / first.wall * 1000:.0f} objects a second",
    )
    yield Figure(
        f"poll that finds nothing new, each of {CALENDARS} calendars",
        f"{poll.wall:.1f} ms; ours {poll.ours:.1f} ms, Radicale's {poll.servers:.1f} ms of processor",
        f"{poll.ours / first.ours:.3f} x our part of a first reading",
    )
    yield Figure(
        "the same asked by a bare PROPFIND for the tag",
        f"{bare.wall:.1f} ms; ours {bare.ours:.1f} ms, Radicale's {bare.servers:.1f} ms of processor",
        f"ours takes {poll.wall / bare.wall:.2f} x as long",
    )


def _fill(server: RadicaleServer, number: int) -> str:
    name = f"c{number}"
    url = server.make_calendar(USER, name)
    today = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    parts: list[str] = []
    for place in range(OBJECTS):
        start = today + timedelta(days=place, hours=number % 8)
        parts.append(
            f"BEGIN:VEVENT\nUID:{number}-{place}\nDTSTAMP:{today:%Y%m%dT%H%M%SZ}\nDTSTART:{start:%Y%m%dT%H%M%SZ}\n"
            f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}\nSUMMARY:m: Meeting {place}\nEND:VEVENT"
        )
    for place, part in enumerate(parts):
        server.put(USER, f"{place}.ics", part, name)
    return url


async def _measure(server: RadicaleServer, urls: list[str], database: str) -> tuple[Cost, Cost, Cost]:
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        store = await open_store(database, clock=clock)
        stack.push_async_callback(store.close)
        await plant_people(store, CALENDARS)
        expand = await stack.enter_async_context(ProcessExpander())
        await expand.warm_up()
        connection = await _plant_calendars(store, urls, server.url)
        company = await store.load_company(COMPANY)
        source = await caldav.register().open(connection, SourceContext(expand=expand, clock=clock))
        stack.push_async_callback(source.close)
        reader = Reader(store, clock, _marks)
        cursors: dict[CalendarId, str | None] = {}

        async def opened() -> Source:
            return source

        async def read(number: int) -> None:
            calendar = _calendar_id(number)
            done = await reader.read(company, calendar, opened, cursors.get(calendar))
            cursors[calendar] = done.cursor

        first = await _cost(server.pid, read, 1)
        poll = await _cost(server.pid, read, ROUNDS)
        client = await stack.enter_async_context(httpx2.AsyncClient(auth=(USER, PASSWORD), trust_env=False))

        async def ask(number: int) -> None:
            answer = await client.request("PROPFIND", urls[number], content=CTAG, headers={"Depth": "0"})
            assert answer.status_code == 207

        return first, poll, await _cost(server.pid, ask, ROUNDS)


async def _cost(pid: int, work: Callable[[int], Awaitable[None]], rounds: int) -> Cost:
    wall, ours, servers = time.perf_counter(), time.process_time(), cpu_seconds(pid)
    for _ in range(rounds):
        for number in range(CALENDARS):
            await work(number)
    each = 1000 / (rounds * CALENDARS)
    return Cost(
        (time.perf_counter() - wall) * each,
        (time.process_time() - ours) * each,
        (cpu_seconds(pid) - servers) * each,
    )


async def _plant_calendars(store: Store, urls: list[str], url: str) -> Connection:
    connection = Connection(
        id=ConnectionId("c_bench"),
        company_id=COMPANY,
        kind="caldav",
        name="Radicale",
        settings={"url": url, "user": USER},
        secret=PASSWORD,
    )
    await save_connection(store, connection)
    async with store.change(COMPANY, [person_id(number) for number in range(len(urls))]) as tx:
        for number, ref in enumerate(urls):
            await tx.save_calendar(
                Calendar(
                    id=_calendar_id(number),
                    company_id=COMPANY,
                    person_id=person_id(number),
                    connection_id=connection.id,
                    ref=ref,
                    name="Calendar",
                    added_at=SystemClock().now(),
                )
            )
    return connection


def _calendar_id(number: int) -> CalendarId:
    return CalendarId(f"cal_{number:06d}")


def _marks(company: Company, person: Person) -> Marks:
    return build_marks(company, person, frozenset())
