"""The store: tokens, sessions, and two companies that are equal in everything."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from msgspec import structs

from callendar.contracts.kept import Notice, TimetableKey, Token
from callendar.contracts.store import Conflict, NotFound, Store
from callendar.domain.hand import AppMark, Orders, Silence
from callendar.domain.person import ViewerId
from callendar.domain.privacy import Viewer
from tests.clock import START
from tests.connections import delete_connection
from tests.contracts.store_cast import (
    ANNA,
    BO,
    CALENDAR,
    CONNECTION,
    LATER,
    PLANNED_WITH,
    Cast,
    apply,
    booking,
    cast,
    plant,
    read,
    reading,
    referral,
    row,
)

pytestmark = pytest.mark.anyio
NORTH = cast()
SECRET, SESSION = sha256(b"secret").digest(), sha256(b"session").digest()
TOKEN = Token(
    id=ViewerId("t_1"), company_id=NORTH.id, role="telephonist", name="Tora", person_id=ANNA, created_at=START
)
TORA = Viewer(id=TOKEN.id, company_id=NORTH.id, role="telephonist", name="Tora", person_id=ANNA)


async def test_token_names_its_holder(store: Store) -> None:
    """By its hash, by its id; anything else names nobody."""
    await plant(store, NORTH)
    await store.save_token(TOKEN, SECRET)
    assert await store.load_viewer(SECRET, START) == TORA
    assert await store.load_viewer_by_id(NORTH.id, TOKEN.id) == TORA
    assert await store.load_viewer(SESSION, START) is None
    assert await store.load_viewer_by_id(NORTH.id, ViewerId("t_2")) is None
    with pytest.raises(Conflict):
        await store.save_token(TOKEN, SECRET)


async def test_tokens_are_listed_newest_last(store: Store) -> None:
    """Revoked ones too."""
    await plant(store, NORTH)
    older = structs.replace(TOKEN, id=ViewerId("t_2"), created_at=START - timedelta(days=1), person_id=None)
    await store.save_token(TOKEN, SECRET)
    await store.save_token(older, SESSION)
    await store.revoke_token(NORTH.id, older.id, START)
    await store.revoke_token(NORTH.id, older.id, LATER)
    assert await store.load_tokens(NORTH.id) == [structs.replace(older, revoked_at=START), TOKEN]
    with pytest.raises(NotFound):
        await store.revoke_token(NORTH.id, ViewerId("t_3"), START)


async def test_session_acts_as_its_token_until_it_ends(store: Store) -> None:
    """It ends at its instant, at a sign-out, and with its token."""
    await plant(store, NORTH)
    await store.save_token(TOKEN, SECRET)
    await store.save_session(TOKEN.id, SESSION, START, LATER)
    assert await store.load_viewer(SESSION, LATER - timedelta(seconds=1)) == TORA
    assert await store.load_viewer(SESSION, LATER) is None
    await store.delete_session(SESSION)
    await store.delete_session(SESSION)
    assert await store.load_viewer(SESSION, START) is None
    await store.save_session(TOKEN.id, SESSION, START, LATER)
    await store.revoke_token(NORTH.id, TOKEN.id, START)
    assert await store.load_viewer(SESSION, START) is None
    assert await store.load_viewer(SECRET, START) is None
    assert await store.load_viewer_by_id(NORTH.id, TOKEN.id) is None
    with pytest.raises(NotFound):
        await store.save_session(ViewerId("t_9"), SESSION, START, LATER)


async def test_token_of_a_person_ends_with_her(store: Store) -> None:
    """Nobody acts for somebody who is gone."""
    await plant(store, NORTH)
    await store.save_token(TOKEN, SECRET)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_person(ANNA, START)
    assert await store.load_viewer(SECRET, START) is None
    assert await store.load_tokens(NORTH.id) == [structs.replace(TOKEN, revoked_at=START)]


KEY = TimetableKey(id="tk_1", company_id=NORTH.id, person_id=ANNA, viewer_id=TOKEN.id, created_at=START)
KEY_SECRET = sha256(b"key").digest()


async def test_a_timetable_key_is_found_by_its_secret_until_it_is_revoked(store: Store) -> None:
    """Listed with the person, the newest last; nobody else's person has it."""
    await plant(store, NORTH)
    await store.save_token(TOKEN, SECRET)
    older = structs.replace(KEY, id="tk_2", created_at=START - timedelta(days=1))
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_timetable_key(KEY, KEY_SECRET)
        await tx.save_timetable_key(older, SESSION)
    assert await store.find_timetable_key(KEY_SECRET) == KEY
    assert await store.find_timetable_key(SECRET) is None
    assert await store.load_timetable_keys(NORTH.id, ANNA) == [older, KEY]
    assert await store.load_timetable_keys(NORTH.id, BO) == []
    async with store.change(NORTH.id, [ANNA]) as tx:
        for person, key in ((BO, "tk_1"), (ANNA, "tk_3")):
            with pytest.raises(NotFound):
                await tx.delete_timetable_key(person, key)
        await tx.delete_timetable_key(ANNA, "tk_1")
    assert await store.find_timetable_key(KEY_SECRET) is None
    assert await store.load_timetable_keys(NORTH.id, ANNA) == [older]


