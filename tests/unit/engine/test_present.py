"""Present: every switchboard shows what is wanted, and holds what is coming."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from msgspec import structs

from callendar.contracts.switchboard import PersonKey, Shown
from callendar.domain.person import Extension, PersonId
from callendar.engine.plan import replan
from callendar.engine.present import SwitchboardPlace
from callendar.engine.shown import show
from tests.clock import START
from tests.fakes.house import COMPANY, CONNECTION, RULES, House, booking, change_rules, open_house

pytestmark = pytest.mark.anyio

ANNA: PersonKey = (COMPANY, PersonId("anna"))
BO: PersonKey = (COMPANY, PersonId("bo"))


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    async with open_house() as opened:
        yield opened


def wanted(house: House) -> dict[PersonKey, Shown]:
    """What the rows say now."""
    held = house.held.company(COMPANY)
    return {(COMPANY, each): show(row, held.company, house.clock.now()) for each, row in held.rows.items()}


async def test_lamps_follow_the_edges_to_the_second(house: House) -> None:
    """Each edge is told once, when it happens."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(START + timedelta(minutes=10), 20))
    async with house.running():
        await house.clock.advance(3600)
        told = [(at, shown.kind) for at, _, shown in house.board.told if at > 1]
        assert told == [(600, "referred"), (1800, "available")]


async def test_edges_at_the_same_second_are_told_in_one_batch(house: House) -> None:
    """Not one call per person."""
    names = [f"p{n}" for n in range(20)]
    await house.add_people(*names)
    for name in names:
        house.system.put(name, "1", booking(START + timedelta(minutes=10), 20))
        house.system.poll_after[name] = 7200
    async with house.running():
        house.board.batches.clear()
        await house.clock.advance(3600)
    assert house.board.batches == [20, 20]


async def test_the_coming_segments_are_written_with_every_changed_row(house: House) -> None:
    """Before their time, and not again while nothing changes."""
    await house.add_people("anna")
    start = START + timedelta(hours=5)
    house.system.put("anna", "1", booking(start, 20))
    async with house.running():
        assert [each.start for each in house.board.coming[ANNA]] == [start]
        house.board.coming.clear()
        house.system.failing["anna"] = OSError("gone")
        await house.clock.advance(600)
        assert house.held.company(COMPANY).rows[PersonId("anna")].failing_since is not None
        assert house.board.coming == {}
        house.system.failing.clear()
        await house.clock.advance(300)
        house.system.put("anna", "1", booking(start, 30))
        await house.clock.advance(66)
        assert [each.end for each in house.board.coming[ANNA]] == [start + timedelta(minutes=30)]


async def test_after_a_restart_only_differences_are_told(house: House) -> None:
    """What the switchboard shows already is asked for, not said again."""
    await house.add_people("anna", "bo")
    house.system.put("anna", "1", booking(START + timedelta(minutes=10), 60))
    async with house.running():
        await house.clock.advance(60)
    house.board.told.clear()
    await house.clock.advance(900)
    async with house.running():
        assert [(person, shown.kind) for _, person, shown in house.board.told] == [(ANNA, "referred")]
        assert house.board.shown == wanted(house)
    assert house.board.times_closed == house.board.times_opened == 2


async def test_a_lost_switchboard_is_opened_again_and_brought_up_to_date(house: House) -> None:
    """Within half a minute of its coming back, with the edges that it missed."""
    await house.add_people("anna", "bo")
    house.system.put("anna", "1", booking(START + timedelta(minutes=10), 60))
    async with house.running():
        house.board.broken = ConnectionResetError("gone")
        await house.clock.advance(900)
        assert house.board.shown[ANNA].kind == "available"
        house.board.broken = None
        await house.clock.advance(31)
        assert house.board.shown == wanted(house)
        assert house.board.shown[ANNA].kind == "referred"


