"""Secrets of connections: sealed in the file, opened by whoever has the key, and by nobody else."""

from __future__ import annotations

import logging
import random
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from msgspec import structs
from rich.pretty import pretty_repr

from callendar.contracts.store import Store, StoreError
from callendar.domain.booking import Connection, ConnectionId
from callendar.domain.rules import CompanyId
from callendar.store.backup import back_up
from callendar.store.body import CALENDAR, CONNECTION
from callendar.store.key import KeyFault, KeyPlace, KeyRing, new_key
from callendar.store.open import open_store
from callendar.store.restore import restore
from callendar.store.schema import SEALED
from tests.clock import START, HandClock
from tests.connections import save_connection
from tests.contracts.store_cast import ANNA, Cast, cast, plant

pytestmark = pytest.mark.anyio

HOST, USER, PASSWORD = "planted-host.example", "planted-user", "planted-password"
WORDS = (HOST, USER, PASSWORD, "planted-path")
NORTH = cast("co_north")
KILLS = 4


def secret_cast(company_id: str = "co_north") -> Cast:
    """A company whose connection and calendar hold the planted words."""
    plain = cast(company_id)
    return Cast(
        plain.company,
        plain.anna,
        plain.bo,
        structs.replace(
            plain.connection,
            settings={"url": f"https://{HOST}/planted-path/", "user": USER},
            secret=PASSWORD,
        ),
        structs.replace(plain.calendar, ref=f"https://{HOST}/planted-path/{USER}/"),
    )


@asynccontextmanager
async def opened(file: Path, keys: KeyPlace | None = None) -> AsyncGenerator[Store]:
    """The store on a file, for as long as the block lasts."""
    store = await open_store(file, clock=HandClock(), keys=keys)
    try:
        yield store
    finally:
        await store.close()


def readable(file: Path) -> set[str]:
    """Which of the planted words stand anywhere in the database's files."""
    return {word for word in WORDS if word.encode() in in_files(file)}


def in_files(file: Path) -> bytes:
    """Everything that stands in the database's file and those beside it."""
    return b"".join(each.read_bytes() for each in file.parent.glob(f"{file.name}*"))


def key_file(file: Path) -> Path:
    """Where the key is unless somebody says otherwise."""
    return file.with_name(f"{file.name}.key")


def keys_in(file: Path) -> list[str]:
    """The keys there, the newest first."""
    return key_file(file).read_text().split()


async def the_connection(store: Store, company_id: str = "co_north") -> Connection:
    """The only one of a company."""
    (connection,) = await store.load_connections(CompanyId(company_id))
    return connection


async def test_nothing_of_a_connection_can_be_read_in_the_files(tmp_path: Path) -> None:
    """Not after it was saved, nor changed, nor after a rotation, while the store is open or when it is closed."""
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as store:
        await plant(store, whose)
        assert readable(file) == set()
        await save_connection(store, structs.replace(whose.connection, secret=f"{PASSWORD}-2"))
        await store.reseal(drop=True)
        assert readable(file) == set()
        assert await the_connection(store) == structs.replace(whose.connection, secret=f"{PASSWORD}-2")
        assert await store.load_calendars(whose.id) == [whose.calendar]
    assert readable(file) == set()


async def test_old_ciphertext_leaves_the_files_with_its_key(tmp_path: Path) -> None:
    """After a rotation nothing that the older key opens is left to be found."""
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as store:
        await plant(store, whose)
    before = sealed_bodies(file)
    assert len(before) == 2
    async with opened(file) as store:
        await store.reseal(drop=True)
    raw = in_files(file)
    assert not [token for token in before if token.encode() in raw]


def sealed_bodies(file: Path) -> list[str]:
    """What is sealed, as it stands."""
    with sqlite3.connect(file) as raw:
        connections = [CONNECTION.decode(body).secret for (body,) in raw.execute("SELECT body FROM connections")]
        calendars = [CALENDAR.decode(body).ref for (body,) in raw.execute("SELECT body FROM calendars")]
    raw.close()
    return [each for each in (*connections, *calendars) if each is not None]


