"""Recurrence rules, made clean for the library that follows them (RFC 5545 §3.3.10)."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo

from msgspec import Struct, structs

from callendar.formats.moment import Unparsable, parse_moment

_STEP = {
    "WEEKLY": timedelta(weeks=1),
    "DAILY": timedelta(days=1),
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
_MONTHS = {"YEARLY": 12, "MONTHLY": 1}
_NUMBERS = re.compile(r"[+-]?\d{1,3}(,[+-]?\d{1,3})*")
_DAYS = re.compile(r"(?:[+-]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:[+-]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU))*")
_BOUNDS = {
    "BYSECOND": (0, 59),
    "BYMINUTE": (0, 59),
    "BYHOUR": (0, 23),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYMONTH": (1, 12),
    "BYSETPOS": (-366, 366),
}
_WEEKDAYS = frozenset({"MO", "TU", "WE", "TH", "FR", "SA", "SU"})
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "RSCALE", "SKIP", *_BOUNDS})
_ENDS_OF_DAYS = (time(0, 0), time(23, 59, 59))
_FAR = timedelta(days=400)


class Rule(Struct, frozen=True, gc=False):
    """One RRULE, checked; `until` is a wall time of the series and counts itself in."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by: tuple[tuple[str, str], ...] = ()
    week_start: str = "MO"

    @property
    def text(self) -> str:
        """As the library reads it."""
        parts = [f"FREQ={self.frequency}", f"INTERVAL={self.interval}", f"WKST={self.week_start}"]
        parts += [f"{name}={value}" for name, value in self.by]
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%dT%H%M%S}")
        return ";".join(parts)


def parse_rule(text: str, zone: tzinfo, *, days: bool) -> Rule:
    """Check an RRULE of a series whose wall times are those of `zone`; `days` when it is of whole days.

    UNTIL is read leniently: in UTC as the standard says, as wall time of the series, or as a day, which counts whole.
    Where COUNT and UNTIL stand together, though they exclude each other, the first of them to come ends the series.

    Raises:
        Unparsable: It cannot be followed.
    """
    parts: dict[str, str] = {}
    for part in text.strip().strip(";").upper().split(";"):
        name, equals, value = part.partition("=")
        if equals:
            parts[name.strip()] = value.strip().strip(",").replace(" ", "")
    if any(name not in _PARTS and not name.startswith("X-") for name in parts):
        # Whoever misspells UNTIL does not mean for ever.
        raise Unparsable("has a rule with a part that nobody knows")
    frequency = parts.get("FREQ", "")
    if frequency not in _STEP and frequency not in _MONTHS:
        raise Unparsable("has a rule whose frequency is missing or not known")
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise Unparsable("follows a calendar other than the Gregorian")
    count = _number(parts["COUNT"]) if parts.get("COUNT") else None
    return Rule(
        frequency,
        interval=max(_number(parts.get("INTERVAL") or "1"), 1),
        count=count if count and count > 0 else None,
        until=_until(parts["UNTIL"], zone, days=days) if parts.get("UNTIL") else None,
        by=tuple((name, _by(name, value)) for name, value in parts.items() if name.startswith("BY") and value),
        week_start=parts.get("WKST", "MO") if parts.get("WKST", "MO") in _WEEKDAYS else "MO",
    )


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,7}", text):
        raise Unparsable("has a rule with a number that is none")
    return int(text)


def _by(name: str, value: str) -> str:
    if name == "BYDAY" and _DAYS.fullmatch(value):
        return value
    if name in _BOUNDS and _NUMBERS.fullmatch(value):
        least, most = _BOUNDS[name]
        numbers = [int(number) for number in value.split(",")]
        kept = [number for number in numbers if least <= number <= most and (number or least == 0)]
        if kept:
            return ",".join(str(number) for number in dict.fromkeys(kept))
    raise Unparsable("has a rule that cannot be read")


def _until(text: str, zone: tzinfo, *, days: bool) -> datetime:
    until = parse_moment(text, zone, floating=True)
    if until.is_day and not days:
        return until.wall.replace(hour=23, minute=59, second=59)
    if days and until.wall.time() in _ENDS_OF_DAYS:
        # Written as an end of the day itself; other times are instants, often a local midnight.
        return until.wall
    return until.in_zone(zone)


def skip_ahead(rule: Rule, start: datetime, before: datetime) -> tuple[Rule, datetime]:
    """The same rule from a later start, so that years of past occurrences need not be walked through.

    From `before` on both give the same occurrences; earlier ones may be lost, and the new start itself, which lies
    before `before`, need not be one. Rules that cannot be moved without walking come back as they are.
    """
    if before - start < _FAR and not (rule.frequency in _STEP and _STEP[rule.frequency] < timedelta(days=1)):
        return rule, start
    if rule.count is not None and (rule.by or rule.frequency not in _STEP):
        return rule, start
    if rule.frequency in _MONTHS:
        return _skip_months(rule, start, before)
    step = _STEP[rule.frequency] * rule.interval
    # Two periods less than fit: the first after the move may be cut by its start (a week begun on a Wednesday).
    steps = (before - start) // step - 2
    if steps <= 0:
        return rule, start
    if rule.count is not None:
        steps = min(steps, rule.count - 1)
        rule = structs.replace(rule, count=rule.count - steps)
    return rule, start + steps * step


def _skip_months(rule: Rule, start: datetime, before: datetime) -> tuple[Rule, datetime]:
    if start.day > 28:
        return rule, start
    period = _MONTHS[rule.frequency] * rule.interval
    months = (before.year - start.year) * 12 + before.month - start.month
    steps = months // period - 2
    if steps <= 0:
        return rule, start
    moved = start.month - 1 + steps * period
    return rule, start.replace(year=start.year + moved // 12, month=moved % 12 + 1)
