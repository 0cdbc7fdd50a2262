"""Bookings read into a timetable, against recurring-ical-events alone and the parse alone, on the same calendars."""

# icalendar and recurring-ical-events have no complete types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import icalendar
import recurring_ical_events

from bench.figure import Figure, seconds
from callendar.contracts.expand import ExpandAsk
from callendar.domain.booking import Booking
from callendar.domain.mark import build_marks
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId
from callendar.domain.window import window_from
from callendar.engine.expanding import expand_object
from callendar.engine.explain import causes_of
from callendar.engine.plan import plan
from callendar.formats.feed import split_feed

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SERIES, SINGLES = 60, 140

EVENT = """BEGIN:VEVENT
UID:{uid}
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Stockholm:{start}
DTEND;TZID=Europe/Stockholm:{end}
SUMMARY:{subject}
{rule}END:VEVENT
"""


def calendar() -> bytes:
    """A full calendar: 60 weekly series and 140 single bookings around now, every third one marked."""
    parts = ["BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//bench//EN\n"]
    for n in range(SERIES + SINGLES):
        weekly = n < SERIES
        first = NOW - timedelta(weeks=30) if weekly else NOW - timedelta(days=1)
        start = first + timedelta(hours=(n * 7) % 800 if not weekly else n % 160)
        parts.append(
            EVENT.format(
                uid=f"{n}@bench",
                start=start.strftime("%Y%m%dT%H%M%S"),
                end=(start + timedelta(minutes=45)).strftime("%Y%m%dT%H%M%S"),
                subject=f"{'m: ' if n % 3 == 0 else ''}Meeting number {n}",
                rule="RRULE:FREQ=WEEKLY\n" if weekly else "",
            )
        )
    parts.append("END:VCALENDAR\n")
    return "".join(parts).replace("\n", "\r\n").encode()


def measure() -> Iterable[Figure]:
    """Ours (split, expand, claims, timetable), theirs (parse, expand), and the parse alone."""
    body = calendar()
    window = window_from(NOW)
    company = Company(id=CompanyId("co"), name="bench", reasons=REASONS)
    person = Person(id=PersonId("p"), company_id=company.id, name="bench")
    marks = build_marks(company, person, frozenset())
    found: list[Booking] = []

    def ours() -> None:
        found.clear()
        for part in split_feed(body).objects.values():
            ask = ExpandAsk(data=part.data, window=window, zone=person.zone, addresses=frozenset(), marks=marks)
            found.extend(expand_object(ask).bookings)
        plan(causes_of(found, person, NOW), company)

    def theirs() -> int:
        parsed = icalendar.Calendar.from_ical(body)
        return len(recurring_ical_events.of(parsed).between(window.start, window.end))

    our_seconds, their_seconds = seconds(ours), seconds(theirs)
    parse_seconds = seconds(lambda: icalendar.Calendar.from_ical(body))
    bookings = len(found)
    yield Figure(
        f"{bookings} bookings of {SERIES + SINGLES} objects read into a timetable",
        f"{bookings / our_seconds:,.0f} bookings/s",
        f"{their_seconds / our_seconds:.2f} x recurring-ical-events alone ({theirs()} found)",
    )
    yield Figure(
        "the same calendar, icalendar's parse alone",
        f"{parse_seconds * 1000:.0f} ms",
        f"ours with everything {our_seconds * 1000:.0f} ms: {our_seconds / parse_seconds:.2f} x the parse",
    )
