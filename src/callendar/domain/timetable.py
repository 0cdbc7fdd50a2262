"""A person's claims resolved into ordered, non-overlapping segments, and how a segment is read (`rules.md` §5-§7)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Literal

from msgspec import Struct, structs

from callendar.domain.back_at import Back, find_backs
from callendar.domain.claim import Claim, Kind
from callendar.domain.hand import Origin
from callendar.domain.hours import Hours
from callendar.domain.next_free import find_next_free
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import Rules
from callendar.domain.winning import FROM_CALENDARS, REACH, Piece, win_pieces

SOON = timedelta(minutes=60)
MOST_KEYS: Final = 200
"""Kept of one segment, the first in time: thousands of bookings that look alike would make a row of megabytes."""

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
    keys: str = ""
    """`claims`, a line each: a tuple for every segment would be a sixth of what a person takes in memory."""

    @property
    def claims(self) -> tuple[str, ...]:
        """Keys of the winners that were merged into it, in order of time, each once."""
        return tuple(self.keys.split("\n")) if self.keys else ()


class State(Struct, frozen=True, kw_only=True, gc=False):
    """A row read at one instant."""

    kind: StateKind
    segment: Segment | None = None
    """What makes it so; None when available in a gap or unknown. A note is `available` and stands here too."""
    since: datetime | None = None
    until: datetime | None = None
    """End of the segment. While available, in a gap or a note, the start of the next segment that is no note; None if
    none is known. `since` likewise: notes do not interrupt being available. Both None while unknown."""


class Soon(Struct, frozen=True, kw_only=True, gc=False):
    """Something that makes the person less reachable starts within the hour."""

    start: datetime
    minutes: int


def resolve(
    claims: Iterable[Claim], *, hours: Hours, rules: Rules, known_until: datetime | None, start: datetime
) -> tuple[Segment, ...]:
    """Resolve a person's claims into her timetable: ordered, not overlapping, half-open, neighbours that agree merged.

    At every instant the claim that `rules.md` §5 puts first shows; past `known_until` claims from calendars are no
    longer known there and yield to every claim by hand. Segments keep their real starts and ends.

    Args:
        claims: In any order; two with one key must not be in force at once.
        hours: The person's, for `back_at` and `next_free`.
        known_until: None without calendars.
        start: What ended at or before it is left out.
    """
    pieces = win_pieces(claims, known_until)
    backs = find_backs(pieces, hours=hours, grace=timedelta(minutes=rules.grace_minutes), known_until=known_until)
    least = timedelta(minutes=rules.next_free_minutes)
    free = find_next_free(pieces, backs, hours=hours, least=least, known_until=known_until)
    return tuple(
        _segment(piece, back, next_free)
        for piece, back, next_free in zip(pieces, backs, free, strict=True)
        if piece.end is None or piece.end > start
    )


def join_keys(keys: Iterable[str]) -> str:
    """Keys as a segment holds them: a line each, each once, at most `MOST_KEYS`. No key has a line break in it."""
    return "\n".join(islice(dict.fromkeys(keys), MOST_KEYS))


def merge(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """Make neighbours one that touch and agree in kind, reason, divert_to, text, origin, planned and set_by (§6).

    `back_at`, `not_before`, `then` and `next_free` stay those of the first; `all_day` is true only if every part is;
    `claims` are joined, each once.
    """
    merged: list[Segment] = []
    alike: list[Segment] = []
    for segment in segments:
        if alike and not (alike[-1].end == segment.start and _agree(alike[0], segment)):
            merged.append(_as_one(alike))
            alike = []
        alike.append(segment)
    if alike:
        merged.append(_as_one(alike))
    return tuple(merged)


def known_part(segments: Iterable[Segment], known_until: datetime | None) -> tuple[Segment, ...]:
    """Segments as far as they are known: those from calendars end at `known_until`, or are left out past it."""
    if known_until is None:
        return tuple(segments)
    return tuple(
        segment
        if segment.origin not in FROM_CALENDARS or (segment.end is not None and segment.end <= known_until)
        else structs.replace(segment, end=known_until)
        for segment in segments
        if segment.start < known_until or segment.origin not in FROM_CALENDARS
    )


def _as_one(alike: Sequence[Segment]) -> Segment:
    if len(alike) == 1:
        return alike[0]
    return structs.replace(
        alike[0],
        end=alike[-1].end,
        all_day=all(each.all_day for each in alike),
        keys=join_keys(key for each in alike for key in each.claims),
    )


def read_state(timetable: Sequence[Segment], known_until: datetime | None, at: datetime) -> State:
    """Read a timetable at an instant.

    From `known_until` on *unknown* replaces gaps, notes and segments from calendars; those by hand stay.
    """
    place = _place(timetable, at)
    segment = timetable[place] if place >= 0 and _in_force(timetable[place], at) else None
    if _is_unknown(segment, known_until, at):
        return State(kind="unknown")
    if segment is None or segment.kind == "note":
        return State(kind="available", segment=segment, since=_since(timetable, place), until=_until(timetable, at))
    return State(kind=segment.kind, segment=segment, since=segment.start, until=segment.end)


def read_soon(timetable: Sequence[Segment], known_until: datetime | None, at: datetime) -> Soon | None:
    """The first segment, notes included, that starts within (0, 60] minutes and makes her less reachable than now.

    Not an all-day one, nor a continuation: one that touches a segment which already makes her as little reachable, or
    less. Nothing while referred or unknown, nor what is not known by then. Minutes round up.
    """
    place = _place(timetable, at)
    state = read_state(timetable, known_until, at)
    if state.kind in ("referred", "unknown"):
        return None
    reach_now = REACH[state.segment.kind] if state.segment is not None else 0
    for following in range(place + 1, len(timetable)):
        segment = timetable[following]
        if segment.start - at > SOON:
            return None
        if segment.all_day or REACH[segment.kind] <= reach_now:
            continue
        if _is_unknown(segment, known_until, segment.start) or _continues(timetable, following, known_until):
            continue
        return Soon(start=segment.start, minutes=-(-(segment.start - at) // timedelta(minutes=1)))
    return None


def read_next_free(timetable: Sequence[Segment], at: datetime, *, minutes: int) -> datetime | None:
    """When she is next free for `minutes`: None if that is now, or not known.

    Inside a segment the segment's own. In a gap, or in a note, which reads as one: that of the segment that ends it,
    if less than `minutes` are left until then.
    """
    place = _place(timetable, at)
    if place >= 0 and _in_force(timetable[place], at) and timetable[place].kind != "note":
        return timetable[place].next_free
    ending = _coming(timetable, at)
    return ending.next_free if ending is not None and ending.start - at < timedelta(minutes=minutes) else None


def _segment(piece: Piece, back: Back | None, next_free: datetime | None) -> Segment:
    claim = piece.claim
    return Segment(
        start=piece.start,
        end=piece.end,
        kind=claim.kind,
        all_day=piece.all_day,
        reason=claim.reason,
        text=claim.text,
        divert_to=claim.divert_to,
        origin=claim.origin,
        planned=claim.planned,
        set_by=claim.set_by,
        back_at=back and back.at,
        not_before=back and back.not_before,
        then=back and back.then,
        next_free=next_free,
        keys=join_keys(piece.keys),
    )


def _agree(one: Segment, other: Segment) -> bool:
    return (
        one.kind == other.kind
        and one.reason == other.reason
        and one.text == other.text
        and one.divert_to == other.divert_to
        and one.origin == other.origin
        and one.planned == other.planned
        and one.set_by == other.set_by
    )


def _place(timetable: Sequence[Segment], at: datetime) -> int:
    """Place of the last segment that has started, -1 if none has."""
    return bisect_right(timetable, at, key=lambda segment: segment.start) - 1


def _in_force(segment: Segment, at: datetime) -> bool:
    return segment.start <= at and (segment.end is None or at < segment.end)


def _is_unknown(segment: Segment | None, known_until: datetime | None, at: datetime) -> bool:
    """Whether *unknown* replaces a segment, or a gap, at an instant."""
    return known_until is not None and at >= known_until and (segment is None or segment.origin in FROM_CALENDARS)


def _continues(timetable: Sequence[Segment], place: int, known_until: datetime | None) -> bool:
    if place == 0:
        return False
    before, segment = timetable[place - 1], timetable[place]
    if before.end != segment.start or _is_unknown(before, known_until, segment.start - timedelta(seconds=1)):
        return False
    return REACH[before.kind] >= REACH[segment.kind]


def _coming(timetable: Sequence[Segment], at: datetime) -> Segment | None:
    following = range(_place(timetable, at) + 1, len(timetable))
    return next((timetable[place] for place in following if timetable[place].kind != "note"), None)


def _since(timetable: Sequence[Segment], place: int) -> datetime | None:
    solid = (timetable[n] for n in range(place, -1, -1) if timetable[n].kind != "note")
    before = next(solid, None)
    return None if before is None else before.end


def _until(timetable: Sequence[Segment], at: datetime) -> datetime | None:
    coming = _coming(timetable, at)
    return None if coming is None else coming.start
