"""The store: connections, calendars and their readings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec import structs

from callendar.contracts.source import Known, ReadObject
from callendar.contracts.store import NotFound, Store
from callendar.domain.booking import CalendarId, ConnectionId
from callendar.domain.person import Person
from callendar.domain.rules import Company
from tests.clock import START
from tests.connections import save_connection
from tests.contracts.store_cast import (
    ANNA,
    BO,
    CALENDAR,
    CONNECTION,
    LATER,
    apply,
    booking,
    cast,
    every_kind_of_booking,
    plant,
    read,
    reading,
    subjects,
)

pytestmark = pytest.mark.anyio
NORTH = cast()


async def known(store: Store) -> Known | None:
    return (await store.load_calendar_sync(NORTH.id, CALENDAR)).known


async def bookings(store: Store) -> list[str | None]:
    return subjects(await store.load_causes(NORTH.id, ANNA))


async def test_calendar_not_yet_read_is_read_from_the_start(store: Store) -> None:
    """Nothing is known of it; all that a reader needs is there."""
    await plant(store, NORTH)
    sync = await store.load_calendar_sync(NORTH.id, CALENDAR)
    assert (sync.calendar, sync.person, sync.slid_at, sync.known) == (NORTH.calendar, NORTH.anna, START, None)
    with pytest.raises(NotFound):
        await store.load_calendar_sync(NORTH.id, CalendarId("k_none"))


async def test_bookings_come_back_as_they_were_read(store: Store) -> None:
    """Every field and every shape of a value survives."""
    await plant(store, NORTH)
    every = every_kind_of_booking()
    assert await apply(store, NORTH, reading({"a": read(*every), "b": read()}, complete=True))
    (calendar,) = (await store.load_causes(NORTH.id, ANNA)).calendars
    assert set(calendar.bookings) == set(every)
    assert len(calendar.bookings) == len(every)
    assert calendar.calendar == structs.replace(NORTH.calendar, read_until=LATER)
    assert await known(store) == Known(cursor="c1", etags={"a": "1", "b": "1"})


async def test_reading_changes_only_what_it_names(store: Store) -> None:
    """Objects not named stay, unless the reading is complete; those gone go."""
    await plant(store, NORTH)
    names = ("a", "b", "c", "d")
    assert await apply(store, NORTH, reading({name: read(booking(name)) for name in names}, complete=True))
    changed = reading({"a": read(booking("A"), etag="2")}, gone=frozenset({"b", "unheard of"}), cursor="c2")
    assert await apply(store, NORTH, changed)
    assert await bookings(store) == ["A", "c", "d"]
    assert await known(store) == Known(cursor="c2", etags={"a": "2", "c": "1", "d": "1"})
    complete = reading({"c": read(booking("C"), etag="2")}, unchanged=frozenset({"a"}), cursor=None, complete=True)
    assert await apply(store, NORTH, complete)
    assert await bookings(store) == ["A", "C"]
    assert await known(store) == Known(cursor=None, etags={"a": "2", "c": "2"})


async def test_reading_of_thousands_is_applied_whole(store: Store) -> None:
    """More objects than one statement may name."""
    await plant(store, NORTH)
    many = {f"r{number:05}": read(booking(str(number))) for number in range(1_300)}
    assert await apply(store, NORTH, reading(many, complete=True))
    assert len(await bookings(store)) == 1_300
    assert not await apply(store, NORTH, reading(complete=True, unchanged=frozenset(many)))
    assert await apply(store, NORTH, reading(gone=frozenset(list(many)[:1_299])))
    assert await bookings(store) == ["1299"]


async def test_reading_that_changes_no_booking_says_so(store: Store) -> None:
    """A new etag, another order of the same bookings, an object without any: nobody's timetable can differ."""
    await plant(store, NORTH)
    first, second = booking("1"), booking("2")
    assert await apply(store, NORTH, reading({"a": read(first, second)}, complete=True))
    same = reading({"a": read(second, first, etag="2"), "b": read()}, cursor="c2")
    assert not await apply(store, NORTH, same)
    assert await known(store) == Known(cursor="c2", etags={"a": "2", "b": "1"})
    assert not await apply(store, NORTH, reading(gone=frozenset({"b"})))
    assert await apply(store, NORTH, reading(), read_until=LATER + timedelta(days=1))


async def test_a_partial_reading_makes_known_what_it_has_and_nothing_else(store: Store) -> None:
    """After a drop what was kept counts on, but whatever its server has of it is news; nothing is taken for gone."""
    await plant(store, NORTH)
    assert await apply(store, NORTH, reading({name: read(booking(name)) for name in ("a", "b")}, complete=True))
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.drop_known(ANNA)
    piece = structs.replace(reading({"a": read(booking("A"), etag="2")}, cursor=None), partial=True)
    assert await apply(store, NORTH, piece)
    assert await bookings(store) == ["A", "b"]
    assert await known(store) == Known(cursor=None, etags={"a": "2", "b": ""})


