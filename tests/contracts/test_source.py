"""What every source promises (`contracts/source.py`), whatever lies behind it."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from callendar.contracts.expand import ExpandAsk, Expanded, ExpandFailed
from callendar.contracts.source import (
    NotShared,
    SignInNeeded,
    SourceError,
    Throttled,
    Unreachable,
    Unreadable,
)
from callendar.domain.booking import Booking
from callendar.domain.span import Days, Span
from tests.contracts.source_cast import (
    PASSWORD,
    WINDOW,
    FeedServer,
    System,
    caldav_system,
    demo_system,
    everything,
    expand_here,
    feed_system,
    file_system,
    radicale_system,
    without,
)
from tests.integration.radicale import RadicaleServer, start_radicale
from tests.stand_ins.caldav import ManneredServer
from tests.stand_ins.web import Asked, Reply

pytestmark = pytest.mark.anyio

WRITTEN = ("radicale", "sync", "ctag", "etags", "feed", "file")
HOSTILE = "HOSTILE"


async def expand(ask: ExpandAsk) -> Expanded:
    """As the service does, whose limits an object may exceed."""
    await anyio.lowlevel.checkpoint()
    if HOSTILE.encode() in ask.data:
        raise ExpandFailed("an entry took longer than 5 s to expand; it was left out")
    return await expand_here(ask)


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Generator[RadicaleServer]:
    """One server for all; each test has a calendar of its own."""
    with start_radicale(tmp_path_factory.mktemp("radicale"), {"anna": PASSWORD}) as server:
        yield server


def system_named(name: str, radicale: RadicaleServer, folder: Path) -> AbstractAsyncContextManager[System]:
    """A calendar system of each kind, with an empty calendar."""
    if name == "radicale":
        return radicale_system(radicale, f"cal-{random.randrange(1 << 48):x}", expand)
    if name == "sync":
        return caldav_system(ManneredServer(), expand)
    if name == "ctag":
        return caldav_system(without(ManneredServer(), refuses_sync=501), expand)
    if name == "etags":
        return caldav_system(without(ManneredServer(), refuses_sync=403, has_ctag=False, mixes_etags=True), expand)
    if name == "feed":
        return feed_system(FeedServer(), expand)
    return file_system(folder / "anna.ics", expand)


@pytest.fixture(params=WRITTEN)
async def system(request: pytest.FixtureRequest, radicale: RadicaleServer, tmp_path: Path) -> AsyncGenerator[System]:
    """Each source that reads what somebody writes."""
    async with system_named(request.param, radicale, tmp_path) as opened:
        yield opened


@pytest.fixture(params=[*WRITTEN, "demo"])
async def any_system(
    request: pytest.FixtureRequest, radicale: RadicaleServer, tmp_path: Path
) -> AsyncGenerator[System]:
    """Each source, with something in its calendar."""
    if request.param == "demo":
        async with demo_system() as opened:
            yield opened
        return
    async with system_named(request.param, radicale, tmp_path) as opened:
        opened.put("a.ics", event("m: budget", 10))
        opened.put("b.ics", event("Lunch with Bo", 12, more="RRULE:FREQ=DAILY;COUNT=3"))
        yield opened


def at(hour: int, day: int = 23, minute: int = 0) -> datetime:
    """An instant of November 2026 (Stockholm is an hour ahead)."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def event(subject: str, hour: int, *, minutes: int = 60, day: int = 23, more: str = "") -> str:
    """The lines of a VEVENT, in UTC."""
    start = at(hour, day)
    end = start + timedelta(minutes=minutes)
    return f"SUMMARY:{subject}\nDTSTART:{start:%Y%m%dT%H%M%SZ}\nDTEND:{end:%Y%m%dT%H%M%SZ}\n{more}".strip()


def starts(bookings: list[Booking]) -> list[datetime | date]:
    """When they start."""
    return [each.when.start if isinstance(each.when, Span) else each.when.first for each in bookings]


# reading ---------------------------------------------------------------------------------------------------------


async def test_a_calendar_that_is_offered_can_be_read(any_system: System) -> None:
    """The ref that `find_calendars` gives is one that `read` takes; a calendar connected for her is hers."""
    found = await any_system.source.find_calendars()
    assert any_system.ref in [each.ref for each in found]
    assert all(each.owned and each.name for each in found)


