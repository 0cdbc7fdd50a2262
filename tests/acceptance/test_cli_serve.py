"""The command line beside a running `serve`: what is done by one is seen by the other."""

from __future__ import annotations

import time
from collections.abc import Generator

import httpx2
import pytest

from tests.acceptance.commands import Commands
from tests.acceptance.conftest import CALDAV_USERS, FeedServer
from tests.cast import (
    PROMISED_SECONDS,
    Api,
    Json,
    Running,
    Shell,
    free_port,
    in_minutes,
    is_alive,
    render_booking,
    told,
    until,
)
from tests.integration.radicale import RadicaleServer

REVOKED_SECONDS = 2.0


class Served:
    """A running `serve`, the shell beside it, and its API with a telephonist's rights."""

    def __init__(self, running: Running, shell: Shell, api: Api) -> None:
        self.running = running
        self.shell = shell
        self.api = api

    def add(self, name: str, extension: str) -> str:
        """Add a person by the command line; her id."""
        said = self.shell.run("people", "add", name, "--extension", extension).out
        return said.rpartition("(")[2].partition(")")[0]

    def wait_kind(self, person_id: str, kind: str, seconds: float = PROMISED_SECONDS) -> Json:
        """Her state as soon as it is of this kind."""

        def look() -> Json | None:
            (row,) = self.api.get(f"/people?ids={person_id}")["people"] or [{"state": {"kind": "nobody"}}]
            return row["state"] if row["state"]["kind"] == kind else None

        return until(look, seconds, f"{person_id} is {kind}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, commands: Commands) -> Generator[Served]:
    """One `serve` for the module; each test adds people of its own."""
    shell = Shell(tmp_path_factory.mktemp("served"), commands)
    shell.run("company", "add", "Nordlys", "--zone", "Europe/Stockholm")
    token = shell.run("token", "create", "--role", "telephonist", "--name", "test").out.split()
    with shell.serve() as (running, url):
        yield Served(running, shell, Api(f"{url}/api/v1", next(each for each in token if each.startswith("cal_"))))


def test_people_and_calendars_added_beside_it_are_read(served: Served, feeds: FeedServer) -> None:
    """A person appears in `GET /people`, her feed is read within 5 s, and its change within 5 s of a sync."""
    start, end, sooner = in_minutes(-5), in_minutes(50), in_minutes(20)
    url = feeds.offer("/served.ics", render_booking("one", "m: Budget", start, end))
    anna = served.add("Anna Svensson", "101")
    until(
        lambda: anna in {each["id"] for each in served.api.get("/people")["people"]}, PROMISED_SECONDS, "Anna is listed"
    )
    said = served.shell.run("connect", "ics", "--person", "101", "--url", url)
    assert "at once" in said.out
    state = served.wait_kind(anna, "referred")
    assert state["reason"]["code"] == "meeting"
    assert state["back_at"] == told(end)

    feeds.offer("/served.ics", render_booking("one", "m: Budget", start, sooner))
    assert "Asked the running serve" in served.shell.run("calendars", "sync", "--person", "101").out
    until(lambda: served.api.state(anna).get("back_at") == told(sooner), PROMISED_SECONDS, "shortened after a sync")
    assert "All is well" in served.shell.run("doctor").out


def test_a_caldav_calendar_added_beside_it_is_read(served: Served, radicale: RadicaleServer) -> None:
    """Connected while serving, it is read at once, and again after a sync and at its next poll."""
    sooner = in_minutes(30)
    start = f"SUMMARY:m: Work\nDTSTART:{in_minutes(-5):%Y%m%dT%H%M%SZ}\n"
    radicale.put("anna", "s.ics", f"{start}DTEND:{in_minutes(50):%Y%m%dT%H%M%SZ}", calendar="work")
    bo = served.add("Bo Ek", "102")
    connect = ("connect", "caldav", "--person", "102", "--url", radicale.url, "--user", "anna", "--calendar", "Work")
    served.shell.run(*connect, "--poll-seconds", "1", CALLENDAR_PASSWORD=CALDAV_USERS["anna"])
    served.wait_kind(bo, "referred")
    radicale.put("anna", "s.ics", f"{start}DTEND:{sooner:%Y%m%dT%H%M%SZ}", calendar="work")
    until(
        lambda: served.api.state(bo).get("back_at") == told(sooner), 1 + PROMISED_SECONDS, "shortened, seen by its poll"
    )
    radicale.delete("anna", "s.ics", calendar="work")
    served.wait_kind(bo, "available", 1 + PROMISED_SECONDS)


def test_a_referral_set_by_the_command_line_is_on_the_feed(served: Served) -> None:
    """Set, planned for now and cleared: the feed tells, and so does `GET /people`."""
    cia = served.add("Cia Falk", "103")
    with served.api.feed() as feed:
        served.shell.run("referral", "set", "lunch", "--person", "103", "--text", "Soup")
        deadline = time.monotonic() + PROMISED_SECONDS
        state = feed.wait_state(cia, lambda each: each["kind"] == "referred", deadline, "lunch")
        assert state["reason"]["code"] == "lunch"
        assert state["text"] == "Soup"
        assert state["set_by"] == "command line"
        assert served.wait_kind(cia, "referred")["origin"] == "api"
        assert "Lunch (referred)" in served.shell.run("people", "list").out
        served.shell.run("referral", "clear", "--person", "103")
        deadline = time.monotonic() + PROMISED_SECONDS
        feed.wait_state(cia, lambda each: each["kind"] == "available", deadline, "cleared")


def test_a_token_works_at_once_and_ends_at_once(served: Served) -> None:
    """Made beside a running `serve` it works; revoked it stops within 2 s, its open feed too."""
    made = served.shell.run("token", "create", "--role", "colleague", "--name", "short").out.split()
    api = Api(served.api.url, next(each for each in made if each.startswith("cal_")))
    assert api.get("/me")["role"] == "colleague"
    api.get("/tokens", status=403)
    with api.feed() as feed:
        served.shell.run("token", "revoke", made[0])
        revoked = time.monotonic()

        def refused() -> bool:
            answer = httpx2.get(f"{api.url}/me", headers={"Authorization": f"Bearer {api.token}"}, trust_env=False)
            return answer.status_code == 401

        until(refused, REVOKED_SECONDS, "the token works no more")
        feed.wait_end(REVOKED_SECONDS + PROMISED_SECONDS - (time.monotonic() - revoked))


def test_health_and_schema_need_no_sign_in(served: Served) -> None:
    """`GET /health` and the OpenAPI description are for everybody; the rest is refused in the form promised."""
    assert httpx2.get(f"{served.api.url}/health", trust_env=False).status_code == 200
    schema = httpx2.get(f"{served.api.url}/openapi.json", trust_env=False).json()
    assert schema["openapi"].startswith("3.1")
    refused = httpx2.get(f"{served.api.url}/people", trust_env=False)
    assert refused.status_code == 401
    assert {"error", "message"} <= refused.json().keys() <= {"error", "message", "detail"}


def test_a_certificate_is_tried_before_anything_is_begun(shell: Shell) -> None:
    """No database is made for a service that cannot speak TLS."""
    assert "not there" in shell.refused("serve", "--tls-cert", "no.pem", "--tls-key", "no.key")
    assert not (shell.folder / "callendar.db").exists()


def test_a_second_serve_is_refused_and_ctrl_c_ends_the_first(shell: Shell) -> None:
    """Two on one database would drive the switchboards twice: the second says so; Ctrl-C ends the first cleanly."""
    shell.run("company", "add", "Nordlys")
    with shell.serve() as (running, url):
        taken = httpx2.URL(url).port
        said = shell.refused("serve", "--port", str(free_port()))
        assert "serve" in said
        assert "callendar.db" in said
        other = shell.run("serve", "--port", str(taken), code=1, CALLENDAR_DATABASE=str(shell.folder / "other.db"))
        assert "--port" in other.err.splitlines()[-1]
        children = running.children()
        assert running.interrupt() == 0, running.said
        assert "Traceback" not in running.said
        assert "error" not in running.said.lower()
        assert not [each for each in children if is_alive(each)]
    with shell.serve():
        pass
