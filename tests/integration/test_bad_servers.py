"""Servers that misbehave, seen from outside: what is known stays, the fault is told in words with its mend, nobody else
is touched, and all is well again by itself."""

from __future__ import annotations

import gzip
import re
import time
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import anyio
import pytest
from msgspec import Struct

from callendar.contracts.expand import ExpandAsk, Expanded
from callendar.contracts.source import SourceContext, SourceKind
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import PersonId
from callendar.engine.clock import SystemClock
from callendar.engine.examine import Finding, examine
from callendar.engine.expanding import expand_object
from callendar.engine.plan import replan
from callendar.engine.service import Engine
from callendar.net import HttpClient, Limits
from callendar.sources import caldav, ics
from tests.connections import save_connection
from tests.integration.api_cast import ANNA, BO, CILLA, COMPANY, Cast, calendar_id, open_cast
from tests.stand_ins.caldav import CALENDAR, ManneredServer
from tests.stand_ins.web import Asked, Reply, WebServer, serving

pytestmark = pytest.mark.anyio

DEADLINE_SECONDS = 30
SECRET = "k3y-of-the-feed-0123456789"
BAD, SPARE, GOOD = CalendarId("k_bad"), CalendarId("k_spare"), CalendarId("k_good")
HTML = b"<!doctype html><html><body>Please sign in</body></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/calendar\r\n"


class Manner(Struct, frozen=True):
    """How a server misbehaves, and words that its fault has, in a feed and over CalDAV."""

    reply: Reply
    feed: str
    dav: str | None = None
    """None: the same."""


def _gzip(body: bytes, encoding: str = "gzip") -> Reply:
    return Reply(headers={"Content-Encoding": encoding}, body=body)


WHOLE = b"BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:x\r\n"
_PACKED = gzip.compress(b"0" * 30_000_000)

