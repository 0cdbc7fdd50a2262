"""A real CalDAV server: Radicale, written into as people's calendar programs do."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import anyio
import httpx2
import pytest

from callendar.contracts.expand import ExpandAsk, Expanded, Expander
from callendar.contracts.source import NotShared, SignInNeeded, Source
from callendar.domain.booking import Booking
from callendar.domain.span import Days, Span
from callendar.engine.expanding import ProcessExpander
from callendar.sources import caldav
from tests.contracts.source_cast import (
    RadicaleWriter,
    System,
    connect,
    context,
    everything,
    expand_here,
    opened,
)
from tests.integration.radicale import RadicaleServer, start_radicale

pytestmark = pytest.mark.anyio

SERIES = """BEGIN:VEVENT
UID:series
DTSTAMP:20261101T000000Z
SUMMARY:m: weekly
DTSTART;TZID=Europe/Stockholm:20261123T090000
DTEND;TZID=Europe/Stockholm:20261123T100000
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;TZID=Europe/Stockholm:20261214T090000
END:VEVENT
BEGIN:VEVENT
UID:series
DTSTAMP:20261101T000000Z
SUMMARY:m: moved
RECURRENCE-ID;TZID=Europe/Stockholm:20261130T090000
DTSTART;TZID=Europe/Stockholm:20261201T130000
DTEND;TZID=Europe/Stockholm:20261201T140000
END:VEVENT
BEGIN:VEVENT
UID:series
DTSTAMP:20261101T000000Z
SUMMARY:m: cancelled
STATUS:CANCELLED
RECURRENCE-ID;TZID=Europe/Stockholm:20261207T090000
DTSTART;TZID=Europe/Stockholm:20261207T090000
DTEND;TZID=Europe/Stockholm:20261207T100000
END:VEVENT"""


@asynccontextmanager
async def at_radicale(
    server: RadicaleServer, user: str = "anna", url: str | None = None, expand: Expander = expand_here
) -> AsyncGenerator[System]:
    """A new calendar of Anna's, read by somebody."""
    calendar = f"cal-{uuid4().hex[:8]}"
    made = server.make_calendar("anna", calendar)
    async with signed_in(server, user, url or made, expand) as source:
        yield System(source, made, RadicaleWriter(server, calendar))


@asynccontextmanager
async def signed_in(
    server: RadicaleServer, user: str, url: str, expand: Expander = expand_here
) -> AsyncGenerator[Source]:
    """A source that signs in as somebody."""
    kind = caldav.register()
    connection = connect(kind, url=url, user=user, password=server.users[user])
    async with opened(kind, connection, context(expand)) as source:
        yield source


def event(subject: str, hour: int) -> str:
    """An hour on the first day."""
    return f"SUMMARY:{subject}\nDTSTART:20261123T{hour:02}0000Z\nDTEND:20261123T{hour + 1:02}0000Z"


def shown(bookings: list[Booking]) -> list[tuple[str | None, datetime, bool]]:
    """What a test compares."""
    return [(each.subject, each.when.start, each.cancelled) for each in bookings if isinstance(each.when, Span)]


async def test_every_calendar_of_hers_is_offered(tmp_path: Path) -> None:
    """From the server's address: those for events, with their names; not the tasks, and nobody else's."""
    with start_radicale(tmp_path, {"anna": "a", "bo": "b"}) as server:
        server.make_calendar("anna", "work", name="Work & travel")
        server.make_calendar("anna", "home", name="Hem")
        server.make_calendar("anna", "tasks", component="VTODO")
        server.make_calendar("bo", "work")
        for address in ("", "anna/", "anna"):
            async with signed_in(server, "anna", server.url + address) as source:
                found = await source.find_calendars()
            assert {each.name: each.ref for each in found} == {
                "Work & travel": server.calendar_url("anna", "work"),
                "Hem": server.calendar_url("anna", "home"),
            }
            assert all(each.owned and each.blocking for each in found)


async def test_somebody_elses_calendar_is_not_owned(radicale: RadicaleServer) -> None:
    """The server names another owner than the one who signs in."""
    url = radicale.make_calendar("bo", f"cal-{uuid4().hex[:8]}")
    async with signed_in(radicale, "anna", url) as source:
        (found,) = await source.find_calendars()
    assert not found.owned


async def test_a_service_user_reads_everybodys(radicale: RadicaleServer) -> None:
    """One connection for many people's calendars, as in the demo."""
    async with at_radicale(radicale, "service", radicale.url) as system:
        system.put("a.ics", event("m: budget", 10))
        assert shown(everything(await system.read())) == [("m: budget", datetime(2026, 11, 23, 10, tzinfo=UTC), False)]


async def test_a_series_with_its_exceptions(radicale: RadicaleServer) -> None:
    """Cases 13, 15: one object; a moved, a cancelled and a deleted occurrence each have their own effect."""
    async with at_radicale(radicale) as system:
        system.put("series.ics", SERIES)
        reading = await system.read()
        assert len(reading.objects) == 1
        assert shown(system.bookings) == [
            ("m: weekly", datetime(2026, 11, 23, 8, tzinfo=UTC), False),
            ("m: moved", datetime(2026, 12, 1, 12, tzinfo=UTC), False),
            ("m: cancelled", datetime(2026, 12, 7, 8, tzinfo=UTC), True),
        ]


