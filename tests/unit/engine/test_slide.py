"""The daily slide and the re-planning of rows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.contracts.kept import RowHeader
from callendar.domain.booking import CalendarId
from callendar.domain.person import PersonId
from callendar.engine.plan import current_planned_with, replan
from callendar.engine.replanning import in_order
from callendar.engine.slide import last_slide, minute_of_slide
from tests.clock import START
from tests.fakes.house import COMPANY, RULES, House, booking, change_rules, open_house

pytestmark = pytest.mark.anyio


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    async with open_house() as opened:
        yield opened


@given(st.text(min_size=1), st.integers(0, 10**7))
def test_a_person_slides_once_a_day_at_her_minute(person: str, seconds: int) -> None:
    """The last slide is never in the future nor a day or more ago, and always at the same minute."""
    now = START + timedelta(seconds=seconds)
    last = last_slide(PersonId(person), now)
    assert now - timedelta(days=1) < last <= now
    assert last.hour * 60 + last.minute == minute_of_slide(PersonId(person))
    assert last.second == 0


def test_people_slide_spread_over_the_day() -> None:
    """No hour has much more than its share."""
    hours = [minute_of_slide(PersonId(f"p_{n}")) // 60 for n in range(2400)]
    assert max(hours.count(hour) for hour in range(24)) < 150


async def test_each_person_gets_a_new_version_once_a_day_and_is_read_from_the_start(house: House) -> None:
    """Even when nothing else in her row differs; at her minute, her windows moved by then."""
    await house.add_people("anna", "bo")
    house.system.poll_after = {"anna": 3600, "bo": 3600}
    async with house.running():
        await house.clock.advance(60)
        before = {name: await house.row(name) for name in ("anna", "bo")}
        await house.clock.advance(86_400)
        for name, old in before.items():
            new = await house.row(name)
            assert new.version > old.version
            assert new.slid_at.hour * 60 + new.slid_at.minute == minute_of_slide(PersonId(name))
            assert new.known_until == new.slid_at + timedelta(days=35)
            from_start = [each for each in house.system.asked if each.ref == name and each.from_start]
            assert len(from_start) == 2
            assert START + timedelta(seconds=from_start[1].at) - new.slid_at <= timedelta(seconds=2)


async def test_slides_missed_while_nothing_ran_are_made_up_for_at_the_start(house: House) -> None:
    """All of them, a hundred a transaction."""
    for n in range(120):
        await house.add_person(f"p{n}")
    await house.clock.advance(3 * 86_400)
    before = house.store.calls.copy()
    async with house.running():
        await house.clock.advance(5)
        rows = (await house.store.as_store.load_rows(COMPANY)).rows
        assert min(row.slid_at for row in rows) >= START + timedelta(days=3)
    new = house.store.calls - before
    assert new["change"] == 2
    assert new["rows written"] == 120


async def test_a_reading_under_way_during_a_slide_does_not_count(house: House) -> None:
    """It was read for the window of before; the calendar is read again for the new one."""
    await house.add_people("anna")
    async with house.running() as engine:
        house.system.slow["anna"] = 20
        engine.sync.read_now(COMPANY, CalendarId("k_anna"))
        await house.clock.advance(5)
        house.system.put("anna", "1", booking(START + timedelta(hours=3), 60))
        await engine.slide.slide(COMPANY, [PersonId("anna")])
        slid_at = house.clock.now()
        await house.clock.advance(17)
        assert len(house.system.asked) == 3
        assert (await house.row("anna")).timetable == ()
        await house.clock.advance(33)
        row = await house.row("anna")
        assert row.slid_at == slid_at
        assert row.known_until == slid_at + timedelta(days=35)
        assert house.system.asked[-1].from_start
        assert len(row.timetable) == 1


async def test_a_person_that_cannot_be_planned_keeps_nobody_from_sliding(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hundred that she is in are slid one by one."""
    for name in ("anna", "bo", "cid"):
        await house.add_person(name)

    async def breaks_on_bo(tx: object, person_id: PersonId, **kwargs: object) -> bool:
        if person_id == "bo":
            raise ZeroDivisionError
        return await replan(tx, person_id, **kwargs)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr("callendar.engine.slide.replan", breaks_on_bo)
    await house.clock.advance(2 * 86_400)
    async with house.running():
        assert (await house.row("anna")).slid_at > START
        assert (await house.row("cid")).slid_at > START
        assert (await house.row("bo")).slid_at == START


async def test_changed_rules_plan_every_row_again(house: House) -> None:
    """A hundred a transaction, as soon as they are saved."""
    for n in range(110):
        await house.add_person(f"p{n}")
    async with house.running() as engine:
        await house.clock.advance(60)
        before = house.store.calls.copy()
        await change_rules(house, structs.replace(RULES, grace_minutes=10))
        await house.clock.advance(5)
        headers = await house.store.as_store.load_row_headers(COMPANY)
        company = await house.store.as_store.load_company(COMPANY)
        assert {header.planned_with for header in headers} == {current_planned_with(company)}
        assert engine.replanning == {}
    new = house.store.calls - before
    assert new["change"] == 2
    assert new["tx.save_row"] == 110
    assert new["rows written"] == 0


async def test_rows_of_another_release_are_planned_again_at_the_start(house: House) -> None:
    """Rows planned with other zone data also have their calendars read from the start."""
    await house.add_people("anna", "bo")
    async with house.running():
        pass
    company = await house.store.as_store.load_company(COMPANY)
    current = current_planned_with(company)
    for name, old in (
        ("anna", structs.replace(current, program="0.0.1")),
        ("bo", structs.replace(current, zone_data="1999a")),
    ):
        row = await house.row(name)
        async with house.store.as_store.change(COMPANY, [row.person.id]) as tx:
            await tx.save_row(row, old)
    house.system.asked.clear()
    await house.clock.advance(10)
    async with house.running():
        await house.clock.advance(5)
        headers = await house.store.as_store.load_row_headers(COMPANY)
        assert {header.planned_with for header in headers} == {current}
    assert {asked.ref for asked in house.system.asked if asked.from_start} == {"bo"}


def test_whoever_has_an_edge_within_the_hour_is_planned_first() -> None:
    """In the order of the edges."""

    def header(name: str, minutes: int | None) -> RowHeader:
        edge = None if minutes is None else START + timedelta(minutes=minutes)
        return RowHeader(person_id=PersonId(name), planned_with=None, slid_at=START, next_edge=edge)

    headers = [header("a", None), header("b", 50), header("c", 300), header("d", 10)]
    assert [each.person_id for each in in_order(headers, START)] == ["d", "b", "a", "c"]
