"""The store: users, their passwords and sessions, and tries to sign in."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest
from msgspec import structs

from callendar.contracts.kept import Audit, TryKey, User
from callendar.contracts.store import Conflict, NotFound, Store
from callendar.domain.limit import Limit
from callendar.domain.person import ViewerId
from callendar.domain.privacy import Viewer
from tests.clock import START
from tests.contracts.store_cast import ANNA, LATER, cast, plant

pytestmark = pytest.mark.anyio

NORTH, SOUTH = cast(), cast("co_south")
SESSION = sha256(b"session").digest()
USER = User(
    id=ViewerId("u_1"),
    company_id=NORTH.id,
    email="anna@x.example",
    name="Anna",
    role="colleague",
    person_id=ANNA,
    created_at=START,
    has_password=True,
)
AS_ANNA = Viewer(id=USER.id, company_id=NORTH.id, role="colleague", name="Anna", person_id=ANNA)
LIMIT = Limit(free=2, first_seconds=10, most_seconds=60, forgotten_seconds=600)
KEY, OTHER_KEY = TryKey(kind="account", key=b"1"), TryKey(kind="address", key=b"1")


async def sign_in(store: Store, password_hash: str | None = "hash-1") -> None:
    """A session of hers."""
    await store.save_session(USER.id, SESSION, START, LATER, password_hash=password_hash)


async def test_a_user_is_kept_changed_and_removed(store: Store) -> None:
    """Her address is hers alone in the company; she may be a user of another too; her password stays as it was."""
    await plant(store, NORTH)
    await plant(store, SOUTH)
    await store.save_user(USER, password_hash="hash-1")
    south = structs.replace(USER, id=ViewerId("u_2"), company_id=SOUTH.id)
    await store.save_user(south, password_hash="hash-2")
    with pytest.raises(Conflict):
        await store.save_user(structs.replace(USER, id=ViewerId("u_3")))
    changed = structs.replace(USER, name="Anna S", role="telephonist")
    await store.save_user(changed, password_hash="not used")
    assert await store.load_users(NORTH.id) == [changed]
    assert [each.password_hash for each in await store.load_accounts(USER.email)] == ["hash-1", "hash-2"]
    assert await store.load_viewer_ids(NORTH.id) == {USER.id}
    with pytest.raises(NotFound):
        await store.delete_user(SOUTH.id, USER.id)
    await store.delete_user(NORTH.id, USER.id)
    assert await store.load_users(NORTH.id) == []
    assert await store.load_users(SOUTH.id) == [south]


async def test_a_session_of_a_user_ends_with_what_let_her_in(store: Store) -> None:
    """With another password, when she is disabled, with her person, and with herself."""
    await plant(store, NORTH)
    await store.save_user(USER, password_hash="hash-1")
    await sign_in(store)
    assert await store.load_viewer(SESSION, START) == AS_ANNA
    assert await store.load_viewer_by_id(NORTH.id, USER.id) == AS_ANNA
    assert not await store.save_password(NORTH.id, USER.id, "hash-9", replacing="hash-0")
    assert await store.save_password(NORTH.id, USER.id, "hash-1b", replacing="hash-1", keep_sessions=True)
    assert await store.load_viewer(SESSION, START) == AS_ANNA
    assert await store.save_password(NORTH.id, USER.id, "hash-2")
    assert await store.load_viewer(SESSION, START) is None
    with pytest.raises(NotFound):
        await sign_in(store, "hash-1")
    await sign_in(store, "hash-2")
    await store.save_user(structs.replace(USER, disabled_at=START))
    await store.save_user(USER)
    assert await store.load_viewer(SESSION, START) is None
    await sign_in(store, "hash-2")
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_person(ANNA, START)
    assert await store.load_viewer(SESSION, START) is None
    assert (await store.load_users(NORTH.id))[0].disabled_at == START
    with pytest.raises(NotFound):
        await sign_in(store, "hash-2")
    assert await store.load_viewer_by_id(NORTH.id, USER.id) is None


async def test_a_session_that_is_used_lasts_longer_within_its_most(store: Store) -> None:
    """Never shorter."""
    await plant(store, NORTH)
    await store.save_user(USER, password_hash="hash-1")
    soon = START + timedelta(hours=1)
    await store.save_session(USER.id, SESSION, START, soon, password_hash="hash-1")
    await store.prolong_session(SESSION, START + timedelta(days=2), timedelta(days=1))
    await store.prolong_session(SESSION, soon, timedelta(days=1))
    end = START + timedelta(days=1)
    assert await store.load_viewer(SESSION, end - timedelta(seconds=1)) == AS_ANNA
    assert await store.load_viewer(SESSION, end) is None
    await store.prolong_session(b"nobody's", LATER, timedelta(days=1))


async def test_tries_are_counted_together_or_not_at_all(store: Store) -> None:
    """Up to the limit of any; taken back or ended they are free again; forgotten after their while."""
    both = {KEY: LIMIT, OTHER_KEY: structs.replace(LIMIT, free=100)}
    assert [await store.count_try(both, START) for _ in range(4)] == [0, 0, 10, 10]
    assert await store.count_try({OTHER_KEY: structs.replace(LIMIT, free=2)}, START) == 10, "two were counted"
    assert await store.count_try(both, START + timedelta(seconds=10)) == 0
    assert await store.count_try(both, START + timedelta(seconds=10)) == 20
    await store.take_back_try(KEY)
    assert await store.count_try(both, START + timedelta(seconds=20)) == 0
    await store.end_tries(KEY, START)
    assert await store.count_try({KEY: LIMIT}, START) == 0
    assert not await store.has_tries(TryKey(kind="device", key=b"1"))
    assert await store.has_tries(KEY)


async def test_old_tries_are_swept(store: Store) -> None:
    """By those that come; a browser that is known stays longer."""
    device = TryKey(kind="device", key=b"1")
    await store.end_tries(device, START)
    await store.count_try({KEY: LIMIT}, START)
    await store.count_try({OTHER_KEY: LIMIT}, START + timedelta(days=2))
    assert not await store.has_tries(KEY)
    assert await store.has_tries(device)
    await store.count_try({OTHER_KEY: LIMIT}, START + timedelta(days=91))
    assert not await store.has_tries(device)


async def test_a_write_that_is_refused_leaves_no_trail(store: Store) -> None:
    """What is audited is kept together with what it tells of."""
    await plant(store, NORTH)
    audit = Audit(at=START, company_id=NORTH.id, by="u_9", by_name="Nine", action="user_add", person_id=None, detail={})
    await store.save_user(USER, audit=audit)
    with pytest.raises(Conflict):
        await store.save_user(structs.replace(USER, id=ViewerId("u_3")), audit=audit)
    assert len(await store.load_audit(NORTH.id, 10)) == 1
