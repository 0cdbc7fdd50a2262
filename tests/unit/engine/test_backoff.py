"""Waits before the next try."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callendar.engine.backoff import lengthened_seconds, retry_seconds, spread


@given(st.text(), st.integers(1, 10_000))
def test_wait_stays_near_the_doubled_one_and_below_the_cap(key: str, failures: int) -> None:
    """The spread takes off a quarter at most; nothing exceeds the cap."""
    wait = retry_seconds(failures, first_seconds=2, cap_seconds=300, key=key)
    doubled = min(300, 2 * 2 ** (failures - 1))
    assert doubled * 0.75 <= wait <= doubled


@given(st.text(), st.floats(0, 1e6))
def test_asked_for_patience_is_never_cut_short(key: str, seconds: float) -> None:
    """What a server asked for is kept, and a tenth longer at the most."""
    assert seconds <= lengthened_seconds(seconds, key) <= seconds * 1.1


def test_keys_are_spread_evenly() -> None:
    """A thousand calendars do not try again at the same moment."""
    tenths = [int(spread(f"k_{n}") * 10) for n in range(1000)]
    assert min(tenths.count(tenth) for tenth in range(10)) > 60
