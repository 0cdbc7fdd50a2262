"""The cast's calendars as iCalendar objects, as a calendar program would write them.

Names and UIDs are the same at every start, so that a later start moves them to today and leaves alone whatever else
has been written into the calendars.
"""

# icalendar has no types for what `add` takes.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText
from icalendar.prop import vRecur

from callendar.cli.demo.cast import Entry, Member

DOMAIN = "nordlys.example"
DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4}


def address_of(member: Member) -> str:
    """Her mail address."""
    return f"{member.user}@{DOMAIN}"


def objects_of(member: Member, now: datetime) -> Iterator[tuple[str, bytes]]:
    """Her calendar objects: name of the file in the collection, and its bytes."""
    for number, entry in enumerate(member.entries):
        uid = f"demo-{member.user}-{number}"
        calendar = Calendar()
        calendar.add("prodid", "-//Callendar//demo//EN")
        calendar.add("version", "2.0")
        for event in _events(member, entry, uid, now):
            calendar.add_component(event)
        calendar.add_missing_timezones()
        yield f"{uid}.ics", calendar.to_ical()


def _events(member: Member, entry: Entry, uid: str, now: datetime) -> Iterator[Event]:
    zone = ZoneInfo(member.zone)
    if entry.day is not None:
        first = now.astimezone(zone).date() + timedelta(days=entry.day)
        yield _event(member, entry, uid, first, first + timedelta(days=entry.days), now)
        return
    length = timedelta(minutes=entry.minutes)
    if not entry.weekly:
        rounded = now - timedelta(minutes=now.minute % 5, seconds=now.second, microseconds=now.microsecond)
        start = (rounded + timedelta(minutes=entry.at or 0)).astimezone(zone)
        yield _event(member, entry, uid, start, start + length, now)
        return
    wall = time.fromisoformat(entry.wall)
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday() + 14)
    first = datetime.combine(monday + timedelta(days=min(DAYS[day] for day in entry.weekly)), wall, zone)
    master = _event(member, entry, uid, first, first + length, now, single=False)
    master.add("rrule", vRecur(FREQ="WEEKLY", BYDAY=list(entry.weekly)))
    yield master
    if entry.moved or entry.cancelled:
        original = _next_occurrence(entry, wall, zone, now)
        moved = original + timedelta(minutes=entry.moved)
        changed = _event(member, entry, uid, moved, moved + length, now)
        changed.add("recurrence-id", original)
        yield changed


def _next_occurrence(entry: Entry, wall: time, zone: ZoneInfo, now: datetime) -> datetime:
    day = now.astimezone(zone).date()
    while True:
        start = datetime.combine(day, wall, zone)
        if start > now and day.weekday() in {DAYS[each] for each in entry.weekly}:
            return start
        day += timedelta(days=1)


def _event(
    member: Member,
    entry: Entry,
    uid: str,
    start: date | datetime,
    end: date | datetime,
    now: datetime,
    *,
    single: bool = True,
) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", entry.subject)
    event.add("transp", "TRANSPARENT" if entry.show_as == "FREE" else "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", entry.show_as)
    if entry.private:
        event.add("class", "PRIVATE")
    if entry.cancelled and single:
        event.add("status", "CANCELLED")
    if entry.invited:
        event.add("organizer", vCalAddress(f"mailto:bo@{DOMAIN}"))
        attendee = vCalAddress(f"mailto:{address_of(member)}")
        attendee.params["PARTSTAT"] = vText(entry.invited)
        event.add("attendee", attendee)
    return event
