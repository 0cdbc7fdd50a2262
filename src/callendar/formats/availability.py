"""VFREEBUSY: times without words, from calendars that tell no more (RFC 5545 §3.6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

from callendar.domain.booking import Booking, ShowAs
from callendar.domain.span import Span
from callendar.formats.fault import Faults
from callendar.formats.lines import Component
from callendar.formats.moment import Length, Moment, Unparsable, length_between, parse_duration, parse_moment
from callendar.formats.words import read_updated
from callendar.formats.zones import Zones

_SHOWN: dict[str, ShowAs] = {
    "BUSY": "busy",
    "BUSY-UNAVAILABLE": "oof",
    "BUSY-TENTATIVE": "tentative",
    "FREE": "free",
}


def read_availability(component: Component, zones: Zones, faults: Faults) -> Iterator[Booking]:
    """Bookings without UID and subject, one for each period; an unknown FBTYPE is busy, as the standard says."""
    updated = read_updated(component)
    for line in component.every("FREEBUSY"):
        shown = _SHOWN.get(line.parameters.get("FBTYPE", "BUSY").upper(), "busy")
        for period in line.value.split(","):
            if not period.strip():
                continue
            try:
                start, length = _read_period(period, zones)
            except Unparsable as error:
                faults.add(f"a period of a free/busy list {error} and was left out")
                continue
            yield Booking(when=Span(start.instant, length.after(start)), show_as=shown, updated=updated)


def _read_period(text: str, zones: Zones) -> tuple[Moment, Length]:
    begins, slash, ends = text.strip().partition("/")
    start = parse_moment(begins, zones.of_days, floating=True)
    if start.is_day or not slash:
        raise Unparsable("is no period of time")
    if ends[:1] in "Pp+-":
        length = parse_duration(ends)
    else:
        end = parse_moment(ends, UTC if start.zone is UTC else zones.of_days, floating=start.floating)
        length = length_between(start, end)
    if length.about < timedelta(0):
        raise Unparsable("ends before it starts")
    return start, length
