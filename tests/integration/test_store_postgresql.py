"""A store on PostgreSQL: what is wrong is said in words, what was cut off is made anew, and nobody misses a commit."""

from __future__ import annotations

import time
import traceback
from collections.abc import AsyncGenerator, Generator

import anyio
import pytest
from anyio import to_thread

from callendar.contracts.store import Store, StoreAway, StoreError, StoreFull, StoreLocked
from callendar.store.open import migrate, open_store
from callendar.store.place import ServerPlace
from callendar.store.postgresql import driver
from callendar.store.postgresql.fault import tell
from tests.clock import HandClock
from tests.contracts.store_cast import ANNA, PLANNED_WITH, cast, plant, referral, row
from tests.postgres import KEYS, PASSWORD, PostgresServer, start_postgres

pytestmark = pytest.mark.anyio
NORTH = cast()
PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def own_postgres() -> Generator[PostgresServer]:
    """A server that tests may kill and start again."""
    with start_postgres() as server:
        yield server


@pytest.fixture
async def own_store(own_postgres: PostgresServer) -> AsyncGenerator[Store]:
    """A store in it."""
    opened = await open_store(own_postgres.url(own_postgres.create_database()), clock=HandClock(), keys=KEYS)
    await plant(opened, NORTH)
    yield opened
    await opened.close()


@pytest.fixture
async def store(postgres_url: str) -> AsyncGenerator[Store]:
    """A store in the server of all tests."""
    opened = await open_store(postgres_url, clock=HandClock(), keys=KEYS)
    await plant(opened, NORTH)
    yield opened
    await opened.close()


async def refuse(url: str) -> str:
    """What opening is refused with; the password stands neither there nor in the trace."""
    with pytest.raises(StoreError) as refused:
        await open_store(url, clock=HandClock(), keys=KEYS)
    assert PASSWORD not in "".join(traceback.format_exception(refused.value))
    return str(refused.value)


async def set_referral(store: Store, name: str) -> None:
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_referral(referral(name))
        await tx.save_row(row(NORTH.anna, len(name)), PLANNED_WITH)


async def referrals(store: Store) -> list[str]:
    return [each.id for each in (await store.load_causes(NORTH.id, ANNA)).orders.referrals]


def cut_off(postgres: PostgresServer, url: str, *, like: str = "callendar%") -> None:
    """End connections to a database, as an administrator might."""
    name = url.rpartition("/")[2]
    which = f"datname = '{name}' AND application_name LIKE '{like}'"
    postgres.run_sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {which}")


def restart(postgres: PostgresServer, as_standby: bool) -> None:
    """Stop a server, and start it as a standby or as one that can be written."""
    postgres.stop()
    postgres.make_standby(as_standby)
    postgres.start()


async def set_referrals_cut_off(store: Store, postgres: PostgresServer, url: str, first: str, *then: str) -> None:
    """All in one transaction, whose connection is ended after the first."""
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_referral(referral(first))
        await to_thread.run_sync(cut_off, postgres, url)
        for name in then:
            await tx.save_referral(referral(name))


# what cannot be opened --------------------------------------------------------------------------------------------


async def test_nobody_there_is_said(postgres: PostgresServer) -> None:
    """The address stands in the words, with stars for the password."""
    said = await refuse(f"postgresql://callendar:{PASSWORD}@127.0.0.1:9/calls")
    assert said.startswith("no PostgreSQL answers at postgresql://callendar:***@127.0.0.1:9/calls; see that it runs")


async def test_user_that_is_not_let_in_is_said(postgres: PostgresServer, postgres_url: str) -> None:
    """A wrong password, or an unknown user."""
    for url in (postgres_url.replace(PASSWORD, "wrong"), postgres_url.replace("callendar:", "stranger:")):
        assert "refuses the user; see that user and password are right" in await refuse(url)


async def test_missing_database_is_said(postgres: PostgresServer) -> None:
    """With the statement that makes it."""
    assert "make it: CREATE DATABASE calls OWNER" in await refuse(postgres.url("calls"))


async def test_an_authority_that_is_not_there_is_said(postgres_url: str) -> None:
    """By its file's name."""
    assert "nowhere.crt" in await refuse(f"{postgres_url}?sslmode=verify-full&sslrootcert=nowhere.crt")