async def test_the_first_reading_is_everything(any_system: System) -> None:
    """Read from the start, the answer is complete, has no duplicates and touches the window only."""
    reading = await any_system.fetch()
    assert reading.complete
    assert reading.cursor is not None
    assert not reading.gone
    assert everything(reading)
    for booking in everything(reading):
        if isinstance(booking.when, Span):
            assert booking.when.start < WINDOW.end
            assert booking.when.end > WINDOW.start


async def test_nothing_comes_again_when_nothing_has_changed(any_system: System) -> None:
    """What is known is not read twice, and the known etags stay those known."""
    await any_system.read()
    kept = dict(any_system.kept)
    for _ in range(2):
        reading = await any_system.read()
        assert not reading.objects
        assert not reading.gone
    assert any_system.kept == kept


async def test_reading_from_the_start_again_gives_the_same(any_system: System) -> None:
    """Etags and bookings are stable between readings."""
    first, second = await any_system.fetch(), await any_system.fetch()
    assert first.objects == second.objects


async def test_another_window_gives_other_bookings(any_system: System) -> None:
    """Only what touches the window asked for; the calendars here have nothing in a night of long ago."""
    night = datetime(2015, 12, 12, 1, tzinfo=UTC)
    reading = await any_system.fetch(window=Span(night, night + timedelta(hours=2)))
    assert everything(reading) == []


async def test_calendars_can_be_read_at_once(any_system: System) -> None:
    """Several readings over one connection do not mix."""
    expected = everything(await any_system.fetch())
    results: list[list[Booking]] = []

    async def read() -> None:
        results.append(everything(await any_system.fetch()))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(read)
    assert results == [expected] * 4


# changes ---------------------------------------------------------------------------------------------------------


async def test_one_changed_object_comes_alone(system: System) -> None:
    """Case 21: a changed subject is a change though the times are the same; only its object is read anew."""
    for name in ("a", "b", "c"):
        system.put(f"{name}.ics", event(name, 10))
    await system.read()
    system.put("b.ics", event("m: b", 10))
    reading = await system.read()
    assert [each.subject for each in everything(reading)] == ["m: b"]
    assert len(system.bookings) == 3


async def test_a_booking_that_is_added_comes(system: System) -> None:
    """Case 34: a new object, into an empty calendar."""
    assert not (await system.read()).objects
    system.put("new.ics", event("m: now", 9))
    assert starts(everything(await system.read())) == [at(9)]


async def test_a_booking_that_is_moved_leaves_its_old_time(system: System) -> None:
    """Moved to another day."""
    system.put("a.ics", event("m: a", 10))
    await system.read()
    system.put("a.ics", event("m: a", 15, day=24))
    await system.read()
    assert starts(system.bookings) == [at(15, 24)]


async def test_a_booking_that_is_deleted_is_gone(system: System) -> None:
    """Case 35: its ref is gone, and the others stand."""
    system.put("a.ics", event("a", 10))
    system.put("b.ics", event("b", 11))
    await system.read()
    system.delete("a.ics")
    await system.read()
    assert [each.subject for each in system.bookings] == ["b"]
    system.delete("b.ics")
    await system.read()
    assert system.bookings == []


async def test_one_occurrence_deleted_frees_its_slot_alone(system: System) -> None:
    """Case 15: an EXDATE takes out one day of a series."""
    daily = "RRULE:FREQ=DAILY;COUNT=4"
    system.put("a.ics", event("m: daily", 10, more=daily))
    await system.read()
    system.put("a.ics", event("m: daily", 10, more=f"{daily}\nEXDATE:20261124T100000Z"))
    await system.read()
    assert starts(system.bookings) == [at(10), at(10, 25), at(10, 26)]


async def test_a_series_cut_in_two_has_no_day_twice(system: System) -> None:
    """Case 16: "this and following" ends one series and begins another."""
    system.put("a.ics", event("m: daily", 10, more="RRULE:FREQ=DAILY;COUNT=6"))
    await system.read()
    system.put("a.ics", event("m: daily", 10, more="RRULE:FREQ=DAILY;UNTIL=20261125T095959Z"))
    system.put("a2.ics", event("m: daily, later", 11, day=25, more="RRULE:FREQ=DAILY;COUNT=2"))
    await system.read()
    assert starts(system.bookings) == [at(10), at(10, 24), at(11, 25), at(11, 26)]


