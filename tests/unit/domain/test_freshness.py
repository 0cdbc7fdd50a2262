"""How far a row can be trusted (`rules.md` §9)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from callendar.domain.booking import ConnectionId
from callendar.domain.freshness import read_freshness, stale_after_seconds
from tests.claims import at

ONE, TWO = ConnectionId("one"), ConnectionId("two")
NOW = at("12:00")
LONG, JUST_NOT = NOW - timedelta(seconds=7201), NOW - timedelta(seconds=7200)


@pytest.mark.parametrize(
    ("connections", "failing_since", "reads", "expected"),
    [
        ((), None, (), "none"),
        ((), LONG, (), "none"),
        ((ONE,), None, (NOW,), "fresh"),
        ((ONE,), None, (JUST_NOT,), "fresh"),
        ((ONE,), None, (LONG,), "stale"),
        ((ONE, TWO), None, (NOW, LONG), "stale"),
        ((ONE,), JUST_NOT, (NOW,), "failing"),
        ((ONE,), LONG, (NOW,), "stale"),
        ((ONE, TWO), JUST_NOT, (NOW, LONG), "stale"),
        ((ONE, TWO), None, (NOW,), "stale"),
    ],
    ids=[
        "no calendars",
        "no calendars, whatever failed",
        "fresh",
        "as old as it may be",
        "older",
        "one of two older",
        "failing",
        "failing for longer",
        "the worst",
        "never read",
    ],
)
def test_the_worst_of(
    connections: tuple[ConnectionId, ...], failing_since: datetime | None, reads: tuple[datetime, ...], expected: str
) -> None:
    """§9: none, fresh, failing, stale."""
    freshness = read_freshness(
        connections=connections,
        failing_since=failing_since,
        read_at=dict(zip((ONE, TWO), reads, strict=False)),
        stale_seconds={ONE: 7200, TWO: 7200},
        now=NOW,
    )
    assert freshness == expected


def test_stale_seconds_are_the_connections_own() -> None:
    """A feed polled once a day may be older than a server polled each minute."""
    freshness = read_freshness(
        connections=(ONE, TWO),
        failing_since=None,
        read_at={ONE: NOW, TWO: at("00:00")},
        stale_seconds={ONE: 7200, TWO: 172_800},
        now=NOW,
    )
    assert freshness == "fresh"


def test_stale_minutes_or_two_polls_if_longer() -> None:
    """§9: `stale_seconds`."""
    assert stale_after_seconds(120, 60) == 7200
    assert stale_after_seconds(120, 86_400) == 172_800
