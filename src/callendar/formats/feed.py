"""A feed cut into its objects: one UID each, with the zones it needs, so that only what has changed is expanded.

Works on lines alone and parses nothing else: a feed of 10,000 events is cut in a fraction of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

from msgspec import Struct

from callendar.domain.errors import CallendarError
from callendar.formats.event import name_event
from callendar.formats.fault import Faults
from callendar.formats.lines import decode, parse_components, unescape, unfold
from callendar.formats.moment import Unparsable, parse_duration
from callendar.formats.published import READ_BACK, is_published
from callendar.formats.zones import find_zone

_BEGINS = re.compile(rb"\s*BEGIN:VCALENDAR[ \t]*(?:\n|$)", re.IGNORECASE)
_BORDER = re.compile(rb"^(BEGIN|END):[ \t]*([A-Za-z0-9-]+)[ \t]*(?:\n|\Z)", re.IGNORECASE | re.MULTILINE)
_UID = re.compile(rb"^UID(?:;[^:\n]*)?:[ \t]*(\S[^\n]*)$", re.IGNORECASE | re.MULTILINE)
_TZID_LINE = re.compile(rb"^TZID(?:;[^:\n]*)?:([^\n]*)$", re.IGNORECASE | re.MULTILINE)
_PASSING = re.compile(rb"^(?:DTSTAMP|PRODID)[;:][^\n]*\n?", re.IGNORECASE | re.MULTILINE)
_KEPT = re.compile(rb"^(?:METHOD|X-WR-TIMEZONE)[;:][^\n]*$", re.IGNORECASE | re.MULTILINE)
_REFRESH = re.compile(rb"^(?:REFRESH-INTERVAL|X-PUBLISHED-TTL)(?:;[^:\n]*)?:([^\n]*)$", re.IGNORECASE | re.MULTILINE)
_PRODID = re.compile(rb"^PRODID(?:;[^:\n]*)?:([^\n]*)$", re.IGNORECASE | re.MULTILINE)
_NAME = re.compile(rb"^X-WR-CALNAME(?:;[^:\n]*)?:([^\n]*)$", re.IGNORECASE | re.MULTILINE)


MAX_ZONES = 100


class NotACalendar(CallendarError):
    """A body that is no whole calendar; what was known before stands."""

    code = "not_a_calendar"


class FeedObject(Struct, frozen=True, gc=False):
    """One object of a feed."""

    etag: str
    """Of its content but DTSTAMP and PRODID, which many publishers make anew each time."""
    data: bytes
    """VCALENDARs that hold its components and the zones they name."""


class Feed(Struct, frozen=True, kw_only=True):
    """A feed, cut."""

    objects: Mapping[str, FeedObject]
    """By ref: the UID."""
    name: str | None
    refresh_seconds: int | None
    """How often the publisher asks to be read at most; None when it does not say."""
    faults: tuple[str, ...] = ()


class _Part(Struct, gc=False):
    """A component just inside a VCALENDAR."""

    kind: bytes
    text: bytes


def check_is_calendar(body: bytes) -> None:
    """See that a body is a calendar, and a whole one.

    Raises:
        NotACalendar: It does not begin as one (a page to sign in, say), or breaks off.
    """
    _check(unfold(body))


def split_feed(body: bytes) -> Feed:
    """Cut a feed, which may be several VCALENDARs one after another, into its objects.

    Raises:
        NotACalendar: As `check_is_calendar`.
    """
    text = unfold(body)
    _check(text)
    faults = Faults()
    pieces: dict[str, list[bytes]] = {}
    name: str | None = None
    refresh: list[int] = []
    for head, parts in _calendars(text, faults):
        product = _PRODID.search(head)
        if product and is_published(decode(product[1]), None):
            raise NotACalendar(READ_BACK)
        kept = b"".join(line.group() + b"\n" for line in _KEPT.finditer(head))
        zones = _zones(parts, faults)
        named = _NAME.search(head)
        name = name or (unescape(decode(named[1])).strip() if named else None)
        refresh += _seconds(head)
        grouped: dict[str, list[bytes]] = {}
        for part in parts:
            if part.kind in (b"VEVENT", b"VFREEBUSY"):
                grouped.setdefault(_ref(part), []).append(part.text)
        for ref, texts in grouped.items():
            content = b"".join(texts)
            needed = b"".join(_needed(content, zones))
            pieces.setdefault(ref, []).append(b"BEGIN:VCALENDAR\n" + kept + needed + content + b"END:VCALENDAR\n")
    objects = {ref: _object(b"".join(texts)) for ref, texts in pieces.items()}
    return Feed(
        objects=objects,
        name=name or None,
        refresh_seconds=max(refresh, default=None),
        faults=faults.told(),
    )


def _check(text: bytes) -> None:
    if _BEGINS.match(text) is None:
        page = text.lstrip()[:1] == b"<"
        raise NotACalendar(
            "the answer is a web page, not a calendar; perhaps the address asks to sign in"
            if page
            else "the answer is not a calendar; it does not begin with BEGIN:VCALENDAR"
        )
    borders = [found for found in _BORDER.finditer(text) if found[2].upper() == b"VCALENDAR"]
    if not borders or borders[-1][1].upper() != b"END":
        raise NotACalendar("the calendar breaks off; it does not end with END:VCALENDAR")


def _calendars(text: bytes, faults: Faults) -> Iterable[tuple[bytes, list[_Part]]]:
    """Each VCALENDAR's own lines and the components just inside it; what never ends in there is left out."""
    head: list[bytes] = []
    parts: list[_Part] = []
    kind, begins, after = b"", 0, 0
    inside = False
    for border in _BORDER.finditer(text):
        opens, name = border[1].upper() == b"BEGIN", border[2].upper()
        if name == b"VCALENDAR":
            if kind:
                faults.add("a component that does not end was left out")
            elif inside:
                head.append(text[after : border.start()])
            if inside and (parts or head):
                yield b"".join(head), parts
            inside, head, parts, kind = opens, [], [], b""
            after = border.end()
        elif not inside:
            continue
        elif not kind:
            if opens:
                head.append(text[after : border.start()])
                kind, begins = name, border.start()
        elif opens and name in (b"VEVENT", b"VFREEBUSY", b"VTIMEZONE"):
            faults.add("a component that does not end was left out")
            kind, begins = name, border.start()
        elif not opens and name == kind:
            parts.append(_Part(kind, text[begins : border.end()]))
            kind, after = b"", border.end()


