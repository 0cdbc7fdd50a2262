"""The longest pause of the event loop, whatever calendar comes: read, planned, shown, explained, rehearsed.

`python -m bench.pause [WORD …]` measures the calendars whose names hold one of the words, and tells where it stood.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

import anyio

from bench import calendars
from bench.figure import Figure
from bench.stage import COMPANY, Stage, staged

GOAL_SECONDS = 0.1

Step = Callable[[Stage, str], Awaitable[None]]


class Paused:
    """What one measurement gave."""

    def __init__(
        self, what: str, seconds: float, taken: float, where: list[tuple[float, str]], faults: list[str]
    ) -> None:
        self.what = what
        self.seconds = seconds
        self.taken = taken
        self.where = where
        self.faults = faults


def measure() -> Iterable[Figure]:
    """The longest pause with each calendar."""
    for paused in anyio.run(_measure, list[str]()):
        yield Figure(
            paused.what,
            f"{paused.seconds * 1000:.0f} ms (done in {paused.taken:.1f} s)",
            f"{paused.seconds / GOAL_SECONDS:.2f} x the goal of {GOAL_SECONDS * 1000:.0f} ms",
        )


async def _measure(words: list[str]) -> list[Paused]:
    now = datetime.now(UTC).replace(microsecond=0, second=0)
    found: list[Paused] = []
    cases: dict[str, Step] = {}
    for name, maker in calendars.LARGE.items():
        cases[name] = _feed_case(maker)
    cases["ten calendars of 5,000 for one person"] = _many_feeds
    cases["2,000 objects over CalDAV"] = _dav_case(2_000)
    cases["10,000 objects over CalDAV"] = _dav_case(10_000)
    for name, step in cases.items():
        if words and not any(word in name for word in words):
            continue
        async with staged() as stage:
            for part in (step, _show, _explain):
                label = f"{name}: {'reading' if part is step else part.__name__.strip('_')}"
                stage.watch.begin()
                began = time.perf_counter()
                await part(stage, now.isoformat())
                await anyio.sleep(0.1)
                person = next(iter(stage.held.company(COMPANY).rows), None)
                faults = await stage.faults(person) if person is not None and part is step else []
                found.append(
                    Paused(label, stage.watch.longest, time.perf_counter() - began, stage.watch.where[:], faults)
                )
                if words or __name__ == "__main__":
                    _tell(found[-1])
    return found


def _feed_case(maker: calendars.Maker) -> Step:
    async def read(stage: Stage, now: str) -> None:
        body = maker(datetime.fromisoformat(now))
        await anyio.to_thread.run_sync(stage.publish, "a", body)
        stage.watch.begin()
        await stage.read(await stage.add_person("anna", feeds=("a",)))

    return read


async def _many_feeds(stage: Stage, now: str) -> None:
    at = datetime.fromisoformat(now)
    for n in range(10):
        stage.publish(f"a{n}", calendars.feed(calendars.crowded(5_000, at + timedelta(seconds=n), label=f"k{n}-")))
    stage.watch.begin()
    await stage.read(await stage.add_person("anna", feeds=tuple(f"a{n}" for n in range(10))))


def _dav_case(count: int) -> Step:
    async def read(stage: Stage, now: str) -> None:
        at = datetime.fromisoformat(now)
        events = list(calendars.crowded(count, at))
        stage.publish_objects("d", {f"o{n}.ics": calendars.feed([each]) for n, each in enumerate(events)})
        stage.watch.begin()
        await stage.read(await stage.add_person("anna", dav=("d",)))

    return read


async def _show(stage: Stage, _: str) -> None:
    for path in ("people/p_anna", "people"):
        await stage.ask(path)


async def _explain(stage: Stage, _: str) -> None:
    await stage.ask("people/p_anna/explain")


def _tell(paused: Paused) -> None:
    print(f"{paused.seconds * 1000:6.0f} ms  {paused.taken:6.1f} s  {paused.what}", flush=True)
    for fault in paused.faults[:4]:
        print(f"           fault: {fault}")
    for seconds, where in sorted(paused.where, reverse=True)[:5]:
        print(f"           {seconds * 1000:.0f} ms at {where}", flush=True)


if __name__ == "__main__":
    anyio.run(_measure, sys.argv[1:])