async def test_a_hanging_switchboard_is_given_up_and_others_go_on(house: House) -> None:
    """A call that takes half a minute is a lost connection."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(START + timedelta(minutes=10), 600))
    async with house.running():
        house.board.hangs = True
        await house.clock.advance(900)
        house.board.hangs = False
        await house.clock.advance(120)
        assert house.board.shown == wanted(house)
    assert len(house.system.asked) > 10


async def test_people_who_are_gone_are_forgotten(house: House) -> None:
    """Nothing is shown of them, nothing lies ahead."""
    await house.add_people("anna", "bo")
    house.system.put("anna", "1", booking(START + timedelta(hours=1), 60))
    async with house.running():
        async with house.store.as_store.change(COMPANY, [PersonId("anna")]) as tx:
            await tx.delete_person(PersonId("anna"), house.clock.now())
        await house.clock.advance(1)
        assert house.board.shown.keys() == {BO}
        assert house.board.coming[ANNA] == ()


async def test_people_of_other_switchboards_are_not_told_of(house: House) -> None:
    """Neither at the start nor after they move there."""
    await house.add_people("anna", "bo")

    async def move_bo(switchboard: str) -> None:
        person = structs.replace(
            (await house.row("bo")).person, extensions=(Extension(number="102", switchboard=switchboard),)
        )
        async with house.store.as_store.change(COMPANY, [person.id]) as tx:
            await tx.save_person(person, START)
            await replan(tx, person.id)
        await house.clock.advance(1)

    async with house.running():
        await move_bo("s_2")
        assert house.board.shown.keys() == {ANNA}
        await move_bo("s_1")
        assert house.board.shown.keys() == {ANNA, BO}


async def test_past_what_is_known_a_person_is_unknown(house: House) -> None:
    """A calendar never read makes her so from its adding on."""
    await house.add_people("anna")
    house.system.slow["anna"] = float("inf")
    async with house.running():
        assert house.board.shown[ANNA].kind == "unknown"
        house.system.slow.clear()
        await house.clock.advance(200)
        assert house.board.shown[ANNA].kind == "available"


async def test_stale_available_is_shown_as_unknown_and_mends_once_read(house: House) -> None:
    """A referral is not touched by staleness; nothing is written for it."""
    await change_rules(house, structs.replace(RULES, stale_minutes=60))
    await house.add_people("anna", "bo")
    house.system.put("bo", "1", booking(START - timedelta(hours=1), 24 * 60))
    async with house.running():
        for name in ("anna", "bo"):
            house.system.slow[name] = 50
        house.system.poll_after["anna"] = 10
        await house.clock.advance(100)
        for name in ("anna", "bo"):
            house.system.slow[name] = float("inf")
        await house.clock.advance(3000)
        assert house.board.shown[ANNA].kind == "available"
        await house.clock.advance(1500)
        assert house.board.shown[ANNA].kind == "unknown"
        assert house.board.shown[BO].kind == "referred"
        house.system.slow.clear()
        await house.clock.advance(400)
        assert house.board.shown[ANNA].kind == "available"


@pytest.mark.parametrize("minutes", [-30, 30], ids=["back", "forward"])
async def test_a_clock_that_is_set_is_followed(house: House, minutes: int) -> None:
    """Within 15 s everybody is shown as she is by the new time."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(START + timedelta(minutes=20), 20))
    async with house.running():
        await house.clock.advance(1500 if minutes < 0 else 60)
        assert house.board.shown[ANNA].kind == ("referred" if minutes < 0 else "available")
        await house.clock.set_wall(house.clock.now() + timedelta(minutes=minutes))
        await house.clock.advance(15)
        assert house.board.shown[ANNA].kind == ("available" if minutes < 0 else "referred")
        assert house.board.shown == wanted(house)


async def test_one_broken_switchboard_harms_no_other(house: House) -> None:
    """Each is driven by itself."""
    await house.add_people("anna")

    def cannot_open(context: object) -> None:
        raise OSError("no such host")

    good = SwitchboardPlace(name="s_1", kind=house.board.kind, settings={})
    bad = structs.replace(good, name="s_2", kind=structs.replace(house.board.kind, open=cannot_open))
    house.switchboards = [bad, good]
    async with house.running():
        assert house.board.shown == wanted(house)


async def test_present_never_writes_to_the_store(house: House) -> None:
    """A day of edges, shown, costs no call of a writing kind."""
    await house.add_person("anna")
    house.sources = {}
    before = house.store.calls.copy()
    async with house.running():
        await house.clock.advance(6 * 3600)
    new = house.store.calls - before
    assert not any(name in new for name in ("save_progress", "request_sync", "rows written"))
    assert CONNECTION not in house.held.company(COMPANY).read_at
