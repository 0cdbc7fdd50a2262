"""Which claim shows when: rank, and the sweep that paints a person's claims into pieces (`rules.md` §5, §6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import heappop, heappush
from math import inf
from typing import Final

from msgspec import Struct

from callendar.domain.claim import Claim, Kind
from callendar.domain.hand import Origin

REACH: Final[dict[Kind, int]] = {"note": 1, "informed": 2, "busy": 3, "referred": 4}
"""How far a kind takes a person out of reach, available being 0 (§7, *soon*)."""
FROM_CALENDARS: Final[frozenset[Origin]] = frozenset(("calendar", "autoreply"))
"""Origins of claims that end to be known at `known_until`; all others were given by hand."""

_DOES: Final[dict[Kind, int]] = {"referred": 0, "informed": 1, "busy": 2, "note": 3}

FOREVER_YEAR = 4000

Rank = tuple[bool, int, int, int, int, float, float, str]


class Piece(Struct, frozen=True, gc=False):
    """A stretch for which claims that look alike show, half-open; `end` None = open, then it is the last."""

    start: datetime
    end: datetime | None
    claim: Claim
    """The first that shows: all in the piece look like it."""
    all_day: bool
    """Of every one of them."""
    keys: tuple[str, ...]
    """Theirs, in order of time, each once."""

    @property
    def ends_at(self) -> datetime | None:
        """The end, if it is one: what calendars write for "for ever" (31 December 9999) is none."""
        return None if self.end is None or self.end.year >= FOREVER_YEAR else self.end


def rank_of(claim: Claim) -> Rank:
    """Of two claims in force at an instant the one with the smaller rank shows (§5).

    For now by hand first, of two the one on top; then what it does; whence; the heavier reason; the later end, open
    ends latest; the earlier start; the smaller key. It does not depend on the instant.
    """
    return (
        claim.on_top is None,
        -(claim.on_top or 0),
        _DOES[claim.kind],
        claim.whence,
        -claim.weight,
        -inf if claim.end is None else -claim.end.timestamp(),
        claim.start.timestamp(),
        claim.key,
    )


def win_pieces(claims: Iterable[Claim], known_until: datetime | None) -> list[Piece]:
    """Paint claims into pieces, ordered and not overlapping; neighbours that look alike are one.

    Past `known_until` every claim by hand stands before every claim from calendars: these are no longer known there,
    while "claims by hand stay" (§6).
    """
    ranked = sorted(claims, key=rank_of)
    if known_until is None or not _both_reach_past(ranked, known_until):
        return _join(_sweep(ranked, None, None))
    by_hand = [claim for claim in ranked if claim.origin not in FROM_CALENDARS]
    unknown = [claim for claim in ranked if claim.origin in FROM_CALENDARS]
    return _join(_sweep(ranked, None, known_until) + _sweep(by_hand + unknown, known_until, None))


Won = tuple[datetime, datetime | None, Claim]


def _both_reach_past(claims: Sequence[Claim], instant: datetime) -> bool:
    past = {claim.origin in FROM_CALENDARS for claim in claims if claim.end is None or claim.end > instant}
    return len(past) == 2


def _sweep(ranked: Sequence[Claim], first: datetime | None, last: datetime | None) -> list[Won]:
    """Who shows when between two instants; None = unbounded. `ranked`: the best first, no two of one rank."""
    coming = sorted(range(len(ranked)), key=lambda place: ranked[place].start)
    in_force: list[int] = []
    won: list[Won] = []
    at, admitted, count = first, 0, len(coming)
    while True:
        while admitted < count and at is not None and ranked[coming[admitted]].start <= at:
            heappush(in_force, coming[admitted])
            admitted += 1
        while in_force and at is not None and _has_ended(ranked[in_force[0]], at):
            heappop(in_force)
        if not in_force:
            if admitted == count:
                return won
            at = ranked[coming[admitted]].start
            if last is not None and at >= last:
                return won
            continue
        assert at is not None
        top = in_force[0]
        claim = ranked[top]
        until = last if claim.end is None or (last is not None and last < claim.end) else claim.end
        while admitted < count and (until is None or ranked[coming[admitted]].start < until):
            place = coming[admitted]
            if place < top:
                until = ranked[place].start
                break
            heappush(in_force, place)
            admitted += 1
        won.append((at, until, claim))
        if until is None or until == last:
            return won
        at = until


def _has_ended(claim: Claim, at: datetime) -> bool:
    return claim.end is not None and claim.end <= at


def _join(won: Sequence[Won]) -> list[Piece]:
    joined: list[Piece] = []
    alike: list[Won] = []
    for each in won:
        if alike and not (alike[-1][1] == each[0] and _look_alike(alike[0][2], each[2])):
            joined.append(_piece(alike))
            alike = []
        alike.append(each)
    if alike:
        joined.append(_piece(alike))
    return joined


def _piece(won: Sequence[Won]) -> Piece:
    keys = tuple(dict.fromkeys(claim.key for _, _, claim in won))
    all_day = all(claim.all_day for _, _, claim in won)
    return Piece(won[0][0], won[-1][1], won[0][2], all_day, keys)


def _look_alike(one: Claim, other: Claim) -> bool:
    return one is other or (
        one.kind == other.kind
        and one.reason == other.reason
        and one.text == other.text
        and one.divert_to == other.divert_to
        and one.origin == other.origin
        and one.planned == other.planned
        and one.set_by == other.set_by
    )
