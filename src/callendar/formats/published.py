"""A timetable as an iCalendar stream for other programs (RFC 5545), and how such a stream is known again.

What Callendar itself has written is never read back (`design.md` §6): a timetable that came in as a booking would make
the next one.
"""
# The library declares the values of its properties in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from datetime import datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration

from callendar.domain.person import Person
from callendar.domain.row import Row
from callendar.domain.rules import Company
from callendar.domain.span import Span
from callendar.domain.timetable import Segment, known_part

PRODUCT = "-//Callendar//Timetable//EN"
"""PRODID of every stream written here."""
UID_END = "@timetable.callendar"
"""Ends the UID of every event written here: importing programs put their own PRODID, and keep the UID."""
READ_BACK = "this is a timetable that Callendar itself published; connect the calendars that it was made from instead"
REFRESH = timedelta(minutes=5)

_UNNAMED = {"busy": "Busy", "note": "Booked, and reachable"}


def render_timetable(row: Row, company: Company, window: Span) -> bytes:
    """What touches the window, as far as it is known; a function of its arguments alone.

    Whole days stay dates where they begin and end at the person's midnight. What has no end ends with the window and
    says so. An event's UID comes of its person and start, which every reader of it sees, and of nothing else.

    Args:
        row: Already cut down to what the reader may see.
        window: That of the row's last slide: until the next one, only a change of the row makes another stream.
    """
    person = row.person
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", person.name)
    calendar.add("x-wr-timezone", person.zone)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for segment in known_part(row.timetable, row.known_until):
        if segment.start < window.end and (segment.end is None or segment.end > window.start):
            calendar.add_component(_event(segment, person, company, window, stamp=row.slid_at))
    return calendar.to_ical()


def is_published(product: str | None, uid: str | None) -> bool:
    """Whether a stream with this PRODID, or an event with this UID, was written here."""
    return (product or "").strip() == PRODUCT or (uid or "").strip().endswith(UID_END)


def _event(segment: Segment, person: Person, company: Company, window: Span, *, stamp: datetime) -> Event:
    event = Event()
    name = f"{person.company_id}/{person.id}/{segment.start:%Y%m%dT%H%M%SZ}"
    event.add("uid", sha256(name.encode()).hexdigest()[:32] + UID_END)
    event.add("dtstamp", stamp)
    end = window.end if segment.end is None else segment.end
    first, last = (each.astimezone(person.zone_info) for each in (segment.start, end))
    if segment.all_day and first.timetz() == last.timetz() == _midnight(person.zone_info):
        event.add("dtstart", first.date())
        event.add("dtend", last.date())
    else:
        event.add("dtstart", segment.start)
        event.add("dtend", end)
    event.add("summary", _summary(segment, company))
    if said := _description(segment, person):
        event.add("description", said)
    # One viewer's view: whoever shares the calendar that he puts it into does not share it.
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT" if segment.kind == "note" else "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", _shown(segment))
    return event


def _midnight(zone: ZoneInfo) -> time:
    return time(0, 0, tzinfo=zone)


def _summary(segment: Segment, company: Company) -> str:
    """`Meeting (Budget)`: never a mark, so that no import of it is an order."""
    if segment.reason is None:
        return segment.text or _UNNAMED[segment.kind]
    label = company.reason(segment.reason).label(company.language)
    return f"{label} ({segment.text})" if segment.text else label


def _description(segment: Segment, person: Person) -> str:
    said: list[str] = []
    if segment.kind == "informed":
        said.append("The phone rings.")
    if segment.divert_to is not None:
        said.append(f"Calls go to {segment.divert_to}.")
    if segment.end is None:
        said.append("No end is set.")
    if segment.back_at is not None:
        said.append(f"Back {segment.back_at.astimezone(person.zone_info):%Y-%m-%d %H:%M} ({person.zone}).")
    return "\n".join(said)


def _shown(segment: Segment) -> str:
    """As Outlook shows it."""
    match segment.kind:
        case "note":
            return "FREE"
        case "informed":
            return "TENTATIVE"
        case "busy":
            return "BUSY"
        case "referred":
            return "OOF" if segment.all_day else "BUSY"