def unseal(file: Path, whose: Cast) -> None:
    """Make of the file what a release before sealing left: the words readable, in free pages too."""
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA secure_delete=OFF")
        raw.execute("CREATE TABLE scrap (text TEXT)")
        raw.executemany("INSERT INTO scrap VALUES (?)", [(f"{PASSWORD} {HOST} " * 100,)] * 50)
        raw.execute("DROP TABLE scrap")
        raw.execute("UPDATE connections SET body = ?", (CONNECTION.encode(whose.connection),))
        raw.execute("UPDATE calendars SET body = ?", (CALENDAR.encode(whose.calendar),))
        raw.execute("DELETE FROM meta WHERE name = ?", (SEALED,))
    raw.close()


async def test_a_readable_database_is_sealed_when_it_is_opened(tmp_path: Path) -> None:
    """Everything means what it meant, and what was readable is gone, from free pages too."""
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as store:
        await plant(store, whose)
    unseal(file, whose)
    assert readable(file) == set(WORDS)
    async with opened(file) as store:
        assert readable(file) == set()
        assert await the_connection(store) == whose.connection
        assert await store.load_calendars(whose.id) == [whose.calendar]
    assert readable(file) == set()


async def test_a_readable_database_without_a_usable_key_goes_on_as_it_is(tmp_path: Path) -> None:
    """And is sealed the next time that there is one."""
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as store:
        await plant(store, whose)
    unseal(file, whose)
    async with opened(file, KeyPlace(text="no key")) as store:
        assert await the_connection(store) == whose.connection
        assert "44 letters" in str((await store.examine_keys()).fault)
    async with opened(file) as store:
        assert await the_connection(store) == whose.connection
    assert readable(file) == set()


async def test_backups_hold_nothing_readable_and_old_ones_are_sealed_when_restored(tmp_path: Path) -> None:
    """A backup opens with the key it was made under; one of before sealing is sealed once it is opened."""
    file, whose, copy = tmp_path / "a.db", secret_cast(), tmp_path / "copy.db"
    async with opened(file) as store:
        await plant(store, whose)
    await back_up(file, copy, force=False, progress=lambda _done, _total: None)
    assert readable(copy) == set()
    old = tmp_path / "old.db"
    old.write_bytes(file.read_bytes())
    unseal(old, whose)
    for each in (copy, old):
        await restore(file, each, now=START, progress=lambda _done, _total: None)
        async with opened(file) as store:
            assert await the_connection(store) == whose.connection
        assert not [word for word in WORDS if word.encode() in file.read_bytes()]


async def test_what_is_sealed_opens_only_where_it_was_put(tmp_path: Path) -> None:
    """Copied to another company or another connection it says that it cannot be opened."""
    file, north, south = tmp_path / "a.db", secret_cast("co_north"), cast("co_south")
    async with opened(file) as store:
        await plant(store, north)
        await plant(store, south)
        await save_connection(store, structs.replace(south.connection, id=ConnectionId("c_other")))
    with sqlite3.connect(file) as raw:
        ((stolen,),) = raw.execute("SELECT body FROM connections WHERE company_id = 'co_north'").fetchall()
        for id_ in ("c_dav", "c_other"):
            moved = structs.replace(CONNECTION.decode(stolen), company_id=south.id, id=ConnectionId(id_))
            raw.execute(
                "UPDATE connections SET body = ? WHERE company_id = 'co_south' AND id = ?",
                (CONNECTION.encode(moved), id_),
            )
    raw.close()
    async with opened(file) as store:
        found = await store.load_connections(south.id)
        assert [(each.settings, each.secret) for each in found] == [({}, None)] * 2
        assert all("cannot be opened" in str(each.fault) for each in found)
        assert await the_connection(store) == north.connection


async def test_saving_the_same_writes_nothing(tmp_path: Path) -> None:
    """A sealed body stays as it is when what is in it is equal, though sealing anew would differ."""
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as store:
        await plant(store, whose)
        before = sealed_bodies(file)
        await save_connection(store, whose.connection)
        await save_connection(store, structs.replace(whose.connection, name="Renamed"))
        async with store.change(whose.id, [ANNA]) as tx:
            await tx.save_calendar(whose.calendar)
        assert sealed_bodies(file) == before
        assert (await the_connection(store)).name == "Renamed"


def lose(file: Path) -> None:
    key_file(file).unlink()