async def test_an_object_that_could_not_be_read_keeps_its_bookings(store: Store) -> None:
    """With its fault; one that was never read has none to keep."""
    await plant(store, NORTH)
    assert await apply(store, NORTH, reading({"a": read(booking("a"))}, complete=True))
    slow = ReadObject(etag="", bookings=(), faults=("too slow",), stands=True)
    assert not await apply(store, NORTH, reading({"a": slow, "b": slow}))
    assert await bookings(store) == ["a"]
    assert await known(store) == Known(cursor="c1", etags={"a": "", "b": ""})
    assert await store.load_object_faults(NORTH.id, CALENDAR) == ["too slow", "too slow"]


async def test_first_failure_stays_until_a_reading(store: Store) -> None:
    """`failing_since` is the first in a row; its words are the last; a reading clears both."""
    await plant(store, NORTH)
    await apply(store, NORTH, reading({"a": read(booking())}, complete=True))
    later = START + timedelta(minutes=5)
    async with store.change(NORTH.id, [ANNA]) as tx:
        assert await tx.save_fault(CALENDAR, START, "no answer")
        assert not await tx.save_fault(CALENDAR, later, "wrong password")
    (calendar,) = await store.load_calendars(NORTH.id, ANNA)
    assert (calendar.failing_since, calendar.fault) == (START, "wrong password")
    assert await bookings(store) == ["m: Budget"]
    assert await known(store) is not None
    assert await apply(store, NORTH, reading())
    (calendar,) = await store.load_calendars(NORTH.id, ANNA)
    assert (calendar.failing_since, calendar.fault) == (None, None)


async def test_reading_of_a_calendar_that_is_gone_is_not_found(store: Store) -> None:
    """A calendar removed while it was read takes nothing."""
    await plant(store, NORTH)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_calendar(CALENDAR)
    with pytest.raises(NotFound):
        await apply(store, NORTH, reading({"a": read(booking())}, complete=True))


# what drops what is known -----------------------------------------------------------------------------------------


async def read_once(store: Store) -> None:
    await plant(store, NORTH)
    await apply(store, NORTH, reading({"a": read(booking())}, complete=True))
    assert await known(store) is not None


def other_keywords(company: Company) -> Company:
    return structs.replace(company, reasons=(structs.replace(company.reasons[0], keywords={"en": ("x",)}),))


def other_diverts(company: Company) -> Company:
    return structs.replace(company, rules=structs.replace(company.rules, allowed_diverts=("112",)))


def other_grace(company: Company) -> Company:
    return structs.replace(company, rules=structs.replace(company.rules, grace_minutes=1))


@pytest.mark.parametrize(
    ("change", "drops"),
    [
        pytest.param(other_keywords, True, id="keywords"),
        pytest.param(other_diverts, True, id="diverts"),
        pytest.param(other_grace, False, id="grace"),
    ],
)
async def test_company_that_changes_marks_has_calendars_read_anew(
    store: Store, change: Callable[[Company], Company], drops: bool
) -> None:
    """Keywords and diverts decide what is kept of private bookings; other rules do not."""
    await read_once(store)
    await store.save_company(change(NORTH.company))
    assert (await known(store) is None) == drops
    assert await bookings(store) == ["m: Budget"]


@pytest.mark.parametrize(
    ("person", "drops"),
    [
        pytest.param(structs.replace(NORTH.anna, zone="Europe/Helsinki"), True, id="zone"),
        pytest.param(structs.replace(NORTH.anna, email="a@y.example"), True, id="email"),
        pytest.param(structs.replace(NORTH.anna, addresses=("b@y.example",)), True, id="addresses"),
        pytest.param(structs.replace(NORTH.anna, keywords={"meeting": ("x",)}), True, id="keywords"),
        pytest.param(structs.replace(NORTH.anna, addresses=("ANNA@x.example",)), False, id="the same address"),
        pytest.param(structs.replace(NORTH.anna, name="Anna B", department="Sales"), False, id="name"),
    ],
)
async def test_person_read_otherwise_has_her_calendars_read_anew(store: Store, person: Person, drops: bool) -> None:
    """Zone, addresses and own keywords decide how a calendar is read; a name does not."""
    await read_once(store)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_person(person, START)
    assert (await known(store) is None) == drops
    assert (await store.load_causes(NORTH.id, ANNA)).person == person


async def test_dropped_is_known_again_after_a_complete_reading(store: Store) -> None:
    """Changes alone, or a cursor moved on, do not make known what was dropped."""
    await read_once(store)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.drop_known(ANNA)
    assert await known(store) is None
    await store.save_progress(NORTH.id, {}, {CALENDAR: "c9"})
    assert await apply(store, NORTH, reading({"b": read(booking("b"))}))
    assert await known(store) is None
    assert await bookings(store) == ["b", "m: Budget"]
    assert await apply(store, NORTH, reading({"a": read(booking("a"))}, complete=True))
    assert await known(store) == Known(cursor="c1", etags={"a": "1"})


