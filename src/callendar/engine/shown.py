"""What a switchboard is told of a person: pure functions of her row, cut down to what callers may know."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import structs

from callendar.contracts.switchboard import ComingSegment, Shown
from callendar.domain.booking import ConnectionId
from callendar.domain.freshness import read_freshness
from callendar.domain.privacy import CALLERS, redact
from callendar.domain.reason import AWAY
from callendar.domain.row import Row
from callendar.domain.rules import Company
from callendar.domain.timetable import Segment, known_part, merge, read_state

AHEAD = timedelta(hours=72)

UNKNOWN = Shown(kind="unknown")


def coming_segments(row: Row, company: Company, now: datetime) -> tuple[ComingSegment, ...]:
    """The segments that touch the next 72 hours, ordered, unclipped but for those of calendars, which end where these
    are no longer known. Notes are left out: to a caller she is available."""
    until = now + AHEAD
    near = [
        segment
        for segment in row.timetable
        if segment.start < until and (segment.end is None or segment.end > now) and segment.kind != "note"
    ]
    return tuple(
        ComingSegment(
            start=segment.start,
            end=segment.end,
            kind=segment.kind,
            reason=segment.reason,
            divert_to=segment.divert_to,
            back_at=segment.back_at,
        )
        for segment in _for_callers(row, known_part(near, row.known_until), company)
    )


def show(row: Row, company: Company, now: datetime) -> Shown:
    """What lamps show of a person whose calendars are fresh enough."""
    state = read_state(_for_callers(row, _around(row.timetable, now), company), row.known_until, now)
    segment = state.segment if state.kind in ("referred", "informed", "busy") else None
    return Shown(
        kind=state.kind,
        reason=segment.reason if segment is not None else None,
        until=state.until,
        back_at=segment.back_at if segment is not None else None,
        divert_to=segment.divert_to if segment is not None else None,
    )


def next_edge(row: Row, now: datetime) -> datetime | None:
    """The first instant after now at which what is shown may be another; None if there is none."""
    timetable = row.timetable
    place = bisect_right(timetable, now, key=_start)
    edges = [timetable[place].start] if place < len(timetable) else []
    if place and (end := timetable[place - 1].end) is not None and end > now:
        edges.append(end)
    if row.known_until is not None and row.known_until > now:
        edges.append(row.known_until)
    return min(edges, default=None)


def is_stale(
    row: Row, read_at: Mapping[ConnectionId, datetime], stale_seconds: Mapping[ConnectionId, int], now: datetime
) -> bool:
    """Whether *available* must not be trusted (`rules.md` §9)."""
    freshness = read_freshness(
        connections=row.connections,
        failing_since=row.failing_since,
        read_at=read_at,
        stale_seconds=stale_seconds,
        now=now,
    )
    return freshness == "stale"


def stale_from(
    row: Row, read_at: Mapping[ConnectionId, datetime], stale_seconds: Mapping[ConnectionId, int]
) -> datetime | None:
    """The first second at which the row would be stale if nothing were read any more; None if never, or not told."""
    instants: list[datetime] = []
    for connection in row.connections:
        if connection in read_at and connection in stale_seconds:
            oldest = min(read_at[connection], row.failing_since or read_at[connection])
            instants.append(oldest + timedelta(seconds=stale_seconds[connection] + 1))
    return min(instants, default=None)


def _for_callers(row: Row, segments: Sequence[Segment], company: Company) -> tuple[Segment, ...]:
    """These segments as callers may know them: at most `reason`, and no reason at all of whom only times are shown.
    Where calls go instead stays: the switchboard has to send them there."""
    cut = redact(structs.replace(row, timetable=tuple(segments)), CALLERS, company).timetable
    if (row.person.privacy or company.rules.privacy) != "time":
        return cut
    return merge(structs.replace(each, reason=AWAY if each.reason else None, then=None) for each in cut)


def _around(timetable: Sequence[Segment], now: datetime) -> Sequence[Segment]:
    """The part that decides what is shown now: what touches the present segment, and the next that is no note."""
    first = max(bisect_right(timetable, now, key=_start) - 1, 0)
    last = first
    while last + 1 < len(timetable) and timetable[last].end == timetable[last + 1].start:
        last += 1
    while last + 1 < len(timetable) and (last == first or timetable[last].kind == "note"):
        last += 1
    return timetable[first : last + 1]


def _start(segment: Segment) -> datetime:
    return segment.start
