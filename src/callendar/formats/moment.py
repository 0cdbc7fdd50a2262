"""Moments and lengths as iCalendar writes them: wall times that know their zone, days, durations (RFC 5545 §3.3)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from msgspec import Struct

from callendar.domain.errors import CallendarError

_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[Tt ](\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?([Zz])?)?")
_DURATION = re.compile(
    r"([+-])?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?", re.IGNORECASE
)
_MIDNIGHT = datetime.min.time()


class Unparsable(CallendarError):
    """A value that is not of its form; the message is the end of a sentence about it."""

    code = "unparsable"


class Moment(Struct, frozen=True, gc=False):
    """A wall time in a zone, or with `zone` None a whole day, whose `wall` is midnight."""

    wall: datetime
    zone: tzinfo | None
    floating: bool = False
    """No zone was given; `zone` is the one that floating times are read in."""

    @property
    def is_day(self) -> bool:
        """A whole day."""
        return self.zone is None

    @property
    def day(self) -> date:
        """The calendar day, as clocks in its zone show it."""
        return self.wall.date()

    @property
    def instant(self) -> datetime:
        """UTC. A wall time that does not exist moves forward by the gap; of one that comes twice the first counts."""
        instant = self.wall.replace(tzinfo=self.zone).astimezone(UTC)
        if isinstance(self.zone, ZoneInfo) or self.zone is UTC or not self.in_gap:
            return instant
        # Zones built from a VTIMEZONE know the offset on both sides of a gap, but read what lies in it their own way.
        earlier = (self.wall - timedelta(hours=4)).replace(tzinfo=self.zone).utcoffset()
        return instant if earlier is None else (self.wall - earlier).replace(tzinfo=UTC)

    @property
    def in_gap(self) -> bool:
        """The wall time does not exist."""
        if self.zone is None or self.zone is UTC:
            return False
        instant = self.wall.replace(tzinfo=self.zone).astimezone(UTC)
        return instant.astimezone(self.zone).replace(tzinfo=None, fold=0) != self.wall

    def in_zone(self, zone: tzinfo) -> datetime:
        """The wall time that clocks in another zone show; of a floating one the same wall time."""
        if self.floating or self.zone is None or self.zone is zone:
            return self.wall
        return self.instant.astimezone(zone).replace(tzinfo=None, fold=0)


class Length(Struct, frozen=True, gc=False):
    """How long: first so much of wall time (days of 23 to 25 hours), then so much that elapses."""

    wall: timedelta = timedelta(0)
    elapsed: timedelta = timedelta(0)

    @property
    def about(self) -> timedelta:
        """Right but for a change of clocks."""
        return self.wall + self.elapsed

    def after(self, start: Moment) -> datetime:
        """The end as UTC. From a start that does not exist all of it elapses; never before the start."""
        begins = start.instant
        if start.in_gap:
            return begins + self.about
        ends = Moment(start.wall + self.wall, start.zone).instant if self.wall else begins
        return max(begins, ends + self.elapsed)


def parse_moment(text: str, zone: tzinfo, *, floating: bool) -> Moment:
    """Read DATE or DATE-TIME; `zone` is for a time that does not end in Z.

    Raises:
        Unparsable: Neither of them, or no such day. Years before 1900 or after 2500 are not believed.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise Unparsable("is no date or time")
    try:
        day = datetime.combine(date(int(found[1]), int(found[2]), int(found[3])), _MIDNIGHT)
        if not 1900 <= day.year <= 2500:
            raise Unparsable("lies too far off to be meant")
        if found[4] is None:
            return Moment(day, None, floating=floating)
        hour, minute, second = int(found[4]), int(found[5]), min(int(found[6] or 0), 59)
        wall = (
            day + timedelta(days=1)
            if (hour, minute, second) == (24, 0, 0)
            else day.replace(hour=hour, minute=minute, second=second)
        )
    except ValueError as error:
        raise Unparsable("is no date or time") from error
    return Moment(wall, UTC) if found[7] else Moment(wall, zone, floating=floating)


def day_of(moment: datetime) -> Moment:
    """The whole day of a wall time."""
    return Moment(datetime.combine(moment.date(), _MIDNIGHT), None)


def parse_duration(text: str) -> Length:
    """Read DURATION: weeks and days are nominal, the rest elapses.

    Raises:
        Unparsable: Not of that form, or too long to be meant (a thousand years).
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()[1:]):
        raise Unparsable("is no duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    length = Length(
        sign * timedelta(weeks=weeks, days=days), sign * timedelta(hours=hours, minutes=minutes, seconds=seconds)
    )
    if abs(length.about) > timedelta(days=366_000):
        raise Unparsable("is too long to be meant")
    return length


def length_between(start: Moment, end: Moment) -> Length:
    """From DTSTART to DTEND: wall time where both are in one zone, else what elapses between them."""
    if start.zone is None:
        end_wall = end.wall
        days = (end_wall.date() - start.wall.date()).days + (end_wall.time() > _MIDNIGHT)
        return Length(timedelta(days=days))
    if end.zone is None or end.floating or end.zone is start.zone:
        return Length(end.wall - start.wall)
    return Length(elapsed=end.instant - start.instant)
