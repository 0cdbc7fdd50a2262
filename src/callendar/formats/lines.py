"""Content lines: the bytes of an iCalendar stream as components with the properties that matter (RFC 5545 §3.1).

Only properties of `READ` are kept, so that bodies, places, alarms and attachments never leave this module.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

DATED = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE", "DTSTAMP", "LAST-MODIFIED"})
"""Properties whose values hold no colon, so that the last one separates even where a TZID has colons unquoted."""

READ = DATED | {
    "ATTENDEE",
    "CATEGORIES",
    "CLASS",
    "DURATION",
    "FREEBUSY",
    "METHOD",
    "ORGANIZER",
    "PRODID",
    "RRULE",
    "SEQUENCE",
    "STATUS",
    "SUMMARY",
    "TRANSP",
    "TZID",
    "TZNAME",
    "TZOFFSETFROM",
    "TZOFFSETTO",
    "UID",
    "X-MICROSOFT-CDO-ALLDAYEVENT",
    "X-MICROSOFT-CDO-BUSYSTATUS",
    "X-WR-TIMEZONE",
}

PIECE_BYTES = 256 * 1024
"""Of a stream, worked on at once: some milliseconds."""

_NAME = re.compile(r"[ \t]*([A-Za-z0-9-]+)[ \t]*(?=[:;])")
_PARAMETER = re.compile(r";[ \t]*([A-Za-z0-9-]+)[ \t]*=((?:\"[^\"]*\"|[^\";:])*)")
_DATED_PARAMETER = re.compile(r";[ \t]*([A-Za-z0-9-]+)[ \t]*=(\"[^\"]*\"|[^\";]*)")
_ESCAPE = re.compile(r"\\([\\;,nN:\"])")
_COMMA = re.compile(r"(?<!\\)((?:\\\\)*),")


class Line(NamedTuple):
    """One property: parameters by upper-case name without quotes, and the value as it stands."""

    parameters: dict[str, str]
    value: str


class Component(Struct, gc=False):
    """A component: its properties by upper-case name, each in the order of the stream, and those inside it."""

    name: str
    properties: dict[str, list[Line]]
    inside: list[Component]
    ended: bool = False
    """Its END stands there; without it nobody knows what has been cut off."""

    def first(self, name: str) -> Line | None:
        """The first property of a name."""
        lines = self.properties.get(name)
        return lines[0] if lines else None

    def every(self, name: str) -> list[Line]:
        """All properties of a name."""
        return self.properties.get(name, [])

    def word(self, name: str) -> str:
        """The value of a property that is one word: upper-case, empty when absent."""
        lines = self.properties.get(name)
        return lines[0].value.strip().upper() if lines else ""

    def text(self, name: str) -> str | None:
        """The value of a TEXT property, unescaped; None when absent or blank."""
        lines = self.properties.get(name)
        return (unescape(lines[0].value).strip() or None) if lines else None


def unfold(body: bytes) -> bytes:
    """The stream in UTF-8 with bare line feeds, each property on one line, without a byte order mark.

    Folds are taken out before decoding, as some producers fold inside a character. Done in pieces, as nothing else runs
    in this process while one is done.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        body = body.decode("utf-16", "replace").encode()
    body = body.removeprefix(codecs.BOM_UTF8)
    unfolded: list[bytes] = []
    held = b""
    for start in range(0, len(body), PIECE_BYTES):
        piece = held + body[start : start + PIECE_BYTES]
        # What a break at the end becomes is decided by what follows.
        lines = piece.rstrip(b"\r\n")
        held = b"\n" if len(lines) < len(piece) else b""
        unfolded.append(_unfold(lines))
    return b"".join((*unfolded, held))


def _unfold(lines: bytes) -> bytes:
    lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # Blank lines first, so that none stands before a fold.
    while b"\n\n" in lines:
        lines = lines.replace(b"\n\n", b"\n")
    return lines.replace(b"\n ", b"").replace(b"\n\t", b"")


def in_windows(text: bytes) -> Iterator[tuple[int, int]]:
    """An unfolded stream in stretches of whole lines, none much longer than `PIECE_BYTES` but where one line is."""
    start = 0
    while start < len(text):
        end = text.rfind(b"\n", start, start + PIECE_BYTES) + 1
        if not end:
            end = text.find(b"\n", start + PIECE_BYTES) + 1 or len(text)
        yield start, end
        start = end


def decode(line: bytes) -> str:
    """UTF-8 as the standard says, else Windows' western letters as old exporters write."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace")


def unescape(text: str) -> str:
    """TEXT without its backslashes; line breaks become spaces."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], text)


def split_list(text: str) -> list[str]:
    """Values of a list of TEXT, split at commas that are not escaped; empty ones left out."""
    parts = _COMMA.sub("\\1\0", text).split("\0") if "\\" in text else text.split(",")
    return [value for part in parts if (value := unescape(part).strip())]


def parse_components(body: bytes) -> list[Component]:
    """The outermost components of a stream, in order.

    Lines that are no properties are passed over; a component that is never closed ends with the stream or with the one
    around it.
    """
    roots: list[Component] = []
    stack: list[Component] = []
    for raw in decode(unfold(body)).split("\n"):
        found = _NAME.match(raw)
        if found is None:
            continue
        name = found[1].upper()
        if name == "BEGIN":
            component = Component(raw[found.end() + 1 :].strip().upper(), {}, [])
            (stack[-1].inside if stack else roots).append(component)
            stack.append(component)
        elif name == "END":
            ended = raw[found.end() + 1 :].strip().upper()
            while any(component.name == ended for component in stack):
                component = stack.pop()
                if component.name == ended:
                    component.ended = True
                    break
        elif stack and name in READ:
            line = parse_dated(raw, found.end()) if name in DATED else parse_line(raw, found.end())
            if line is not None:
                stack[-1].properties.setdefault(name, []).append(line)
    return roots


def parse_line(raw: str, at: int) -> Line | None:
    """Parameters and value of a line whose name ends at `at`; None when no colon follows them."""
    if raw[at] == ":":
        return Line({}, raw[at + 1 :])
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(raw, at):
        parameters[found[1].upper()] = found[2].strip().strip('"')
        at = found.end()
    colon = raw.find(":", at)
    return Line(parameters, raw[colon + 1 :]) if colon >= 0 else None


def parse_dated(raw: str, at: int) -> Line | None:
    """The same for a property of `DATED`."""
    head, colon, value = raw.rpartition(":")
    if not colon:
        return None
    parameters = {found[1].upper(): found[2].strip().strip('"') for found in _DATED_PARAMETER.finditer(head, at)}
    return Line(parameters, value)
