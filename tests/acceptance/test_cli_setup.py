"""The command line in a fresh folder, without a running `serve`: companies, people, calendars, tokens, doctor."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.acceptance.commands import Commands
from tests.acceptance.conftest import FeedServer
from tests.cast import Shell, in_minutes, render_booking
from tests.integration.radicale import RadicaleServer


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory, commands: Commands) -> Path:
    """A folder with a company in which Anna has 101: the first person of an installation makes its company."""
    folder = tmp_path_factory.mktemp("office")
    shell = Shell(folder, commands)
    said = shell.run("people", "add", "Anna Svensson", "--extension", "101", "--email", "anna@nordlys.example")
    assert "Added the company" in said.out
    return folder


@pytest.fixture
def office(laid_out: Path, tmp_path: Path, commands: Commands) -> Shell:
    """The same in a folder of the test's own."""
    return Shell(shutil.copytree(laid_out, tmp_path / "office"), commands)


def _calendar_ids(shell: Shell) -> dict[str, str]:
    """Ids of calendars by name, as `calendars list` shows them."""
    listed = shell.run("calendars", "list").out
    return {
        name: line.split()[0]
        for line in listed.splitlines()
        if line.startswith("cal_")
        for name in ("Work", "Board", "Tasks", "Extra")
        if f" {name} " in line
    }


def test_companies_and_people(shell: Shell) -> None:
    """Added, listed, told apart; what cannot be is refused in one line and nothing is added."""
    assert "callendar company add" in shell.run("company", "list").out
    assert "callendar company add" in shell.refused("people", "list")
    no_zone, no_language = shell.refused_all(
        ("company", "add", "Nordlys", "--zone", "Nowhere/Land"), ("company", "add", "Nordlys", "--language", "xx")
    )
    assert "Nowhere/Land" in no_zone
    assert "xx" in no_language
    shell.run("company", "add", "Nordlys", "--zone", "Europe/Stockholm", "--language", "sv")
    assert "already" in shell.refused("company", "add", "nordlys")
    listed = shell.run("company", "list").out
    assert "Nordlys" in listed
    assert "Europe/Stockholm" in listed

    add = ("people", "add")
    shell.run(*add, "Åsa Öberg", "--extension", "101", "--email", "asa@nordlys.example", "--zone", "Europe/Helsinki")
    extension, zone, address = shell.refused_all(
        (*add, "Bo Ek", "--extension", "101"),
        (*add, "Bo Ek", "--extension", "102", "--zone", "Mars/Base"),
        (*add, "Bo Ek", "--extension", "103", "--email", "asa@nordlys.example"),
    )
    assert "101" in extension
    assert "Mars/Base" in zone
    assert "asa@nordlys.example" in address
    (asa,) = shell.run("people", "list", "--json").json()
    assert asa.pop("id").startswith("p_")
    assert asa == {
        "name": "Åsa Öberg",
        "email": "asa@nordlys.example",
        "extensions": ["101"],
        "department": None,
        "zone": "Europe/Helsinki",
    }

    shell.run("company", "add", "Fjord", "--zone", "Europe/Oslo")
    assert "--company" in shell.refused("people", "list")
    assert "Åsa" in shell.run("people", "list", "--company", "nordlys").out
    assert "Åsa" not in shell.run("people", "list", "--company", "Fjord").out
    assert "Nobody Ltd" in shell.refused("people", "list", "--company", "Nobody Ltd")


def test_a_file_is_connected_and_read(office: Shell) -> None:
    """`connect ics` with a path relative to the shell's folder; `calendars sync` reads it, and its changes."""
    assert "callendar.db.key is made with the first connection" in office.run("doctor").out
    feed = office.folder / "anna.ics"
    feed.write_text(render_booking("one", "m: Budget", in_minutes(-5), in_minutes(50)))
    assert "Connected for Anna Svensson" in office.run("connect", "ics", "--person", "101", "--url", "anna.ics").out
    assert "not yet" in office.run("calendars", "list").out
    office.run("calendars", "sync")
    shown = office.run("people", "list").out
    assert "Meeting (referred)" in shown
    feed.write_text(render_booking("one", "Budget", in_minutes(-5), in_minutes(50)))
    office.run("calendars", "sync", "--person", "anna@nordlys.example")
    assert "available" in office.run("people", "list").out
    said = office.run("doctor").out
    assert "All is well" in said
    assert "connections are sealed with" in said
    feed.unlink()
    assert "anna.ics" in office.run("calendars", "sync", code=1).out
    assert "fault" in office.run("doctor", code=1).out


