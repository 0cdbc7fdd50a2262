"""Sync: calendars are read when due, and nobody waits for one that fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec import structs
from structlog.testing import capture_logs

from callendar.contracts.source import NotShared, SignInNeeded, SourceError, Throttled, Unreachable, Unreadable
from callendar.domain.booking import CalendarId
from tests.clock import START
from tests.connections import save_connection
from tests.fakes.house import COMPANY, CONNECTION, House, booking, open_house

pytestmark = pytest.mark.anyio

NOON = START + timedelta(hours=3)


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    async with open_house() as opened:
        yield opened


async def test_a_booking_is_read_at_the_start_and_referred(house: House) -> None:
    """Everything due is read at once when the engine starts."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(NOON, 60))
    async with house.running():
        row = await house.row("anna")
        assert [(each.kind, each.start) for each in row.timetable] == [("referred", NOON)]
        assert row.known_until == START + timedelta(days=35)
        assert house.held.company(COMPANY).rows[row.person.id].timetable == row.timetable


async def test_calendars_are_polled_about_as_often_as_their_connection_says(house: House) -> None:
    """Never earlier than the poll's seconds, and a tenth later at the most."""
    await house.add_people("anna", "bo")
    async with house.running():
        await house.clock.advance(1800)
    for ref in ("anna", "bo"):
        times = house.system.times(ref)
        waits = [after - before for before, after in pairwise(times)]
        assert len(waits) >= 27
        assert min(waits) >= 60
        assert max(waits) <= 66


async def test_a_provider_that_asks_for_longer_polls_is_polled_so(house: House) -> None:
    """And two such polls are not yet stale."""
    await house.add_people("anna")
    house.system.poll_after["anna"] = 7200
    async with house.running():
        await house.clock.advance(20_000)
        assert house.held.company(COMPANY).stale_seconds[CONNECTION] == 14_400
    assert len(house.system.times("anna")) == 3


async def test_bookings_moved_and_deleted_are_followed(house: House) -> None:
    """At the next poll, each by a changed row."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(NOON, 60))
    async with house.running():
        house.system.put("anna", "1", booking(NOON + timedelta(hours=1), 30))
        await house.clock.advance(66)
        row = await house.row("anna")
        assert [(each.start, each.end) for each in row.timetable] == [
            (NOON + timedelta(hours=1), NOON + timedelta(minutes=90))
        ]
        house.system.remove("anna", "1")
        await house.clock.advance(66)
        assert (await house.row("anna")).timetable == ()


async def test_a_reading_that_changes_nothing_begins_no_transaction(house: House) -> None:
    """Only the time of reading and the cursor are kept, at most every 30 s."""
    await house.add_connection(poll_seconds=2)
    await house.add_people("anna")
    house.system.moves_cursors = True
    async with house.running():
        await house.clock.advance(120)
        before = house.store.calls.copy()
        await house.clock.advance(600)
        new = house.store.calls - before
    assert new["change"] == 0
    assert new["load_calendar_sync"] > 250
    assert 19 <= new["save_progress"] <= 20


async def test_cursors_and_read_times_survive_a_restart(house: House) -> None:
    """The second start goes on where the first one stopped."""
    await house.add_people("anna")
    house.system.moves_cursors = True
    async with house.running():
        await house.clock.advance(200)
        last = house.system.asked[-1]
    connection = (await house.store.as_store.load_connections(COMPANY))[0]
    assert connection.read_at == START + timedelta(seconds=int(last.at))
    async with house.running():
        pass
    again = house.system.asked[-1]
    assert again.cursor is not None
    assert again.cursor.endswith(f"/{len(house.system.asked) - 1}")


async def test_one_failing_calendar_among_many_delays_nobody(house: House) -> None:
    """The others are read as if it were not there."""
    names = [f"p{n}" for n in range(12)]
    await house.add_people(*names)
    house.system.failing["p0"] = Unreachable("no answer; look at the server")
    async with house.running():
        await house.clock.advance(600)
    for name in names[1:]:
        assert len(house.system.times(name)) >= 9
    assert len(house.system.times("p0")) >= 3


async def test_a_hanging_calendar_is_cut_off_and_delays_nobody(house: House) -> None:
    """It takes one of the connection's slots for a minute at most; its fault says that it did not answer."""
    house.system.concurrency = 2
    await house.add_people("anna", "bo", "cid")
    house.system.slow["anna"] = float("inf")
    async with house.running():
        await house.clock.advance(50)
        assert len(house.system.times("bo")) == 1
        await house.clock.advance(600)
        assert len(house.system.times("bo")) >= 9
        calendar = await house.calendar("k_anna")
        assert calendar.fault == "the calendar could not be read within 60 s; it is tried again by and by"
        house.system.slow.clear()
        await house.clock.advance(400)
        assert (await house.calendar("k_anna")).fault is None


