"""Calendar systems for the suite that holds for every source: each with somebody who writes into its calendar."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from callendar.contracts.expand import ExpandAsk, Expanded, Expander
from callendar.contracts.source import CalendarToRead, Known, Reading, Source, SourceContext, SourceKind
from callendar.domain.booking import Booking, Connection, ConnectionId
from callendar.domain.mark import Keyword, Marks
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import CompanyId
from callendar.domain.span import Span
from callendar.formats.calendar_object import How, read_object
from callendar.sources import caldav, demo, ics
from tests.clock import HandClock
from tests.integration.radicale import RadicaleServer, whole
from tests.stand_ins.caldav import CALENDAR, ManneredServer
from tests.stand_ins.web import Asked, Reply, WebServer, serving

WINDOW = Span(datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 12, 28, 9, tzinfo=UTC))
ZONE = ZoneInfo("Europe/Stockholm")
MEETING = ReasonCode("meeting")
MARKS = Marks(keywords={"m": Keyword(folded="m", text="m", reason=MEETING, weight=40)}, diverts=frozenset())
PASSWORD = "correct-horse-7"


async def expand_here(ask: ExpandAsk) -> Expanded:
    """The real expansion, without a process of its own."""
    how = How(
        window=ask.window,
        zone=ask.zone,
        calendar_zone=ask.calendar_zone,
        addresses=ask.addresses,
        marks=ask.marks,
        max_bookings=ask.max_bookings,
    )
    read = read_object(ask.data, how)
    return Expanded(bookings=read.bookings, faults=read.faults)


def connect(kind: SourceKind, *, url: str = "", user: str | None = None, password: str | None = None) -> Connection:
    """A connection as `callendar connect` would save it."""
    secret_url = any(setting.name == "url" and setting.secret for setting in kind.settings)
    settings = {"url": url} if url and not secret_url else {}
    if user:
        settings["user"] = user
    return Connection(
        id=ConnectionId("c_1"),
        company_id=CompanyId("acme"),
        kind=kind.name,
        name=kind.name,
        settings=settings,
        secret=url if secret_url else password,
    )


def context(
    expand: Expander = expand_here, *, allow_private_networks: bool = True, allow_files: bool = True
) -> SourceContext:
    """What a source gets in tests."""
    return SourceContext(
        expand=expand,
        clock=HandClock(),
        allow_private_networks=allow_private_networks,
        allow_files=allow_files,
    )


def to_read(ref: str) -> CalendarToRead:
    """A calendar of somebody in Stockholm whose addresses nobody told."""
    return CalendarToRead(id="cal_1", ref=ref, zone=ZONE, addresses=frozenset())


class Writer(Protocol):
    """Somebody who writes into the calendar. Names are file names; an event is the lines of a VEVENT."""

    def put(self, name: str, event: str) -> None: ...

    def delete(self, name: str) -> None: ...


class System:
    """A calendar system with one calendar, and a source that is open on it."""

    def __init__(self, source: Source, ref: str, writer: Writer | None, server: WebServer | None = None) -> None:
        self.source = source
        self.ref = ref
        self.writer = writer
        self.server = server
        self.kept: dict[str, tuple[Booking, ...]] = {}
        """What a store would hold."""
        self.faults: dict[str, tuple[str, ...]] = {}
        self.known: Known | None = None

    def put(self, name: str, event: str) -> None:
        assert self.writer is not None
        self.writer.put(name, event)

    def delete(self, name: str) -> None:
        assert self.writer is not None
        self.writer.delete(name)

    async def fetch(self, known: Known | None = None, window: Span = WINDOW, marks: Marks = MARKS) -> Reading:
        """Read without keeping anything."""
        return await self.source.read(to_read(self.ref), window, marks, known)

    async def read(self) -> Reading:
        """Read what has changed, and keep it as a store does."""
        reading = await self.fetch(self.known)
        etags = dict(self.known.etags) if self.known is not None else {}
        assert reading.unchanged <= etags.keys()
        if reading.complete:
            for ref in etags.keys() - reading.objects.keys() - reading.unchanged:
                del etags[ref], self.kept[ref], self.faults[ref]
        for ref in reading.gone & etags.keys():
            del etags[ref], self.kept[ref], self.faults[ref]
        for ref, each in reading.objects.items():
            etags[ref], self.kept[ref], self.faults[ref] = each.etag, each.bookings, each.faults
        self.known = Known(cursor=reading.cursor, etags=etags)
        return reading

    @property
    def bookings(self) -> list[Booking]:
        """Everything kept, by start."""
        return by_start(booking for each in self.kept.values() for booking in each)


def by_start(bookings: Iterable[Booking]) -> list[Booking]:
    """In an order that tests can compare."""
    return sorted(bookings, key=lambda booking: (str(booking.when), booking.uid or ""))


def everything(reading: Reading) -> list[Booking]:
    """Of one reading, by start."""
    return by_start(booking for each in reading.objects.values() for booking in each.bookings)


class FeedWriter:
    """A feed that is published anew whenever its calendar changes."""

    def __init__(self, publish: Callable[[bytes], None]) -> None:
        self._events: dict[str, str] = {}
        self._publish = publish
        self._publish_all()

    def put(self, name: str, event: str) -> None:
        body = whole(name, event)
        self._events[name] = body[body.index("BEGIN:VEVENT") : body.rindex("END:VCALENDAR")]
        self._publish_all()

    def delete(self, name: str) -> None:
        del self._events[name]
        self._publish_all()

    def _publish_all(self) -> None:
        frame = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//EN\nX-WR-CALNAME:Anna\n{}END:VCALENDAR\n"
        self._publish(frame.format("".join(self._events.values())).replace("\n", "\r\n").encode())


class RadicaleWriter:
    """Somebody with a calendar program, in a calendar of a real server."""

    def __init__(self, server: RadicaleServer, calendar: str) -> None:
        self._server = server
        self._calendar = calendar

    def put(self, name: str, event: str) -> None:
        self._server.put("anna", name, event, self._calendar)

    def delete(self, name: str) -> None:
        self._server.delete("anna", name, self._calendar)


class FeedServer:
    """Answers with a feed, and says when it has not changed."""

    def __init__(self) -> None:
        self.body = b""
        self.headers: dict[str, str] = {}
        self.always: Reply | None = None
        self.published = 0

    def publish(self, body: bytes) -> None:
        self.body = body
        self.published += 1

    def answer(self, asked: Asked) -> Reply:
        if self.always is not None:
            return self.always
        etag = f'"{self.published}"'
        if asked.headers.get("if-none-match") == etag:
            return Reply(status=304, headers={"ETag": etag})
        return Reply(headers={"Content-Type": "text/calendar", "ETag": etag, **self.headers}, body=self.body)


@asynccontextmanager
async def opened(kind: SourceKind, connection: Connection, given: SourceContext) -> AsyncGenerator[Source]:
    """A source, closed at the end."""
    source = await kind.open(connection, given)
    try:
        yield source
    finally:
        await source.close()


@asynccontextmanager
async def radicale_system(server: RadicaleServer, calendar: str, expand: Expander) -> AsyncGenerator[System]:
    """A calendar in a real Radicale."""
    url = server.make_calendar("anna", calendar)
    kind = caldav.register()
    connection = connect(kind, url=url, user="anna", password=server.users["anna"])
    async with opened(kind, connection, context(expand)) as source:
        yield System(source, url, RadicaleWriter(server, calendar))


@asynccontextmanager
async def caldav_system(mannered: ManneredServer, expand: Expander = expand_here) -> AsyncGenerator[System]:
    """A calendar in the stand-in."""
    kind = caldav.register()
    async with serving(mannered.answer) as server:
        url = server.url.rstrip("/") + CALENDAR
        connection = connect(kind, url=url, user="anna", password=PASSWORD)
        async with opened(kind, connection, context(expand)) as source:
            yield System(source, url, mannered, server)


@asynccontextmanager
async def feed_system(feed: FeedServer, expand: Expander = expand_here) -> AsyncGenerator[System]:
    """A feed on a server."""
    kind = ics.register()
    writer = FeedWriter(feed.publish)
    async with serving(feed.answer) as server:
        connection = connect(kind, url=f"{server.url}anna.ics?key={PASSWORD}")
        async with opened(kind, connection, context(expand)) as source:
            yield System(source, ics.REF, writer, server)


@asynccontextmanager
async def file_system(path: Path, expand: Expander = expand_here) -> AsyncGenerator[System]:
    """A feed in a file."""
    kind = ics.register()
    writer = FeedWriter(lambda body: _write_anew(path, body))
    async with opened(kind, connect(kind, url=str(path)), context(expand)) as source:
        yield System(source, ics.REF, writer)


def _write_anew(path: Path, body: bytes) -> None:
    """As programs do that never leave half a file behind."""
    path.with_suffix(".new").write_bytes(body)
    path.with_suffix(".new").rename(path)


@asynccontextmanager
async def demo_system() -> AsyncGenerator[System]:
    """Made-up calendars, which nobody writes into."""
    kind = demo.register()
    async with opened(kind, connect(kind), context()) as source:
        yield System(source, "made-up-1", None)


def without(server: ManneredServer, **manners: object) -> ManneredServer:
    """The same server with these manners."""
    for name, value in manners.items():
        assert hasattr(server, name)
        setattr(server, name, value)
    return server
