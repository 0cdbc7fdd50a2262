"""States, times and bookings as a shell shows them: in the zone of whom they are about."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from callendar.domain.rules import Company
from callendar.domain.timetable import State


def spoken_state(state: State, company: Company) -> str:
    """`Meeting (referred)`, `Busy`, `available`."""
    segment = state.segment
    if segment is not None and segment.reason is not None and state.kind in ("informed", "referred"):
        return f"{company.reason(segment.reason).label(company.language)} ({state.kind})"
    return state.kind


def spoken_time(instant: datetime | None, company: Company, now: datetime) -> str:
    """The time in the company's zone, with the date unless it is today; `no end` for None."""
    if instant is None:
        return "no end"
    zone = ZoneInfo(company.zone)
    local = instant.astimezone(zone)
    return local.strftime("%H:%M") if local.date() == now.astimezone(zone).date() else local.strftime("%a %d %b %H:%M")
