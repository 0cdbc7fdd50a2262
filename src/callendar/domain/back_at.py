"""When a referred person can be reached again (`rules.md` §7, *back_at*)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from callendar.domain.hours import Hours
from callendar.domain.reason import ReasonCode
from callendar.domain.window import BY_HAND_DAYS
from callendar.domain.winning import Piece


class Back(Struct, frozen=True, gc=False):
    """What the end of a chain of referrals tells of the piece that begins it.

    At most one of `at` and `not_before` is set; neither when the chain is endless, when there is no opening to come
    back at, or when it is not stable within 400 days.
    """

    at: datetime | None
    not_before: datetime | None
    """The instant that would be `at`, when it lies past what is known of her calendars."""
    then: ReasonCode | None
    """The reason at the chain's end, where it is another; an endless chain has one too."""


def find_backs(
    pieces: Sequence[Piece], *, hours: Hours, grace: timedelta, known_until: datetime | None
) -> list[Back | None]:
    """For every piece when she is back; None for pieces that do not refer.

    From a piece follow referred ones that touch or start within the grace; then, if that instant is closed or less
    than the grace is left before closing, go to the next opening; if a referral holds there, go on from it.

    Args:
        pieces: Ordered, not overlapping, all that are known: an edge of what somebody is shown is no end.
    """
    least = max(grace, timedelta(seconds=1))
    starts = [piece.start for piece in pieces]
    ends: list[tuple[datetime | None, ReasonCode | None]] = [(None, None)] * len(pieces)
    backs: list[Back | None] = [None] * len(pieces)
    following: int | None = None
    for place in range(len(pieces) - 1, -1, -1):
        piece = pieces[place]
        if piece.claim.kind != "referred":
            continue
        end, reason = piece.ends_at, piece.claim.reason
        if end is None:
            ends[place] = (None, reason)
        elif following is not None and starts[following] - end <= grace:
            ends[place] = ends[following]
        elif hours.open_until(end, end + least) - end >= least:
            ends[place] = (end, reason)
        else:
            opening = hours.reopening(end)
            holding = None if opening is None else _referred_at(pieces, starts, opening)
            ends[place] = (opening, reason) if holding is None else ends[holding]
        at, last = ends[place]
        backs[place] = _tell(end, at, None if last == reason else last, known_until)
        following = place
    return backs


def _referred_at(pieces: Sequence[Piece], starts: Sequence[datetime], at: datetime) -> int | None:
    place = bisect_right(starts, at) - 1
    if place < 0:
        return None
    piece = pieces[place]
    return place if piece.claim.kind == "referred" and (piece.end is None or at < piece.end) else None


def _tell(end: datetime | None, at: datetime | None, then: ReasonCode | None, known_until: datetime | None) -> Back:
    if at is None or end is None or at - end > timedelta(days=BY_HAND_DAYS):
        return Back(None, None, then)
    if known_until is not None and at >= known_until:
        return Back(None, at, then)
    return Back(at, None, then)
