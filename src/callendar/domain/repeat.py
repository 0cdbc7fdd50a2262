"""Repeats of a planned referral: an RRULE followed in the person's wall time (`rules.md` §4.2).

Source: RFC 5545 §3.3.10; of its parts those that repeat by the day or slower.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from callendar.domain.errors import InvalidValue
from callendar.domain.span import Span

MOST_OCCURRENCES = 10_000
"""How many occurrences a rule is followed for, from its first."""

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BY_DAY = re.compile(r"([+-]?[1-9][0-9]?)?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?", re.ASCII)
_NUMBERS = {
    "INTERVAL": (1, 1000, False),
    "COUNT": (1, MOST_OCCURRENCES, False),
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYSETPOS": (1, 366, True),
}
"""Smallest, greatest, and whether it may count from the end."""
_LISTS = ("BYMONTH", "BYMONTHDAY", "BYSETPOS")

_A_DAY = timedelta(days=1)


def check_repeat(repeat: str, start: datetime, end: datetime | None, zone: ZoneInfo) -> None:
    """Check a repeat before it is kept.

    Raises:
        InvalidValue: It is no RRULE, asks for more than once a day or for what never comes, does not give the
            referral's own start, or the referral has no end.
    """
    if end is None:
        raise InvalidValue("a referral that repeats needs an end; give `until`")
    parts = _read(repeat)
    wall = start.astimezone(zone).replace(tzinfo=None)
    if not _fits(parts, wall) or next(iter(_rule(repeat, wall, zone)), None) != wall:
        raise InvalidValue(
            f"the repeat {repeat!r} does not give the referral's own start, {wall:%a %Y-%m-%d %H:%M}; let it start on "
            "a day that the repeat names"
        )


def expand_repeat(repeat: str, first: Span, zone: ZoneInfo, window: Span) -> Iterator[tuple[datetime, datetime]]:
    """The occurrences that touch a window, ordered: start and end of each, the start being its original start.

    Each starts at the first one's wall time: moved forward where that does not exist, the first where it comes twice.
    It lasts as many days by the calendar as the first, and the rest of its time by the clock, so that Friday to Monday
    8:00 ends at 8:00 across a change of clocks, and eight hours of a night stay eight hours.

    Raises:
        InvalidValue: The rule cannot be read.
    """
    wall = first.start.astimezone(zone).replace(tzinfo=None)
    days, rest = _length(first, zone)
    last = window.end.astimezone(zone).replace(tzinfo=None)
    for start_wall in islice(_rule(repeat, wall, zone), MOST_OCCURRENCES):
        if start_wall > last:
            return
        start = first.start if start_wall == wall else _instant(start_wall, zone)
        end = first.end if start_wall == wall else _instant(start_wall + _A_DAY * days, zone) + rest
        if start < window.end and end > window.start and end > start:
            yield start, end


def _length(first: Span, zone: ZoneInfo) -> tuple[int, timedelta]:
    start = first.start.astimezone(zone).replace(tzinfo=None)
    end = first.end.astimezone(zone).replace(tzinfo=None)
    days = max((end - start).days, 0)
    rest = first.end - _instant(start + _A_DAY * days, zone) if days else first.end - first.start
    return days, rest


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _rule(repeat: str, wall: datetime, zone: ZoneInfo) -> rrule:
    parts = _read(repeat)
    if "UNTIL" in parts:
        parts["UNTIL"] = _wall_until(parts["UNTIL"], zone)
    try:
        rule = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=wall)
    except ValueError as error:
        raise InvalidValue(f"the repeat {repeat!r} cannot be followed; check it against RFC 5545") from error
    assert isinstance(rule, rrule)
    return rule


def _wall_until(until: str, zone: ZoneInfo) -> str:
    """UNTIL as a wall time: of a date its last second, of a UTC instant what clocks show then."""
    try:
        if "T" not in until:
            moment = datetime.combine(datetime.strptime(until, "%Y%m%d").replace(tzinfo=UTC), time(23, 59, 59))
        elif until.endswith("Z"):
            moment = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
        else:
            moment = datetime.strptime(until, "%Y%m%dT%H%M%S").replace(tzinfo=zone)
    except ValueError as error:
        raise InvalidValue(f"UNTIL={until} names no day; write it as UNTIL=20261231") from error
    return moment.strftime("%Y%m%dT%H%M%S")


def _read(repeat: str) -> dict[str, str]:
    """The parts of a rule, each checked by itself."""
    parts: dict[str, str] = {}
    for part in repeat.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, _, value = part.partition("=")
        if name in parts:
            raise InvalidValue(f"the repeat names {name} twice; leave one out")
        _check_part(name, value)
        parts[name] = value
    if "FREQ" not in parts:
        raise InvalidValue(f"the repeat {repeat!r} has no FREQ; write it as FREQ=WEEKLY;BYDAY=FR")
    if "COUNT" in parts and "UNTIL" in parts:
        raise InvalidValue("a repeat has COUNT or UNTIL, not both; leave one out")
    return parts


def _check_part(name: str, value: str) -> None:
    if name == "FREQ":
        good = value in _FREQUENCIES
    elif name == "WKST":
        good = value in _WEEKDAYS
    elif name == "UNTIL":
        good = _UNTIL.fullmatch(value) is not None
    elif name == "BYDAY":
        good = all(_BY_DAY.fullmatch(each) for each in value.split(","))
    elif name in _NUMBERS:
        good = _are_numbers(name, value)
    else:
        raise InvalidValue(
            f"a repeat cannot have {name or 'an empty part'}; it has FREQ, INTERVAL, COUNT, UNTIL, WKST, "
            "BYDAY, BYMONTH, BYMONTHDAY and BYSETPOS"
        )
    if not good:
        raise InvalidValue(f"the repeat's {name}={value} cannot be followed; write it as FREQ=WEEKLY;BYDAY=MO,FR")


def _are_numbers(name: str, value: str) -> bool:
    least, most, signed = _NUMBERS[name]
    for each in value.split(",") if name in _LISTS else [value]:
        digits = each.lstrip("+-") if signed else each
        if not (digits.isascii() and digits.isdecimal() and len(each) - len(digits) <= 1 and len(digits) < 6):
            return False
        if not least <= int(digits) <= most:
            return False
    return True


def _fits(parts: dict[str, str], wall: datetime) -> bool:
    """Whether a day can be one that the rule names, as far as that is seen without following it.

    Following a rule that names nothing would take very long.
    """
    if "BYMONTH" in parts and str(wall.month) not in (each.lstrip("0") for each in parts["BYMONTH"].split(",")):
        return False
    if "BYMONTHDAY" in parts:
        length = ((wall.replace(day=28) + timedelta(days=4)).replace(day=1) - _A_DAY).day
        named = [int(each) for each in parts["BYMONTHDAY"].split(",")]
        if wall.day not in (each if each > 0 else length + 1 + each for each in named):
            return False
    if "BYDAY" in parts and _WEEKDAYS[wall.weekday()] not in (each[-2:] for each in parts["BYDAY"].split(",")):
        return False
    return "BYSETPOS" not in parts or parts["FREQ"] in ("MONTHLY", "YEARLY")