def _zones(parts: list[_Part], faults: Faults) -> dict[bytes, bytes]:
    """VTIMEZONEs by TZID, but those whose name says all; no more than a calendar can mean."""
    zones: dict[bytes, bytes] = {}
    for part in parts:
        named = _TZID_LINE.search(part.text) if part.kind == b"VTIMEZONE" else None
        if named and find_zone(decode(named[1])) is None:
            if len(zones) >= MAX_ZONES:
                faults.add(f"more than {MAX_ZONES} time zones are described; the rest is not used")
                break
            zones[named[1].strip()] = part.text
    return zones


def _needed(content: bytes, zones: dict[bytes, bytes]) -> Iterable[bytes]:
    return (text for name, text in zones.items() if name in content)


def _ref(part: _Part) -> str:
    """The UID; an event without one is named by its times, a list of free and busy times by its content."""
    own = part.text.partition(b"\nBEGIN:")[0]
    found = _UID.search(own + b"\n")
    if found:
        return decode(found[1]).strip()
    parsed = parse_components(part.text)
    if part.kind == b"VFREEBUSY":
        line = parsed[0].first("UID")
        return line.value.strip() if line else f"freebusy-{_hash(part.text)}"
    return name_event(parsed[0])


def _object(data: bytes) -> FeedObject:
    return FeedObject(_hash(data), data)


def _hash(data: bytes) -> str:
    return sha256(_PASSING.sub(b"", data)).hexdigest()[:32]


def _seconds(head: bytes) -> list[int]:
    found: list[int] = []
    for line in _REFRESH.finditer(head):
        try:
            seconds = int(parse_duration(decode(line[1])).about.total_seconds())
        except Unparsable:
            continue
        if seconds > 0:
            found.append(seconds)
    return found
