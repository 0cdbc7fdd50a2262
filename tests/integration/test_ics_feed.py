"""Feeds and files as publishers make them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callendar.contracts.source import NotShared, SourceError, Unreachable, Unreadable
from callendar.net import InvalidUrl
from callendar.sources import ics
from tests.contracts.source_cast import (
    PASSWORD,
    WINDOW,
    FeedServer,
    System,
    connect,
    context,
    everything,
    feed_system,
    file_system,
    opened,
)
from tests.stand_ins.web import Answering, Asked, Reply, serving

pytestmark = pytest.mark.anyio

HTML = b"<!doctype html><html><body>Please sign in</body></html>"


def event(subject: str, hour: int = 10) -> str:
    """An hour on the first day."""
    return f"SUMMARY:{subject}\nDTSTART:20261123T{hour:02}0000Z\nDTEND:20261123T{hour + 1:02}0000Z"


def feed(*events: str, head: str = "", stamp: str = "20261101T000000Z") -> bytes:
    """A whole feed; UIDs are counted."""
    texts = (f"BEGIN:VEVENT\nUID:u{n}\nDTSTAMP:{stamp}\n{each}\nEND:VEVENT\n" for n, each in enumerate(events))
    whole = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//made at {stamp}//EN\n{head}{''.join(texts)}END:VCALENDAR\n"
    return whole.replace("\n", "\r\n").encode()


class Published:
    """A server that hands out a body, as plainly as can be."""

    def __init__(self, body: bytes, **headers: str) -> None:
        self.body = body
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self, asked: Asked) -> Reply:
        return Reply(headers=self.headers, body=self.body)


@asynccontextmanager
async def at_server(answer: Answering) -> AsyncGenerator[System]:
    """A feed on a server that answers like this."""
    kind = ics.register()
    async with (
        serving(answer) as server,
        opened(kind, connect(kind, url=f"{server.url}anna.ics?key={PASSWORD}"), context()) as source,
    ):
        yield System(source, ics.REF, None, server)


# what has not changed -------------------------------------------------------------------------------------------------


async def test_a_server_that_knows_etags_sends_the_body_once() -> None:
    """If-None-Match with what it told; 304 means as before, polling time included."""
    server = FeedServer()
    server.headers["Cache-Control"] = "max-age=1800"
    async with feed_system(server) as system:
        system.put("a.ics", event("a"))
        await system.read()
        reading = await system.read()
        assert system.server is not None
        assert system.server.asked[-1].headers["if-none-match"] == f'"{server.published}"'
        assert (reading.objects, reading.complete, reading.poll_after_seconds) == ({}, False, 1800)


async def test_a_server_that_knows_dates_is_asked_with_them() -> None:
    """If-Modified-Since, exactly as it was told."""
    told = "Mon, 23 Nov 2026 08:00:00 GMT"

    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-modified-since") == told:
            return Reply(status=304)
        return Reply(headers={"Last-Modified": told}, body=feed(event("a")))

    async with at_server(answer) as system:
        assert len(everything(await system.read())) == 1
        assert not (await system.read()).objects
        assert len(system.bookings) == 1


async def test_a_server_that_never_says_304_costs_no_expansion() -> None:
    """The same bytes, and the same events with new stamps: nothing is new."""
    published = Published(feed(event("a"), event("b", 12)))
    async with at_server(published.answer) as system:
        await system.read()
        assert not (await system.read()).objects
        published.body = feed(event("a"), event("b", 12), stamp="20261102T000000Z")
        assert not (await system.read()).objects
        published.body = feed(event("a"), event("c", 12), stamp="20261103T000000Z")
        assert [each.subject for each in everything(await system.read())] == ["c"]
        assert [each.subject for each in system.bookings] == ["a", "c"]


async def test_another_window_is_read_anew_whatever_the_cursor_says() -> None:
    """A cursor is worth nothing for another window: no 304 can hide its bookings."""
    async with feed_system(FeedServer()) as system:
        system.put("a.ics", event("a"))
        await system.read()
        later = type(WINDOW)(WINDOW.start.replace(day=23), WINDOW.end)
        reading = await system.fetch(system.known, window=later)
        assert reading.complete
        assert len(everything(reading)) == 1


async def test_a_304_that_was_not_asked_for_is_no_calendar() -> None:
    """Read from the start there is nothing that could be unchanged."""
    async with at_server(lambda asked: Reply(status=304)) as system:
        with pytest.raises(Unreachable):
            await system.read()


async def test_a_body_behind_a_304_does_no_harm() -> None:
    """One publisher sends its whole feed behind its 304."""
    body = feed(event("a"))

    def answer(asked: Asked) -> Reply:
        if "if-none-match" in asked.headers:
            return Reply(raw=b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n' + body)
        return Reply(headers={"ETag": '"1"'}, body=body)

    async with at_server(answer) as system:
        await system.read()
        for _ in range(4):
            assert not (await system.read()).objects
        assert len(system.bookings) == 1


# no whole calendar deletes nothing ------------------------------------------------------------------------------------

BROKEN = {
    "empty": b"",
    "blank": b"\r\n\r\n",
    "html": HTML,
    "json": b'{"error": "try later"}',
    "cut-after-an-event": feed(event("a"), event("b"))[: -len("END:VCALENDAR\r\n")],
    "cut-in-an-event": feed(event("a"), event("b"))[:150],
    "gzip-unsaid": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_is_a_failure_that_deletes_nothing(body: bytes) -> None:
    """Case 37: with status 200; and the next whole one is read as if nothing had been."""
    published = Published(feed(event("a")))
    async with at_server(published.answer) as system:
        await system.read()
        published.body = body
        for ask in (system.read, system.fetch, system.source.find_calendars):
            with pytest.raises(Unreadable) as caught:
                await ask()
            assert PASSWORD not in str(caught.value)
        assert len(system.bookings) == 1
        published.body = feed(event("a"), event("b", 12))
        await system.read()
        assert len(system.bookings) == 2


async def test_a_whole_calendar_without_events_is_empty() -> None:
    """Somebody deleted the last one: that is an answer."""
    published = Published(feed(event("a")))
    async with at_server(published.answer) as system:
        await system.read()
        published.body = feed()
        await system.read()
        assert system.bookings == []


# how often it wants to be read ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "cache_control", "seconds"),
    [
        ("", "", None),
        ("REFRESH-INTERVAL;VALUE=DURATION:PT1H\n", "", 3600),
        ("X-PUBLISHED-TTL:PT30M\n", "", 1800),
        ("X-PUBLISHED-TTL:PT30M\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\n", "max-age=60", 3600),
        ("", "private, max-age=900", 900),
        ("", "no-cache, max-age=900", None),
        ("", "max-age=31536000", 86400),
        ("X-PUBLISHED-TTL:P4W\n", "", 86400),
        ("X-PUBLISHED-TTL:often\n", "max-age=often", None),
    ],
)
async def test_a_feed_says_how_often_it_wants_to_be_read(head: str, cache_control: str, seconds: float | None) -> None:
    """The longest of what its body and its server ask for, but at least once a day."""
    published = Published(feed(event("a"), head=head), Cache_Control=cache_control)
    async with at_server(published.answer) as system:
        assert (await system.read()).poll_after_seconds == seconds
        assert (await system.read()).poll_after_seconds == seconds


# where it lies --------------------------------------------------------------------------------------------------------


async def test_a_feed_has_its_own_name_and_is_hers() -> None:
    """X-WR-CALNAME, else where it lies; the ref does not hold the address, which may be a secret."""
    async with at_server(Published(feed(head="X-WR-CALNAME:Anna\\, work\n")).answer) as system:
        (found,) = await system.source.find_calendars()
        assert (found.name, found.owned) == ("Anna, work", True)
        assert PASSWORD not in found.ref
    async with at_server(Published(feed()).answer) as system:
        assert (await system.source.find_calendars())[0].name == "127.0.0.1"


async def test_user_and_password_may_stand_in_the_address() -> None:
    """They are sent as Basic, and not shown."""

    def answer(asked: Asked) -> Reply:
        signed = asked.headers.get("authorization") == "Basic YW5uYTpodW50ZXIy"
        return Reply(body=feed(event("a"))) if signed else Reply(status=401)

    kind = ics.register()
    async with serving(answer) as server:
        for userinfo, error in (("anna:hunter2@", None), ("anna:hunter3@", SourceError), ("", SourceError)):
            connection = connect(kind, url=server.url.replace("://", f"://{userinfo}"))
            async with opened(kind, connection, context()) as source:
                if error is None:
                    assert await source.find_calendars()
                    continue
                with pytest.raises(error) as caught:
                    await source.find_calendars()
                assert "hunter" not in str(caught.value)


async def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    """By its time and size; a path and a file:// address are the same."""
    path = tmp_path / "anna's calendar.ics"
    async with file_system(path) as system:
        system.put("a.ics", event("a"))
        await system.read()
        assert not (await system.read()).objects
        system.put("b.ics", event("b", 12))
        await system.read()
        assert len(system.bookings) == 2
    kind = ics.register()
    async with opened(kind, connect(kind, url=path.as_uri()), context()) as source:
        (found,) = await source.find_calendars()
        assert found.name == "Anna"


