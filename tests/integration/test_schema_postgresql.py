"""The schema on PostgreSQL: what migrations build is what the tables say, and one process at a time builds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from callendar.store import schema
from callendar.store.open import migrate, open_store
from callendar.store.place import ServerPlace, find_place
from callendar.store.postgresql.engine import open_engine
from callendar.store.tables import metadata
from tests.clock import HandClock
from tests.postgres import PostgresServer
from tests.schema import describe

pytestmark = pytest.mark.anyio
T = TypeVar("T")


async def ask(url: str, question: Callable[[Connection], T]) -> T:
    """What this finds out, or does, on a connection."""
    place = find_place(url)
    assert isinstance(place, ServerPlace)
    engine = open_engine(place, connections=1)
    async with engine.begin() as connection:
        answer = await connection.run_sync(question)
    await engine.dispose()
    return answer


def downgrade(connection: Connection) -> None:
    config = schema.alembic_config()
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


async def test_migrations_build_what_the_tables_say(postgres: PostgresServer, postgres_url: str) -> None:
    """Built by every migration in turn or at once from the tables, the schema is the same."""
    await migrate(postgres_url)
    made = postgres.create_database()
    await ask(postgres.url(made), metadata.create_all)
    migrated = await ask(postgres_url, describe)
    assert migrated == await ask(postgres.url(made), describe)
    assert migrated.keys() == metadata.tables.keys()
    assert await ask(postgres_url, lambda it: compare_metadata(MigrationContext.configure(it), metadata)) == []
    postgres.drop_database(made)


async def test_migration_goes_back_to_nothing(postgres_url: str) -> None:
    """Every migration undone leaves no table of ours."""
    await migrate(postgres_url)
    await ask(postgres_url, downgrade)
    assert await ask(postgres_url, describe) == {}


async def test_starts_at_once_on_an_empty_database_agree(postgres_url: str) -> None:
    """Whoever comes first makes the schema, the others wait for it and find it; and so does a start later on."""
    epochs: list[str] = []

    async def start() -> None:
        store = await open_store(postgres_url, clock=HandClock())
        epochs.append(store.epoch)
        await store.close()

    async with anyio.create_task_group() as tasks:
        for _ in range(4):
            tasks.start_soon(start)
    await start()
    assert len(epochs) == 5
    assert len(set(epochs)) == 1
