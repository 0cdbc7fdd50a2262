"""Limit: how long to wait before the next try, after so many that failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct


class Limit(Struct, frozen=True, kw_only=True, gc=False):
    """Some tries are free; each one more doubles the wait, up to a most. A quiet while, and it begins anew."""

    free: int
    first_seconds: int
    """The wait after the last free try has failed."""
    most_seconds: int
    """No wait is longer, so that nobody is locked out for ever."""
    forgotten_seconds: int
    """Tries are forgotten when for so long there was no other."""

    def still_counts(self, last_at: datetime, now: datetime) -> bool:
        """Whether tries of which the last was then are remembered."""
        return now - last_at < timedelta(seconds=self.forgotten_seconds)

    def wait_seconds(self, count: int, last_at: datetime, now: datetime) -> int:
        """How long to wait now, after `count` tries that failed, the last of them then; 0 = try."""
        if count < self.free or not self.still_counts(last_at, now):
            return 0
        doublings = min(count - self.free, 30)
        wait = timedelta(seconds=min(self.first_seconds * 2**doublings, self.most_seconds))
        # A clock that was set back does not make the wait longer.
        left = min(wait, last_at + wait - now)
        return max(0, int(left.total_seconds()))