async def test_moved_shortened_renamed_and_deleted_each_show_at_once(radicale: RadicaleServer) -> None:
    """Each change is in the very next reading, and costs one expansion."""
    expansions = 0

    async def counted(ask: ExpandAsk) -> Expanded:
        nonlocal expansions
        expansions += 1
        return await expand_here(ask)

    async with at_radicale(radicale, expand=counted) as system:
        for number in range(5):
            system.put(f"other{number}.ics", event("other", 20))
        system.put("a.ics", event("m: budget", 10))
        await system.read()
        for changed in (event("m: budget", 12), event("m: budget", 12).replace("T13", "T1230"), event("budget", 12)):
            before = expansions
            system.put("a.ics", changed.replace("T123000000Z", "T123000Z"))
            await system.read()
            assert expansions == before + 1
        (left,) = system.kept["a.ics"]
        assert (left.subject, left.when) == (
            "budget",
            Span(datetime(2026, 11, 23, 12, tzinfo=UTC), datetime(2026, 11, 23, 13, tzinfo=UTC)),
        )
        before = expansions
        system.delete("a.ics")
        reading = await system.read()
        assert reading.gone == {"a.ics"}
        assert expansions == before


async def test_tasks_and_notes_in_a_calendar_are_no_bookings(radicale: RadicaleServer) -> None:
    """A calendar that takes anything: only its events count."""
    async with at_radicale(radicale) as system:
        system.put("day.ics", "SUMMARY:holiday:\nDTSTART;VALUE=DATE:20261124")
        system.put(
            "task.ics",
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VTODO\nUID:task\nDTSTAMP:20261101T000000Z\n"
            "DTSTART:20261123T100000Z\nDUE:20261123T110000Z\nSUMMARY:m: not a booking\nEND:VTODO\nEND:VCALENDAR\n",
        )
        await system.read()
        assert [each.when for each in system.bookings] == [
            Days(datetime(2026, 11, 24, tzinfo=UTC).date(), datetime(2026, 11, 25, tzinfo=UTC).date())
        ]


async def test_a_server_that_lost_its_tokens_is_read_without_loss(tmp_path: Path) -> None:
    """Case 24: as after thirty days, or a restore: a whole comparison, and the deleted is gone."""
    with start_radicale(tmp_path, {"anna": "a"}) as server:
        async with at_radicale(server) as system:
            for name in ("a", "b", "c"):
                system.put(f"{name}.ics", event(name, 10))
            await system.read()
            lost = list((tmp_path / "collections").rglob("sync-token"))
            assert lost
            for folder in lost:
                shutil.rmtree(folder)
            system.delete("b.ics")
            reading = await system.read()
            assert reading.complete
            assert not reading.objects
            assert sorted(system.kept) == ["a.ics", "c.ics"]
            assert not (await system.read()).complete


async def test_a_deleted_calendar_and_a_changed_password_say_so(tmp_path: Path) -> None:
    """Case 23: who has to act, and known bookings stay."""
    with start_radicale(tmp_path, {"anna": "a"}) as server:
        async with at_radicale(server) as system:
            system.put("a.ics", event("a", 10))
            await system.read()
            (tmp_path / "users").write_text("anna:other\n")
            with anyio.fail_after(20):
                while True:
                    try:
                        await system.read()
                    except SignInNeeded:
                        break
            (tmp_path / "users").write_text("anna:a\n")
            with anyio.fail_after(20):
                while True:
                    try:
                        await system.read()
                    except SignInNeeded:
                        continue
                    break
            deleted = httpx2.delete(system.ref, auth=("anna", "a"), trust_env=False)
            assert deleted.status_code < 300
            with pytest.raises(NotShared):
                await system.read()
            assert len(system.bookings) == 1


async def test_the_whole_way_with_the_real_expander(radicale: RadicaleServer) -> None:
    """Case 38: in processes of their own, a hostile series costs one fault; the others are read."""
    async with ProcessExpander() as expand, at_radicale(radicale, expand=expand) as system:
        system.put("good.ics", event("m: good", 10))
        system.put("evil.ics", f"{event('evil', 11)}\nRRULE:FREQ=SECONDLY")
        await system.read()
        assert [each.subject for each in system.kept["good.ics"]] == ["m: good"]
        assert len(system.faults["evil.ics"]) >= 1
        assert "evil" not in " ".join(system.faults["evil.ics"])


async def test_a_full_calendar_is_read_in_good_time(radicale: RadicaleServer) -> None:
    """Two hundred objects, all of them; then nothing."""
    async with at_radicale(radicale) as system:
        start = datetime(2026, 11, 23, tzinfo=UTC)
        events = "\n".join(
            f"BEGIN:VEVENT\nUID:n{n}\nDTSTAMP:20261101T000000Z\nSUMMARY:s{n}\n"
            f"DTSTART:{start + timedelta(hours=n):%Y%m%dT%H%M%SZ}\nDURATION:PT30M\nEND:VEVENT"
            for n in range(200)
        )
        whole = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{events}\nEND:VCALENDAR\n"
        user = ("anna", radicale.users["anna"])
        httpx2.delete(system.ref, auth=user, trust_env=False)
        put = httpx2.put(
            system.ref, content=whole, auth=user, headers={"Content-Type": "text/calendar"}, trust_env=False, timeout=60
        )
        assert put.status_code == 201
        assert len((await system.read()).objects) == 200
        assert not (await system.read()).objects
