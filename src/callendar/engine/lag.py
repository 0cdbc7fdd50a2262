"""Lag: how much later than asked for the event loop comes back, which is how long anybody may have had to wait."""

from __future__ import annotations

from time import perf_counter

import anyio

from callendar.contracts.meter import Meter

EVERY_SECONDS = 0.5


async def measure_lag(meter: Meter) -> None:
    """Measure until cancelled. By the machine's clock: it is the loop itself that is looked at."""
    while True:
        began = perf_counter()
        await anyio.sleep(EVERY_SECONDS)
        meter.took("callendar_loop_lag_seconds", max(0.0, perf_counter() - began - EVERY_SECONDS))
