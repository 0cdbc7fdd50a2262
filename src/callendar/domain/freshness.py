"""How far a row can be trusted (`rules.md` §9). It never changes what a row says: a stale *available* is for whoever
shows or speaks it to call unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from callendar.domain.booking import ConnectionId

Freshness = Literal["none", "fresh", "failing", "stale"]


def read_freshness(
    *,
    connections: Sequence[ConnectionId],
    failing_since: datetime | None,
    read_at: Mapping[ConnectionId, datetime],
    stale_seconds: Mapping[ConnectionId, int],
    now: datetime,
) -> Freshness:
    """A person's freshness: `none` without calendars, else the worst of `fresh`, `failing`, `stale`.

    Stale: `failing_since`, or the `read_at` of one of her connections, is older than the connection's `stale_seconds`;
    of several that `failing_since` could be measured by, the shortest. A connection that has never been read is stale.

    Args:
        connections: Those of her selected calendars.
        failing_since: The earliest of her calendars', None while none fails.
        read_at: When each connection was last read; absent = never.
        stale_seconds: `stale_minutes` of the rules, or two polls if longer, by connection.
    """
    if not connections:
        return "none"
    for connection in connections:
        read, seconds = read_at.get(connection), stale_seconds.get(connection)
        if read is None or seconds is None:
            return "stale"
        longest = timedelta(seconds=seconds)
        if now - read > longest or (failing_since is not None and now - failing_since > longest):
            return "stale"
    return "fresh" if failing_since is None else "failing"


def stale_after_seconds(stale_minutes: int, poll_seconds: int) -> int:
    """How old a connection's `read_at` may grow: `stale_minutes`, or two polls if that is longer."""
    return max(stale_minutes * 60, 2 * poll_seconds)
