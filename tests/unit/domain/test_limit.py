"""Limits of tries: free ones, then waits that double up to a most."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callendar.domain.limit import Limit
from tests.clock import START

LIMIT = Limit(free=5, first_seconds=15, most_seconds=900, forgotten_seconds=3600)


@pytest.mark.parametrize(
    ("count", "wait"), [(0, 0), (4, 0), (5, 15), (6, 30), (7, 60), (11, 900), (1000, 900), (10**9, 900)]
)
def test_the_wait_doubles_up_to_its_most(count: int, wait: int) -> None:
    """At the instant of the last failure."""
    assert LIMIT.wait_seconds(count, START, START) == wait


def test_the_wait_runs_off_and_the_tries_are_forgotten() -> None:
    """After a quiet hour they count no more; a clock set back makes no wait longer."""
    assert LIMIT.wait_seconds(6, START, START + timedelta(seconds=10)) == 20
    assert LIMIT.wait_seconds(6, START, START + timedelta(seconds=30)) == 0
    assert LIMIT.still_counts(START, START + timedelta(seconds=3599))
    assert not LIMIT.still_counts(START, START + timedelta(seconds=3600))
    assert LIMIT.wait_seconds(6, START + timedelta(days=1), START) == 30