async def test_reading_begun_before_the_drop_does_not_make_known(store: Store) -> None:
    """Keywords changed while a calendar was read from the start: what it brings counts, and it is read once more."""
    await plant(store, NORTH)
    begun_with = (await store.load_calendar_sync(NORTH.id, CALENDAR)).drops
    await store.save_company(other_keywords(NORTH.company))
    complete = reading({"a": read(booking())}, complete=True)
    assert await apply(store, NORTH, complete, drops=begun_with)
    assert await bookings(store) == ["m: Budget"]
    assert await known(store) is None
    begun_with = (await store.load_calendar_sync(NORTH.id, CALENDAR)).drops
    assert not await apply(store, NORTH, complete, drops=begun_with)
    assert await known(store) is not None


# connections and calendars ----------------------------------------------------------------------------------------


async def test_calendar_elsewhere_starts_afresh(store: Store) -> None:
    """Another ref drops bookings, what is known, how far it was read and the fault."""
    await read_once(store)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_fault(CALENDAR, START, "no answer")
        await tx.save_calendar(structs.replace(NORTH.calendar, ref="/other/", read_until=LATER))
    assert await store.load_calendars(NORTH.id) == [structs.replace(NORTH.calendar, ref="/other/")]
    assert await bookings(store) == []
    assert await known(store) is None


async def test_calendar_renamed_keeps_what_was_read(store: Store) -> None:
    """Settings come from whoever edits, what was found out from readings, however old the copy that is edited."""
    await read_once(store)
    renamed = structs.replace(NORTH.calendar, name="Mine", order=3, marks=False)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_calendar(renamed)
    assert await store.load_calendars(NORTH.id) == [structs.replace(renamed, read_until=LATER)]
    assert await known(store) is not None


async def test_calendars_come_in_the_order_of_her_list(store: Store) -> None:
    """Those not selected are no cause, but are listed."""
    await plant(store, NORTH)
    second = structs.replace(NORTH.calendar, id=CalendarId("k_0"), ref="/2/", order=2)
    unselected = structs.replace(NORTH.calendar, id=CalendarId("k_1"), ref="/1/", order=1, selected=False)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_calendar(second)
        await tx.save_calendar(unselected)
        causes = await tx.load_causes(ANNA)
    assert [each.calendar.id for each in causes.calendars] == [CALENDAR, "k_0"]
    assert [each.id for each in await store.load_calendars(NORTH.id, ANNA)] == [CALENDAR, "k_1", "k_0"]
    assert await store.load_calendars(NORTH.id, BO) == []


async def test_progress_is_kept_beside_rows_and_versions(store: Store) -> None:
    """When a connection was read and where a cursor stands make no version."""
    await read_once(store)
    n = await store.load_counter(NORTH.id)
    await store.save_progress(NORTH.id, {CONNECTION: LATER, ConnectionId("c_none"): LATER}, {CALENDAR: "c2"})
    assert [each.read_at for each in await store.load_connections(NORTH.id)] == [LATER]
    assert (await known(store) or Known(cursor=None, etags={})).cursor == "c2"
    assert await store.load_counter(NORTH.id) == n


async def test_connection_changed_keeps_when_it_was_read(store: Store) -> None:
    """Another secret is the same system; another address is another, and read from the start."""
    await read_once(store)
    await store.save_progress(NORTH.id, {CONNECTION: LATER}, {})
    changed = structs.replace(NORTH.connection, secret="other", name="Ours")
    await save_connection(store, changed)
    assert await store.load_connections(NORTH.id) == [structs.replace(changed, read_at=LATER)]
    assert await known(store) is not None
    await save_connection(store, structs.replace(changed, settings={"url": "http://y"}))
    assert await known(store) is None


async def test_sync_request_is_taken_once(store: Store) -> None:
    """Asked twice, taken once; what is not there is not asked for."""
    await plant(store, NORTH)
    await store.request_sync(NORTH.id, [CALENDAR, CalendarId("k_none")])
    await store.request_sync(NORTH.id, [CALENDAR])
    assert await store.take_sync_requests(NORTH.id) == [CALENDAR]
    assert list(await store.take_sync_requests(NORTH.id)) == []


async def test_faults_of_single_objects_are_kept(store: Store) -> None:
    """As long as the object stays as it is, in order of refs."""
    await plant(store, NORTH)
    objects = {"b": read(faults=("second",)), "a": read(booking(), faults=("first", "more")), "c": read()}
    await apply(store, NORTH, reading(objects, complete=True))
    assert await store.load_object_faults(NORTH.id, CALENDAR) == ["first", "more", "second"]
    assert not await apply(store, NORTH, reading({"a": read(booking(), etag="2")}))
    assert await store.load_object_faults(NORTH.id, CALENDAR) == ["second"]
