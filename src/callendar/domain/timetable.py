"""A person's claims resolved into ordered, non-overlapping segments, and how a segment is read (`rules.md` §5-§7)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from callendar.domain.claim import Kind
from callendar.domain.hand import Origin
from callendar.domain.reason import ReasonCode

StateKind = Literal["available", "busy", "informed", "referred", "unknown"]


class Segment(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A piece of a timetable, half-open; carries all of a state except why. Gaps between segments are *available*."""

    start: datetime
    end: datetime | None
    """None = open; then it is the last."""
    kind: Kind
    all_day: bool = False
    reason: ReasonCode | None = None
    text: str | None = None
    divert_to: str | None = None
    origin: Origin = "calendar"
    planned: bool = False
    set_by: str | None = None
    back_at: datetime | None = None
    """Of referred ones only; None when endless or past what is known."""
    not_before: datetime | None = None
    """Set instead of `back_at` when that lies past `known_until`."""
    then: ReasonCode | None = None
    """The reason at the chain's end, where it differs from `reason`."""
    next_free: datetime | None = None
    """The first long enough gap after this segment, not before `back_at`."""
    claims: tuple[str, ...] = ()
    """Keys of the winners that were merged into it, in order of time."""


class State(Struct, frozen=True, kw_only=True, gc=False):
    """A row read at one instant."""

    kind: StateKind
    segment: Segment | None = None
    """What makes it so; None when available in a gap or unknown. A note is `available` and stands here too."""
    since: datetime | None = None
    until: datetime | None = None
    """End of the segment; of a gap the start of the next segment that makes less reachable, None if there is none."""


class Soon(Struct, frozen=True, kw_only=True, gc=False):
    """Something that makes the person less reachable starts within the hour."""

    start: datetime
    minutes: int
