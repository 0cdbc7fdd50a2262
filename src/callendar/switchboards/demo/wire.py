"""The lines of the demo switchboard's file: one JSON object each, `at` the instant it was written.

`ahead`: the person's coming segments; `show`: what is shown of her from now on; `forget`: she is served no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from callendar.contracts.switchboard import ComingSegment, Shown
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId


class Ahead(Struct, frozen=True, kw_only=True, tag="ahead", tag_field="event"):
    """Coming segments, in place of those written before."""

    at: datetime
    company: CompanyId
    person: PersonId
    segments: tuple[ComingSegment, ...]


class Show(Struct, frozen=True, kw_only=True, tag="show", tag_field="event"):
    """A lamp and a presence, set."""

    at: datetime
    company: CompanyId
    person: PersonId
    shown: Shown


class Forget(Struct, frozen=True, kw_only=True, tag="forget", tag_field="event"):
    """Nothing is shown of her any more."""

    at: datetime
    company: CompanyId
    person: PersonId


Line = Ahead | Show | Forget

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def render_lines(lines: Iterable[Line]) -> bytes:
    """The lines, each ended."""
    return b"".join(_encoder.encode(line) + b"\n" for line in lines)


def parse_lines(data: bytes) -> list[Line]:
    """The lines in order; one that was cut off while it was written is left out."""
    parsed: list[Line] = []
    for line in data.splitlines():
        try:
            parsed.append(_decoder.decode(line))
        except msgspec.DecodeError:
            continue
    return parsed