async def test_slow_calendars_are_read_side_by_side_up_to_the_limit(house: House) -> None:
    """Never more at once over one connection than its kind allows."""
    house.system.concurrency = 3
    await house.add_people(*(f"p{n}" for n in range(9)))
    for n in range(9):
        house.system.slow[f"p{n}"] = 10
    async with house.running():
        await house.clock.advance(31)
        assert len(house.system.asked) == 9
    assert house.system.most_at_once == 3


@pytest.mark.parametrize(
    "error",
    [
        SignInNeeded("the password is wrong; connect again"),
        NotShared("the calendar is gone; choose another"),
        Unreadable("this is no calendar; check the address", item="x"),
        Unreachable("no answer; look at the server"),
    ],
    ids=lambda error: error.code,
)
async def test_a_fault_is_kept_once_and_cleared_by_recovery(house: House, error: SourceError) -> None:
    """Bookings stay, the row says since when it fails, the log has one line each way without a title."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(NOON, 60, "m: takeover of Acme"))
    async with house.running():
        with capture_logs() as logs:
            house.system.failing["anna"] = error
            await house.clock.advance(66)
            failed = await house.row("anna")
            writes = house.store.calls["change"]
            await house.clock.advance(3600)
            assert house.store.calls["change"] == writes
            assert await house.row("anna") == failed
            assert failed.failing_since is not None
            assert len(failed.timetable) == 1
            assert (await house.calendar("k_anna")).fault == str(error)
            house.system.failing.clear()
            await house.clock.advance(330)
            recovered = await house.row("anna")
            assert recovered.failing_since is None
            assert recovered.timetable == failed.timetable
    lines = [entry["event"] for entry in logs if entry["event"] in ("calendar_lost", "calendar_back")]
    assert lines == ["calendar_lost", "calendar_back"]
    assert "takeover" not in str(logs)


async def test_retries_become_rarer_up_to_five_minutes(house: House) -> None:
    """Doubling from the poll's length."""
    await house.add_people("anna")
    house.system.failing["anna"] = Unreachable("no answer")
    async with house.running():
        await house.clock.advance(7200)
    times = house.system.times("anna")
    waits = [after - before for before, after in pairwise(times)]
    assert 45 <= waits[0] <= 60
    assert all(225 <= wait <= 300 for wait in waits[3:])


async def test_when_one_calendar_reaches_the_server_again_the_others_try_at_once(house: House) -> None:
    """Nobody sits out a wait that began while the server was down."""
    await house.add_people("anna", "bo", "cid")
    for name in ("anna", "bo", "cid"):
        house.system.failing[name] = Unreachable("no answer")
    async with house.running():
        await house.clock.advance(3600)
        house.system.failing.clear()
        before = len(house.system.asked)
        while len(house.system.asked) == before:
            await house.clock.advance(1)
        await house.clock.advance(1)
        assert {asked.ref for asked in house.system.asked[before:]} == {"anna", "bo", "cid"}


async def test_throttling_is_obeyed_whoever_asks_and_is_no_fault(house: House) -> None:
    """Not read before the server allows it, and not much later; the others go on."""
    await house.add_people("anna", "bo")
    house.system.failing["anna"] = Throttled("too many requests", retry_after_seconds=500)
    async with house.running() as engine:
        house.system.failing.clear()
        await house.clock.advance(100)
        engine.sync.read_now(COMPANY, CalendarId("k_anna"))
        await house.clock.advance(600)
        first, second = house.system.times("anna")[:2]
        assert 500 <= second - first <= 551
        assert (await house.row("anna")).failing_since is None
    assert len(house.system.times("bo")) >= 9


async def test_an_expired_cursor_is_read_again_from_the_start(house: House) -> None:
    """In the same reading, without a fault."""
    await house.add_people("anna")
    async with house.running():
        house.system.forgets_cursors = True
        house.system.put("anna", "1", booking(NOON, 60))
        await house.clock.advance(66)
        assert [asked.from_start for asked in house.system.asked] == [True, False, True]
        assert len((await house.row("anna")).timetable) == 1


