"""A stretch of time: exact (`Span`) or in whole calendar days that still await a zone (`Days`)."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from callendar.domain.errors import InvalidValue

_A_DAY_SECONDS = 24 * 60 * 60


def to_instant(moment: datetime) -> datetime:
    """Make an aware datetime ours: UTC, cut to whole seconds.

    Raises:
        InvalidValue: The datetime is naive, and whoever read it has to give it a zone first; or in UTC it lies outside
            the years 1 to 9999.
    """
    if moment.tzinfo is None:
        raise InvalidValue(f"{moment.isoformat()} has no zone; give it one before it enters")
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise InvalidValue(f"{moment.isoformat()} is too far off; give a year that calendars know") from None


class Span(Struct, frozen=True, gc=False, tag="span"):
    """Half-open: start in, end out; both aware UTC, whole seconds. The end may equal the start, never precede it."""

    start: datetime
    end: datetime


class Days(Struct, frozen=True, gc=False, tag="days"):
    """Whole calendar days, `until` exclusive; no instants before `in_zone` joins them with a zone."""

    first: date
    until: date

    def in_zone(self, zone: ZoneInfo) -> Span:
        """The instants from the first day's beginning to that of `until`, as clocks in `zone` show them.

        A day with a change of clocks has 23 or 25 hours; where midnight does not exist the day begins at its first
        instant, where it comes twice at the first of the two (`rules.md` §8).
        """
        return Span(start_of_day(self.first, zone), start_of_day(self.until, zone))


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a calendar day in a zone, as UTC; of a day that a zone skipped, that of the next."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    instant = midnight.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    # Midnight falls into a gap, so that the instant lies past the gap's end, by as much as midnight lies into the gap.
    seconds = range(_A_DAY_SECONDS)
    before = instant - timedelta(seconds=_A_DAY_SECONDS)
    begun = bisect_left(seconds, True, key=lambda s: (before + timedelta(seconds=s)).astimezone(zone).date() >= day)
    return before + timedelta(seconds=begun)


When = Span | Days
"""What a booking occupies."""
