"""Hostile calendars, one after the other, for as long as asked: random bytes, real calendars mutated, made-up ones.

`python -m bench.hostile SECONDS [SEED]` feeds them to the whole service, beside well-behaved neighbours, and tells what
must not be: a long pause of the loop, a job that broke, growth, a neighbour's booking gone, a word of a calendar in a
log or a fault. It prints a line every half minute, and figures at its end; exit status 1 when something was found.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
from msgspec import Struct

from bench import calendars
from bench.corpus import PLANTED, Corpus
from bench.figure import Figure
from bench.stage import COMPANY, Stage, staged
from callendar.domain.person import PersonId

FEEDS = 12
"""Calendars that are hostile, at once; each is another at every poll."""
LONG_SECONDS = 0.1
TELL_SECONDS = 30
SETTLED_SECONDS = 120
"""Growth is counted from here on."""


class Sizes(Struct, frozen=True, kw_only=True):
    """How large the service is."""

    parent_mb: float
    workers_mb: float
    processes: int
    files: int
    database_mb: float


class Trial:
    """One run."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.random = random.Random(seed)
        self.corpus = Corpus(self.random, datetime.now(UTC).replace(microsecond=0, second=0))
        self.fed = 0
        self.worst = 0.0
        self.wrong: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    async def publish(self, name: str) -> None:
        """Another hostile body for a feed."""
        kind, body = self.corpus.draw(datetime.now(UTC).replace(microsecond=0))
        self.kinds[kind] += 1
        self.fed += 1
        await anyio.to_thread.run_sync(self.stage.publish, name, body)

    async def look(self) -> None:
        """See that all is as it must be."""
        if self.stage.watch.longest > LONG_SECONDS:
            for seconds, where in self.stage.watch.where:
                if seconds > LONG_SECONDS:
                    self.wrong.append(f"the loop stood still for {seconds * 1000:.0f} ms at {where}")
        self.worst = max(self.worst, self.stage.watch.longest)
        self.stage.watch.begin()
        for name in ("good", "beside"):
            causes = await self.stage.store.load_causes(COMPANY, PersonId(f"p_{name}"))
            own = next(each for each in causes.calendars if each.calendar.name == name)
            subjects = {each.subject for each in own.bookings}
            if not subjects >= {f"m: Meeting {n}" for n in range(5)}:
                self.wrong.append(f"bookings of {name} are gone: {len(subjects)} are left")
        log = (self.stage.folder / "log").read_text(encoding="utf-8")
        for bad in ("job_broke", "reading_broke", "source_broke", "Traceback", PLANTED):
            if bad in log:
                line = next(each for each in log.splitlines() if bad in each)
                self.wrong.append(f"the log has {bad}: {line[:300]}")
        (self.stage.folder / "log").write_text("", encoding="utf-8")
        for person in self.stage.held.company(COMPANY).rows:
            for fault in await self.stage.faults(person):
                self.faults["".join("#" if each.isdigit() else each for each in fault.split("/")[-1])[:90]] += 1
                if PLANTED in fault:
                    self.wrong.append(f"a fault tells of the calendar: {fault[:200]}")

    def sizes(self) -> Sizes:
        """As they are now."""
        own = Path("/proc/self")
        children = [int(each) for each in (own / "task" / str(_main_thread()) / "children").read_text().split()]
        return Sizes(
            parent_mb=_resident_mb(own),
            workers_mb=sum(_resident_mb(Path(f"/proc/{each}")) for each in children),
            processes=len(children),
            files=len(list((own / "fd").iterdir())),
            database_mb=sum(each.stat().st_size for each in self.stage.folder.glob("callendar.db*")) / 1e6,
        )


async def run(seconds: float, seed: int, tell: bool = True) -> tuple[Trial, Sizes, Sizes]:
    """Feed hostile calendars for so long."""
    async with staged() as stage:
        trial = Trial(stage, seed)
        now = datetime.now(UTC).replace(microsecond=0, second=0)
        good = calendars.feed(
            calendars.event(f"g{n}@x", now + timedelta(days=n, hours=1), subject=f"m: Meeting {n}") for n in range(5)
        )
        stage.publish("good", good)
        stage.publish_objects(
            "beside",
            {
                f"o{n}.ics": calendars.feed(
                    [calendars.event(f"o{n}@x", now + timedelta(days=n, hours=1), subject=f"m: Meeting {n}")]
                )
                for n in range(5)
            },
        )
        for n in range(FEEDS):
            await trial.publish(f"h{n}")
            await stage.add_person(f"hostile{n}", feeds=(f"h{n}",))
        await stage.read(await stage.add_person("good", feeds=("good", "h0")))
        await stage.read(await stage.add_person("beside", dav=("beside",)))
        await anyio.sleep(2)
        began = told = time.monotonic()
        stage.watch.begin()
        start: Sizes | None = None
        while time.monotonic() - began < seconds:
            await trial.publish(f"h{trial.random.randrange(FEEDS)}")
            await anyio.sleep(0.15)
            if trial.fed % 20 == 0:
                await stage.ask(f"people/p_hostile{trial.random.randrange(FEEDS)}")
                await stage.ask(f"people/p_hostile{trial.random.randrange(FEEDS)}/explain")
                await stage.ask("people")
            if time.monotonic() - told > min(TELL_SECONDS, seconds / 3):
                told = time.monotonic()
                found = len(trial.wrong)
                await trial.look()
                if start is None and told - began > min(SETTLED_SECONDS, seconds / 3):
                    start = trial.sizes()
                if tell:
                    print(
                        f"{told - began:6.0f} s  {trial.fed:6} fed  worst {trial.worst * 1000:4.0f} ms  {trial.sizes()}"
                    )
                    for each in trial.wrong[found:]:
                        print(f"          WRONG: {each}")
                    sys.stdout.flush()
        await trial.look()
        end = trial.sizes()
        return trial, start or end, end


def measure() -> Iterable[Figure]:
    """A minute of it."""
    trial, start, end = anyio.run(run, 60.0, 1, False)
    yield Figure(
        f"hostile calendars for a minute ({trial.fed})",
        f"longest pause {trial.worst * 1000:.0f} ms, {len(trial.wrong)} things wrong",
        f"{end.parent_mb / start.parent_mb:.2f} x the memory of its first third",
    )


def _resident_mb(process: Path) -> float:
    try:
        return int((process / "statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def _main_thread() -> int:
    return int((Path("/proc/self") / "status").read_text().split("Tgid:")[1].split()[0])


def _main() -> int:
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    print(f"seed {seed}", flush=True)
    trial, start, end = anyio.run(run, float(sys.argv[1]), seed)
    print(f"fed {trial.fed}: {dict(trial.kinds)}")
    print(f"longest pause {trial.worst * 1000:.0f} ms")
    print(f"from  {start}\nuntil {end}")
    for fault, times in trial.faults.most_common(40):
        print(f"{times:7} x {fault}")
    print(f"{len(trial.wrong)} things wrong")
    for each in trial.wrong[:50]:
        print(f"  {each}")
    return 1 if trial.wrong else 0


if __name__ == "__main__":
    sys.exit(_main())
