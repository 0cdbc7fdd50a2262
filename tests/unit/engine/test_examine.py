"""Doctor's findings: every connection tried, in words with the mend."""

from __future__ import annotations

import anyio
import pytest
from msgspec import structs

from callendar.contracts.source import ReadObject, SignInNeeded, SourceContext, Unreachable
from callendar.contracts.store import StoreFull
from callendar.domain.booking import Connection, ConnectionId
from callendar.engine.examine import Finding, examine, examine_store
from tests.fakes.house import COMPANY, CONNECTION, House, expand_nothing, open_house

pytestmark = pytest.mark.anyio


async def findings(house: House) -> list[Finding]:
    """All of them."""
    store = house.store.as_store
    context = SourceContext(expand=expand_nothing, clock=house.clock)
    company = await store.load_company(COMPANY)
    return [each async for each in examine(store, company, {"fake": house.system.kind}, context)]


async def test_all_is_well_where_everything_answers() -> None:
    """Every connection is tried and let go of."""
    async with open_house() as house:
        await house.add_people("Anna")
        house.system.put("Anna", "one")
        found = await findings(house)
    assert all(each.well for each in found)
    assert "answers" in found[1].said
    assert house.system.closed == 1


async def test_a_connection_that_refuses_is_a_fault_in_its_own_words() -> None:
    """The mend is the source's."""
    async with open_house() as house:
        house.system.refusing = SignInNeeded("the password is wrong; give another")
        (wrong,) = [each for each in await findings(house) if not each.well]
    assert wrong.said == "c_1: the password is wrong; give another"


async def test_servers_that_hang_are_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would take half a minute; findings stand in the order of the connections all the same."""
    trying, all_there = 0, anyio.Event()

    async def hang(_kind: object, connection: Connection, _context: object) -> object:
        nonlocal trying
        trying += 1
        if trying == 3:
            all_there.set()
        with anyio.fail_after(10):
            await all_there.wait()
        raise Unreachable("no answer in time")

    monkeypatch.setattr("callendar.engine.examine.try_connection", hang)
    async with open_house() as house:
        async with house.store.as_store.change(COMPANY, []) as tx:
            for name in ("c_2", "c_3"):
                one = await tx.load_connection(CONNECTION)
                await tx.save_connection(structs.replace(one, id=ConnectionId(name), name=name))
        said = [each.said for each in await findings(house) if not each.well]
    assert said == [f"{name}: no answer in time" for name in ("c_1", "c_2", "c_3")]


@pytest.mark.parametrize(
    ("offset", "told", "well"),
    [
        pytest.param(1.0, None, True, id="within-two-seconds"),
        pytest.param(-5.0, "its clock is 5 s behind this machine's", True, id="told"),
        pytest.param(600.0, "its clock is 600 s ahead of this machine's", False, id="a-fault"),
    ],
)
async def test_case_29_a_clock_that_is_off_is_told(offset: float, told: str | None, well: bool) -> None:
    """From 2 s on; from 60 s on it is a fault."""
    async with open_house() as house:
        house.system.clock_offset_seconds = offset
        said = [each for each in await findings(house) if "clock" in each.said]
    assert [each.well for each in said] == ([well] if told else [])
    assert told is None or told in said[0].said


async def test_what_single_objects_lack_is_told_beside_their_calendar() -> None:
    """One bad booking is no fault of the connection."""
    async with open_house() as house:
        await house.add_people("Anna")
        house.system.calendars["Anna"]["bad"] = ReadObject(etag="1", bookings=(), faults=("a booking ends first",))
        async with house.running():
            await house.clock.advance(5)
        found = await findings(house)
    assert [(each.well, each.said) for each in found][-1] == (True, "Anna, Calendar: a booking ends first")


async def test_a_database_that_cannot_be_written_is_a_fault_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried by a write, as a full disk is still read."""
    async with open_house() as house:
        store = house.store.as_store
        assert await examine_store(store) == []

        async def check(*, write: bool = False) -> None:
            if write:
                raise StoreFull("the disk is full; free some space")

        monkeypatch.setattr(store, "check", check)
        assert await examine_store(store) == [Finding(well=False, said="the disk is full; free some space")]
