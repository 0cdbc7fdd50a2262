"""A backup holds everything, and a restore puts all of it in place or nothing."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, insert, select

from callendar.contracts.backup import BackupUnusable, Restored
from callendar.contracts.store import StoreError
from callendar.domain.booking import Connection, ConnectionId
from callendar.engine.ordering import PlannedAsk, ReferralAsk, plan_referral, set_for_now
from callendar.engine.orders import Giver
from callendar.store import schema, tables
from callendar.store.backup import back_up
from callendar.store.connect import Connections
from callendar.store.copying import LEFT_OUT
from callendar.store.hold import hold
from callendar.store.open import open_store
from callendar.store.place import find_place
from callendar.store.restore import restore
from callendar.store.wake import Wake
from tests.clock import START, HandClock
from tests.connections import save_connection
from tests.integration.api_cast import ANNA, COMPANY, booking, open_cast

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def ignore(done: int, total: int) -> None:
    """Progress that nobody looks at."""


@pytest.fixture(scope="module")
async def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with something in every table; made once."""
    path = tmp_path_factory.mktemp("model") / "filled.db"
    async with open_cast(path) as cast:
        await cast.book(booking("m: Budget"), booking("Dentist", 120, uid="uid-2"))
        viewer = await cast.store.load_viewer_by_id(COMPANY, cast.token_ids["telephonist"])
        assert viewer is not None
        giver = Giver(viewer=viewer, origin="telephonist")
        tomorrow = f"{START + timedelta(days=1):%Y-%m-%d}"
        await cast.parts.orders.give(giver, ANNA, set_for_now(ReferralAsk(reason="lunch", text="Soup åäö")))
        await cast.parts.orders.give(giver, ANNA, plan_referral(PlannedAsk(reason="holiday", start=tomorrow)))
    await fill_the_rest(path)
    return path


@pytest.fixture
def filled(model: Path, tmp_path: Path) -> Path:
    """The same, as a file of one's own."""
    for each in model.parent.glob("filled.db*"):
        shutil.copy(each, tmp_path)
    return tmp_path / "filled.db"


OURS: dict[Any, type] = {tables.Instant: datetime, tables.Words: str}
"""What our own types of columns hold."""


async def fill_the_rest(path: Path) -> None:
    """A row in each table that the cast has nothing in."""
    place = find_place(path)
    connections = Connections(place, Wake(place))
    try:
        async with connections.write() as writer:
            for table in tables.metadata.sorted_tables:
                if (await writer.execute(select(table).limit(1))).first() is None:  # pyright: ignore[reportArgumentType]
                    await writer.execute(insert(table).values(made_up(table)))
    finally:
        await connections.close()


def made_up(table: Any) -> dict[str, Any]:
    """A row that refers to what the cast has."""
    given: dict[str, Any] = {"company_id": COMPANY, "person_id": ANNA, "calendar_id": f"k_{ANNA}", "user_id": "u_1"}
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = OURS.get(type(column.type)) or column.type.python_type
        by_kind: Mapping[Any, Any] = {str: "x", bytes: b'"\x00\xff"', int: 7, bool: True, datetime: NOW}
        if column.name in given:
            row[column.name] = given[column.name]
        elif column.name == "id" and table is tables.users:
            row["id"] = "u_1"
        elif column.name != "token_id":
            row[column.name] = by_kind[kind]
    return row


async def everything(url: str | Path) -> dict[str, list[Sequence[Any]]]:
    """All rows of all tables that a backup holds, but for the epoch."""
    place = find_place(url)
    connections = Connections(place, Wake(place))
    try:
        async with connections.read() as reader:
            found: dict[str, list[Sequence[Any]]] = {}
            for table in tables.metadata.sorted_tables:
                if table not in LEFT_OUT:
                    rows = [tuple(row) for row in await reader.execute(select(table))]
                    found[table.name] = sorted((row for row in rows if row[0] != "epoch"), key=repr)
            return found
    finally:
        await connections.close()


