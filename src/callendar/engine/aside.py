"""Aside: reckoning over much is done in a thread, so that the event loop goes on meanwhile.

A thread of Python gives way within a moment (`app` sets how soon); so whatever a calendar holds, the loop stands still
no longer than it takes to reckon with `LIGHT` bookings, or with one piece of bytes of bounded size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from callendar.domain.cause import Causes

P = ParamSpec("P")
T = TypeVar("T")

LIGHT = 250
"""Bookings that are reckoned with at once: some milliseconds. Hardly anybody has more in five weeks."""
REPEAT = 50
"""A repeated referral weighs as much as so many bookings."""
THREADS = 2
"""At once; they share one interpreter with the loop."""

_turns = RunVar[anyio.CapacityLimiter]("callendar.aside")


def weight_of(causes: Causes) -> int:
    """How much there is to reckon with, in bookings."""
    repeated = sum(each.repeat is not None for each in causes.orders.referrals)
    return sum(len(each.bookings) for each in causes.calendars) + REPEAT * repeated


async def aside(weight: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a pure function returns or raises: at once when there is little to reckon with, else from a thread. It is
    waited for, whoever is cancelled."""
    if weight <= LIGHT:
        return work(*args, **kwargs)
    try:
        turns = _turns.get()
    except LookupError:
        turns = anyio.CapacityLimiter(THREADS)
        _turns.set(turns)
    return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=turns)
