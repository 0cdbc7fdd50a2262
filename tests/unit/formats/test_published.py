"""A timetable as an iCalendar stream: read by another's library, and never by ourselves."""
# The libraries that read it declare their types in part, or not.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events

from callendar.domain.person import Person, PersonId
from callendar.domain.reason import MEETING, ReasonCode
from callendar.domain.reason_table import REASONS
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.domain.timetable import Segment
from callendar.domain.window import window_from
from callendar.formats.feed import NotACalendar, split_feed
from callendar.formats.published import render_timetable
from tests.unit.formats.reading import at, calendar, event, read

SLID = at(2026, 11, 24, 3)
COMPANY = Company(id=CompanyId("co"), name="Nord", language="sv", reasons=REASONS)
ANNA = Person(id=PersonId("p_anna"), company_id=COMPANY.id, name="Anna, Ek; Sälj", zone="Europe/Stockholm")
HOLIDAY = ReasonCode("holiday")


def segment(start: datetime, end: datetime | None, **more: Any) -> Segment:
    given: dict[str, Any] = {"kind": "referred", "reason": MEETING, **more}
    return Segment(start=start, end=end, **given)


def rendered(*segments: Segment, known_until: datetime | None = None, person: Person = ANNA) -> bytes:
    row = Row(person=person, timetable=segments, known_until=known_until, slid_at=SLID)
    return render_timetable(row, COMPANY, window_from(SLID))


def events(body: bytes) -> list[Any]:
    """What another program makes of it."""
    parsed: Any = icalendar.Calendar.from_ical(body)
    assert not parsed.errors
    window = window_from(SLID)
    found = recurring_ical_events.of(parsed).between(window.start, window.end)
    assert len(found) == len(parsed.events)
    return sorted(found, key=lambda each: str(each.start))


def test_the_calendar_says_whose_it_is_and_how_often_to_ask() -> None:
    """Names with commas and semicolons are escaped; no line is longer than 75 bytes."""
    body = rendered(segment(at(2026, 11, 24, 9), at(2026, 11, 24, 10), text="Förhandling " * 20))
    parsed: Any = icalendar.Calendar.from_ical(body)
    assert parsed["X-WR-CALNAME"] == "Anna, Ek; Sälj"
    assert parsed["X-WR-TIMEZONE"] == "Europe/Stockholm"
    assert parsed["REFRESH-INTERVAL"].dt == timedelta(minutes=5)
    assert b"\r\nX-PUBLISHED-TTL:PT5M\r\n" in body
    assert parsed["VERSION"] == "2.0"
    assert max(len(line) for line in body.split(b"\r\n")) <= 75
    assert body.endswith(b"END:VCALENDAR\r\n")


@pytest.mark.parametrize(
    ("made", "summary", "shown", "transparent", "said"),
    [
        pytest.param({}, "Möte", "BUSY", False, "", id="referred"),
        pytest.param({"text": "Budget"}, "Möte (Budget)", "BUSY", False, "", id="with-its-text"),
        pytest.param({"kind": "informed"}, "Möte", "TENTATIVE", False, "The phone rings.", id="informed"),
        pytest.param({"kind": "busy", "reason": None}, "Busy", "BUSY", False, "", id="busy"),
        pytest.param({"kind": "busy", "reason": None, "text": "1:1"}, "1:1", "BUSY", False, "", id="busy-with-text"),
        pytest.param(
            {"kind": "note", "reason": None}, "Booked, and reachable", "FREE", True, "", id="a-note-blocks-nothing"
        ),
        pytest.param({"divert_to": "102"}, "Möte", "BUSY", False, "Calls go to 102.", id="diverted"),
        pytest.param(
            {"back_at": at(2026, 11, 25, 7)},
            "Möte",
            "BUSY",
            False,
            "Back 2026-11-25 08:00 (Europe/Stockholm).",
            id="back-in-her-zone",
        ),
    ],
)
def test_a_segment_as_an_event(made: dict[str, Any], summary: str, shown: str, transparent: bool, said: str) -> None:
    """In the company's language; nobody who shares the reader's calendar reads it."""
    (found,) = events(rendered(segment(at(2026, 11, 24, 9), at(2026, 11, 24, 10), **made)))
    assert (found.start, found.end) == (at(2026, 11, 24, 9), at(2026, 11, 24, 10))
    assert found["SUMMARY"] == summary
    assert found["X-MICROSOFT-CDO-BUSYSTATUS"] == shown
    assert found["TRANSP"] == ("TRANSPARENT" if transparent else "OPAQUE")
    assert found.get("DESCRIPTION", "") == said
    assert found["CLASS"] == "PRIVATE"
    assert found["DTSTAMP"].dt == SLID


