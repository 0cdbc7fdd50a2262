"""Referrals set by hand: how many a second, and how long the slowest wait, on each engine of the store."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import httpx2

from bench.figure import Figure
from bench.planted import Served, person_id, serving
from tests.postgres import start_postgres

PEOPLE = 500
WRITERS = (1, 16)
WRITES = 1_000
WARM_UP = 50


def measure() -> Iterable[Figure]:
    """Over HTTP, each write a `PUT /referral` that is answered with the person as she then stands."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure_engine("SQLite", str(Path(folder) / "bench.db"))
    with start_postgres(durable=True) as server:
        yield from _measure_engine("PostgreSQL", server.url(server.create_database()))


def _measure_engine(engine: str, database: str) -> Iterable[Figure]:
    with serving(database, PEOPLE) as served:
        alone: float | None = None
        for writers in WRITERS:
            rate, taken = asyncio.run(_write(served, writers))
            alone = alone or rate
            yield Figure(
                f"writes by hand on {engine}, {writers} at once",
                f"{rate:.0f}/s; median {_at(taken, 50):.0f} ms, p99 {_at(taken, 99):.0f} ms",
                f"{rate / alone:.2f} x one writer's rate",
            )


async def _write(served: Served, writers: int) -> tuple[float, list[float]]:
    """Writes a second, and what each took, ascending."""
    limits = httpx2.Limits(max_connections=writers, max_keepalive_connections=writers)
    taken: list[float] = []
    async with httpx2.AsyncClient(trust_env=False, timeout=60, limits=limits, headers=served.headers) as client:

        async def write(number: int) -> None:
            began = time.perf_counter()
            url = f"{served.api_url}/people/{person_id(number % PEOPLE)}/referral"
            answer = await client.put(url, json={"reason": "lunch", "text": f"Number {number}"})
            answer.raise_for_status()
            taken.append(time.perf_counter() - began)

        async def write_many(first: int, count: int) -> None:
            for number in range(first, first + count * writers, writers):
                await write(number)

        await write_many(0, WARM_UP // writers + 1)
        taken.clear()
        began = time.perf_counter()
        await asyncio.gather(*(write_many(first, WRITES // writers) for first in range(writers)))
        return len(taken) / (time.perf_counter() - began), sorted(taken)


def _at(ascending: list[float], percent: int) -> float:
    """That percentile, in milliseconds."""
    return ascending[len(ascending) * percent // 100] * 1000
