"""Faults of the database are told in words with the mend, and without anybody's words."""

from __future__ import annotations

import os
import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event

from callendar.contracts.store import Store, StoreError
from callendar.store import connect
from callendar.store.fault import tell
from callendar.store.open import open_store
from callendar.store.place import FilePlace
from callendar.store.sqlite import driver
from tests.clock import HandClock
from tests.contracts.store_cast import apply, booking, cast, plant, read, reading

pytestmark = pytest.mark.anyio
NORTH = cast()
SECRET_WORDS = "m: takeover of Acme"


async def write(store: Store) -> None:
    many = {f"r{number}": read(booking(SECRET_WORDS + "!" * 2_000)) for number in range(200)}
    await apply(store, NORTH, reading(many, complete=True))


def assert_told(error: StoreError, path: Path, words: str) -> None:
    assert words in str(error)
    assert str(path) in str(error)
    assert "takeover" not in "".join(traceback.format_exception(error))


async def test_locked_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program in the middle of a transaction is waited for, then named; afterwards all goes on."""
    monkeypatch.setattr(driver, "BUSY_SECONDS", 0.1)
    path = tmp_path / "callendar.db"
    store = await open_store(path, clock=HandClock())
    await plant(store, NORTH)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as told:
        await write(store)
    assert_told(told.value, path, "locked by another program")
    assert (await store.load_company(NORTH.id)).id == NORTH.id
    other.execute("ROLLBACK")
    other.close()
    await write(store)
    await store.close()


async def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing half-done stays, what was there is still there, and it goes on once there is room."""
    engines: list[connect.AsyncEngine] = []
    open_engine = connect.open_file

    def remember(*args: object, **named: object) -> connect.AsyncEngine:
        engine: Callable[..., connect.AsyncEngine] = open_engine
        engines.append(engine(*args, **named))
        return engines[-1]

    monkeypatch.setattr(connect, "open_file", remember)
    path = tmp_path / "callendar.db"
    store = await open_store(path, clock=HandClock())
    await plant(store, NORTH)
    before = await store.load_causes(NORTH.id, NORTH.anna.id)
    limit = {"pages": 0}

    @event.listens_for(engines[0].sync_engine, "begin")
    def bound(connection: connect.Any) -> None:  # pyright: ignore[reportUnusedFunction]
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit['pages'] or 1_000_000}")

    limit["pages"] = os.stat(path).st_size // 4_096 + 10  # noqa: PTH116
    with pytest.raises(StoreError) as told:
        await write(store)
    assert_told(told.value, path, "full; free some space")
    assert await store.load_causes(NORTH.id, NORTH.anna.id) == before
    limit["pages"] = 0
    await write(store)
    assert len((await store.load_causes(NORTH.id, NORTH.anna.id)).calendars[0].bookings) == 200
    await store.close()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SQLITE_READONLY_DIRECTORY", "cannot be written; give the user"),
        ("SQLITE_CANTOPEN", "see that its folder exists"),
        ("SQLITE_IOERR_FSYNC", "look at the disk"),
        ("SQLITE_CORRUPT", "restore a backup"),
        ("SQLITE_MISUSE", "could not be used: SQLITE_MISUSE"),
    ],
)
def test_every_fault_names_the_mend(code: str, words: str) -> None:
    """By the driver's code, its text being the driver's affair."""
    error = sqlite3.OperationalError("whatever the driver says")
    error.sqlite_errorname = code
    told = tell(error, FilePlace(Path("/data/c.db")))
    assert words in str(told)
    assert "/data/c.db" in str(told)
    assert "whatever" not in str(told)