def test_whole_days_are_dates() -> None:
    """Of the person's zone; a part of a day that was cut out of them has times."""
    midnight, noon = at(2026, 11, 24, 23), at(2026, 11, 26, 11)
    cut = segment(midnight + timedelta(days=1), noon, all_day=True, reason=HOLIDAY, text="cut")
    days, timed = events(rendered(segment(midnight, cut.start, all_day=True, reason=HOLIDAY), cut))
    assert (days.start, days.end) == (date(2026, 11, 25), date(2026, 11, 26))
    assert days["X-MICROSOFT-CDO-BUSYSTATUS"] == "OOF"
    assert (timed.start, timed.end) == (cut.start, noon)


def test_the_day_on_which_clocks_go_back_is_a_whole_day() -> None:
    """It has 25 hours."""
    person = Person(id=PersonId("p"), company_id=COMPANY.id, name="Bo", zone="Europe/Stockholm")
    slid = datetime(2026, 10, 20, tzinfo=UTC)
    row = Row(
        person=person,
        timetable=(
            segment(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC), all_day=True),
        ),
        slid_at=slid,
    )
    calendar: Any = icalendar.Calendar.from_ical(render_timetable(row, COMPANY, window_from(slid)))
    (found,) = calendar.events
    assert (found.start, found.end) == (date(2026, 10, 25), date(2026, 10, 26))


def test_what_has_no_end_goes_on_to_the_end_of_the_window_and_says_so() -> None:
    """There is no event without an end."""
    (found,) = events(rendered(segment(at(2026, 11, 24, 9), None)))
    assert found.end == window_from(SLID).end
    assert found["DESCRIPTION"] == "No end is set."


def test_it_ends_where_calendars_are_no_longer_known() -> None:
    """Orders by hand are known without limit."""
    until = at(2026, 11, 26)
    body = rendered(
        segment(at(2026, 11, 25, 23), at(2026, 11, 26, 1)),
        segment(at(2026, 11, 27, 9), at(2026, 11, 27, 10)),
        segment(at(2026, 11, 28, 9), at(2026, 11, 28, 10), origin="telephonist"),
        segment(at(2027, 2, 1), at(2027, 2, 2), origin="telephonist"),
        known_until=until,
    )
    assert [(each.start, each.end) for each in events(body)] == [
        (at(2026, 11, 25, 23), until),
        (at(2026, 11, 28, 9), at(2026, 11, 28, 10)),
    ]


def test_an_event_keeps_its_uid_and_no_key_stands_in_it() -> None:
    """Whatever it is, as long as it begins when it did; people at the same time have others."""
    start, end = at(2026, 11, 24, 9), at(2026, 11, 24, 10)
    before = rendered(segment(start, end, text="Budget", keys="b/secret-uid"))
    after = rendered(segment(start, end + timedelta(hours=1), reason=HOLIDAY, keys="b/other"))
    other = rendered(segment(start, end), person=Person(id=PersonId("p_bo"), company_id=COMPANY.id, name="Bo"))
    uids = [events(each)[0]["UID"] for each in (before, after, other)]
    assert uids[0] == uids[1] != uids[2]
    assert b"secret-uid" not in before


def test_what_was_published_is_not_read_back_as_a_feed() -> None:
    """Refused in words, with the mend."""
    with pytest.raises(NotACalendar, match="connect the calendars that it was made from"):
        split_feed(rendered(segment(at(2026, 11, 24, 9), at(2026, 11, 24, 10))))


def test_what_was_published_is_not_read_back_from_a_calendar_either() -> None:
    """By its PRODID, or by its UIDs, which an importing program keeps; the calendar's own events are read."""
    published = rendered(segment(at(2026, 11, 24, 9), at(2026, 11, 24, 10)))
    (uid,) = (str(each["UID"]) for each in events(published))
    times = ("DTSTART:20261124T090000Z", "DTEND:20261124T100000Z", "SUMMARY:m: Loop")
    imported = calendar(event(*times, uid=uid), event(*times, uid="own"))
    assert read(published).bookings == ()
    assert "timetable that Callendar itself published" in read(published).faults[0]
    assert [booking.uid for booking in read(imported).bookings] == ["own"]
