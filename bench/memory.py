"""Memory per person and the collector's longest pause, with 100,000 people held as the service holds them."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bench.figure import Figure
from callendar.domain.booking import ConnectionId
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.reason import ReasonCode
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.domain.timetable import Segment
from callendar.engine.compact import Compactor
from callendar.engine.held import HeldCompany

PEOPLE = 100_000
SEGMENTS = 10


def measure() -> Iterable[Figure]:
    """In a process of its own, so that nothing else is counted."""
    printed = subprocess.run(
        [sys.executable, "-m", "bench.memory"], check=True, capture_output=True, text=True
    ).stdout.split()
    bytes_each, row_bytes, pause, ordinary = (float(each) for each in printed)
    yield Figure("memory per person, 10 segments with 30-letter texts", f"{bytes_each / 1024:.2f} KiB", "goal 4 KiB")
    yield Figure("the same row as stored (JSON)", f"{row_bytes / 1024:.2f} KiB", f"{bytes_each / row_bytes:.2f} x")
    yield Figure(
        "longest collector pause, 100,000 people held",
        f"{pause * 1000:.1f} ms",
        f"goal 50 ms; {pause / ordinary:.3f} x the same as plain dicts",
    )


def _row(n: int) -> bytes:
    begin = datetime(2026, 11, 23, 8, tzinfo=UTC)
    segments = tuple(
        Segment(
            start=begin + timedelta(hours=3 * k, seconds=n % 60),
            end=begin + timedelta(hours=3 * k + 1),
            kind="referred",
            reason=ReasonCode("meeting"),
            text=f"A text of thirty letters {n % 100000:05d}"[:30],
            back_at=begin + timedelta(hours=3 * k + 1),
            next_free=begin + timedelta(hours=3 * k + 1),
            keys=f"b/{n}-{k}@calendar.example",
        )
        for k in range(SEGMENTS)
    )
    person = Person(
        id=PersonId(f"p_{n:016d}"),
        company_id=CompanyId("co_bench"),
        name=f"Person number {n}",
        email=f"person{n}@nordlys.example",
        department="Sales",
        extensions=(Extension(number=f"{100000 + n}"),),
    )
    row = Row(
        person=person, timetable=segments, known_until=begin, connections=(ConnectionId("c_bench"),), slid_at=begin
    )
    return msgspec.json.encode(row)


def _longest_pause(rounds: int = 5) -> float:
    longest = 0.0
    for _ in range(rounds):
        began = time.perf_counter()
        gc.collect()
        longest = max(longest, time.perf_counter() - began)
    return longest


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def _main() -> None:
    stored = _row(0)
    decoder = msgspec.json.Decoder(Row)
    decoder.decode(stored)
    gc.collect()
    before = _resident_bytes()
    compactor = Compactor()
    rows = [compactor.compact(decoder.decode(_row(n))) for n in range(PEOPLE)]
    held = HeldCompany(Company(id=CompanyId("co_bench"), name="bench"), "bench", 1, rows)
    del rows
    gc.collect()
    each = (_resident_bytes() - before) / PEOPLE
    pause = _longest_pause()
    count = len(held.rows)
    held.rows.clear()
    plain = [msgspec.json.decode(_row(n)) for n in range(count)]
    ordinary = _longest_pause(2)
    plain.clear()
    print(each, len(stored), pause, ordinary)


if __name__ == "__main__":
    _main()
