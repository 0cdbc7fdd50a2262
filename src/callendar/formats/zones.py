"""Which zone a time of a calendar is in: what TZID may mean, and what floating times are read in.

The order is that of `reference/calendar-apis.md` D6. What is not known is guessed aloud, and never as UTC.
"""

from __future__ import annotations

from datetime import tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from callendar.formats.fault import Faults
from callendar.formats.lines import Component
from callendar.formats.vtimezone import build_zone, define_zones
from callendar.formats.windows_zones import find_display_zone, find_windows_zone

_NO_ZONES = frozenset({"factory", "localtime", "posixrules"})
_WORLD = frozenset(
    {"utc", "etc/utc", "gmt", "etc/gmt", "zulu", "etc/zulu", "universal", "etc/universal", "uct", "etc/uct"}
)


@cache
def _by_folded_name() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() if name.casefold() not in _NO_ZONES}


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone that a name means by itself, without a definition beside it; None when nobody knows.

    IANA names in any case, Windows identifiers, IANA names behind a vendor's prefix, the names that Windows shows.
    """
    plain = name.strip().strip('"').strip("/").strip()
    known = _by_folded_name()
    parts = plain.replace(" ", "_").casefold().split("/")
    found = known.get("/".join(parts)) or find_windows_zone(plain)
    for start in range(1, len(parts)):
        found = found or known.get("/".join(parts[start:]))
    found = found or find_display_zone(plain)
    return ZoneInfo(found) if found else None


class Zones:
    """The zones of one VCALENDAR. `of_days` is the one that instants are turned into days with, where none is named."""

    def __init__(self, calendar: Component, calendar_zone: str | None, person_zone: str, faults: Faults) -> None:
        self._faults = faults
        self._definitions = define_zones(calendar)
        self._known: dict[str, tzinfo] = {}
        named = calendar.text("X-WR-TIMEZONE")
        own = find_zone(named) if named else None
        self._unknown = named if own is None else None
        server = find_zone(calendar_zone) if calendar_zone else None
        person = ZoneInfo(person_zone)
        self.of_days: tzinfo = own or server or person
        self._guess: tzinfo = next((zone for zone in (own, server) if zone and not _is_world(zone)), person)

    @property
    def floating(self) -> tzinfo:
        """What times without any zone are read in; told when the calendar names one that nobody knows."""
        if self._unknown:
            self._faults.add(f"the calendar's own time zone {self._faults.quote(self._unknown)} is not known")
        return self.of_days

    def named(self, tzid: str) -> tzinfo:
        """The zone of a TZID; guessed, with a fault, when nothing tells."""
        zone = self._known.get(tzid)
        if zone is None:
            zone = find_zone(tzid) or self._defined(tzid)
            if zone is None:
                zone = self._guess
                self._faults.add(f"the time zone {self._faults.quote(tzid)} is not known; its times are read as {zone}")
            self._known[tzid] = zone
        return zone

    def _defined(self, tzid: str) -> tzinfo | None:
        definition = self._definitions.get(tzid.strip().strip("/"))
        return build_zone(definition) if definition else None


def _is_world(zone: ZoneInfo) -> bool:
    return zone.key.casefold() in _WORLD
