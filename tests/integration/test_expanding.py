"""Expansion in worker processes, with real ones.

Each test runs a loop of its own from begin to end, as the service does: the workers belong to the loop's first task.
"""

import os
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from callendar.contracts.expand import ExpandAsk, Expanded, ExpandFailed, ExpandPutOff
from callendar.domain.mark import Marks
from callendar.domain.span import Span
from callendar.engine.expanding import ProcessExpander, expand_object

WINDOW = Span(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 28, tzinfo=UTC))
WEEKLY = "DTSTART;TZID=Europe/Stockholm:20261002T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY\n"
ENDLESS = "DTSTART:20200101T000000Z\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\n"
"""No day is the 30th of February: whoever looks for it second by second never comes back."""


def ask(lines: str, **more: object) -> ExpandAsk:
    data = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:one\n{lines}END:VEVENT\nEND:VCALENDAR\n".encode()
    given = {
        "zone": "Europe/Stockholm",
        "addresses": frozenset[str](),
        "marks": Marks(keywords={}, diverts=frozenset()),
        "calendar": lines,
    }
    return ExpandAsk(data=data, window=WINDOW, **{**given, **more})  # pyright: ignore[reportArgumentType]


def workers() -> set[int]:
    """Processes that are children of this one and expand."""
    found: set[int] = set()
    for child in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for pid in child.read_text().split():
            try:
                if b"anyio.to_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(int(pid))
            except FileNotFoundError:
                continue
    return found


def run(test: Callable[[ProcessExpander], Awaitable[None]]) -> None:
    """Run a test with two warm workers and four seconds for one object; no worker outlives it."""

    async def all_of_it() -> None:
        async with ProcessExpander(limit_seconds=4, memory_bytes=512 << 20) as expander:
            await expander.warm_up()
            await test(expander)

    anyio.run(all_of_it)
    deadline = time.monotonic() + 5
    while workers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not workers()


def test_a_worker_reads_what_is_read_here() -> None:
    """The way through another process changes nothing."""

    async def check(expand: ProcessExpander) -> None:
        assert await expand(ask(WEEKLY)) == expand_object(ask(WEEKLY))
        assert len((await expand(ask(WEEKLY))).bookings) == 5

    run(check)


def test_warm_workers_are_two_and_stay() -> None:
    """Many calls at once are served by the same two processes."""

    async def check(expand: ProcessExpander) -> None:
        before = workers()
        assert len(before) == 2
        answers: list[Expanded] = []

        async def one() -> None:
            answers.append(await expand(ask(WEEKLY)))

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)
        assert len(answers) == 20
        assert workers() == before

    run(check)


def test_a_rule_without_end_fails_alone() -> None:
    """Case 38: the time limit ends one object; others are expanded meanwhile and afterwards."""

    async def check(expand: ProcessExpander) -> None:
        failed: list[str] = []

        async def hostile() -> None:
            with pytest.raises(ExpandFailed, match="longer than 4 s") as caught:
                await expand(ask(ENDLESS))
            failed.append(str(caught.value))

        began = time.monotonic()
        async with anyio.create_task_group() as group:
            group.start_soon(hostile)
            for _ in range(20):
                assert len((await expand(ask(WEEKLY))).bookings) == 5
            assert not failed
        assert time.monotonic() - began < 15
        assert len((await expand(ask(WEEKLY))).bookings) == 5

    run(check)


def test_a_calendar_of_hostile_objects_leaves_a_worker_to_the_others_and_is_put_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has one turn at a time, and only so many seconds in all; what is left of it fails at once."""
    monkeypatch.setattr("callendar.engine.expanding.BUDGET_SECONDS", 5)

    async def check(expand: ProcessExpander) -> None:
        failed: list[str] = []

        async def hostile() -> None:
            with pytest.raises(ExpandFailed) as caught:
                await expand(ask(ENDLESS))
            failed.append(str(caught.value))

        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(hostile)
            await anyio.wait_all_tasks_blocked()
            with anyio.fail_after(3):
                assert len((await expand(ask(WEEKLY))).bookings) == 5
        assert ["longer than" in each for each in failed] == [True, True, False, False, False, False]
        assert all("put off" in each for each in failed[2:])
        assert len((await expand(ask(WEEKLY))).bookings) == 5

    run(check)


def test_a_killed_worker_fails_its_own_task_alone() -> None:
    """The one that the killed process served fails; one waiting behind it is served."""

    async def check(expand: ProcessExpander) -> None:
        told: list[str] = []

        async def doomed(calendar: int) -> None:
            with pytest.raises(ExpandFailed, match="died"):
                await expand(ask(ENDLESS, calendar=str(calendar)))
            told.append("failed")

        async def waiting() -> None:
            told.append(f"{len((await expand(ask(WEEKLY))).bookings)} bookings")

        async with anyio.create_task_group() as group:
            for calendar in range(2):
                group.start_soon(doomed, calendar)
            await anyio.wait_all_tasks_blocked()
            group.start_soon(waiting)
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
        assert sorted(told) == ["5 bookings", "failed", "failed"]

    run(check)


def test_memory_is_bounded() -> None:
    """A million dates in one line do not take the machine's memory."""

    async def check(expand: ProcessExpander) -> None:
        dates = ",".join(["20261123T090000Z"] * 4_000_000)
        small = ProcessExpander(limit_seconds=20, memory_bytes=256 << 20)
        with pytest.raises(ExpandFailed, match="256 MiB"):
            await small(ask(f"DTSTART:20261123T090000Z\nRDATE:{dates}\n"))
        assert len((await expand(ask(WEEKLY))).bookings) == 5

    run(check)


def test_an_interrupt_at_the_terminal_is_not_the_workers() -> None:
    """Ctrl-C reaches the whole group of processes; what runs is finished."""

    async def check(expand: ProcessExpander) -> None:
        before = workers()
        for pid in before:
            os.kill(pid, signal.SIGINT)
        assert len((await expand(ask(WEEKLY))).bookings) == 5
        assert workers() == before

    run(check)


def test_the_loop_stays_free() -> None:
    """While five thousand bookings are made the loop never waits for a third of a second."""

    async def check(expand: ProcessExpander) -> None:
        longest = 0.0
        read: list[Expanded] = []

        async def watch() -> None:
            nonlocal longest
            while True:
                before = time.monotonic()
                await anyio.sleep(0.005)
                longest = max(longest, time.monotonic() - before - 0.005)

        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            read.append(await expand(ask("DTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=MINUTELY\n")))
            group.cancel_scope.cancel()
        assert len(read[0].bookings) == 2000
        assert len(read[0].faults) == 1
        assert longest < 0.3

    run(check)


def test_afterwards_it_takes_no_more() -> None:
    """A closed one says so."""

    async def check() -> None:
        async with ProcessExpander() as expander:
            pass
        with pytest.raises(ExpandFailed, match="stopping"):
            await expander(ask(WEEKLY))

    anyio.run(check)


def test_a_worker_given_up_while_it_starts_is_not_left_behind() -> None:
    """Readings are cut off at any moment; the worker that was being started for one serves the next."""

    async def hurried(expander: ProcessExpander) -> None:
        for _ in range(3):
            for pid in workers():
                os.kill(pid, signal.SIGKILL)
            with anyio.move_on_after(0.05):
                await served(expander)
        with anyio.fail_after(30):
            while not await served(expander) or len(workers()) > 2:  # noqa: ASYNC110 - processes set no event
                await anyio.sleep(0.05)

    async def served(expander: ProcessExpander) -> bool:
        try:
            return bool((await expander(ask(WEEKLY))).bookings)
        except ExpandPutOff:
            return False

    run(hurried)
