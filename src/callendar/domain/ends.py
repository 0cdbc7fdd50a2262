"""When an order by hand begins and ends: what a person typed, or left to the reason (`rules.md` §4.3).

Wall times are the person's. Her *current day* runs from 04:00 to 04:00, so that at one in the morning it still is the
evening before.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import UnsetType

from callendar.domain.errors import InvalidValue, Refused
from callendar.domain.hours import Hours
from callendar.domain.reason import Ends, Reason
from callendar.domain.span import start_of_day, to_instant

DAY_BEGINS = time(4)
JUST_PASSED = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=14)
"""How far ahead an opening or closing may lie to be what an end means."""
MOST_YEARS = 100

_A_DAY = timedelta(days=1)
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", re.ASCII)
_TYPED = re.compile(r"([0-9]{2})([0-9]{2})", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """When the person's day that an instant lies in ends: the next 04:00 on her clock."""
    today = at.astimezone(zone).date()
    return next(end for ahead in range(3) if (end := wall_to_instant(today + _A_DAY * ahead, DAY_BEGINS, zone)) > at)


def wall_to_instant(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """A wall time as an instant: moved forward where it does not exist, the first where it comes twice."""
    return datetime.combine(day, wall, tzinfo=zone).astimezone(UTC)


def resolve_end(
    until: str | None | UnsetType,
    reason: Reason,
    *,
    now: datetime,
    zone: ZoneInfo,
    hours: Hours,
    running_booking_end: datetime | None,
) -> datetime | None:
    """When a referral that starts now ends; None = it has no end.

    Args:
        until: Absent = the reason's own end; None = none; else an instant or a local date and time (RFC 3339), `HH:MM`,
            a date `YYYY-MM-DD`, or four digits: `HHMM` or `MMDD` as the reason's `when` says.
        now: When it starts: for a planned one its start.
        running_booking_end: End of the booking under way, None if there is none.

    Raises:
        Refused: The end is not after now, or has just passed.
        InvalidValue: It cannot be read.
    """
    if isinstance(until, UnsetType):
        return _own_end(reason.ends, now, zone, hours, running_booking_end)
    if until is None:
        return None
    typed = until.strip()
    wall = _read_time(typed) or (_read_typed_time(typed) if reason.when == "time" else None)
    if wall is not None:
        return _next_time(wall, typed, now, zone)
    day = _read_date(typed, now) or (_read_typed_day(typed, now, zone) if reason.when == "day" else None)
    end = _read_moment(typed, now, zone) if day is None else _opening_on(day, zone, hours)
    if end <= now:
        raise Refused(f"the end {_spoken(end, zone)} is not after {_spoken(now, zone)}; give a later one")
    return end


def resolve_start(start: str, *, now: datetime, zone: ZoneInfo) -> datetime:
    """When a planned referral starts: an instant or local date and time, `HH:MM`, or a date, which means its midnight.

    A time is that of the person's current day; passed by more than 5 minutes it is the next day's.

    Raises:
        InvalidValue: It cannot be read.
    """
    typed = start.strip()
    wall = _read_time(typed)
    if wall is not None:
        today = _in_current_day(wall, now, zone)
        return today if now - today <= JUST_PASSED else _a_day_later(today, wall, zone)
    day = _read_date(typed, now)
    return _read_moment(typed, now, zone) if day is None else start_of_day(day, zone)


def _own_end(
    ends: Ends, now: datetime, zone: ZoneInfo, hours: Hours, running_booking_end: datetime | None
) -> datetime | None:
    if ends.kind == "none":
        return None
    if ends.kind == "running_booking" and running_booking_end is not None and running_booking_end > now:
        return running_booking_end
    if ends.kind in ("minutes", "running_booking"):
        return now + timedelta(minutes=ends.minutes)
    if ends.kind == "closing":
        end = hours.next_closing(now)
    elif ends.kind == "opening":
        end = hours.next_opening(now)
    else:
        end = hours.next_working_opening(now)
    if end is not None and end - now <= LONGEST_WAIT:
        return end
    return start_of_day(now.astimezone(zone).date() + _A_DAY, zone)


def _opening_on(day: date, zone: ZoneInfo, hours: Hours) -> datetime:
    """The first opening at or after a date; its local midnight where always open, or none comes within 14 days."""
    midnight = start_of_day(day, zone)
    opening = hours.next_opening(midnight - timedelta(seconds=1))
    return opening if opening is not None and opening - midnight <= LONGEST_WAIT else midnight


def _next_time(wall: time, typed: str, now: datetime, zone: ZoneInfo) -> datetime:
    end = _in_current_day(wall, now, zone)
    if end > now:
        return end
    if now - end <= JUST_PASSED:
        raise Refused(f"{typed} has just passed; give a later time, or a date for another day")
    return _a_day_later(end, wall, zone)


def _in_current_day(wall: time, at: datetime, zone: ZoneInfo) -> datetime:
    last = end_of_day(at, zone).astimezone(zone).date()
    return wall_to_instant(last if wall < DAY_BEGINS else last - _A_DAY, wall, zone)


def _a_day_later(instant: datetime, wall: time, zone: ZoneInfo) -> datetime:
    return wall_to_instant(instant.astimezone(zone).date() + _A_DAY, wall, zone)


def _read_time(typed: str) -> time | None:
    match = _TIME.fullmatch(typed)
    return None if match is None else _wall(match, typed)


def _read_typed_time(typed: str) -> time | None:
    match = _TYPED.fullmatch(typed)
    return None if match is None else _wall(match, typed)


def _wall(match: re.Match[str], typed: str) -> time:
    hour, minute = int(match[1]), int(match[2])
    if hour == 24 and minute == 0:
        return time(0)
    if hour > 23 or minute > 59:
        raise InvalidValue(f"{typed!r} is no time of day; write it as 13:00")
    return time(hour, minute)


def _read_date(typed: str, now: datetime) -> date | None:
    if _DATE.fullmatch(typed) is None:
        return None
    try:
        return _near(date.fromisoformat(typed), typed, now)
    except ValueError as error:
        raise InvalidValue(f"there is no day {typed}; write it as 2026-12-01") from error


def _read_typed_day(typed: str, now: datetime, zone: ZoneInfo) -> date | None:
    """MMDD: this year's, or where that is past or does not exist that of the next year which has it."""
    match = _TYPED.fullmatch(typed)
    if match is None:
        return None
    today = now.astimezone(zone).date()
    for year in range(today.year, today.year + 9):
        try:
            day = date(year, int(match[1]), int(match[2]))
        except ValueError:
            continue
        if day >= today:
            return day
    raise InvalidValue(f"there is no day {typed!r}; write month and day as 1201")


def _read_moment(typed: str, now: datetime, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError as error:
        raise InvalidValue(
            f"{typed!r} is neither an instant (2026-12-01T13:00:00Z) nor a time (13:00) nor a date (2026-12-01)"
        ) from error
    _near(moment.date(), typed, now)
    return to_instant(moment if moment.tzinfo is not None else moment.replace(tzinfo=zone))


def _near(day: date, typed: str, now: datetime) -> date:
    if abs(day.year - now.year) > MOST_YEARS:
        raise InvalidValue(f"{typed} is more than {MOST_YEARS} years away; check the year")
    return day


def _spoken(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")
