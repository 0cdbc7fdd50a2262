"""A server with a thousand calendars that was away for an hour comes back: how long until all of them are read again.

Time is turned by hand, so an hour costs nothing; what a reading takes, and how many run at once, is as in life.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import anyio

from bench.figure import Figure
from callendar.contracts.source import Unreachable
from tests.clock import START
from tests.fakes.house import COMPANY, CONNECTION, House, booking, open_house

CALENDARS = 1_000
READ_SECONDS = 0.1
"""What one reading takes of a server."""
AWAY_SECONDS = 3_600
PATIENCE_SECONDS = 1_200


def measure() -> Iterable[Figure]:
    """The engine as it runs, on a store in a file; the server is a stand-in that counts."""
    with tempfile.TemporaryDirectory() as folder:
        yield from anyio.run(_measure, Path(folder) / "bench.db")


async def _measure(path: Path) -> list[Figure]:
    async with open_house(path) as house:
        names = [f"person{number}" for number in range(CALENDARS)]
        await house.add_people(*names)
        for name in names:
            house.system.slow[name] = READ_SECONDS
            house.system.put(name, "1", booking(START, 60))
        async with house.running():
            await _until_all_read(house, names, house.clock.monotonic())
            for name in names:
                house.system.failing[name] = Unreachable("away")
            house.system.asked.clear()
            await house.clock.advance(AWAY_SECONDS)
            tries = len(house.system.asked)
            back = house.clock.monotonic()
            for number, name in enumerate(names):
                del house.system.failing[name]
                if number % 2:
                    house.system.put(name, "1", booking(START + timedelta(hours=2), 60))
            house.system.asked.clear()
            cpu = time.process_time()
            first, last = await _until_all_read(house, names, back)
            cpu = time.process_time() - cpu
        seconds = Counter(int(asked.at) for asked in house.system.asked if back <= asked.at <= back + last)
        least = CALENDARS * READ_SECONDS / house.system.concurrency
    return [
        Figure(
            f"a server away for an hour, {CALENDARS} calendars: tries meanwhile",
            f"{tries}, {tries / CALENDARS:.1f} a calendar",
            f"{tries / (CALENDARS * AWAY_SECONDS / 60):.2f} x the polls of an hour",
        ),
        Figure(
            f"it comes back, {CALENDARS} calendars, half of them changed: until all are read",
            f"first after {first:.0f} s, last after {last:.0f} s; {cpu:.1f} s of processor",
            f"{(last - first) / least:.2f} x what {house.system.concurrency} at once of {READ_SECONDS:g} s take",
        ),
        Figure(
            "most readings begun in one second of that",
            str(max(seconds.values())),
            f"{max(seconds.values()) / (house.system.concurrency / READ_SECONDS):.2f} x what the server's bound allows",
        ),
    ]


async def _until_all_read(house: House, names: list[str], since: float) -> tuple[float, float]:
    """Seconds from `since` until the first and the last were read in full."""
    read: dict[str, float] = {}
    while len(read) < len(names):
        if house.clock.monotonic() - since > PATIENCE_SECONDS:
            raise RuntimeError(f"{len(names) - len(read)} calendars were not read again")
        await house.clock.advance(5)
        for asked in house.system.asked:
            if asked.at >= since and asked.ref not in house.system.failing:
                read.setdefault(asked.ref, asked.at + READ_SECONDS - since)
    calendars = await house.store.as_store.load_calendars(COMPANY)
    still = [each.id for each in calendars if each.connection_id == CONNECTION and each.failing_since is not None]
    if still:
        raise RuntimeError(f"{len(still)} calendars still fail")
    return min(read.values()), max(read.values())