def mistake(file: Path) -> None:
    key_file(file).write_text(f"{new_key()}\n")


def garble(file: Path) -> None:
    key_file(file).write_text("what is this\n")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        pytest.param(lose, "there is no key file", id="lost"),
        pytest.param(mistake, "has no key that opens it", id="another"),
        pytest.param(garble, "44 letters", id="malformed"),
    ],
)
async def test_without_its_key_a_connection_says_so_and_keeps_what_it_has(
    tmp_path: Path, spoil: object, words: str
) -> None:
    """It can be renamed meanwhile; when the key is back it is as it was, in the store that stayed open too."""
    assert callable(spoil)
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as store:
        await plant(store, whose)
    key = key_file(file).read_text()
    spoil(file)
    async with opened(file) as store:
        shut = await the_connection(store)
        assert (shut.settings, shut.secret, shut.name) == ({}, None, "Calendars")
        assert words in str(shut.fault)
        assert "give the key it was sealed with, or connect it anew" in str(shut.fault)
        await save_connection(store, structs.replace(shut, name="Renamed"))
        (calendar,) = await store.load_calendars(whose.id)
        async with store.change(whose.id, [ANNA]) as tx:
            await tx.save_calendar(structs.replace(calendar, selected=False))
        assert len((await store.load_rows(whose.id)).rows) == 2
        key_file(file).write_text(key)
        assert await the_connection(store) == structs.replace(whose.connection, name="Renamed")
        assert await store.load_calendars(whose.id) == [structs.replace(whose.calendar, selected=False)]


async def test_connecting_anew_makes_a_key_where_one_was_lost(tmp_path: Path) -> None:
    """The new connection opens; what was sealed with the lost key still waits for it."""
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as store:
        await plant(store, whose)
    lose(file)
    async with opened(file) as store:
        await save_connection(store, structs.replace(whose.connection, id=ConnectionId("c_new"), name="New"))
        old, new = await store.load_connections(whose.id)
        assert (new.secret, new.fault) == (PASSWORD, None)
        assert old.fault is not None
        resealed = await store.reseal(drop=True)
        assert (resealed.connections, resealed.dropped, len(resealed.shut)) == (1, False, 1)


async def test_a_key_of_nobody_is_asked_for_only_when_something_is_sealed(tmp_path: Path) -> None:
    """A store that is given no key opens, is read and written; a connection is refused in words."""
    async with opened(tmp_path / "a.db", KeyPlace()) as store:
        await store.save_company(NORTH.company)
        with pytest.raises(StoreError, match="no key is given; set the setting secret_key or secret_key_file"):
            await save_connection(store, NORTH.connection)
        assert await store.load_connections(NORTH.id) == []


async def test_an_open_store_follows_a_rotation_elsewhere(tmp_path: Path) -> None:
    """What another process seals with a new key is opened, and what is saved here afterwards takes that key too."""
    file, whose = tmp_path / "a.db", secret_cast()
    async with opened(file) as served, opened(file) as beside:
        await plant(served, whose)
        (first,) = keys_in(file)
        resealed = await beside.reseal(drop=False)
        assert (resealed.connections, resealed.key_made, resealed.older, resealed.shut) == (1, True, 1, ())
        assert keys_in(file)[1:] == [first]
        await beside.reseal(drop=True)
        assert len(keys_in(file)) == 1
        assert await the_connection(served) == whose.connection
        await save_connection(served, structs.replace(whose.connection, secret="later"))
    async with opened(file) as store:
        assert (await the_connection(store)).secret == "later"


async def test_of_given_keys_the_first_seals_and_all_open(tmp_path: Path) -> None:
    """After resealing, the others may be taken out; nothing is made or dropped."""
    file, whose, old, new = tmp_path / "a.db", secret_cast(), new_key(), new_key()
    async with opened(file, KeyPlace(text=old)) as store:
        await plant(store, whose)
    given = tmp_path / "keys"
    given.write_text(f"# of November\n{new}\n{old}\n")
    async with opened(file, KeyPlace(file=given)) as store:
        assert await the_connection(store) == whose.connection
        resealed = await store.reseal(drop=True)
        assert (resealed.connections, resealed.key_made, resealed.older, resealed.dropped) == (1, False, 1, False)
    async with opened(file, KeyPlace(text=new)) as store:
        assert await the_connection(store) == whose.connection
    assert not key_file(file).exists()
    async with opened(file, KeyPlace(text=old)) as store:
        assert (await the_connection(store)).fault is not None


