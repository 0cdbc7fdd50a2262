"""An installation on PostgreSQL: `serve` beside commands, and a server that is killed while it runs."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import httpx2
import pytest

from tests.acceptance.commands import Commands
from tests.cast import START_SECONDS, Api, Shell, until
from tests.postgres import KEYS, PASSWORD, PostgresServer, start_postgres


@pytest.fixture
def own_postgres() -> Generator[PostgresServer]:
    """A server that the test may kill."""
    with start_postgres() as server:
        yield server


def test_serve_outlives_its_server(own_postgres: PostgresServer, tmp_path: Path, commands: Commands) -> None:
    """While PostgreSQL is away health says so and nothing is answered as kept; when it is back all goes on by itself,
    with what was answered. A second `serve` is refused, and the password is shown nowhere."""
    shell = Shell(tmp_path, commands)
    shell.environment["CALLENDAR_DATABASE"] = own_postgres.url(own_postgres.create_database())
    shell.environment["CALLENDAR_SECRET_KEY"] = str(KEYS.text)
    shell.run("company", "add", "Nordlys", "--zone", "Europe/Stockholm")
    anna = shell.run("people", "add", "Anna", "--extension", "101").out.rpartition("(")[2].partition(")")[0]
    token = shell.run("token", "create", "--role", "telephonist", "--name", "test").out.split()
    migrated = shell.run("migrate").out
    assert "callendar:***@127.0.0.1" in migrated
    doctor = shell.run("doctor").out
    assert "database = postgresql://callendar:***@127.0.0.1" in doctor
    with shell.serve() as (running, url):
        api = Api(f"{url}/api/v1", next(each for each in token if each.startswith("cal_")))
        refused = shell.refused("serve", "--port", "1")
        assert f"another callendar serve (process {running.process.pid} on " in refused
        set_referral(api, anna, "lunch")

        own_postgres.kill()
        until(lambda: health(url) == 503, START_SECONDS, "health says that the store is away")
        set_referral(api, anna, "sick", status=503)
        own_postgres.start()
        until(lambda: health(url) == 200, START_SECONDS, "health says that all is well")

        assert api.state(anna)["reason"]["code"] == "lunch"
        set_referral(api, anna, "meeting")
        until(lambda: api.state(anna)["reason"]["code"] == "meeting", START_SECONDS, "the new referral is seen")
        # By the command line, in another process: the connection that listens is there again too.
        shell.run("referral", "set", "trip", "--person", "101")
        until(lambda: api.state(anna)["reason"]["code"] == "trip", START_SECONDS, "what a command did is seen")
        said = running.said
    events = [line for line in said.splitlines() if "store_lost" in line]
    assert len(events) == 1, said
    assert PASSWORD not in said + migrated + doctor + refused


def health(url: str) -> int:
    return httpx2.get(f"{url}/api/v1/health", trust_env=False, timeout=START_SECONDS).status_code


def set_referral(api: Api, person: str, reason: str, *, status: int = 200) -> None:
    api.send("PUT", f"/people/{person}/referral", {"reason": reason}, status=status)