@pytest.mark.parametrize("how", ["person", "token"])
async def test_a_timetable_key_goes_with_its_person_and_its_maker(store: Store, how: str) -> None:
    """It is kept no longer than it can open anything."""
    await plant(store, NORTH)
    await store.save_token(TOKEN, SECRET)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_timetable_key(KEY, KEY_SECRET)
    if how == "token":
        await store.revoke_token(NORTH.id, TOKEN.id, START)
    else:
        async with store.change(NORTH.id, [ANNA]) as tx:
            await tx.delete_person(ANNA, START)
    assert await store.find_timetable_key(KEY_SECRET) is None


# two companies ----------------------------------------------------------------------------------------------------


async def everything(store: Store, whose: Cast) -> list[object]:
    """What every question answers about one company."""
    id_ = whose.id
    return [
        await store.load_company(id_),
        await store.load_rows(id_),
        await store.load_rows_since(id_, 0),
        await store.load_counter(id_),
        await store.load_causes(id_, ANNA),
        await store.load_row_headers(id_),
        await store.load_connections(id_),
        await store.load_calendars(id_),
        await store.load_calendar_sync(id_, CALENDAR),
        await store.load_object_faults(id_, CALENDAR),
        await store.load_tokens(id_),
        await store.load_timetable_keys(id_, ANNA),
        await store.load_notices(id_, ANNA),
        await store.load_audit(id_, 100),
        await store.load_change(id_, "x1"),
        await store.find_referral(id_, referral("r1").id),
    ]


async def live(store: Store, whose: Cast, words: str) -> None:
    """Write everything there is to write about one company."""
    await apply(store, whose, reading({"a": read(booking(words), faults=(words,))}, complete=True))
    async with store.change(whose.id, [ANNA]) as tx:
        await tx.save_referral(referral("r1", words))
        await tx.save_silence(Silence(person_id=ANNA, key="u1", given=START, in_force=words == "north"))
        await tx.save_mark(AppMark(person_id=ANNA, key="u1", mark=words))
        await tx.save_notices(ANNA, [Notice(id="n_1", person_id=ANNA, claim="u1", word=words, suggestion="m")])
        await tx.record_change("x1", ANNA, START, ViewerId("t_1"), (await tx.load_causes(ANNA)).orders)
        await tx.save_row(row(whose.anna, 1 if words == "north" else 2), PLANNED_WITH)


async def test_two_equal_companies_never_meet(store: Store) -> None:
    """The same ids, extensions, addresses, keywords, refs and UIDs: whatever is done to one leaves the other be."""
    north, south = cast("co_north"), cast("co_south")
    await plant(store, north)
    await plant(store, south)
    await live(store, north, "north")
    before = await everything(store, north)
    await live(store, south, "south")
    assert "north" not in repr((await everything(store, south))[1:]).replace("co_north", "")
    assert "co_north" not in repr(await everything(store, south))
    await store.save_company(structs.replace(south.company, reasons=(), zone="Europe/Oslo"))
    await store.save_progress(south.id, {CONNECTION: LATER}, {CALENDAR: "c9"})
    await store.request_sync(south.id, [CALENDAR])
    await store.mark_notice_seen(south.id, ANNA, "n_1")
    async with store.change(south.id, [ANNA, BO]) as tx:
        await tx.save_fault(CALENDAR, START, "no answer")
        await tx.restore_orders(ANNA, Orders())
        await tx.drop_known(ANNA)
        await tx.delete_silence(ANNA, "u1")
        await tx.delete_mark(ANNA, "u1", series=False)
        await tx.delete_person(BO, START)
    async with store.change(south.id, [ANNA]) as tx:
        await tx.delete_calendar(CALENDAR)
        await tx.delete_person(ANNA, START)
    await delete_connection(store, south.id, CONNECTION)
    assert await everything(store, north) == before
    assert list(await store.take_sync_requests(north.id)) == []


async def test_token_of_one_company_is_nobody_in_the_other(store: Store) -> None:
    """It can be neither looked up nor revoked from there."""
    south = cast("co_south")
    await plant(store, NORTH)
    await plant(store, south)
    await store.save_token(TOKEN, SECRET)
    assert await store.load_viewer_by_id(south.id, TOKEN.id) is None
    assert await store.load_tokens(south.id) == []
    with pytest.raises(NotFound):
        await store.revoke_token(south.id, TOKEN.id, START)
    assert await store.load_viewer(SECRET, START) == TORA
