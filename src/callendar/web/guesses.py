"""Guesses: how many secrets somebody has sent that are nobody's.

Tokens and sessions cannot be guessed, having 256 random bits; who tries all the same is kept from keeping the database
busy. So the counts are this process's alone, and whoever was let in before is not counted out by others at his address.
"""

from __future__ import annotations

from math import ceil

from callendar.contracts.clock import Clock
from callendar.web.faults import Fault

MOST = 100
SECONDS = 60.0
MOST_NETWORKS = 10_000


class Guesses:
    """Counts them by where they come from (`network_of`), within a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[int, float]] = {}

    def check(self, network: str) -> None:
        """Raises `Fault` 429 after too many."""
        count, since = self._counts.get(network, (0, 0.0))
        left = since + SECONDS - self._clock.monotonic()
        if count >= MOST and left > 0:
            raise Fault(
                429,
                "too_many_tries",
                "Too many tokens or sessions that are nobody's have come from this address; wait a minute.",
                Retry_After=str(ceil(left)),
            )

    def note(self, network: str) -> None:
        """One more."""
        now = self._clock.monotonic()
        count, since = self._counts.get(network, (0, now))
        if now - since >= SECONDS:
            count, since = 0, now
        if len(self._counts) >= MOST_NETWORKS:
            self._counts.clear()
        self._counts[network] = (count + 1, since)
