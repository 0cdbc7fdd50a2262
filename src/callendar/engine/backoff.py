"""How long to wait before the next try: doubling up to a cap, spread so that not everybody tries at once."""

from __future__ import annotations

from zlib import crc32


def spread(key: str) -> float:
    """A number in [0, 1) that is always the same for a key and evenly spread over keys."""
    return crc32(key.encode()) / 2**32


def retry_seconds(failures: int, *, first_seconds: float, cap_seconds: float, key: str) -> float:
    """The wait after so many failures in a row.

    Args:
        failures: At least 1.
        first_seconds: The wait after the first failure.
        cap_seconds: No wait is longer, the spread included.
        key: Whose wait it is; together with `failures` it decides the spread, which takes off up to a quarter.
    """
    doubled = min(cap_seconds, first_seconds * 2 ** min(failures - 1, 30))
    return doubled * (1 - spread(f"{key}/{failures}") / 4)


def lengthened_seconds(seconds: float, key: str) -> float:
    """A wait made up to a tenth longer, never shorter: for waits that somebody asked for, and between polls."""
    return seconds * (1 + spread(key) / 10)