async def test_a_source_that_raises_anything_fails_alone_and_says_no_title(house: House) -> None:
    """The engine goes on, the fault names the class only."""
    await house.add_people("anna", "bo")
    house.system.failing["anna"] = KeyError("m: takeover of Acme")
    with capture_logs() as logs:
        async with house.running():
            await house.clock.advance(600)
            fault = (await house.calendar("k_anna")).fault
    assert fault is not None
    assert "KeyError" in fault
    assert "takeover" not in fault + str(logs)
    assert len(house.system.times("bo")) >= 9


async def test_a_store_that_fails_for_a_while_is_outlived(house: House) -> None:
    """What was read is read again and kept once it can be."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(NOON, 60))
    house.store.broken = OSError("disk full")
    async with house.running():
        await house.clock.advance(120)
        assert (await house.row("anna")).timetable == ()
        house.store.broken = None
        await house.clock.advance(300)
        assert len((await house.row("anna")).timetable) == 1


async def test_an_unknown_kind_of_connection_fails_in_words(house: House) -> None:
    """Its calendars say what is missing."""
    house.sources = {}
    await house.add_people("anna")
    async with house.running():
        fault = (await house.calendar("k_anna")).fault
    assert fault == "nothing installed reads calendars of the kind 'fake'; install what does"


async def test_a_calendar_added_while_running_is_read_within_a_second(house: House) -> None:
    """So is one over a connection, and of a person, that were not there either."""
    async with house.running():
        connection = await house.add_connection("c_2")
        await house.add_person("bo")
        await house.add_calendar("bo", connection)
        house.system.put("bo", "1", booking(NOON, 60))
        await house.clock.advance(1)
        assert len(house.system.times("bo")) == 1
        assert len((await house.row("bo")).timetable) == 1


async def test_a_calendar_that_is_removed_or_not_selected_is_read_no_more(house: House) -> None:
    """From then on."""
    await house.add_people("anna", "bo")
    async with house.running():
        calendar = await house.calendar("k_anna")
        async with house.store.as_store.change(COMPANY, [calendar.person_id]) as tx:
            await tx.delete_calendar(calendar.id)
        other = await house.calendar("k_bo")
        async with house.store.as_store.change(COMPANY, [other.person_id]) as tx:
            await tx.save_calendar(structs.replace(other, selected=False))
        await house.clock.advance(600)
    assert len(house.system.asked) == 2


async def test_a_request_of_any_process_is_taken_within_a_second(house: House) -> None:
    """However long the poll still would be."""
    await house.add_people("anna")
    house.system.poll_after["anna"] = 7200
    async with house.running():
        await house.clock.advance(100)
        before = house.clock.monotonic()
        await house.store.as_store.request_sync(COMPANY, [CalendarId("k_anna")])
        await house.clock.advance(1)
        (asked,) = (at for at in house.system.times("anna") if at >= before)
        assert asked - before < 1


async def test_notifications_are_debounced(house: House) -> None:
    """The first is read at once, further ones 2 s after the last reading began."""
    await house.add_people("anna")
    async with house.running() as engine:
        await house.clock.advance(20)
        began = house.clock.monotonic()
        for _ in range(8):
            engine.sync.look_again(COMPANY, CalendarId("k_anna"))
            await house.clock.advance(0.5)
        await house.clock.advance(10)
        times = [at - began for at in house.system.times("anna")[1:]]
    assert times == [0, 2, 4]


async def test_changed_credentials_open_the_source_anew_and_read_at_once(house: House) -> None:
    """The old one is closed."""
    await house.add_people("anna")
    house.system.failing["anna"] = SignInNeeded("the password is wrong")
    async with house.running():
        await house.clock.advance(3600)
        house.system.failing.clear()
        connection = (await house.store.as_store.load_connections(COMPANY))[0]
        await save_connection(house.store.as_store, structs.replace(connection, secret="right"))
        await house.clock.advance(1)
        assert (await house.calendar("k_anna")).failing_since is None
        assert [each.secret for each in house.system.opened] == [None, "right"]
        assert house.system.closed == 1
    assert house.system.closed == 2


async def test_read_at_is_the_oldest_reading_among_the_calendars_that_do_not_fail(house: House) -> None:
    """A slow provider's calendar holds it back, a failing one does not."""
    await house.add_people("anna", "bo", "cid", "dan")
    house.system.poll_after["bo"] = 1000
    house.system.failing["cid"] = Unreachable("no answer")
    async with house.running():
        house.system.failing["dan"] = Unreachable("no answer")
        await house.clock.advance(900)
        assert house.held.company(COMPANY).read_at[CONNECTION] == START
        await house.clock.advance(300)
        assert house.held.company(COMPANY).read_at[CONNECTION] >= START + timedelta(seconds=1000)


