"""The whole engine, turned through a day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from callendar.domain.person import PersonId
from callendar.engine.held import HeldPeople
from callendar.engine.service import Engine
from callendar.engine.slide import minute_of_slide
from tests.clock import START
from tests.fakes.house import COMPANY, booking, expand_nothing, open_house

pytestmark = pytest.mark.anyio

READING_AND_KEEPING = {
    "load_companies", "load_company", "load_rows", "load_rows_since", "load_counter", "load_row_headers",
    "load_connections", "load_calendars", "load_calendar_sync", "take_sync_requests",
}  # fmt: skip


async def test_a_day_of_edges_polls_and_ages_writes_no_row_beyond_the_slide() -> None:
    """24 hours with edges every hour, polls, changing cursors and a failing calendar: a person's row is written by her
    slide, and by the reading that is part of it, which moves known_until; else never. Besides these, only read_at and
    cursors are kept, at most every 30 s (`design.md` §2)."""
    async with open_house() as house:
        names = ["anna", "bo", "cid"]
        await house.add_people(*names)
        house.system.moves_cursors = True
        for name in names:
            house.system.poll_after[name] = 600
            for hour in range(-3, 30):
                house.system.put(name, str(hour), booking(START + timedelta(hours=hour, minutes=7), 25, f"m: {hour}"))
        async with house.running():
            house.system.failing["cid"] = OSError("gone")
            await house.clock.advance(700)
            counter = await house.store.as_store.load_counter(COMPANY)
            before, told = house.store.calls.copy(), len(house.board.told)
            await house.clock.advance(86_400)
            new = house.store.calls - before
            slid = len(names) + len(["anna", "bo"])
            assert await house.store.as_store.load_counter(COMPANY) == counter + slid
            for name in names:
                row = await house.row(name)
                assert row.version > counter
                assert row.slid_at > START + timedelta(seconds=700)
                assert row.slid_at.hour * 60 + row.slid_at.minute == minute_of_slide(PersonId(name))
        writing = {name: times for name, times in new.items() if name not in READING_AND_KEEPING}
        assert writing["rows written"] == writing["change"] == slid
        assert writing["save_progress"] <= 86_400 / 30
        assert len(house.board.told) - told >= 2 * 24 * len(names)
        assert len(house.system.asked) > 2 * 100


async def test_the_engine_stops_cleanly_and_keeps_when_it_last_read(tmp_path: Path) -> None:
    """Cancelled in the middle of slow readings: sources and switchboard are closed, nothing is left half written."""
    async with open_house(tmp_path / "callendar.db") as house:
        await house.add_people("anna", "bo")
        house.system.put("anna", "1", booking(START, 60))
        house.system.slow["bo"] = 1000
        async with house.running():
            await house.clock.advance(10)
        assert house.system.closed == len(house.system.opened) == 1
        assert house.board.times_closed == 1
        assert house.system.reading.total() == 0
        connection = (await house.store.as_store.load_connections(COMPANY))[0]
        assert connection.read_at == START
        assert (await house.row("bo")).known_until == START


async def test_it_says_when_it_is_ready(tmp_path: Path) -> None:
    """Once the rows are held, so that they can be served."""
    async with open_house(tmp_path / "callendar.db") as house:
        await house.add_person("anna")
        held = HeldPeople(house.store.as_store)
        engine = Engine(
            store=house.store.as_store,
            held=held,
            clock=house.clock,
            sources={},
            switchboards=[],
            expand=expand_nothing,
        )
        ready = anyio.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: engine.run(ready=ready))
            await ready.wait()
            assert held.company(COMPANY).rows.keys() == {"anna"}
            group.cancel_scope.cancel()
