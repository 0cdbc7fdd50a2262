"""A row: a person as others receive her, before it is cut down to what a viewer may see."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from callendar.domain.booking import ConnectionId
from callendar.domain.person import Person
from callendar.domain.timetable import Segment


class PlannedWith(Struct, frozen=True, kw_only=True, gc=False):
    """What a row was planned with; a difference to what is current means: plan it again (`design.md` §2)."""

    rules: int
    program: str
    zone_data: str
    holidays: str


class Row(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A person's timetable and what a holder needs to read it at any instant. Nothing here derives from the clock."""

    person: Person
    timetable: tuple[Segment, ...] = ()
    """Ordered, not overlapping; from the day before the last slide, by hand up to 400 days."""
    known_until: datetime | None = None
    """None without calendars."""
    failing_since: datetime | None = None
    """The earliest of her calendars'."""
    connections: tuple[ConnectionId, ...] = ()
    """Those of her selected calendars, sorted, each once; empty = freshness `none`."""
    slid_at: datetime
    """The instant of the last daily slide (or of the person's adding): her windows count from it."""
    version: int = 0
    """n of the company's counter when the row last changed."""
