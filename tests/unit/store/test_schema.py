"""The schema: what migrations build is what the tables say, and a file of another kind is refused in words."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from callendar.contracts.store import StoreError
from callendar.store import schema
from callendar.store.open import migrate, open_store
from callendar.store.place import FilePlace
from callendar.store.tables import metadata
from tests.clock import HandClock
from tests.schema import describe

pytestmark = pytest.mark.anyio


def described(path: Path) -> dict[str, object]:
    """Everything that the database says of its tables."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        tables = describe(connection)
    engine.dispose()
    return tables


async def test_migrations_build_what_the_tables_say(tmp_path: Path) -> None:
    """Built by every migration in turn or at once from the tables, the schema is the same."""
    await migrate(tmp_path / "migrated.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert described(tmp_path / "migrated.db") == described(tmp_path / "made.db")
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_head_is_the_newest_migration() -> None:
    """The constant that spares a start Alembic says the same as Alembic."""
    assert ScriptDirectory.from_config(schema.alembic_config()).get_heads() == [schema.HEAD]


def test_every_table_belongs_to_a_company() -> None:
    """Only the database's own notes and failed sign-ins have no `company_id`; the companies' own id is theirs."""
    without = {table.name for table in metadata.sorted_tables if "company_id" not in table.c}
    assert without == {"meta", "companies", "tries"}


async def test_migration_goes_back_to_nothing(tmp_path: Path) -> None:
    """The first migration undone leaves no table of ours."""
    path = tmp_path / "callendar.db"
    await migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = schema.alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    assert described(path) == {}


async def test_reopened_file_keeps_its_epoch(tmp_path: Path) -> None:
    """The epoch names the database: the same after a restart, another for another file."""
    epochs: list[str] = []
    for name in ("a.db", "a.db", "b.db"):
        store = await open_store(tmp_path / name, clock=HandClock())
        epochs.append(store.epoch)
        await store.close()
    assert epochs[0] == epochs[1] != epochs[2]


def modes_in(folder: Path) -> list[int]:
    return [each.stat().st_mode & 0o777 for each in folder.iterdir()]


async def test_file_is_its_owners_alone(tmp_path: Path) -> None:
    """Bookings and secrets stand in it."""
    store = await open_store(tmp_path / "callendar.db", clock=HandClock())
    modes = modes_in(tmp_path)
    await store.close()
    assert set(modes) == {0o600}


async def test_start_on_a_file_at_head_imports_no_alembic(tmp_path: Path) -> None:
    """What is not needed is not waited for."""
    path = tmp_path / "callendar.db"
    await migrate(path)
    program = (
        "import asyncio, sys; from callendar.store.open import open_store; from tests.clock import HandClock\n"
        "async def main():\n"
        f"    store = await open_store({str(path)!r}, clock=HandClock()); await store.close()\n"
        "asyncio.run(main()); print('alembic' in sys.modules)"
    )
    done = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.strip() == "False"


def make_other(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (id)")
    other.close()


def make_text(path: Path) -> None:
    path.write_text("no database at all, but long enough to be looked at as one" * 30)


def make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(make_other, "database of another program", id="another program's"),
        pytest.param(make_text, "not a database of Callendar's", id="no database"),
        pytest.param(make_folder, "is a folder", id="folder"),
    ],
)
async def test_what_is_not_ours_is_refused_in_words_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    """Neither opening nor migrating touches it."""
    path = tmp_path / "callendar.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for attempt in (open_store(path, clock=HandClock()), migrate(path)):
        with pytest.raises(StoreError, match=words):
            await attempt
    assert (path.read_bytes() if path.is_file() else None) == before


async def test_newer_file_is_refused_in_words(tmp_path: Path) -> None:
    """A release does not write into what a later one has made."""
    path = tmp_path / "callendar.db"
    await migrate(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match="newer release"):
        await open_store(path, clock=HandClock())


async def test_missing_folder_is_told_in_words(tmp_path: Path) -> None:
    """It is not made in silence."""
    with pytest.raises(StoreError, match="there is no folder"):
        await open_store(tmp_path / "none" / "callendar.db", clock=HandClock())


async def test_two_starts_at_once_on_a_new_file_agree(tmp_path: Path) -> None:
    """Whoever comes first makes the schema, the other finds it."""
    place = FilePlace(tmp_path / "callendar.db")
    (tmp_path / "callendar.db").touch()
    epochs: list[str] = []

    async def start() -> None:
        epochs.append(await schema.migrate(place))

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(start)
    assert len(set(epochs)) == 1
