"""A VEVENT with its times read: one of a series, an exception from one, or a single booking."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256

from msgspec import Struct

from callendar.domain.booking import NAMELESS
from callendar.formats.fault import Faults
from callendar.formats.lines import Component, Line
from callendar.formats.moment import (
    Length,
    Moment,
    Unparsable,
    day_of,
    length_between,
    parse_duration,
    parse_moment,
)
from callendar.formats.rule import Rule, parse_rule
from callendar.formats.words import read_sequence, read_updated
from callendar.formats.zones import Zones

MOST_UID_LETTERS = 255
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class Event(Struct, gc=False):
    """One VEVENT. Wall times of its series are those of `zone`."""

    component: Component
    uid: str
    start: Moment
    zone: tzinfo
    """That of the start; of whole days the one that an instant is turned into a day with."""
    length: Length
    cancels: bool
    """Its file has METHOD:CANCEL."""
    rules: tuple[Rule, ...] = ()
    more: dict[datetime, Length | None] = {}
    """RDATE: wall starts, with a length of their own where they are periods."""
    without: tuple[datetime | date, ...] = ()
    """EXDATE: wall starts, or days on which all occurrences of a timed series fall out."""
    original: Moment | None = None
    """RECURRENCE-ID: the occurrence that it stands for."""
    and_following: bool = False
    sequence: int = 0
    updated: datetime | None = None

    @property
    def is_series(self) -> bool:
        """It recurs."""
        return bool(self.rules or self.more)

    @property
    def age(self) -> tuple[int, datetime]:
        """The greater replaces the other: SEQUENCE, then the update."""
        return self.sequence, self.updated or _LONG_AGO


class Unusable(Unparsable):
    """An event that makes no booking; the message says why."""


def name_event(component: Component) -> str:
    """Its UID; for one without a name of its times, which is as good as they are."""
    line = component.first("UID")
    uid = line.value.strip() if line else ""
    if uid:
        return bounded_uid(uid)
    times = "\n".join(
        f"{name}:{line.value}" for name in ("DTSTART", "DTEND", "DURATION", "RRULE") for line in component.every(name)
    )
    return f"{NAMELESS}{sha256(times.encode()).hexdigest()[:24]}"


def bounded_uid(uid: str) -> str:
    """A UID as it is kept: one longer than RFC 7986 §5.3 allows by its beginning and a hash."""
    return uid if len(uid) <= MOST_UID_LETTERS else f"{uid[:64]}-{sha256(uid.encode('utf-8', 'replace')).hexdigest()}"


def read_event(component: Component, zones: Zones, faults: Faults, *, cancels: bool) -> Event:
    """Read a VEVENT's times. What is wrong beside them becomes a fault.

    Raises:
        Unusable: It has no start, or its end lies before it.
    """
    began = component.first("DTSTART")
    if began is None:
        raise Unusable("an event without a start was left out")
    try:
        start = _moment(began, zones)
        length = _length(component, start, zones)
    except Unparsable as error:
        raise Unusable(f"an event whose start or end {error} was left out") from error
    if length.about < timedelta(0):
        raise Unusable(f"an event that ends before it starts was left out (start {start.wall:%Y-%m-%d %H:%M})")
    zone = start.zone or zones.of_days
    if not start.is_day and component.word("X-MICROSOFT-CDO-ALLDAYEVENT") == "TRUE":
        start, zone, length = _as_days(start, length, zones)
    event = Event(
        component=component,
        uid=name_event(component),
        start=start,
        zone=zone,
        length=length,
        cancels=cancels,
        sequence=read_sequence(component),
        updated=read_updated(component),
    )
    replaced = component.first("RECURRENCE-ID")
    if replaced is not None:
        try:
            event.original = _moment(replaced, zones)
            event.and_following = replaced.parameters.get("RANGE", "").upper() == "THISANDFUTURE"
        except Unparsable as error:
            raise Unusable(f"an exception whose RECURRENCE-ID {error} was left out") from error
    _read_recurrence(event, zones, faults)
    return event


def _moment(line: Line, zones: Zones) -> Moment:
    text = line.value.strip()
    tzid = line.parameters.get("TZID")
    if len(text) <= 8 or text[-1] in "zZ":
        moment = parse_moment(text, zones.of_days, floating=True)
    elif tzid:
        moment = parse_moment(text, zones.named(tzid), floating=False)
    else:
        moment = parse_moment(text, zones.floating, floating=True)
    if line.parameters.get("VALUE", "").upper() == "DATE" and not moment.is_day:
        return day_of(moment.wall)
    return moment


def _length(component: Component, start: Moment, zones: Zones) -> Length:
    """DTEND before DURATION; neither: one day, or nothing. A day that ends on itself lasts that day."""
    ended = component.first("DTEND")
    if ended is not None and ended.value.strip():
        length = length_between(start, _moment(ended, zones))
    else:
        lasts = component.first("DURATION")
        length = parse_duration(lasts.value) if lasts and lasts.value.strip() else Length()
        if start.is_day and length.elapsed:
            length = Length(timedelta(days=-(-length.about // timedelta(days=1))))
    return Length(timedelta(days=1)) if start.is_day and not length.about else length


def _as_days(start: Moment, length: Length, zones: Zones) -> tuple[Moment, tzinfo, Length]:
    """Outlook's all-day event, written from midnight to midnight in its zone or the calendar's; else left timed."""
    assert start.zone is not None
    for zone in (start.zone, zones.of_days):
        first = start.in_zone(zone)
        last = Moment(length.after(start).replace(tzinfo=None), UTC).in_zone(zone)
        if first == day_of(first).wall and last == day_of(last).wall:
            return day_of(first), zone, Length(max(last - first, timedelta(days=1)))
    return start, start.zone, length


def _read_recurrence(event: Event, zones: Zones, faults: Faults) -> None:
    component = event.component
    rules: list[Rule] = []
    for line in component.every("RRULE"):
        if not line.value.strip():
            continue
        try:
            rules.append(parse_rule(line.value, event.zone, days=event.start.is_day))
        except Unparsable as error:
            faults.add(f"a series {error}: {faults.quote(line.value)}; only its first date and those listed are used")
    event.rules = tuple(dict.fromkeys(rules))
    more = dict(_dates(component, "RDATE", event, zones, faults))
    event.more = {wall_in(moment, event): length for moment, length in more.items()}
    event.without = tuple(
        moment.day if moment.is_day and not event.start.is_day else wall_in(moment, event)
        for moment, _ in _dates(component, "EXDATE", event, zones, faults)
    )


def wall_in(moment: Moment, event: Event) -> datetime:
    """A moment about a series as a wall time of that series: a day takes its time of day, a time gives its day."""
    if event.start.is_day:
        return moment.wall if moment.is_day else day_of(moment.in_zone(event.zone)).wall
    if moment.is_day:
        return datetime.combine(moment.day, event.start.wall.time())
    return moment.in_zone(event.zone)


def _dates(
    component: Component, name: str, event: Event, zones: Zones, faults: Faults
) -> Iterator[tuple[Moment, Length | None]]:
    for line in component.every(name):
        for text in line.value.split(","):
            begins, slash, ends = text.partition("/")
            if not begins.strip():
                continue
            try:
                moment = _moment(Line(line.parameters, begins), zones)
                length = None
                if slash:
                    start = moment if not moment.is_day else Moment(moment.wall, event.zone)
                    length = _period_length(start, ends, line, zones)
            except Unparsable as error:
                faults.add(f"a date in {name} {error}: {faults.quote(text)}")
                continue
            yield moment, length


def _period_length(start: Moment, ends: str, line: Line, zones: Zones) -> Length:
    length = (
        parse_duration(ends)
        if ends.strip()[:1] in "Pp+-"
        else length_between(start, _moment(Line(line.parameters, ends), zones))
    )
    if length.about < timedelta(0):
        raise Unparsable("ends before it starts")
    return length