def test_a_feed_is_connected_over_http(office: Shell, feeds: FeedServer) -> None:
    """`connect ics` with a URL tries it first: nothing is saved of one that does not answer with a calendar."""
    good = feeds.offer("/good.ics", render_booking("one", "m: Budget", in_minutes(-5), in_minutes(50)))
    page = feeds.offer("/page.ics", "<html>Sign in</html>")
    connect = ("connect", "ics", "--person", "101", "--url")
    *_, nobody = office.refused_all(
        (*connect, f"{feeds.url}/missing.ics"),
        (*connect, page),
        (*connect, "http://127.0.0.1:9/closed.ics"),
        (*connect, "ftp://127.0.0.1/x.ics"),
        ("connect", "ics", "--person", "999", "--url", good),
    )
    assert "999" in nobody
    assert "No calendars yet" in office.run("calendars", "list").out
    office.run("connect", "ics", "--person", "101", "--url", good, "--name", "Personal")
    listed = office.run("calendars", "list").out
    assert "already" in office.run("connect", "ics", "--person", "101", "--url", good).out
    assert office.run("calendars", "list").out == listed, "the same feed is not there twice"
    office.run("calendars", "sync")
    shown = office.run("referral", "show", "--person", "101").out
    assert "Meeting (referred)" in shown
    assert good not in office.run("doctor").out, "who knows the address of a feed can read it"


def test_a_caldav_server_is_connected(office: Shell, radicale: RadicaleServer) -> None:
    """Only the calendars chosen are read; a wrong password, address or name is refused with the mend, nothing saved."""
    radicale.put(
        "anna", "w.ics", f"SUMMARY:m: Work\nDTSTART:{in_minutes(-5):%Y%m%dT%H%M%SZ}\nDURATION:PT50M", calendar="work"
    )
    secret = office.folder / "anna.txt"
    secret.write_text("anna-1\n")
    connect = ("connect", "caldav", "--person", "101", "--user", "anna")
    good = (*connect, "--url", radicale.url)
    wrong = office.refused(*good, CALLENDAR_PASSWORD="wrong-one")
    assert "password" in wrong
    assert "wrong-one" not in wrong
    *_, missing, no_file = office.refused_all(
        (*connect, "--url", f"{radicale.url}nobody/here/"),
        (*connect, "--url", "http://127.0.0.1:9/"),
        (*connect, "--url", "not a url"),
        (*good, "--calendar", "Boards"),
        (*good, "--password-file", "nothing.txt"),
        CALLENDAR_PASSWORD="anna-1",
    )
    assert "Board" in missing
    assert "Work" in missing
    assert "nothing.txt" in no_file
    assert "No calendars yet" in office.run("calendars", "list").out

    said = office.run(*good, "--password-file", "anna.txt", "--calendar", "Board").out
    assert "Board: read" in said
    assert "Work: not read" in said
    office.run("calendars", "sync")
    assert "available" in office.run("people", "list").out, "Work is not read"

    ids = _calendar_ids(office)
    assert {"Work", "Board"} <= ids.keys()
    assert "Work: read" in office.run("calendars", "choose", ids["Work"], "--selected").out
    office.run("calendars", "sync")
    assert "Meeting (referred)" in office.run("people", "list").out
    assert "do not count" in office.run("calendars", "choose", ids["Work"], "--no-marks").out
    assert "available" in office.run("people", "list").out, "marks in it do not count any more"
    assert "cal_none" in office.refused("calendars", "choose", "cal_none", "--selected")

    radicale.make_calendar("anna", "extra", name="Extra")
    assert "Extra" in office.refused(*good, "--calendar", "Nothing", CALLENDAR_PASSWORD="anna-1")
    again = office.run(*good, "--calendar", "Extra", "--calendar", "Board", CALLENDAR_PASSWORD="anna-1").out
    assert "has this connection already" in again
    after = _calendar_ids(office)
    assert {name: after.pop(name) for name in ids} == ids
    assert after.keys() == {"Extra"}
    assert office.run("calendars", "list").out.count("caldav") == len(ids) + 1, "nothing is there twice"
    for name in ("callendar.db", "callendar.db-wal"):
        path = office.folder / name
        if path.exists():
            assert b"wrong-one" not in path.read_bytes()


