"""One calendar object, a UID's events as a server keeps them or a feed lists them: its bookings in a window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from callendar.domain.booking import Booking
from callendar.domain.mark import Marks
from callendar.domain.span import Days, Span
from callendar.formats.availability import read_availability
from callendar.formats.event import Event, Unusable, read_event, wall_in
from callendar.formats.fault import Faults
from callendar.formats.lines import parse_components
from callendar.formats.moment import Moment
from callendar.formats.published import READ_BACK, is_published
from callendar.formats.series import Found, find_occurrences, single
from callendar.formats.words import Words, read_sensitivity, read_words
from callendar.formats.zones import Zones

MAX_STEPS = 100_000
"""Occurrences of one object looked at, inside the window or not, before its series is cut off."""


class How(Struct, frozen=True, kw_only=True):
    """How an object is read."""

    window: Span
    zone: str
    """The person's configured zone, IANA."""
    calendar_zone: str | None = None
    """The zone that the server names for the calendar."""
    addresses: frozenset[str]
    """Hers, casefolded; empty = the organizer, when there is one, is she."""
    marks: Marks
    max_bookings: int = 5_000


class Read(Struct, frozen=True, kw_only=True):
    """What came of it: bookings that overlap the window, with their real ends, in any order; and faults in words."""

    bookings: tuple[Booking, ...]
    faults: tuple[str, ...]


def read_object(data: bytes, how: How) -> Read:
    """Expand the events of an object.

    Several UIDs, or several VCALENDARs, in one object are read each for itself; components other than VEVENT and
    VFREEBUSY are passed over. Nothing in `data` makes it raise; what cannot be used becomes a fault.
    """
    faults = Faults()
    bookings: list[Booking] = []
    by_uid: dict[str, list[Event]] = {}
    person_zone = ZoneInfo(how.zone)
    for calendar in parse_components(data):
        product = calendar.text("PRODID")
        zones = Zones(calendar, how.calendar_zone, how.zone, faults)
        cancels = calendar.word("METHOD") == "CANCEL"
        for component in calendar.inside:
            faults.private = False
            if component.name == "VFREEBUSY":
                listed = read_availability(component, zones, faults)
                bookings += (booking for booking in listed if touches(booking, how.window, person_zone))
                if len(bookings) > how.max_bookings:
                    del bookings[how.max_bookings :]
                    faults.add(_too_many(how))
            elif component.name == "VEVENT" and is_published(product, component.text("UID")):
                faults.add(f"an event was left out: {READ_BACK}")
            elif component.name == "VEVENT":
                # Of an exception it is not known yet whether its series is private: it is quoted as if it were.
                faults.private = read_sensitivity(component) != "normal" or "RECURRENCE-ID" in component.properties
                try:
                    event = read_event(component, zones, faults, cancels=cancels)
                except Unusable as error:
                    faults.add(str(error))
                else:
                    by_uid.setdefault(event.uid, []).append(event)
    for events in by_uid.values():
        _expand(events, how, person_zone, bookings, faults)
    return Read(bookings=tuple(bookings), faults=faults.told())


def touches(booking: Booking, window: Span, zone: ZoneInfo) -> bool:
    """Whether a booking overlaps a window; one without length when it lies inside it."""
    when = booking.when.in_zone(zone) if isinstance(booking.when, Days) else booking.when
    if when.start == when.end:
        return window.start <= when.start < window.end
    return when.start < window.end and when.end > window.start


def _expand(events: list[Event], how: How, zone: ZoneInfo, bookings: list[Booking], faults: Faults) -> None:
    """Add the bookings of one UID."""
    words: dict[int, Words] = {}
    recurs = any(event.is_series or event.original is not None for event in events)
    series = _newest(event for event in events if event.original is None)
    for steps, found in enumerate(_occurrences(events, how.window, faults), 1):
        event = found.event
        told = words.get(id(event))
        if told is None:
            told = read_words(
                event.component,
                event.uid,
                how.addresses,
                how.marks,
                cancelled=event.cancels,
                series=series and series.component,
            )
            words[id(event)] = told
        booking = _booking(found, told, recurs=recurs)
        if touches(booking, how.window, zone):
            if len(bookings) >= how.max_bookings:
                faults.add(_too_many(how))
                return
            bookings.append(booking)
        if steps >= MAX_STEPS:
            faults.add(f"a series comes too often; it was cut off after {steps} dates")
            return


def _too_many(how: How) -> str:
    return f"more than {how.max_bookings} bookings in the window; the rest was cut off"


def _occurrences(events: list[Event], window: Span, faults: Faults) -> Iterator[Found]:
    """Those of the newest version of each component (the higher SEQUENCE, then the later update)."""
    master = _newest(event for event in events if event.original is None)
    exceptions = _exceptions(events, master)
    if master is None:
        yield from (single(event) for event in exceptions)
    elif not exceptions and not master.is_series:
        yield single(master)
    else:
        yield from find_occurrences(master, exceptions, window, faults)


def _newest(events: Iterable[Event]) -> Event | None:
    return max(events, key=lambda event: event.age, default=None)


def _exceptions(events: list[Event], master: Event | None) -> list[Event]:
    """The newest for each occurrence; of equals the first."""
    newest: dict[datetime, Event] = {}
    for event in events:
        if event.original is not None:
            key = wall_in(event.original, master) if master else _point(event.original)
            known = newest.get(key)
            if known is None or event.age > known.age:
                newest[key] = event
    return list(newest.values())


def _point(original: Moment) -> datetime:
    return original.wall if original.is_day else original.instant.replace(tzinfo=None)


def _booking(found: Found, words: Words, *, recurs: bool) -> Booking:
    start = found.start
    if start.is_day:
        when = Days(start.day, (start.wall + found.length.wall).date())
    else:
        when = Span(start.instant, found.length.after(start))
    if not recurs:
        return words.at(when, None)
    original = found.original
    return words.at(when, original.day if original.is_day else original.instant)
