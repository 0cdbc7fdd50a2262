"""A feed cut into its objects: one UID each, with the zones it needs, so that only what has changed is expanded.

Works on lines alone and parses nothing else: a feed of 10,000 events is cut in a fraction of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from msgspec import Struct

from callendar.domain.errors import CallendarError
from callendar.formats.event import bounded_uid, name_event
from callendar.formats.fault import Faults
from callendar.formats.lines import PIECE_BYTES, decode, in_windows, parse_components, unescape, unfold
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
MAX_ZONE_BYTES = 64 * 1024
"""Of one described zone; every object that names it is expanded with it."""
MAX_OBJECTS = 20_000
_LONG_LINE_BYTES = 64 * 1024


class NotACalendar(CallendarError):
    """A body that is no whole calendar; what was known before stands."""

    code = "not_a_calendar"


class FeedObject(Struct, frozen=True, gc=False):
    """One object of a feed."""

    etag: str
    """Of its content but DTSTAMP and PRODID, which many publishers make anew each time."""
    parts: tuple[bytes, ...]
    """Of `data`; the zones among them are shared by all objects that name them."""

    @property
    def data(self) -> bytes:
        """VCALENDARs that hold its components and the zones they name."""
        return b"".join(self.parts)


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
    text = unfold(body)
    _check(text, list(_borders(text)))


def split_feed(body: bytes) -> Feed:
    """Cut a feed, which may be several VCALENDARs one after another, into its objects.

    No single step works on more than a piece of it, so that in a thread it leaves the others their turns.

    Raises:
        NotACalendar: As `check_is_calendar`.
    """
    text = unfold(body)
    borders = list(_borders(text))
    _check(text, borders)
    faults = Faults()
    pieces: dict[str, list[bytes]] = {}
    name: str | None = None
    refresh: list[int] = []
    for head, parts in _calendars(text, borders, faults):
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
            if ref not in pieces and len(pieces) >= MAX_OBJECTS:
                faults.add(f"more than {MAX_OBJECTS} entries; the rest of the feed was left out")
                break
            content = b"".join(texts)
            cut = [b"BEGIN:VCALENDAR\n", kept, *_needed(content, zones), content, b"END:VCALENDAR\n"]
            pieces.setdefault(ref, []).extend(cut)
    return Feed(
        objects={ref: _object(tuple(texts)) for ref, texts in pieces.items()},
        name=name or None,
        refresh_seconds=max(refresh, default=None),
        faults=faults.told(),
    )


class _Border(NamedTuple):
    """A line that begins or ends a component."""

    opens: bool
    name: bytes
    start: int
    end: int


def _borders(text: bytes) -> Iterator[_Border]:
    for start, end in in_windows(text):
        if end - start > PIECE_BYTES + _LONG_LINE_BYTES:
            continue
        for found in _BORDER.finditer(text, start, end):
            yield _Border(found[1].upper() == b"BEGIN", found[2].upper(), found.start(), found.end())


def _check(text: bytes, borders: Sequence[_Border]) -> None:
    if _BEGINS.match(text) is None:
        page = text[:1024].lstrip()[:1] == b"<"
        raise NotACalendar(
            "the answer is a web page, not a calendar; perhaps the address asks to sign in"
            if page
            else "the answer is not a calendar; it does not begin with BEGIN:VCALENDAR"
        )
    last = next((border for border in reversed(borders) if border.name == b"VCALENDAR"), None)
    if last is None or last.opens:
        raise NotACalendar("the calendar breaks off; it does not end with END:VCALENDAR")


def _calendars(text: bytes, borders: Iterable[_Border], faults: Faults) -> Iterable[tuple[bytes, list[_Part]]]:
    """Each VCALENDAR's own lines and the components just inside it; what never ends in there is left out."""
    head: list[bytes] = []
    parts: list[_Part] = []
    kind, begins, after = b"", 0, 0
    inside = False
    for border in borders:
        name = border.name
        if name == b"VCALENDAR":
            if kind:
                faults.add("a component that does not end was left out")
            elif inside:
                head.append(text[after : border.start])
            if inside and (parts or head):
                yield b"".join(head), parts
            inside, head, parts, kind = border.opens, [], [], b""
            after = border.end
        elif not inside:
            continue
        elif not kind:
            if border.opens:
                head.append(text[after : border.start])
                kind, begins = name, border.start
        elif border.opens and name in (b"VEVENT", b"VFREEBUSY", b"VTIMEZONE"):
            faults.add("a component that does not end was left out")
            kind, begins = name, border.start
        elif not border.opens and name == kind:
            parts.append(_Part(kind, text[begins : border.end]))
            kind, after = b"", border.end


def _zones(parts: list[_Part], faults: Faults) -> dict[bytes, bytes]:
    """VTIMEZONEs by TZID, but those whose name says all; no more than a calendar can mean."""
    zones: dict[bytes, bytes] = {}
    for part in parts:
        named = _search(_TZID_LINE, part.text) if part.kind == b"VTIMEZONE" else None
        if named and find_zone(decode(named[1])) is None:
            if len(part.text) > MAX_ZONE_BYTES:
                faults.add("a time zone whose description is very long is not used")
                continue
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
    found = _search(_UID, own + b"\n")
    if found:
        return bounded_uid(decode(found[1]).strip())
    parsed = parse_components(part.text)
    if part.kind == b"VFREEBUSY":
        line = parsed[0].first("UID")
        return bounded_uid(line.value.strip()) if line else f"freebusy-{_hash((part.text,))}"
    return name_event(parsed[0])


def _search(pattern: re.Pattern[bytes], text: bytes) -> re.Match[bytes] | None:
    """The first line that fits; lines longer than any that means something are passed over."""
    for start, end in in_windows(text):
        if end - start <= PIECE_BYTES + _LONG_LINE_BYTES and (found := pattern.search(text, start, end)):
            return found
    return None


def _object(parts: tuple[bytes, ...]) -> FeedObject:
    return FeedObject(_hash(parts), parts)


def _hash(parts: Iterable[bytes]) -> str:
    digest = sha256()
    for part in parts:
        for start, end in in_windows(part):
            digest.update(_PASSING.sub(b"", part[start:end]))
    return digest.hexdigest()[:32]


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
