"""Meter: what is counted while the service runs, in plain numbers; whoever shows them reads them when he is asked.

Labels are kinds, outcomes and the like, never a person, a company, an address or a title.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict

BOUNDS = (0.005, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0)
"""Seconds: upper bounds of the buckets into which durations are sorted."""


class Durations:
    """How long something took, each time."""

    __slots__ = ("buckets", "seconds")

    def __init__(self) -> None:
        self.buckets = [0] * (len(BOUNDS) + 1)
        """How many were at most so long; the last is for those beyond all bounds."""
        self.seconds = 0.0


class Meter:
    """Counts by name and labels; an increment is one look into a dictionary."""

    def __init__(self) -> None:
        self.counts: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        self.durations: defaultdict[str, defaultdict[tuple[str, ...], Durations]] = defaultdict(
            lambda: defaultdict(Durations)
        )

    def count(self, name: str, *labels: str, by: int = 1) -> None:
        """It happened, so often."""
        self.counts[name][labels] += by

    def took(self, name: str, seconds: float, *labels: str) -> None:
        """It took so long."""
        durations = self.durations[name][labels]
        durations.buckets[bisect_left(BOUNDS, seconds)] += 1
        durations.seconds += seconds