def names(folder: Path) -> list[str]:
    """What stands in a folder."""
    return sorted(each.name for each in folder.iterdir())


def damage(path: Path) -> None:
    """Write over a file what no database is."""
    path.write_bytes(b"\xff" * 8192)


async def epoch_of(url: str | Path) -> str:
    """What the database is called."""
    store = await open_store(url, clock=HandClock())
    await store.close()
    return store.epoch


async def restore_into(url: str | Path, file: Path) -> Restored:
    """Restore, with nobody looking on."""
    return await restore(url, file, now=NOW, progress=ignore)


async def test_a_round_trip_keeps_everything_but_the_epoch(filled: Path, tmp_path: Path) -> None:
    """Every row of every table but sign-ins is as it was; versions of before belong to another epoch."""
    before = await everything(filled)
    assert all(before.values())
    seen: list[tuple[int, int]] = []
    copied = await back_up(filled, tmp_path / "b", force=False, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (copied.rows, copied.rows) == (sum(map(len, before.values())), copied.rows)
    assert (copied.companies, copied.people) == (2, 4)
    assert os.stat(tmp_path / "b").st_mode & 0o777 == 0o600  # noqa: PTH116
    restored = await restore_into(tmp_path / "new.db", tmp_path / "b")
    assert restored.before is None
    assert await everything(tmp_path / "new.db") == before
    assert await epoch_of(tmp_path / "new.db") != await epoch_of(filled)
    assert [each for each in names(tmp_path) if each.startswith("b")] == ["b"]


async def test_a_backup_moves_between_engines(filled: Path, tmp_path: Path, postgres_url: str) -> None:
    """From a file to PostgreSQL and back, everything is as it was; what stood on the server is kept beside the file,
    and new rows of the trail get numbers of their own."""
    before = await everything(filled)
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    first = await restore_into(postgres_url, tmp_path / "b")
    assert first.before is None
    assert await everything(postgres_url) == before
    epochs = {await epoch_of(filled), await epoch_of(postgres_url)}
    async with hold(postgres_url):
        with pytest.raises(StoreError, match="another callendar serve"):
            await restore_into(postgres_url, tmp_path / "b")
        await back_up(postgres_url, tmp_path / "c", force=False, progress=ignore)
    await restore_into(tmp_path / "new.db", tmp_path / "c")
    assert await everything(tmp_path / "new.db") == before
    again = await restore_into(postgres_url, tmp_path / "b")
    assert again.before is not None
    await restore_into(tmp_path / "kept.db", again.before)
    assert await everything(tmp_path / "kept.db") == before
    assert len(epochs | {await epoch_of(postgres_url)}) == 3
    store = await open_store(postgres_url, clock=HandClock())
    entry = (await store.load_audit(COMPANY, 1))[0]
    async with store.change(COMPANY, []) as tx:
        await tx.record_audit(entry)
    assert len(await store.load_audit(COMPANY, 100)) == len(before["audit"]) + 1
    await store.close()


async def test_a_spoilt_file_leaves_a_server_as_it_was(filled: Path, tmp_path: Path, postgres_url: str) -> None:
    """Refused before anything is touched; broken off in the middle, all is taken back."""
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    await restore_into(postgres_url, tmp_path / "b")
    before, epoch = await everything(postgres_url), await epoch_of(postgres_url)
    (tmp_path / "c").write_bytes(turn_a_letter((tmp_path / "b").read_bytes()))
    with pytest.raises(BackupUnusable, match="damaged"):
        await restore_into(postgres_url, tmp_path / "c")

    passes = 0

    def break_off(done: int, total: int) -> None:
        nonlocal passes
        passes += done == 0
        # The first pass keeps what stands there.
        if passes == 2 and done > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await restore(postgres_url, tmp_path / "b", now=NOW, progress=break_off)
    assert passes == 2
    assert (await everything(postgres_url), await epoch_of(postgres_url)) == (before, epoch)


async def test_what_was_there_is_kept_and_can_be_restored(filled: Path, tmp_path: Path) -> None:
    """There and back again."""
    before = await everything(filled)
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    async with open_cast(tmp_path / "other.db"):
        pass
    other = await everything(tmp_path / "other.db")
    restored = await restore_into(tmp_path / "other.db", tmp_path / "b")
    assert await everything(tmp_path / "other.db") == before
    assert restored.before == tmp_path / "other.db.before-restore-20261124T120000Z"
    assert restored.before is not None
    again = await restore_into(tmp_path / "other.db", restored.before)
    assert await everything(tmp_path / "other.db") == other
    assert again.before is not None
    assert await everything(again.before) == before


async def test_a_backup_used_as_a_database_has_an_epoch_of_its_own(filled: Path, tmp_path: Path) -> None:
    """Copied into place by hand, it does not pass for the database that it was made of."""
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    (tmp_path / "b").rename(tmp_path / "copied.db")
    assert await epoch_of(tmp_path / "copied.db") != await epoch_of(filled)


async def test_a_file_that_is_there_is_left_alone_unless_forced(filled: Path, tmp_path: Path) -> None:
    """Neither another file, nor a folder, nor ever the database itself is written over."""
    (tmp_path / "b").write_text("mine")
    with pytest.raises(BackupUnusable, match="--force"):
        await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    assert (tmp_path / "b").read_text() == "mine"
    await back_up(filled, tmp_path / "b", force=True, progress=ignore)
    (tmp_path / "link").symlink_to(filled)
    for wrong, words in (
        (filled, "database itself"),
        (tmp_path / "filled.db-wal", "belongs to the database"),
        (tmp_path / "filled.db.serve", "belongs to the database"),
        (tmp_path / "filled.db.key", "belongs to the database"),
        (tmp_path / "link", "database itself"),
        (tmp_path, "a folder"),
        (tmp_path / "nowhere" / "b", "no folder"),
    ):
        with pytest.raises(BackupUnusable, match=words):
            await back_up(filled, wrong, force=True, progress=ignore)
    assert (await everything(filled))["people"]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def cut_at_a_page(data: bytes) -> bytes:
    return data[: 4096 * (len(data) // 8192)]


def turn_a_letter(data: bytes) -> bytes:
    place = data.index(b"Soup")
    return data[:place] + b"s" + data[place + 1 :]


def turn_the_header(data: bytes) -> bytes:
    return data[:24] + b"\xff" + data[25:]


def no_database(data: bytes) -> bytes:
    return b"hello\n"


def nothing(data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("spoil", [cut, cut_at_a_page, turn_a_letter, turn_the_header, no_database, nothing])
async def test_a_spoilt_file_is_refused_and_nothing_changes(filled: Path, tmp_path: Path, spoil: Any) -> None:
    """Cut short, damaged by a single letter of somebody's text, or no database at all."""
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    (tmp_path / "b").write_bytes(spoil((tmp_path / "b").read_bytes()))
    await assert_refused(filled, tmp_path / "b", r"damaged|not a backup")


async def assert_refused(database: Path, file: Path, words: str) -> None:
    before, epoch = await everything(database), await epoch_of(database)
    with pytest.raises(BackupUnusable, match=words) as refused:
        await restore_into(database, file)
    assert str(file) in str(refused.value)
    assert (await everything(database), await epoch_of(database)) == (before, epoch)
    assert not [each for each in names(database.parent) if "restor" in each]


async def test_the_database_of_another_program_or_release_is_refused(filled: Path, tmp_path: Path) -> None:
    """In words that name the file given."""
    with closing(sqlite3.connect(tmp_path / "songs")) as songs:
        songs.execute("CREATE TABLE songs (id)")
    await assert_refused(filled, tmp_path / "songs", "another program")
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    with closing(sqlite3.connect(tmp_path / "b", isolation_level=None)) as newer:
        newer.execute("PRAGMA application_id=0")
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    await assert_refused(filled, tmp_path / "b", "newer release")


async def test_a_backup_of_an_older_release_is_brought_up_to_date(filled: Path, tmp_path: Path) -> None:
    """What the newer schema has beside it is empty."""
    from alembic import command  # only migrations need it

    await back_up(filled, tmp_path / "old.db", force=False, progress=ignore)
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.begin() as connection:
        config = schema.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode=DELETE")
        plain.execute("PRAGMA application_id=0")
    await restore_into(tmp_path / "new.db", tmp_path / "old.db")
    restored, before = await everything(tmp_path / "new.db"), await everything(filled)
    assert restored["users"] == []
    # What the older schema counted for the whole company counts for each person now.
    assert [row[:-1] for row in restored["people"]] == [row[:-1] for row in before["people"]]
    assert restored["objects"] == before["objects"]


async def test_a_database_that_is_held_or_used_is_not_restored(filled: Path, tmp_path: Path) -> None:
    """A `serve` holds it, or another program reads it: refused in words, and left alone."""
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    async with hold(filled):
        with pytest.raises(StoreError, match="stop it first"):
            await restore_into(filled, tmp_path / "b")
    with closing(sqlite3.connect(filled, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM people").fetchone()
        with pytest.raises(StoreError, match="locked by another program"):
            await restore_into(filled, tmp_path / "b")
    assert not [each for each in names(tmp_path) if "restor" in each]
    await restore_into(filled, tmp_path / "b")


async def test_a_full_disk_leaves_no_half_file_and_no_half_database(filled: Path, tmp_path: Path) -> None:
    """Told in words; the limit of a file's size stands in for the disk."""
    before = await everything(filled)
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    soft, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "b").stat().st_size // 2, most))
    try:
        with pytest.raises(StoreError, match="written"):
            await back_up(filled, tmp_path / "c", force=False, progress=ignore)
        with pytest.raises(StoreError, match="it is as it was"):
            await restore_into(filled, tmp_path / "b")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, most))
    assert set(names(tmp_path)) <= {"b", "filled.db", "filled.db.serve", "filled.db.key"}
    assert await everything(filled) == before


async def test_a_damaged_database_gives_way_and_is_kept_as_it_lies(filled: Path, tmp_path: Path) -> None:
    """Which is when a backup is needed most."""
    before = await everything(filled)
    await back_up(filled, tmp_path / "b", force=False, progress=ignore)
    damage(filled)
    restored = await restore_into(filled, tmp_path / "b")
    assert restored.before is not None
    assert restored.before.read_bytes() == b"\xff" * 8192
    assert await everything(filled) == before


async def test_a_restore_ended_between_its_last_steps_is_tidied_up(filled: Path) -> None:
    """The second name of the database, which it gave it to keep it, is no reason to refuse it; any other is."""
    kept = filled.with_name(f"{filled.name}.before-restore-20261124T120000Z")
    os.link(filled, kept)
    await epoch_of(filled)
    assert not kept.exists()
    os.link(filled, filled.with_name("twin.db"))
    for name in (filled, filled.with_name("twin.db")):
        with pytest.raises(StoreError, match="second name"):
            await epoch_of(name)


async def test_a_backup_while_somebody_writes_is_of_one_instant(filled: Path, tmp_path: Path) -> None:
    """What is written after it began is not in it, and what belongs together is."""
    store = await open_store(filled, clock=HandClock())
    before = await everything(filled)
    wrote = False

    def write(done: int, total: int) -> None:
        nonlocal wrote
        if not wrote:
            wrote = True
            with closing(sqlite3.connect(filled, isolation_level=None)) as other:
                other.execute("DELETE FROM objects")
                other.execute("DELETE FROM audit")

    await back_up(filled, tmp_path / "b", force=False, progress=write)
    await save_connection(
        store, Connection(id=ConnectionId("c_2"), company_id=COMPANY, kind="ics", name="later", settings={})
    )
    await store.close()
    assert (await everything(filled))["objects"] == []
    await restore_into(tmp_path / "new.db", tmp_path / "b")
    assert await everything(tmp_path / "new.db") == before