async def test_a_server_that_asks_for_patience_again_and_again_is_told_of(house: House) -> None:
    """Twice is no fault; the third time in a row it is one in words, and it goes with the first answer."""
    await house.add_people("anna")
    house.system.failing["anna"] = Throttled("it asks for patience (429)", retry_after_seconds=100)
    async with house.running():
        await house.clock.advance(150)
        assert len(house.system.times("anna")) == 2
        assert (await house.row("anna")).failing_since is None
        await house.clock.advance(100)
        assert (await house.calendar("k_anna")).fault == "it asks for patience (429)"
        assert (await house.row("anna")).failing_since is not None
        house.system.failing.clear()
        await house.clock.advance(120)
        assert (await house.calendar("k_anna")).fault is None
        assert (await house.row("anna")).failing_since is None


@pytest.mark.parametrize("seconds", [-5, 0, 10**9, float("inf")], ids=str)
async def test_absurd_patience_is_bounded(house: House, seconds: float) -> None:
    """Not sooner than in a second, not later than in an hour and a tenth."""
    await house.add_people("anna")
    house.system.failing["anna"] = Throttled("too many requests", retry_after_seconds=seconds)
    async with house.running():
        house.system.failing.clear()
        await house.clock.advance(3961)
    first, second = house.system.times("anna")[:2]
    assert 1 <= second - first <= 3960


async def test_a_server_that_throttles_everybody_is_left_alone_as_a_whole(house: House) -> None:
    """After three calendars it is not asked for the others; when the time is over one goes to see."""
    names = [f"n{n}" for n in range(40)]
    await house.add_people(*names)
    house.system.failing.update({name: Throttled("too many requests", retry_after_seconds=300) for name in names})
    async with house.running():
        await house.clock.advance(200)
        assert len(house.system.asked) <= 2 + house.system.concurrency
        before = len(house.system.asked)
        await house.clock.advance(150)
        assert len(house.system.asked) - before <= 2
        house.system.failing.clear()
        await house.clock.advance(700)
        assert {asked.ref for asked in house.system.asked} == set(names)


async def test_calendars_that_hang_leave_the_others_their_turns(house: House) -> None:
    """Eight of twelve hang for ever; the four others are read about every minute all the same."""
    names = [f"n{n}" for n in range(12)]
    await house.add_people(*names)
    async with house.running():
        house.system.slow.update({name: float("inf") for name in names[:8]})
        await house.clock.advance(400)
        before = len(house.system.asked)
        await house.clock.advance(600)
        later = [asked.ref for asked in house.system.asked[before:]]
        assert all(later.count(name) >= 8 for name in names[8:])
        assert all([(await house.row(name)).failing_since is not None for name in names[:8]])


async def test_many_calendars_whose_server_was_away_come_back_without_a_stampede(house: House) -> None:
    """While it is away each is tried at most every fourth minute or so; afterwards all are read soon, a few at once."""
    names = [f"n{n}" for n in range(60)]
    for name in names:
        await house.add_person(name)
        await house.add_calendar(name)
    async with house.running():
        house.system.failing.update({name: Unreachable("away") for name in names})
        await house.clock.advance(900)
        before = len(house.system.asked)
        await house.clock.advance(600)
        assert len(house.system.asked) - before <= 3 * len(names)
        house.system.failing.clear()
        house.system.slow.update(dict.fromkeys(names, 0.2))
        house.system.most_at_once = 0
        await house.clock.advance(120)
        assert house.system.most_at_once <= house.system.concurrency
        rows = await house.store.as_store.load_rows(COMPANY)
        assert not [row.person.name for row in rows.rows if row.failing_since is not None]


async def test_a_reading_in_pieces_goes_on_at_once(house: House) -> None:
    """Nothing is known past what was read in full before the last piece; then all is."""
    await house.add_people("anna")
    house.system.put("anna", "1", booking(NOON, 60))
    house.system.put("anna", "2", booking(NOON + timedelta(hours=3), 60, "m: two"))
    house.system.piece = 1
    async with house.running():
        await house.clock.advance(5)
        assert len(house.system.asked) == 2
        row = await house.row("anna")
        assert [each.start for each in row.timetable] == [NOON, NOON + timedelta(hours=3)]
        assert (await house.calendar("k_anna")).read_until is not None
