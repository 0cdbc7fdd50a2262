"""The command line keeps secrets: sealed in the file, changed while serving, shown nowhere."""

from __future__ import annotations

from pathlib import Path

import httpx2

from tests.cast import Shell, until
from tests.integration.test_secrets import in_files

FEED = "planted-feed-key"
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
X-WR-CALNAME:Team
END:VCALENDAR
"""
READ_SECONDS = 30


def connected(folder: Path) -> Shell:
    """A company with a person whose feed lies at an address that is a secret."""
    shell = Shell(folder)
    feed = folder / f"{FEED}.ics"
    feed.write_text(CALENDAR.replace("\n", "\r\n"))
    shell.run("company", "add", "Nordlys")
    shell.run("people", "add", "Anna", "--extension", "101")
    said = shell.run("connect", "ics", "--person", "101", "--url", str(feed), "--name", "Feed", "--poll-seconds", "1")
    assert "sealed with a key made just now" in said.out
    return shell


def test_the_key_changes_under_a_running_service(tmp_path: Path) -> None:
    """It goes on without a fault; the older key is gone, and the next service opens everything with the new one."""
    shell = connected(tmp_path)
    key = tmp_path / "callendar.db.key"
    before = key.read_text().strip()
    with shell.serve() as (running, _url):
        until(lambda: "not yet" not in shell.run("calendars", "list").out, READ_SECONDS, "the feed is read")
        assert "One connection sealed with a new key" in shell.run("secrets", "rotate", "--drop").out
        assert before not in key.read_text()
        shell.run("calendars", "sync")
        assert "ok  Feed: answers" in shell.run("doctor").out
        assert "calendar_lost" not in running.said
    assert shell.run("calendars", "sync").out == "Team: read\n"
    assert FEED.encode() not in in_files(tmp_path / "callendar.db")


def test_without_the_key_the_service_runs_and_says_what_to_do(tmp_path: Path) -> None:
    """People are served, `doctor` names the connection and the mend, and shows no key."""
    shell = connected(tmp_path)
    key = tmp_path / "callendar.db.key"
    secret = key.read_text().strip()
    wrong = shell.run("secrets", "new-key").out.strip()
    shell.environment["CALLENDAR_SECRET_KEY"] = wrong
    with shell.serve() as (running, url):
        said = shell.run("doctor", code=1).out
        assert "secret_key = ***" in said
        assert "fault  Feed: the secret of Feed cannot be opened" in said
        assert "give the key it was sealed with, or connect it anew" in said
        token = shell.run("token", "create", "--role", "telephonist").out.splitlines()[1]
        people = httpx2.get(f"{url}/api/v1/people", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
        assert people.status_code == 200
        assert [each["name"] for each in people.json()["people"]] == ["Anna"]
        until(lambda: "cannot be opened" in shell.run("calendars", "list").out, READ_SECONDS, "the calendar says so")
        everything = said + running.said + people.text
    assert not [word for word in (secret, wrong, FEED) if word in everything]
    del shell.environment["CALLENDAR_SECRET_KEY"]
    assert "ok  Feed: answers" in shell.run("doctor", code=1).out


def test_a_password_in_the_address_of_a_database_is_not_shown(tmp_path: Path) -> None:
    """Neither by `doctor` nor in what refuses the address."""
    shell = Shell(tmp_path)
    address = "mysql://callendar:planted-password@db.example/callendar?password=planted-too"
    said = shell.run("doctor", code=1, CALLENDAR_DATABASE=address)
    assert "database = mysql://callendar:***@db.example/callendar?password=***" in said.out
    assert "planted" not in said.out + said.err