async def test_missing_right_is_said(postgres: PostgresServer, postgres_url: str) -> None:
    """A user who may not make tables, or not use those that are there."""
    name = postgres_url.rpartition("/")[2]
    postgres.run_sql(f"ALTER DATABASE {name} OWNER TO postgres")
    assert f"make it the owner: ALTER DATABASE {name} OWNER TO" in await refuse(postgres_url)
    postgres.run_sql("CREATE TABLE meta (name text); CREATE TABLE alembic_version (version_num text)", name)
    assert "lacks a right" in await refuse(postgres_url)


async def test_server_without_a_free_connection_is_said(postgres: PostgresServer, postgres_url: str) -> None:
    """The mend is the server's setting, or an end to what is not needed."""
    name = postgres_url.rpartition("/")[2]
    postgres.run_sql(f"ALTER DATABASE {name} CONNECTION LIMIT 0")
    assert "has no connection left; end some" in await refuse(postgres_url)


async def test_other_programs_database_is_refused_and_left_alone(postgres: PostgresServer, postgres_url: str) -> None:
    """Neither opening nor migrating touches it."""
    name = postgres_url.rpartition("/")[2]
    postgres.run_sql("CREATE TABLE songs (id int)", name)
    assert "is the database of another program" in await refuse(postgres_url)
    with pytest.raises(StoreError, match="another program"):
        await migrate(postgres_url)
    assert postgres.run_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", name) == "songs"


async def test_newer_schema_is_refused(postgres: PostgresServer, postgres_url: str) -> None:
    """A release does not write into what a later one has made."""
    await migrate(postgres_url)
    postgres.run_sql("UPDATE alembic_version SET version_num = '9999'", postgres_url.rpartition("/")[2])
    assert "written by a newer release" in await refuse(postgres_url)


async def test_database_that_keeps_no_unicode_is_refused(postgres: PostgresServer) -> None:
    """Names of people would not fit."""
    postgres.run_sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    assert "is encoded in LATIN1; make a database with ENCODING 'UTF8'" in await refuse(postgres.url("latin"))


async def test_standby_is_refused_and_a_store_that_becomes_one_says_so(
    own_postgres: PostgresServer, own_store: Store
) -> None:
    """It can be read, not written."""
    name = own_postgres.run_sql("SELECT datname FROM pg_database ORDER BY oid DESC LIMIT 1")
    await to_thread.run_sync(restart, own_postgres, True)
    try:
        assert "it is a standby; give the address of the primary" in await refuse(own_postgres.url(name))
        assert await referrals(own_store) == []
        with pytest.raises(StoreAway, match="standby, or set read-only; give the address of the primary"):
            await set_referral(own_store, "r1")
    finally:
        await to_thread.run_sync(restart, own_postgres, False)
    await set_referral(own_store, "r1")


@pytest.mark.parametrize(
    ("state", "family", "words"),
    [
        pytest.param("53100", StoreFull, "is full; free some space", id="disk full"),
        pytest.param("55P03", StoreLocked, "somebody else holds", id="locked"),
        pytest.param("40P01", StoreAway, "in each other's way", id="deadlock"),
        pytest.param("57P03", StoreAway, "is starting or stopping", id="starting"),
        pytest.param("XX001", StoreError, "restore a backup", id="damaged"),
        pytest.param("42P01", StoreError, "tables are missing", id="no table"),
        pytest.param("22P02", StoreError, "could not be used: 22P02", id="unforeseen"),
    ],
)
async def test_every_fault_names_the_mend(state: str, family: type[StoreError], words: str) -> None:
    """By its SQLSTATE, the server's text being the server's affair."""
    error = Exception("whatever the server says of m: takeover")
    error.sqlstate = state  # pyright: ignore[reportAttributeAccessIssue]
    told = tell(error, ServerPlace(address="postgresql://u:hidden@db/calls", database="calls"))
    assert type(told) is family
    assert words in str(told)
    assert "takeover" not in str(told)
    assert "hidden" not in str(told)


# what is cut off --------------------------------------------------------------------------------------------------


