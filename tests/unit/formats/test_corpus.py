"""The calendars inside the wheels of icalendar and recurring-ical-events, read whole and mutilated."""
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import contextlib
import re
import time
import warnings
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.mark import Marks
from callendar.domain.span import Days, Span, start_of_day
from callendar.formats.calendar_object import How, read_object
from callendar.formats.feed import NotACalendar, split_feed

BERLIN = ZoneInfo("Europe/Berlin")
HOMES = (Path(icalendar.__file__).parent / "tests", Path(recurring_ical_events.__file__).parent / "test")
CORPUS = {
    f"{home.parent.name}/{path.relative_to(home)}": path for home in HOMES for path in sorted(home.rglob("*.ics"))
}
SECONDS_EACH = 5.0
"""Generous, for a busy machine; the slowest takes a tenth of a second."""

NAMELESS = "nameless-"

DIFFERENT = {
    "icalendar/calendars/example.ics": "a day that ends on itself lasts that day",
    "icalendar/calendars/issue_1081_invalid_rrule_freq.ics": "a broken rule leaves the first date",
    "icalendar/calendars/issue_1633_rdate_with_dates.ics": "a timed RDATE in a series of days is its day",
    "icalendar/calendars/issue_1633_rdate_with_dates_and_tzid.ics": "a timed RDATE in a series of days is its day",
    "icalendar/calendars/issue_165_missing_event.ics": "spaces in BYDAY are forgiven",
    "icalendar/calendars/rfc_7529.ics": "a rule of another calendar leaves the first date",
    "recurring_ical_events/calendars/Germany_Holidays.ics": "a day that ends on itself lasts that day",
    "recurring_ical_events/calendars/bad_rrule_missing_until_event.ics": "a broken rule leaves the first date",
    "recurring_ical_events/calendars/issue_132_swapped_start_and_end.ics": "an end before the start is a fault",
    "recurring_ical_events/calendars/issue_201_mixed_datetime_and_date.ics": "what starts as a day is of days",
    "recurring_ical_events/calendars/issue_201_test_matrix.ics": "what starts as a day is of days",
    "recurring_ical_events/calendars/issue_28_rrule_with_UTC_endinginZ.ics": "UNTIL at a local midnight is that day",
    "recurring_ical_events/calendars/issue_75_range_parameter.ics": "a day as UNTIL counts whole",
}
"""Where we mean to differ from recurring-ical-events alone, and why."""


def window_of(body: bytes) -> Span:
    """From the first year in a file to at most three years on."""
    years = [int(year) for year in re.findall(rb"DTSTART[^\n]*:(\d{4})\d{4}", body) if 1970 <= int(year) < 2100]
    first, last = min(years, default=2020), max(years, default=2020)
    return Span(datetime(first, 1, 1, tzinfo=UTC), datetime(min(first + 3, last + 1), 12, 31, tzinfo=UTC))


def how(window: Span, max_bookings: int = 20_000) -> How:
    return How(
        window=window,
        zone="Europe/Berlin",
        addresses=frozenset(),
        marks=Marks(keywords={}, diverts=frozenset()),
        max_bookings=max_bookings,
    )


def read_all(body: bytes, window: Span) -> set[tuple[str, datetime, datetime]]:
    """Ours: cut as a feed, each object read."""
    found: set[tuple[str, datetime, datetime]] = set()
    for cut in split_feed(body).objects.values():
        for booking in read_object(cut.data, how(window)).bookings:
            if booking.uid is not None:
                span = booking.when.in_zone(BERLIN) if isinstance(booking.when, Days) else booking.when
                found.add(("" if booking.uid.startswith(NAMELESS) else booking.uid, span.start, span.end))
    return found


def read_by_library(body: bytes, window: Span) -> set[tuple[str, datetime, datetime]] | None:
    """recurring-ical-events alone on what icalendar parses; None where they fail."""
    margin = timedelta(days=3)
    found: set[tuple[str, datetime, datetime]] = set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for part in icalendar.Calendar.from_ical(body, multiple=True):
                query = recurring_ical_events.CalendarQuery(part, skip_bad_series=True)
                for event in query.between(window.start - margin, window.end + margin):
                    start, end = instant(event.decoded("DTSTART")), instant(event.decoded("DTEND"))
                    inside = window.start <= start if start == end else window.start < end
                    if inside and start < window.end:
                        found.add((str(event.get("UID", "")), start, end))
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return found


def instant(moment: date) -> datetime:
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).astimezone(UTC).replace(microsecond=0)
    return start_of_day(moment, BERLIN)


def test_the_corpus_is_there() -> None:
    """The wheels bring as many calendars as we count on."""
    assert len(CORPUS) >= 258
    assert DIFFERENT.keys() <= CORPUS.keys()


@pytest.mark.parametrize("name", CORPUS)
def test_a_calendar_is_read_or_refused(name: str) -> None:
    """Case 37: each is a whole calendar and read quickly, or none and refused; nothing breaks the reader."""
    body = CORPUS[name].read_bytes()
    began = time.perf_counter()
    try:
        read_all(body, window_of(body))
    except NotACalendar:
        assert not body.strip().startswith(b"BEGIN:VCALENDAR") or not body.strip().endswith(b"END:VCALENDAR")
    read_object(body, how(window_of(body)))
    assert time.perf_counter() - began < SECONDS_EACH


@pytest.mark.parametrize("name", CORPUS)
def test_agrees_with_the_library(name: str) -> None:
    """Where recurring-ical-events can read a file alone, ours are its occurrences, but where we mean to differ."""
    body = CORPUS[name].read_bytes()
    window = window_of(body)
    try:
        ours = read_all(body, window)
    except NotACalendar:
        return
    theirs = read_by_library(body, window)
    if theirs is not None:
        assert (ours != theirs) == (name in DIFFERENT)


WHOLE = [path.read_bytes() for name, path in CORPUS.items() if path.stat().st_size < 6_000 and "calendars/" in name]
PIECES = (
    b"",
    b"\n",
    b"\r\n ",
    b":",
    b";",
    b",",
    b"=",
    b'"',
    b"\\",
    b"\x00",
    b"\xff",
    b"BEGIN:VEVENT\n",
    b"END:VEVENT\n",
)
VALUES = (b"99999999T999999", b"00000000", b"-P1D", b"P9999999W", b"FREQ=YEARLY;INTERVAL=0", b"19000101", b"T", b"/P1D")


@given(data=st.data())
def test_a_mutilated_calendar_breaks_nothing(data: st.DataObject) -> None:
    """Bytes cut out, doubled and put in anywhere: what comes is bookings and faults, or a refusal."""
    body = data.draw(st.sampled_from(WHOLE))
    window = window_of(body)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body)))
        to = min(len(body), at + data.draw(st.integers(0, 40)))
        body = body[:at] + data.draw(st.sampled_from((*PIECES, *VALUES, body[at:to] * 2))) + body[to:]
    read_object(body, how(window, max_bookings=200))
    with contextlib.suppress(NotACalendar):
        read_all(body, window)