MANNERS = {
    "a page to sign in": Manner(Reply(body=HTML), "web page", "not as a CalDAV server does"),
    "nothing": Manner(Reply(), "not a calendar", "not as a CalDAV server does"),
    "cut in a zone": Manner(Reply(body=WHOLE[:40]), "breaks off", "not as a CalDAV server does"),
    "cut in an event": Manner(Reply(body=WHOLE), "breaks off", "not as a CalDAV server does"),
    "cut in a line": Manner(Reply(body=WHOLE[:-4]), "breaks off", "not as a CalDAV server does"),
    "cut, and less than its length": Manner(
        Reply(raw=HEAD + b"Content-Length: 9999\r\n\r\n" + WHOLE, hangs_up=True), "broke off"
    ),
    "xml that ends too soon": Manner(Reply(status=207, body=b"<multistatus"), "does not understand", "is broken"),
    "401": Manner(Reply(status=401), "user and password"),
    "403": Manner(Reply(status=403), "share it"),
    "404": Manner(Reply(status=404), "still shared"),
    "410": Manner(Reply(status=410), "still shared"),
    "418": Manner(Reply(status=418), "check the address"),
    "500": Manner(Reply(status=500), "out of order for now"),
    "503": Manner(Reply(status=503), "out of order for now"),
    "304 to nothing asked": Manner(Reply(status=304), "was not asked that"),
    "hangs before the headers": Manner(Reply(after_seconds=60), "did not answer within"),
    "hangs within the headers": Manner(Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Ty"), "did not answer within"),
    "hangs after the headers": Manner(Reply(raw=HEAD + b"Content-Length: 9\r\n\r\n"), "did not answer within"),
    "a letter at a time": Manner(Reply(raw=HEAD + b"\r\n", endless=b"B", every_seconds=0.05), "did not answer within"),
    "endless headers": Manner(Reply(raw=HEAD, endless=b"X-More: 1\r\n" * 1000), "broke off"),
    "endless interim answers": Manner(Reply(raw=b"", endless=b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "broke off"),
    "endless body": Manner(Reply(raw=HEAD + b"\r\n", endless=b"x" * 1_000_000), "sends more than 20 MB"),
    "300 MB announced": Manner(
        Reply(raw=HEAD + b"Content-Length: 300000000\r\n\r\n", endless=b"x" * 1_000_000), "sends more than 20 MB"
    ),
    "endless chunks": Manner(
        Reply(raw=HEAD + b"Transfer-Encoding: chunked\r\n\r\n", endless=b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"),
        "sends more than 20 MB",
    ),
    "a bomb, gzip": Manner(_gzip(_PACKED), "sends more than 20 MB"),
    "a bomb, deflate": Manner(_gzip(zlib.compress(b"0" * 30_000_000), "deflate"), "sends more than 20 MB"),
    "a bomb in a bomb": Manner(_gzip(gzip.compress(_PACKED), "gzip, gzip"), "cannot be unpacked"),
    "a bomb of empty members": Manner(_gzip(gzip.compress(b"") * 100_000), "cannot be unpacked"),
    "not packed as it says": Manner(_gzip(b"plain"), "cannot be unpacked"),
    "packed as nobody asked": Manner(_gzip(b"plain", "br"), "cannot be unpacked"),
    "no HTTP at all": Manner(Reply(raw=b"220 mail.example ESMTP\r\n", hangs_up=True), "broke off"),
    "hangs up": Manner(Reply(raw=b"", hangs_up=True), "broke off"),
    "leads round and round": Manner(Reply(status=302, headers={"Location": "/again"}), "redirects more than 5 times"),
    "leads to a file": Manner(Reply(status=302, headers={"Location": "file:///etc/passwd"}), "no address of a server"),
    "leads nowhere": Manner(Reply(status=302), "without saying where"),
}


class Server:
    """One that can be told to misbehave: a feed, or CalDAV."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.dav = ManneredServer()
        self.reply: Reply | None = None
        self.put("1", "Budget")

    def put(self, name: str, subject: str, hours: float = -0.5) -> None:
        """A referral of an hour."""
        start = SystemClock().now() + timedelta(hours=hours)
        self.dav.put(
            f"{name}.ics",
            f"SUMMARY:m: {subject}\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}",
        )

    def answer(self, asked: Asked) -> Reply:
        if self.reply is not None:
            return self.reply
        if self.kind == "caldav":
            return self.dav.answer(asked)
        return Reply(body="".join(self.dav.objects.values()).encode())

    def url(self, server: WebServer) -> str:
        return f"{server.url}{SECRET}.ics" if self.kind == "ics" else f"{server.url.rstrip('/')}{CALENDAR}"


class House:
    """The service over a bad server and a good one: Anna has a calendar on each, Bo one on the good one."""

    def __init__(self, cast: Cast, engine: Engine, context: SourceContext, bad: Server, good: Server) -> None:
        self.cast = cast
        self.engine = engine
        self.context = context
        self.bad = bad
        self.good = good

    def look_now(self) -> None:
        for calendar in (BAD, SPARE, GOOD):
            self.engine.sync.read_now(COMPANY, calendar)

    async def person(self, person: PersonId) -> dict[str, Any]:
        return (await self.cast.ask("telephonist", "GET", f"people/{person}")).json()

    async def calendars(self) -> dict[str, dict[str, Any]]:
        return {each["id"]: each for each in (await self.person(ANNA))["calendars"]}

    async def connection(self) -> dict[str, Any]:
        listed = (await self.cast.ask("administrator", "GET", "connections")).json()["connections"]
        return next(each for each in listed if each["id"] == "c_bad")

    async def doctor(self) -> list[Finding]:
        company = await self.cast.store.load_company(COMPANY)
        found = examine(self.cast.store, company, KINDS, self.context)
        return [each async for each in found]


KINDS: dict[str, SourceKind] = {"ics": ics.register(), "caldav": caldav.register()}


async def expand_here(ask: ExpandAsk) -> Expanded:
    return expand_object(ask)


@asynccontextmanager
async def house_of(kind: str) -> AsyncGenerator[House]:
    clock = SystemClock()
    bad, good = Server(kind), Server("ics")
    good.put("1", "Elsewhere", 30)
    async with open_cast(clock=clock) as cast, serving(bad.answer) as bad_at, serving(good.answer) as good_at:
        for person in (ANNA, BO, CILLA):
            async with cast.store.change(COMPANY, [person]) as tx:
                await tx.delete_calendar(calendar_id(person))
                await replan(tx, person)
        await _connect(cast, "c_bad", kind, bad.url(bad_at), [(ANNA, BAD)])
        await _connect(cast, "c_good", "ics", good.url(good_at), [(ANNA, SPARE)])
        await _connect(cast, "c_bo", "ics", good.url(good_at), [(BO, GOOD)])
        context = SourceContext(expand=expand_here, clock=clock)
        engine = Engine(
            store=cast.store, held=cast.held, clock=clock, sources=KINDS, switchboards=(), expand=expand_here
        )
        async with anyio.create_task_group() as group:
            group.start_soon(engine.run)
            yield House(cast, engine, context, bad, good)
            group.cancel_scope.cancel()


async def _connect(cast: Cast, name: str, kind: str, url: str, calendars: list[tuple[PersonId, CalendarId]]) -> None:
    connection = Connection(
        id=ConnectionId(name),
        company_id=COMPANY,
        kind=kind,
        name=name,
        settings={"url": url} if kind == "caldav" else {},
        secret=url if kind == "ics" else None,
        poll_seconds=3600,
    )
    await save_connection(cast.store, connection)
    for person, each in calendars:
        calendar = Calendar(
            id=each,
            company_id=COMPANY,
            person_id=person,
            connection_id=connection.id,
            ref=url if kind == "caldav" else ics.REF,
            name=each,
            added_at=SystemClock().now(),
        )
        async with cast.store.change(COMPANY, [person]) as tx:
            await tx.save_calendar(calendar)
            await replan(tx, person)


async def until(so: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Look again until it is so."""
    ends = time.monotonic() + DEADLINE_SECONDS
    while not (found := await so()):
        assert time.monotonic() < ends, f"not so in time: {what}"
        await anyio.sleep(0.02)
    return found


@pytest.mark.parametrize("kind", ["ics", "caldav"])
async def test_whatever_a_server_does_the_known_stays_and_the_fault_is_told(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each manner in turn, and in between the server is well again, of which nobody has to tell us."""
    hurried = partial(HttpClient, limits=Limits(total_seconds=0.5))
    monkeypatch.setattr("callendar.sources.ics.adapter.HttpClient", hurried)
    monkeypatch.setattr("callendar.sources.caldav.adapter.HttpClient", hurried)
    async with house_of(kind) as house:

        async def is_well() -> bool:
            anna = await house.person(ANNA)
            read = all("read_at" in each and "fault" not in each for each in anna["calendars"])
            return read and anna["freshness"]["state"] == "fresh"

        async def fault() -> str | None:
            anna = await house.person(ANNA)
            told = {each["id"]: each.get("fault") for each in anna["calendars"]}
            return told[BAD] if anna["freshness"]["state"] == "failing" else None

        await until(is_well, "all calendars are read")
        for number, (name, manner) in enumerate(MANNERS.items()):
            house.bad.reply = manner.reply
            house.good.put("2", f"News {number}", 50)
            house.look_now()
            told = await until(fault, name)
            expected = manner.feed if kind == "ics" or manner.dav is None else manner.dav
            assert expected in told, f"{name}: {told}"
            assert SECRET not in told, name
            anna, connection = await house.person(ANNA), await house.connection()
            assert anna["state"]["text"] == "Budget", f"{name}: {anna['state']}"
            assert (connection["failing"], connection["fault"]) == (1, told), name
            assert "fault" not in (await house.calendars())[SPARE], name

            async def bo_has_news(news: str = f"News {number}") -> bool:
                bo = await house.person(BO)
                return any(each.get("text") == news for each in bo["upcoming"]) and bo["freshness"]["state"] == "fresh"

            await until(bo_has_news, f"{name}: the others go on")
            house.bad.reply = None
            house.look_now()
            await until(is_well, f"{name}: it is well again")
        house.bad.reply = Reply(status=404)
        house.look_now()
        told = await until(fault, "404")
        findings = [each for each in await house.doctor() if not each.well]
        assert [each.said for each in findings if told in each.said], findings
        assert not [each for each in findings if re.search(r"c_good|c_bo|k_spare|k_good", each.said)]


async def test_a_feed_in_which_single_bookings_are_wrong_is_used_but_for_these() -> None:
    """Ends before starts and thousands of equal UIDs are told of on the person and by `doctor`; the rest counts."""
    async with house_of("ics") as house:
        start = SystemClock().now() + timedelta(hours=2)
        stamp = f"DTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{start - timedelta(hours=1):%Y%m%dT%H%M%SZ}"
        house.bad.dav.put("2.ics", f"SUMMARY:m: Wrong\n{stamp}")
        for n in range(3000):
            house.bad.dav.objects[f"same{n}"] = "".join(
                f"{line}\r\n" for line in ("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:same", "END:VEVENT", "END:VCALENDAR")
            )
        house.look_now()

        async def faults() -> list[str]:
            return (await house.calendars())[BAD].get("object_faults", [])

        told = await until(faults, "the faults are told")
        assert any("ends before it starts" in each for each in told)

        async def is_used() -> bool:
            anna = await house.person(ANNA)
            return (anna["state"].get("text"), anna["freshness"]["state"]) == ("Budget", "fresh")

        await until(is_used, "the rest is used")
        assert "Wrong" not in str(told)
        assert any("ends before it starts" in each.said for each in await house.doctor())


async def test_a_clock_ten_minutes_off_is_told_by_doctor() -> None:
    """And harms nothing: the calendar is read as ever."""
    async with house_of("ics") as house:
        body = house.bad.answer(Asked(method="GET", target="/", headers={}, body=b"", connection=1)).body
        late = SystemClock().now() - timedelta(minutes=10)
        house.bad.reply = Reply(headers={"Date": f"{late:%a, %d %b %Y %H:%M:%S} GMT"}, body=body)
        house.look_now()
        (found,) = [each for each in await house.doctor() if "clock" in each.said]
        assert not found.well
        assert re.search(r"its clock is (59\d|60\d) s behind this machine's; set both", found.said)

        async def is_used() -> bool:
            anna = await house.person(ANNA)
            return (anna["state"].get("text"), anna["freshness"]["state"]) == ("Budget", "fresh")

        await until(is_used, "it is read as ever")
