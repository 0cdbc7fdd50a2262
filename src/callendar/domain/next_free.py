"""The first long enough gap after a piece of the timetable (`rules.md` §7, *next_free*)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from callendar.domain.back_at import Back
from callendar.domain.hours import Hours
from callendar.domain.window import BY_HAND_DAYS
from callendar.domain.winning import Piece

LIMIT = timedelta(days=BY_HAND_DAYS)
A_MOMENT = timedelta(seconds=1)
"""The shortest gap there is."""


def find_next_free(
    pieces: Sequence[Piece],
    backs: Sequence[Back | None],
    *,
    hours: Hours,
    least: timedelta,
    known_until: datetime | None,
) -> list[datetime | None]:
    """For every piece but notes the first instant from which she is free for `least`, notes aside.

    Free: no piece that is not a note, inside opening hours, and known to be so for all of it. Not before she is back
    if the piece refers; None for notes, where she is not known to come back, and where there is none in 400 days.
    """
    least = max(least, A_MOMENT)
    found: list[datetime | None] = [None] * len(pieces)
    solid = [place for place, piece in enumerate(pieces) if piece.claim.kind != "note"]
    starts = [pieces[place].start for place in solid]
    after: list[datetime | None] = [None] * len(solid)
    for n in range(len(solid) - 1, -1, -1):
        piece, back = pieces[solid[n]], backs[solid[n]]
        end = piece.ends_at
        if end is None:
            continue
        after[n] = _first_from(end, n, starts, after, hours, least, known_until)
        free = after[n]
        if back is not None:
            if back.at is None:
                continue
            if back.at > end:
                in_force = bisect_right(starts, back.at) - 1
                its_end = pieces[solid[in_force]].ends_at
                free = (
                    _first_from(back.at, in_force, starts, after, hours, least, known_until)
                    if its_end is not None and its_end <= back.at
                    else after[in_force]
                )
        if free is not None and free - end <= LIMIT:
            found[solid[n]] = free
    return found


def _first_from(
    at: datetime,
    before: int,
    starts: Sequence[datetime],
    after: Sequence[datetime | None],
    hours: Hours,
    least: timedelta,
    known_until: datetime | None,
) -> datetime | None:
    """The first free stretch from an instant in the gap behind solid piece number `before`, or in a later gap."""
    last = before + 1 == len(starts)
    ending = None if last else starts[before + 1]
    if known_until is not None and (ending is None or known_until < ending):
        return _first_open(at, known_until, hours, least)
    free = _first_open(at, ending, hours, least)
    return free if free is not None or last else after[before + 1]


def _first_open(at: datetime, end: datetime | None, hours: Hours, least: timedelta) -> datetime | None:
    """The first instant in a gap from which it is open for `least`; `end` None: the gap does not end."""
    limit = at + LIMIT if end is None else min(end, at + LIMIT)
    while at < limit and at + least <= limit:
        closes = hours.open_until(at, at + least)
        if closes - at >= least:
            return at
        opens = hours.reopening(closes)
        if opens is None:
            return None
        at = opens
    return None
