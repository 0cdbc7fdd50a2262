"""Windows' zones: their identifiers, by the table of Unicode CLDR, and the names that people see."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_DISPLAY = re.compile(r"\((?:UTC|GMT)(?:\s*([+-])\s*(\d\d?)[:.]?(\d\d))?\)\s*(.+)", re.IGNORECASE)
_NUMBERED = re.compile(r" \d{1,2}$")

PLACES = {
    "abu dhabi": "Asia/Dubai",
    "alaska": "America/Anchorage",
    "arizona": "America/Phoenix",
    "atlantic time (canada)": "America/Halifax",
    "azores": "Atlantic/Azores",
    "bern": "Europe/Zurich",
    "brasilia": "America/Sao_Paulo",
    "canberra": "Australia/Sydney",
    "cape verde is.": "Atlantic/Cape_Verde",
    "central america": "America/Guatemala",
    "central time (us & canada)": "America/Chicago",
    "chennai": "Asia/Kolkata",
    "coordinated universal time": "UTC",
    "eastern time (us & canada)": "America/New_York",
    "edinburgh": "Europe/London",
    "greenland": "America/Godthab",
    "hawaii": "Pacific/Honolulu",
    "indiana (east)": "America/Indiana/Indianapolis",
    "mid-atlantic": "Atlantic/South_Georgia",
    "mountain time (us & canada)": "America/Denver",
    "newfoundland": "America/St_Johns",
    "pacific time (us & canada)": "America/Los_Angeles",
    "pretoria": "Africa/Johannesburg",
    "saskatchewan": "America/Regina",
    "solomon is.": "Pacific/Guadalcanal",
    "st. petersburg": "Europe/Moscow",
    "west central africa": "Africa/Lagos",
}
"""Places in the names that people see which are no city of the IANA database."""


@cache
def _by_identifier() -> dict[str, str]:
    return {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@cache
def _by_city() -> dict[str, tuple[str, ...]]:
    cities: dict[str, list[str]] = {}
    for zone in sorted(available_timezones()):
        if "/" in zone and not zone.startswith(("Etc/", "SystemV/")):
            cities.setdefault(zone.rpartition("/")[2].replace("_", " ").casefold(), []).append(zone)
    return {city: tuple(zones) for city, zones in cities.items()}


def find_windows_zone(name: str) -> str | None:
    """The IANA name for a Windows identifier (`W. Europe Standard Time`, also when Outlook has numbered it)."""
    folded = name.strip().casefold()
    return _by_identifier().get(folded) or _by_identifier().get(_NUMBERED.sub("", folded))


def find_display_zone(name: str) -> str | None:
    """The IANA name for what Windows shows: `(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna`.

    The first of the places that is known and whose standard time has that offset decides.
    """
    found = _DISPLAY.fullmatch(name.strip())
    if found is None:
        return None
    offset = timedelta(hours=int(found[2] or 0), minutes=int(found[3] or 0)) * (-1 if found[1] == "-" else 1)
    listed = found[4].casefold()
    for place in (listed, *(part.strip() for part in re.split(r"[,:;]", listed))):
        known = (PLACES[place],) if place in PLACES else _by_city().get(place, ())
        for zone in known:
            if _standard_offset(zone) == offset:
                return zone
    return None


def _standard_offset(zone: str) -> timedelta:
    """The smaller of January's and July's: summer time adds."""
    offsets = (datetime(2025, month, 15, tzinfo=ZoneInfo(zone)).utcoffset() for month in (1, 7))
    return min(offset for offset in offsets if offset is not None)
