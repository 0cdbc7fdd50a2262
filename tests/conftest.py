"""What holds for every test: one event loop, hypothesis' profiles, and a plain word on what was not checked."""

import asyncio
import os
import signal
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hypothesis
import pytest

from callendar.store.open import migrate
from tests.postgres import PostgresServer, start_postgres

SCHEMAS = "CALLENDAR_TEST_SCHEMAS"
CHECKED_BY_SCHEMAS = (
    "what the stand-in of Exchange says and hears, against Microsoft's EWS schemas",
    "what the stand-in of Microsoft 365 says and hears, against Microsoft's Graph metadata",
)

hypothesis.settings.register_profile("usual", deadline=None, max_examples=80)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=15)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=2000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests (marked `anyio`) run on asyncio, as the service does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Generator[PostgresServer]:
    """One PostgreSQL for all tests; who wants to stop or kill one starts another (`start_postgres`)."""
    with start_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    """The name of a database with this release's schema and nothing in it, to be copied: quicker than to migrate."""
    name = postgres.create_database()
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, migrate(postgres.url(name))).result()
    return name


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Generator[str]:
    """The address of an empty database of one's own."""
    name = postgres.create_database()
    yield postgres.url(name)
    postgres.drop_database(name)


def pytest_configure() -> None:
    """Refuse a setting that would let the schema checks pass by finding nothing; have Ctrl-C reach what tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell that runs this in the background ignores it, and whatever is started from here would too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = os.environ.get(SCHEMAS)
    if folder and not Path(folder).is_dir():
        raise pytest.UsageError(f"{SCHEMAS} names no folder: {folder}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Say, just before the summary, what this run has left unchecked."""
    yield
    if not os.environ.get(SCHEMAS):
        for left_out in CHECKED_BY_SCHEMAS:
            terminalreporter.write_line(f"not checked, as {SCHEMAS} is not set: {left_out}")