async def test_whole_days_stay_days(system: System) -> None:
    """Case 4: an all-day booking is dates, with its end exclusive."""
    system.put("a.ics", "SUMMARY:holiday:\nDTSTART;VALUE=DATE:20261124\nDTEND;VALUE=DATE:20261126")
    await system.read()
    assert [each.when for each in system.bookings] == [Days(date(2026, 11, 24), date(2026, 11, 26))]


async def test_times_without_a_zone_are_the_persons(system: System) -> None:
    """Case 31: floating times are read in her zone, never as UTC."""
    system.put("a.ics", "SUMMARY:m: a\nDTSTART:20261123T100000\nDTEND:20261123T110000")
    await system.read()
    assert starts(system.bookings) == [at(9)]


async def test_an_unknown_zone_is_told_and_not_taken_as_utc(system: System) -> None:
    """Case 31: a zone that nobody knows is guessed aloud."""
    system.put("a.ics", "SUMMARY:m: a\nDTSTART;TZID=Moon/Base:20261123T100000\nDTEND;TZID=Moon/Base:20261123T110000")
    await system.read()
    assert starts(system.bookings) == [at(9)]
    assert any("Moon/Base" in fault for faults in system.faults.values() for fault in faults)


async def test_private_words_do_not_leave_the_source(system: System) -> None:
    """Case 20: of a private booking only the order is kept."""
    system.put("a.ics", event("m: Doctor Bergström", 10, more="CLASS:PRIVATE\nLOCATION:Clinic\nCATEGORIES:Health"))
    reading = await system.read()
    assert "Bergström" not in repr(reading)
    assert "Health" not in repr(reading)
    assert system.bookings[0].private_order is not None


async def test_the_incremental_readings_add_up_to_the_full_one(system: System) -> None:
    """Case 28: after any run of changes, what was kept bit by bit is what a reading from the start gives."""
    chance = random.Random(7)
    names = [f"n{number}.ics" for number in range(6)]
    there: set[str] = set()
    for _ in range(12):
        for name in chance.sample(names, chance.randint(0, 4)):
            if name in there and chance.random() < 0.4:
                system.delete(name)
                there.discard(name)
            else:
                system.put(name, event(f"m: {chance.random()}", chance.randint(6, 18), day=chance.randint(22, 29)))
                there.add(name)
        await system.read()
        assert system.bookings == everything(await system.fetch())


# what is wrong with one object stays its own ------------------------------------------------------------------------


async def test_a_broken_event_is_a_fault_of_its_own(system: System) -> None:
    """Case 8: an end before its start is refused with a fault that tells no subject; the others are applied."""
    system.put("a.ics", event("m: good", 10))
    system.put("b.ics", event("m: secret backwards", 12, minutes=-60))
    await system.read()
    assert [each.subject for each in system.bookings] == ["m: good"]
    told = [fault for faults in system.faults.values() for fault in faults]
    assert len(told) == 1
    assert "backwards" not in told[0]


async def test_a_hostile_object_costs_itself_alone(system: System) -> None:
    """Case 38: what cannot be expanded within the limits is one fault; the others are applied, now and later."""
    system.put("a.ics", event("m: good", 10))
    system.put("b.ics", event(HOSTILE, 11, more="RRULE:FREQ=SECONDLY"))
    await system.read()
    assert [each.subject for each in system.bookings] == ["m: good"]
    assert ("an entry took longer than 5 s to expand; it was left out",) in system.faults.values()
    system.put("a.ics", event("m: better", 10))
    reading = await system.read()
    assert [each.subject for each in everything(reading)] == ["m: better"]
    system.put("b.ics", event("m: tame", 11))
    await system.read()
    assert len(system.bookings) == 2
    assert not any(system.faults.values())


# cancellation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [*range(12), 20, 40, 80, 160])
async def test_cancelled_anywhere_nothing_is_left_behind(any_system: System, steps: int) -> None:
    """After a cancelled reading the next one gives everything, as if it had been the first."""
    expected = everything(await any_system.fetch())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(any_system.fetch)
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    assert everything(await any_system.fetch()) == expected


