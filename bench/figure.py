"""One line of the table."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from msgspec import Struct


class Figure(Struct, frozen=True):
    """What was measured, its value, and what it is held against."""

    what: str
    value: str
    against: str = ""


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The median processor time of some rounds, after one that does not count: others' work on the machine is no part
    of it."""
    work()
    taken: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return median(taken)
