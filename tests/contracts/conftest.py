"""Stores of every engine, for the suites that hold for all of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from callendar.contracts.store import Store
from callendar.store.key import KeyPlace, new_key
from callendar.store.open import open_store
from tests.clock import HandClock
from tests.postgres import PostgresServer


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands still until it is turned."""
    return HandClock()


@pytest.fixture(params=["memory", "file", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """Where an empty database is, on every engine."""
    if request.param != "postgresql":
        yield ":memory:" if request.param == "memory" else str(tmp_path / "callendar.db")
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    name = postgres.create_database(template=request.getfixturevalue("postgres_template"))
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
async def store(database: str, clock: HandClock) -> AsyncGenerator[Store]:
    """An empty store."""
    opened = await open_store(database, clock=clock, keys=KeyPlace(text=new_key()))
    yield opened
    await opened.close()
