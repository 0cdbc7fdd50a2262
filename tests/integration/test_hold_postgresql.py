"""One `serve` to a database in PostgreSQL, whatever becomes of its connection."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from anyio import to_thread
from structlog.testing import capture_logs

from callendar.contracts.store import StoreError
from callendar.store.hold import hold
from callendar.store.place import find_place
from callendar.store.postgresql import hold as holding
from callendar.store.postgresql.hold import ServerHold
from tests.postgres import PASSWORD, PostgresServer

pytestmark = pytest.mark.anyio
PATIENCE_SECONDS = 30
HOLDER = """
import sys
import anyio
from callendar.store.hold import hold
async def main():
    async with hold(sys.argv[1]):
        print("held", flush=True)
        await anyio.sleep_forever()
anyio.run(main)
"""


@pytest.fixture(autouse=True)
def refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for, unless a test says so."""
    monkeypatch.setattr(holding, "LEAVING_SECONDS", 0.0)


async def is_refused(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as refused:
        await hold(url).__aenter__()
    assert PASSWORD not in str(refused.value)


def end_holders(postgres: PostgresServer, url: str) -> None:
    """Cut the connection that holds a database, as an administrator might."""
    which = f"datname = '{url.rpartition('/')[2]}' AND application_name LIKE 'callendar serve%'"
    postgres.run_sql(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {which}")


async def test_second_is_refused_in_words(postgres: PostgresServer, postgres_url: str) -> None:
    """They name who holds it and the mend; another database is free, and this one afterwards too."""
    me = rf"another callendar serve \(process {os.getpid()} on {socket.gethostname()[:20]}.* is running on postgresql:"
    async with hold(postgres_url):
        await is_refused(postgres_url, me)
        other = postgres.create_database()
        async with hold(postgres.url(other)):
            pass
        postgres.drop_database(other)
    async with hold(postgres_url):
        pass


async def test_hold_ends_with_its_process(postgres_url: str) -> None:
    """Killed without a chance to tidy up, it leaves the database free."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    command = [sys.executable, "-c", HOLDER, postgres_url]
    holder = await anyio.open_process(command, stdout=subprocess.PIPE, env=environment)
    assert holder.stdout is not None
    assert (await holder.stdout.receive()).startswith(b"held")
    await is_refused(postgres_url, rf"process {holder.pid} on ")
    holder.kill()
    await holder.wait()
    await holder.aclose()
    with anyio.fail_after(PATIENCE_SECONDS):
        while not await is_free(postgres_url):  # noqa: ASYNC110 - the server says nothing of it
            await anyio.sleep(0.1)


async def is_free(url: str) -> bool:
    try:
        async with hold(url):
            return True
    except StoreError:
        return False


async def until(look: Callable[[], bool]) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        while not look():  # noqa: ASYNC110 - a log has no event
            await anyio.sleep(0.05)


async def test_a_holder_that_is_going_is_waited_for(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that is started right after another was killed comes before the server has missed that one."""
    monkeypatch.setattr(holding, "LEAVING_SECONDS", float(PATIENCE_SECONDS))
    tries = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{postgres_url.rpartition('/')[2]}'"
    tries += " AND query LIKE '%FROM pg_locks JOIN pg_stat_activity%'"
    taken = anyio.Event()

    async def start() -> None:
        async with hold(postgres_url):
            taken.set()

    async with anyio.create_task_group() as tasks:
        async with hold(postgres_url):
            tasks.start_soon(start)
            with anyio.fail_after(PATIENCE_SECONDS):
                while await to_thread.run_sync(postgres.run_sql, tries) == "0":  # noqa: ASYNC110 - the server tells nobody
                    await anyio.sleep(0.05)
            assert not taken.is_set()
        with anyio.fail_after(PATIENCE_SECONDS):
            await taken.wait()


async def test_lost_hold_is_taken_again(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is cut: it is noticed, logged once, and the database is held by a new one."""
    monkeypatch.setattr(holding, "CHECK_SECONDS", 0.1)
    with capture_logs() as logs:
        async with hold(postgres_url) as held, anyio.create_task_group() as tasks:
            tasks.start_soon(held.keep)
            await to_thread.run_sync(end_holders, postgres, postgres_url)
            await until(lambda: any(each["event"] == "hold_taken_again" for each in logs))
            await is_refused(postgres_url, f"process {os.getpid()} on ")
            tasks.cancel_scope.cancel()
    assert [each["event"] for each in logs] == ["hold_lost", "hold_taken_again"]
    assert PASSWORD not in str(logs)


async def test_hold_lost_to_another_ends_the_work_in_words(
    postgres: PostgresServer, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two must not go on as if each were alone."""
    monkeypatch.setattr(holding, "CHECK_SECONDS", 0.5)
    async with hold(postgres_url) as held:
        await to_thread.run_sync(end_holders, postgres, postgres_url)
        async with hold(postgres_url):
            with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(StoreError, match="was lost, and another callendar"):
                await held.keep()


async def test_hold_that_the_server_has_not_missed_yet_is_taken_over_by_its_own_process(postgres_url: str) -> None:
    """The way there broke, the server still sees the old connection: it is ended, nobody else is to blame."""
    place = find_place(postgres_url)
    held = ServerHold(place)  # pyright: ignore[reportArgumentType]
    await held.take()
    await held.take()
    await is_refused(postgres_url, f"process {os.getpid()} on ")
    await held.close()
    async with hold(postgres_url):
        pass
