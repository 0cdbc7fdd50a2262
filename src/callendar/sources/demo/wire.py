"""Calendars made up from their name alone: the same name and window give the same bookings, on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from random import Random
from zoneinfo import ZoneInfo

from msgspec import Struct

from callendar.domain.booking import Booking, Sensitivity, ShowAs
from callendar.domain.mark import Marks, read_subject
from callendar.domain.span import Days, Span, start_of_day

MEETINGS = (
    *("m: Sales review", "m: Budget", "m: Planning", "m: Customer call", "m: Board pack", "m: Design review"),
    *("Project sync", "One to one", "Weekly status", "Prepare the offer", "m; At my desk, do ring", "Supplier call"),
)
ABSENCES: Sequence[tuple[str, int]] = (("holiday: Away", 5), ("course: First aid", 1), ("trip: Fair", 2))
"""Whole days from a Monday, and how many."""
ABSENT_WEEKS = 0.08
"""The share of weeks that begin with an absence."""
LAST_CHANGED = datetime(2026, 1, 1, tzinfo=UTC)


class Series(Struct, frozen=True, kw_only=True):
    """Something that comes every week."""

    uid: str
    subject: str
    weekdays: tuple[int, ...]
    """0 = Monday."""
    at: time
    """Wall time in the person's zone."""
    minutes: int
    show_as: ShowAs = "busy"
    sensitivity: Sensitivity = "normal"


def make_series(ref: str) -> Iterator[Series]:
    """What a calendar has every week."""
    chance = Random(f"series/{ref}")
    for number in range(chance.randint(2, 5)):
        private = chance.random() < 0.06
        yield Series(
            uid=f"{ref}-{number}",
            subject="m: Private" if private else chance.choice(MEETINGS),
            weekdays=tuple(sorted(chance.sample(range(5), chance.choice((1, 1, 1, 2))))),
            at=time(chance.randint(8, 16), chance.choice((0, 0, 0, 15, 30, 45))),
            minutes=chance.choice((15, 30, 30, 45, 60, 60, 90)),
            show_as="tentative" if chance.random() < 0.1 else "busy",
            sensitivity="private" if private else "normal",
        )
    if chance.random() < 0.4:
        at = time(chance.choice((11, 12)), chance.choice((0, 15, 30)))
        yield Series(uid=f"{ref}-lunch", subject="lunch:", weekdays=(0, 1, 2, 3, 4), at=at, minutes=45)


def make_bookings(ref: str, window: Span, zone: ZoneInfo, marks: Marks) -> Mapping[str, tuple[Booking, ...]]:
    """A calendar's bookings that overlap a window, by the series' UID; absences under one of their own."""
    first = window.start.astimezone(zone).date() - timedelta(days=1)
    days = [first + timedelta(days=n) for n in range((window.end - window.start).days + 4)]
    made = {
        series.uid: tuple(
            booking
            for day in days
            if day.weekday() in series.weekdays
            and _touches(booking := _meeting(series, day, zone, marks), window, zone)
        )
        for series in make_series(ref)
    }
    absences = (_absence(ref, day, marks) for day in _mondays(days[0] - timedelta(days=7), days[-1]))
    made[f"{ref}-away"] = tuple(each for each in absences if each is not None and _touches(each, window, zone))
    return made


def make_etag(bookings: Sequence[Booking]) -> str:
    """Of what was made up."""
    return sha256(repr(bookings).encode()).hexdigest()[:16]


def _meeting(series: Series, day: date, zone: ZoneInfo, marks: Marks) -> Booking:
    start = datetime.combine(day, series.at, zone).astimezone(UTC)
    private = series.sensitivity != "normal"
    reading = read_subject(series.subject, marks)
    return Booking(
        when=Span(start, start + timedelta(minutes=series.minutes)),
        uid=series.uid,
        occurrence=start,
        show_as=series.show_as,
        subject=None if private else reading.kept,
        private_order=reading.order if private else None,
        sensitivity=series.sensitivity,
        updated=LAST_CHANGED,
    )


def _absence(ref: str, monday: date, marks: Marks) -> Booking | None:
    chance = Random(f"away/{ref}/{monday.isoformat()}")
    if chance.random() >= ABSENT_WEEKS:
        return None
    subject, days = chance.choice(ABSENCES)
    return Booking(
        when=Days(monday, monday + timedelta(days=days)),
        uid=f"{ref}-away-{monday.isoformat()}",
        show_as="oof",
        subject=read_subject(subject, marks).kept,
        updated=LAST_CHANGED,
    )


def _mondays(first: date, last: date) -> Iterator[date]:
    day = first + timedelta(days=-first.weekday() % 7)
    while day <= last:
        yield day
        day += timedelta(days=7)


def _touches(booking: Booking, window: Span, zone: ZoneInfo) -> bool:
    when = booking.when
    if isinstance(when, Days):
        return start_of_day(when.first, zone) < window.end and start_of_day(when.until, zone) > window.start
    return when.start < window.end and when.end > window.start
