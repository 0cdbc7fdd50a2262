"""A stretch of time: exact (`Span`) or in whole calendar days that still await a zone (`Days`)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from callendar.domain.errors import InvalidValue


def to_instant(moment: datetime) -> datetime:
    """Make an aware datetime ours: UTC, cut to whole seconds.

    Raises:
        InvalidValue: The datetime is naive; whoever read it has to give it a zone first.
    """
    if moment.tzinfo is None:
        raise InvalidValue(f"{moment.isoformat()} has no zone; give it one before it enters")
    return moment.astimezone(UTC).replace(microsecond=0)


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
    """The first instant of a calendar day in a zone, as UTC."""
    wall = datetime(day.year, day.month, day.day)
    first = wall.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    # Midnight falls into a gap: the offset before the gap, read at the wall time, overshoots to the gap's end.
    before = (wall - timedelta(hours=3)).replace(tzinfo=zone).utcoffset() or timedelta(0)
    after = (wall + timedelta(hours=3)).replace(tzinfo=zone).utcoffset() or timedelta(0)
    return (wall - before).replace(tzinfo=UTC) if after >= before else (wall - after).replace(tzinfo=UTC)


When = Span | Days
"""What a booking occupies."""
