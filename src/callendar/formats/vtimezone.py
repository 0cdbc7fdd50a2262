"""VTIMEZONE: zones that a calendar describes itself, for names that nobody else knows (RFC 5545 §3.6.5)."""
# The library leaves the type of what it builds open.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from icalendar import Timezone

from callendar.formats.lines import Component

_OFFSET = re.compile(r"[+-](?:0\d|1[0-8])[0-5]\d(?:[0-5]\d)?")
_ONSET = re.compile(r"\d{8}T\d{6}")
_RULE = re.compile(
    r"FREQ=YEARLY(?:;[A-Z]+=[A-Z0-9,+-]+)*|(?:[A-Z]+=[A-Z0-9,+-]+;)+FREQ=YEARLY(?:;[A-Z]+=[A-Z0-9,+-]+)*"
)
_ONSET_DAY = re.compile(r"\d{8}")


def define_zones(calendar: Component) -> dict[str, str]:
    """The sane VTIMEZONEs by TZID, as text that says the same under one name for all."""
    found: dict[str, str] = {}
    for component in calendar.inside:
        tzid = component.first("TZID") if component.name == "VTIMEZONE" else None
        if tzid:
            text = _definition(component)
            if text:
                found[tzid.value.strip().strip("/")] = text
    return found


def _definition(component: Component) -> str | None:
    parts = [part for part in component.inside if part.name in ("STANDARD", "DAYLIGHT")]
    texts = [_observance(part) for part in parts]
    if not texts or None in texts:
        return None
    return "\n".join(("BEGIN:VTIMEZONE", "TZID:X", *_present(texts), "END:VTIMEZONE", ""))


def _present(texts: Iterable[str | None]) -> Iterable[str]:
    return (text for text in texts if text)


def _observance(part: Component) -> str | None:
    """One observance, if it is sane: an onset, offsets that exist, and rules that make it come once or twice a year."""
    onset, before, after = part.word("DTSTART"), part.word("TZOFFSETFROM"), part.word("TZOFFSETTO")
    onset = f"{onset}T000000" if _ONSET_DAY.fullmatch(onset) else onset
    before = before if _OFFSET.fullmatch(before) else after
    rules = [line.value.strip().strip(";").upper() for line in part.every("RRULE")]
    if not (_ONSET.fullmatch(onset) and _OFFSET.fullmatch(after)):
        return None
    if not all(_RULE.fullmatch(rule) and "BYHOUR" not in rule and "INTERVAL=0" not in rule for rule in rules):
        return None
    dates = [line.value.strip() for line in part.every("RDATE") if _ONSET.fullmatch(line.value.strip())]
    return "\n".join(
        (
            f"BEGIN:{part.name}",
            f"DTSTART:{onset}",
            f"TZOFFSETFROM:{before}",
            f"TZOFFSETTO:{after}",
            *(f"RRULE:{rule}" for rule in rules),
            *(f"RDATE:{date}" for date in dates),
            f"END:{part.name}",
        )
    )


@lru_cache(maxsize=256)
def build_zone(definition: str) -> tzinfo | None:
    """The zone that a VTIMEZONE describes; None when it cannot be followed."""
    try:
        component = Timezone.from_ical(definition)
        zone: tzinfo | None = component.to_tz(lookup_tzid=False) if isinstance(component, Timezone) else None
        datetime(2026, 7, 1, 12, tzinfo=zone or UTC).astimezone(UTC)
    except (ValueError, OverflowError, ArithmeticError):
        return None
    return zone