async def test_cut_connection_breaks_one_transaction_and_not_the_next(
    store: Store, postgres: PostgresServer, postgres_url: str
) -> None:
    """Nothing of it stays; whoever asks next is answered at once, on connections that are made anew."""
    with pytest.raises(StoreAway, match="was lost, as when the server restarts"):
        await set_referrals_cut_off(store, postgres, postgres_url, "r1", "r2")
    await set_referral(store, "r3")
    assert await referrals(store) == ["r3"]
    await to_thread.run_sync(cut_off, postgres, postgres_url)
    assert await referrals(store) == ["r3"]


async def test_connection_cut_at_the_commit_leaves_it_open_what_was_kept(
    store: Store, postgres: PostgresServer, postgres_url: str
) -> None:
    """The words do not claim that it was not."""
    with pytest.raises(StoreAway, match="whether it did is not known: look before repeating it"):
        await set_referrals_cut_off(store, postgres, postgres_url, "r1")
    assert await referrals(store) == []


async def test_server_killed_and_started_again(own_postgres: PostgresServer, own_store: Store) -> None:
    """While it is away every request is refused in words; afterwards the next works."""
    await set_referral(own_store, "r1")
    await to_thread.run_sync(own_postgres.kill)
    for ask in (referrals(own_store), set_referral(own_store, "r2"), own_store.load_companies()):
        with pytest.raises(StoreAway) as away:
            await ask
        assert PASSWORD not in str(away.value)
    await to_thread.run_sync(own_postgres.start)
    assert await referrals(own_store) == ["r1"]
    await set_referral(own_store, "r3")
    assert await referrals(own_store) == ["r1", "r3"]


async def test_server_that_does_not_answer_is_given_up(
    own_postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever, and all goes on when it answers again."""
    monkeypatch.setattr(driver, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(driver, "CONNECT_SECONDS", 1)
    store = await open_store(own_postgres.url(own_postgres.create_database()), clock=HandClock(), keys=KEYS)
    await plant(store, NORTH)
    own_postgres.pause()
    try:
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(StoreAway, match="did not answer in time"):
            await referrals(store)
    finally:
        own_postgres.resume()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            assert await referrals(store) == []
            break
        except StoreAway:
            assert time.monotonic() < deadline
            await anyio.sleep(0.2)
    await store.close()


async def test_row_held_for_too_long_by_another_program_is_said(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waits in vain is told; when the other is done, it goes on."""
    monkeypatch.setitem(driver.SESSION, "lock_timeout", "200ms")
    store = await open_store(postgres_url, clock=HandClock(), keys=KEYS)
    await plant(store, NORTH)
    other = await driver.connect(ServerPlace(address=postgres_url, database="x"))
    await other.fetchval("SELECT set_config('lock_timeout', '0', false)")
    await other.execute("BEGIN; SELECT 1 FROM counters FOR UPDATE")
    with pytest.raises(StoreLocked, match="somebody else holds what is to be written"):
        await set_referral(store, "r1")
    await other.close()
    await set_referral(store, "r2")
    assert await referrals(store) == ["r2"]
    await store.close()


# who hears --------------------------------------------------------------------------------------------------------


async def settle(store: Store) -> None:
    """Hear of everything so far."""
    while True:
        with anyio.move_on_after(3) as quiet:
            await store.wait_for_change()
        if quiet.cancelled_caught:
            return


async def test_commit_is_heard_of_without_a_notification(
    store: Store, postgres: PostgresServer, postgres_url: str
) -> None:
    """Its process may have died in between: the look finds it."""
    await settle(store)
    postgres.run_sql("UPDATE counters SET n = n + 1", postgres_url.rpartition("/")[2])
    with anyio.fail_after(PATIENCE_SECONDS):
        await store.wait_for_change()


async def test_commit_is_heard_of_after_the_connection_that_listens_was_cut(
    store: Store, postgres: PostgresServer, postgres_url: str
) -> None:
    """It is made again, and what came meanwhile is told of."""
    await settle(store)
    await to_thread.run_sync(lambda: cut_off(postgres, postgres_url, like="callendar listens"))
    with anyio.fail_after(PATIENCE_SECONDS):
        await store.wait_for_change()
    other = await open_store(postgres_url, clock=HandClock(), keys=KEYS)
    await settle(store)
    await set_referral(other, "r1")
    with anyio.fail_after(PATIENCE_SECONDS):
        await store.wait_for_change()
    await other.close()