@pytest.mark.parametrize("server_kind", ["sync", "feed"])
@pytest.mark.parametrize("request_number", [1, 2, 3])
async def test_cancelled_while_the_server_thinks(server_kind: str, request_number: int) -> None:
    """Cancelled while any of its requests waits for an answer, a reading harms none after it."""
    mannered, feed = ManneredServer(), FeedServer()
    async with caldav_system(mannered) if server_kind == "sync" else feed_system(feed) as system:
        system.put("a.ics", event("m: a", 10))
        expected = everything(await system.fetch())
        assert system.server is not None
        plain, thinking, left = system.server.answer, anyio.Event(), request_number

        async def think(asked: Asked) -> Reply:
            nonlocal left
            left -= 1
            if not left:
                thinking.set()
                await anyio.sleep_forever()
            reply = plain(asked)
            assert isinstance(reply, Reply)
            return reply

        system.server.answer = think

        async def fetch_until_stuck() -> None:
            while True:
                await system.fetch()

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(fetch_until_stuck)
                await thinking.wait()
                tasks.cancel_scope.cancel()
        system.server.answer = plain
        assert everything(await system.fetch()) == expected


# refusals -----------------------------------------------------------------------------------------------------------

HTML = b"<!DOCTYPE html><html><title>Please sign in</title></html>"
REFUSALS = {
    "400": (Reply(status=400), Unreadable),
    "401": (Reply(status=401), SignInNeeded),
    "403": (Reply(status=403), SignInNeeded),
    "404": (Reply(status=404), NotShared),
    "405": (Reply(status=405), Unreadable),
    "410": (Reply(status=410), NotShared),
    "429": (Reply(status=429, headers={"Retry-After": "17"}), Throttled),
    "500": (Reply(status=500), Unreachable),
    "502-html": (Reply(status=502, body=HTML), Unreachable),
    "503": (Reply(status=503), Unreachable),
    "503-retry": (Reply(status=503, headers={"Retry-After": "17"}), Throttled),
    "200-html": (Reply(headers={"Content-Type": "text/html"}, body=HTML), Unreadable),
    "200-empty": (Reply(), Unreadable),
    "207-cut": (Reply(status=207, body=b'<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"><D:resp'), Unreadable),
    "207-entities": (
        Reply(status=207, body=b'<!DOCTYPE d [<!ENTITY a "aa">]><D:multistatus xmlns:D="DAV:">&a;</D:multistatus>'),
        Unreadable,
    ),
    "hangs-up": (Reply(raw=b"", hangs_up=True), Unreachable),
    "not-http": (Reply(raw=b"220 mail.example ESMTP\r\n", hangs_up=True), Unreachable),
    "cut-off": (
        Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nBEGIN:VCALENDAR\r\n", hangs_up=True),
        Unreachable,
    ),
    "endless-redirects": (Reply(status=302, headers={"Location": "/again"}), Unreachable),
}


@pytest.mark.parametrize("server_kind", ["caldav", "feed"])
@pytest.mark.parametrize(("reply", "error"), REFUSALS.values(), ids=REFUSALS)
async def test_each_refusal_says_who_has_to_act(server_kind: str, reply: Reply, error: type[SourceError]) -> None:
    """Cases 22, 23, 26, 37: the class says what to do, the words hold the mend and no secret; nothing is deleted, and
    the next answer is read as if nothing had happened, cursor included."""
    stand_in = ManneredServer() if server_kind == "caldav" else FeedServer()
    async with caldav_system(stand_in) if isinstance(stand_in, ManneredServer) else feed_system(stand_in) as system:
        system.put("a.ics", event("m: a", 10))
        await system.read()
        kept = dict(system.kept)
        stand_in.always = reply
        for ask in (system.read, system.fetch, system.source.find_calendars):
            with pytest.raises(error) as caught:
                await ask()
            assert PASSWORD not in str(caught.value)
            assert "budget" not in str(caught.value)
            if isinstance(caught.value, Throttled):
                assert caught.value.retry_after_seconds == 17
        stand_in.always = None
        assert system.kept == kept
        system.put("b.ics", event("m: b", 11))
        await system.read()
        assert len(system.bookings) == 2


@pytest.mark.parametrize("make", [ManneredServer, FeedServer], ids=["caldav", "feed"])
async def test_a_server_that_is_not_there_is_unreachable(make: Callable[[], ManneredServer | FeedServer]) -> None:
    """When nothing listens any more what is known stands, and the words name the address without its secrets."""
    stand_in = make()
    async with caldav_system(stand_in) if isinstance(stand_in, ManneredServer) else feed_system(stand_in) as system:
        assert system.server is not None
        system.put("a.ics", event("m: a", 10))
        await system.read()
        await system.server.stop()
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1") as caught:
            await system.read()
        assert PASSWORD not in str(caught.value)
        assert len(system.bookings) == 1