async def test_files_that_cannot_be_read_say_why(tmp_path: Path) -> None:
    """Not there, a folder, too long, broken; a file that goes away leaves what was known."""
    huge = tmp_path / "huge.ics"
    with huge.open("wb") as file:
        file.truncate(20_000_001)
    broken = tmp_path / "broken.ics"
    broken.write_bytes(b"BEGIN:VCALENDAR\r\n")
    cases = {tmp_path / "none.ics": NotShared, tmp_path: Unreadable, huge: Unreadable, broken: Unreadable}
    kind = ics.register()
    for path, error in cases.items():
        async with opened(kind, connect(kind, url=str(path)), context()) as source:
            with pytest.raises(error, match=path.name):
                await source.find_calendars()


async def test_files_are_closed_to_strangers(tmp_path: Path) -> None:
    """Where private networks may not be reached, this machine's files may not either."""
    path = tmp_path / "a.ics"
    path.write_bytes(feed(event("a")))
    kind = ics.register()
    async with opened(kind, connect(kind, url=str(path)), context(allow_private_networks=False)) as source:
        with pytest.raises(Unreachable, match="private_networks"):
            await source.find_calendars()


@pytest.mark.parametrize("there", [True, False], ids=["there", "not-there"])
async def test_who_asks_from_elsewhere_learns_nothing_of_files(tmp_path: Path, there: bool) -> None:
    """A path is no address to him, whether there is such a file or not."""
    path = tmp_path / "a.ics"
    if there:
        path.write_bytes(feed(event("a")))
    kind = ics.register()
    async with opened(kind, connect(kind, url=str(path)), context(allow_files=False)) as source:
        with pytest.raises(InvalidUrl, match=r"^it is no address; write it as https://calendar.example/…$"):
            await source.find_calendars()


@pytest.mark.parametrize("url", ["", "ftp://x.example/a.ics", "file://server/share/a.ics", "file:a.ics"])
async def test_addresses_of_other_kinds_are_refused(url: str) -> None:
    """When the connection is opened, before anything is asked."""
    kind = ics.register()
    with pytest.raises(InvalidUrl):
        await kind.open(connect(kind, url=url), context())