def test_tokens(office: Shell) -> None:
    """Shown once, listed without the secret, kept only as a hash, revoked."""
    made = office.run("token", "create", "--role", "telephonist", "--name", "wall board", "--person", "101").out
    token_id = made.split()[0]
    secret = next(word for word in made.split() if word.startswith("cal_"))
    listed = office.run("token", "list").out
    assert token_id in listed
    assert "wall board" in listed
    assert secret not in listed
    assert secret.encode() not in b"".join(each.read_bytes() for each in office.folder.glob("callendar.db*"))
    assert "owner" in office.refused("token", "create", "--role", "owner")
    office.run("token", "revoke", token_id)
    assert re.search(rf"{token_id}.*wall board.*\d{{4}}-\d\d-\d\d .*\d{{4}}-\d\d-\d\d", office.run("token", "list").out)
    assert "t_none" in office.refused("token", "revoke", "t_none")


def test_referrals(office: Shell) -> None:
    """Set, shown, cleared, planned; what cannot be is refused in words."""
    said = office.run("referral", "set", "lunch", "--person", "101").out
    assert "Lunch (referred)" in said
    assert "back" in said
    assert "Lunch" in office.run("referral", "show", "--person", "anna@nordlys.example").out
    assert "Holiday (referred)" in office.run("referral", "set", "holiday", "--person", "101", "--until", "open").out
    assert "Holiday (referred)" in office.run("referral", "show", "--person", "101").out
    assert "available" in office.run("referral", "clear", "--person", "101").out
    assert "Meeting (informed)" in office.run("referral", "set", "meeting", "--person", "101", "--inform").out
    office.run("referral", "set", "back", "--person", "101")
    assert "available" in office.run("referral", "show", "--person", "101").out
    refer = ("referral", "set", "--person", "101")
    unknown, no_time, _ = office.refused_all(
        (*refer, "teatime"), (*refer, "lunch", "--until", "25:99"), (*refer, "lunch", "--until", "2020-01-01T10:00:00Z")
    )
    assert "teatime" in unknown
    assert "25:99" in no_time
    start, end = (f"{in_minutes(1440 * days):%Y-%m-%d}" for days in (30, 40))
    plan = ("referral", "plan", "holiday", "--person", "101", "--start", start, "--until", end)
    assert "Holiday" in office.run(*plan).out
    assert "Holiday" in office.run("referral", "show", "--person", "101").out


def test_explain_and_rules_and_migrate(shell: Shell) -> None:
    """One plain sentence each; without a company by the rules out of the box, with no database made."""
    assert shell.run("explain", "m: budget", "--show-as", "free", "--private").out.startswith("referred, meeting: ")
    assert shell.run("explain", "budget").out.startswith("note: ")
    assert shell.run("explain", "m: budget", "--response", "declined", "--invited").out.startswith("nothing: ")
    assert shell.run("explain", "budget", "--mode", "refer").out.startswith("referred, meeting: ")
    assert "--show-as" in shell.refused("explain", "budget", "--show-as", "asleep")
    assert not list(shell.folder.iterdir())
    shell.run("company", "add", "Nordlys")
    rules = shell.run("rules", "show").json()
    assert rules["mode"] == "keywords"
    assert rules["grace_minutes"] == 5
    assert rules["shareable"] == ["meeting", "course", "trip", "lunch"]
    assert "up to date" in shell.run("migrate").out


def test_settings_that_cannot_be_used_are_said_with_the_mend(shell: Shell) -> None:
    """One line that names the setting, its value and where it came from."""
    said = shell.refused("people", "list", CALLENDAR_PORT="eighty")
    assert "CALLENDAR_PORT" in said
    (shell.folder / "callendar.toml").write_text("databse = 'x.db'\n")
    assert "databse" in shell.refused("people", "list")
    (shell.folder / "callendar.toml").write_text("database = 'no/such/folder/x.db'\n")
    assert "no/such/folder" in shell.refused("company", "list")


def test_a_database_that_is_none_is_refused(shell: Shell, tmp_path: Path) -> None:
    """A file of something else is named, and left as it is."""
    other = tmp_path / "other.db"
    other.write_bytes(b"dear diary" * 1000)
    assert "other.db" in shell.refused("company", "list", CALLENDAR_DATABASE=str(other))
    assert other.read_bytes() == b"dear diary" * 1000
