"""Two companies whose people, connections and calendars have equal ids, as after a copy: neither touches the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from msgspec import structs

from callendar.contracts.source import Source, SourceContext, SourceKind, Throttled
from callendar.domain.booking import CalendarId, Connection
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from tests.clock import START
from tests.fakes.house import COMPANY, CONNECTION, RULES, House, booking, change_rules, open_house

pytestmark = pytest.mark.anyio

OTHER = CompanyId("brevik")
ANNA = PersonId("anna")


@pytest.fixture
async def ours() -> AsyncGenerator[House]:
    async with open_house() as opened:
        yield opened


@pytest.fixture
async def theirs(ours: House) -> House:
    """The other company in the same store, read by the same engine from a server of its own."""
    house = House(ours.clock, ours.store, OTHER)
    await house.found()
    for each in (ours, house):
        await each.add_people("anna")

    async def open_source(connection: Connection, context: SourceContext) -> Source:
        system = ours.system if connection.company_id == COMPANY else house.system
        return await system.kind.open(connection, context)

    kind: SourceKind = structs.replace(ours.system.kind, open=open_source)
    ours.sources = {"fake": kind}
    return house


async def test_a_switchboard_of_both_is_told_of_each_by_herself(ours: House, theirs: House) -> None:
    """One is referred while the other is available, and stays so once the other is gone."""
    ours.system.put("anna", "1", booking(START + timedelta(minutes=10), 60))
    theirs.system.put("anna", "1", booking(START + timedelta(minutes=30), 60))
    async with ours.running():
        shown = ours.board.shown
        assert {key: state.kind for key, state in shown.items()} == {
            (COMPANY, ANNA): "available",
            (OTHER, ANNA): "available",
        }
        assert [each.start for each in ours.board.coming[OTHER, ANNA]] == [START + timedelta(minutes=30)]
        await ours.clock.advance(660)
        assert (shown[COMPANY, ANNA].kind, shown[OTHER, ANNA].kind) == ("referred", "available")
        async with ours.store.as_store.change(OTHER, [ANNA]) as tx:
            await tx.delete_person(ANNA, ours.clock.now())
        await ours.clock.advance(1)
        assert {key: state.kind for key, state in ours.board.shown.items()} == {(COMPANY, ANNA): "referred"}
        assert ours.board.coming[OTHER, ANNA] == ()
        assert len(ours.board.coming[COMPANY, ANNA]) == 1


async def test_one_that_is_read_does_not_make_the_other_fresh(ours: House, theirs: House) -> None:
    """Neither in what is known of the connection, nor at the switchboard."""
    for each in (ours, theirs):
        await change_rules(each, structs.replace(RULES, stale_minutes=60))
    async with ours.running():
        theirs.system.slow["anna"] = 50
        await ours.clock.advance(100)
        theirs.system.slow["anna"] = float("inf")
        await ours.clock.advance(4500)
        read = ours.held.company(COMPANY).read_at[CONNECTION], ours.held.company(OTHER).read_at[CONNECTION]
        assert read[0] - read[1] > timedelta(hours=1)
        assert ours.board.shown[COMPANY, ANNA].kind == "available"
        assert ours.board.shown[OTHER, ANNA].kind == "unknown"
        theirs.system.slow.clear()
        await ours.clock.advance(400)
        assert ours.board.shown[OTHER, ANNA].kind == "available"


async def test_what_a_provider_or_a_rule_asks_for_is_of_its_own_connection(ours: House, theirs: House) -> None:
    """How often it is polled, and when it is stale."""
    theirs.system.poll_after["anna"] = 7200
    await change_rules(ours, structs.replace(RULES, stale_minutes=30))
    async with ours.running():
        await ours.clock.advance(3600)
        stale = ours.held.company(COMPANY).stale_seconds, ours.held.company(OTHER).stale_seconds
        assert stale == ({CONNECTION: 1800}, {CONNECTION: 14_400})
        assert len(ours.system.times("anna")) > 50
        assert len(theirs.system.times("anna")) == 1


async def test_one_that_is_throttled_or_fails_holds_back_no_other(ours: House, theirs: House) -> None:
    """Though the server is the same, and the requests to read are for equal calendars."""
    theirs.system.failing["anna"] = Throttled("too many requests", retry_after_seconds=3000)
    async with ours.running():
        await ours.clock.advance(600)
        assert len(theirs.system.times("anna")) == 1
        assert len(ours.system.times("anna")) >= 9
        before = len(ours.system.times("anna"))
        await ours.store.as_store.request_sync(OTHER, [CalendarId("k_anna")])
        await ours.clock.advance(1)
        assert (len(ours.system.times("anna")), len(theirs.system.times("anna"))) == (before, 1)
        await ours.store.as_store.request_sync(COMPANY, [CalendarId("k_anna")])
        await ours.clock.advance(1)
        assert (len(ours.system.times("anna")), len(theirs.system.times("anna"))) == (before + 1, 1)


async def test_the_expander_is_told_them_apart(ours: House, theirs: House) -> None:
    """By the name under which it keeps what a calendar may spend."""
    async with ours.running():
        await ours.clock.advance(100)
    (our_name,) = {each.calendar for each in ours.system.asked}
    (their_name,) = {each.calendar for each in theirs.system.asked}
    assert our_name != their_name


async def test_a_connection_that_is_gone_is_known_no_more_in_its_company_alone(ours: House, theirs: House) -> None:
    """It would count as the one read longest ago, for ever."""
    async with ours.running():
        await ours.clock.advance(60)
        async with ours.store.as_store.change(OTHER, [ANNA]) as tx:
            await tx.delete_calendar(CalendarId("k_anna"))
            await tx.delete_connection(CONNECTION)
        await ours.clock.advance(1)
        assert CONNECTION in ours.held.company(COMPANY).read_at
        gone = ours.held.company(OTHER)
        assert (gone.read_at, gone.stale_seconds, gone.kinds) == ({}, {}, {})