async def test_a_rotation_killed_anywhere_leaves_everything_to_be_opened(tmp_path: Path) -> None:
    """Whatever instant the process dies at."""
    file, whose = tmp_path / "a.db", secret_cast()
    many = [structs.replace(whose.connection, id=ConnectionId(f"c_{number}")) for number in range(40)]
    async with opened(file) as store:
        await plant(store, whose)
        for each in many:
            await save_connection(store, each)
    chance = random.Random(7)
    for _ in range(KILLS):
        await anyio.to_thread.run_sync(_reseal_and_kill, file, chance.uniform(0, 0.08))
        async with opened(file) as store:
            found = await store.load_connections(whose.id)
            assert {(each.secret, each.fault) for each in found} == {(PASSWORD, None)}
            assert [each.ref for each in await store.load_calendars(whose.id)] == [whose.calendar.ref]


def _reseal_and_kill(file: Path, seconds: float) -> None:
    command = [sys.executable, "-m", "tests.integration.resealer", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"resealed\n"
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()


async def test_stores_that_need_a_key_at_once_make_one(tmp_path: Path) -> None:
    """None of them seals with a key that another's has replaced."""
    file = tmp_path / "a.db"
    async with opened(file) as one, opened(file) as two, opened(file) as three:
        await one.save_company(NORTH.company)
        async with anyio.create_task_group() as tasks:
            for number, store in enumerate((one, two, three)):
                tasks.start_soon(save_connection, store, _numbered(number))
        assert len(keys_in(file)) == 1
        assert [each.fault for each in await one.load_connections(NORTH.id)] == [None] * 3
        assert key_file(file).stat().st_mode & 0o777 == 0o600


def _numbered(number: int) -> Connection:
    return structs.replace(NORTH.connection, id=ConnectionId(f"c_{number}"))


async def test_a_key_made_by_another_first_is_taken(tmp_path: Path) -> None:
    """Though it was not there when it was looked for."""
    file = tmp_path / "x.key"
    ring = KeyRing(KeyPlace(file=file, is_ours=True))
    ring.look()
    theirs = new_key()
    file.write_text(theirs)
    await ring._make(file)  # pyright: ignore[reportPrivateUsage]
    token = (await ring.first()).encrypt(b"x")
    assert KeyRing(KeyPlace(text=theirs)).open(token) == b"x"
    assert in_files(file).decode() == theirs


async def test_a_key_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """With the place and what it is for."""
    ring = KeyRing(KeyPlace(file=tmp_path / "nowhere" / "x.key", is_ours=True))
    with pytest.raises(KeyFault, match=r"nowhere/x\.key cannot be written"):
        await ring.first()


async def test_a_key_file_open_to_others_is_told(tmp_path: Path) -> None:
    """A warning with the mend, and no fault."""
    file = tmp_path / "a.db"
    async with opened(file) as store:
        assert (await store.examine_keys()).fault is None
        await plant(store, NORTH)
        assert (await store.examine_keys()).warnings == ()
        key_file(file).chmod(0o644)
        told = await store.examine_keys()
        assert (told.fault, len(told.warnings)) == (None, 1)
        assert "chmod 600" in told.warnings[0]


async def test_secrets_stand_in_no_representation(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither of a connection, nor of the keys, nor in what is raised or logged when they fail."""
    whose, key = secret_cast(), new_key()
    shown = [repr(whose.connection), pretty_repr(whose.connection), repr([KeyPlace(text=key)]), str(KeyPlace(text=key))]
    shown.append(pretty_repr(KeyPlace(text=key)))
    async with opened(tmp_path / "a.db", KeyPlace(text=f"{key},{PASSWORD}")) as store:
        await store.save_company(whose.company)
        with caplog.at_level(logging.DEBUG), pytest.raises(KeyFault) as refused:
            await save_connection(store, whose.connection)
        shown += [repr(await store.examine_keys()), "".join(traceback.format_exception(refused.value)), caplog.text]
    assert not [word for word in (*WORDS, key) if any(word in each for each in shown)]
