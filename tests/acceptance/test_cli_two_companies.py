"""The command line with two equal companies: it wants to know which, and then tells nothing of the other."""

from __future__ import annotations

from typing import Any

from typer.main import get_command

from callendar.cli.program import program
from tests.cast import Shell, render_calendar

WORD = "zebra"
"""Stands in every text of the other company, and in nothing of ours."""
REVOKED = "t_0123456789abcdef"
CALLS: dict[str, tuple[str, ...]] = {
    "rehearse": ("{folder}/feed.ics", "--person", "101", "--from", "2026-11-23", "--to", "2026-11-24"),
    "explain": ("m: x", "--person", "101"),
    "doctor": (),
    "people list": (),
    "people add": ("Cilla", "--extension", "103"),
    "people import": ("{folder}/people.csv",),
    "connect ics": ("--person", "101", "--url", "{folder}/feed.ics"),
    "connect caldav": ("--person", "101", "--url", "http://127.0.0.1:9/", "--all"),
    "calendars list": (),
    "calendars sync": (),
    "calendars choose": ("{their_calendar}", "--no-selected"),
    "referral set": ("lunch", "--person", "101"),
    "referral plan": ("holiday", "--person", "101", "--start", "2027-01-04"),
    "referral clear": ("--person", "101"),
    "referral show": ("--person", "101"),
    "rules show": (),
    "rules set": ("mode=busy",),
    "rules edit": ("--file", "{folder}/rules.toml", "--yes"),
    "user add": ("Cilla", "--email", "cilla@same.example", "--role", "colleague", "--generate"),
    "user list": (),
    "user password": ("anna@same.example", "--generate"),
    "user disable": ("anna@same.example",),
    "user enable": ("anna@same.example",),
    "user role": ("anna@same.example", "telephonist"),
    "user set": ("anna@same.example", "--name", "Annika", "--person", "101"),
    "user remove": ("anna@same.example", "--yes"),
    "token create": ("--role", "colleague"),
    "token list": (),
    "token revoke": ("{their_token}",),
}
"""What each command that takes `--company` is called with; those whose ids are the other's are refused."""
REFUSED = frozenset({"calendars choose", "token revoke", "connect caldav"})
WITHOUT = frozenset({"rehearse", "explain", "doctor"})
"""These say something without `--company` too: of nobody's company, or of all."""


def commands_of(command: Any, name: str = "") -> set[str]:
    """Every command that takes `--company`."""
    inner: dict[str, Any] = getattr(command, "commands", {})
    if not inner:
        return {name} if any(each.name == "company" for each in command.params) else set()
    return set[str]().union(*(commands_of(each, f"{name} {part}".strip()) for part, each in inner.items()))


def plant(shell: Shell, company: str, mark: str) -> tuple[str, str]:
    """A company with a person, a calendar, a user and a token; the ids of the last but one and of the calendar."""
    folder = shell.folder / company
    folder.mkdir()
    feed = folder / "feed.ics"
    event = ("UID:same", f"SUMMARY:m: Budget{mark}", "DTSTART:20261123T090000Z", "DTEND:20261123T100000Z")
    feed.write_text(render_calendar(event).replace("VERSION:2.0", f"VERSION:2.0\r\nX-WR-CALNAME:Team{mark}"))
    (folder / "people.csv").write_text(f"name,email,extension\nAnna{mark},anna@same.example,101\n")
    (folder / "rules.toml").write_text('mode = "refer"\n')
    which = ("--company", company)
    shell.run("company", "add", company)
    shell.run("people", "add", f"Anna{mark}", "--extension", "101", "--email", "anna@same.example", *which)
    shell.run("connect", "ics", "--person", "101", "--url", str(feed), "--name", f"Feed{mark}", *which)
    shell.run("user", "add", f"Anna{mark}", "--email", "anna@same.example", "--role", "colleague", "--generate", *which)
    token = shell.run("token", "create", "--role", "colleague", "--name", f"board{mark}", *which).out.split()[0]
    calendar = shell.run("calendars", "list", *which).out.splitlines()[1].split()[0]
    return token, calendar


def test_every_command_keeps_to_the_company_that_is_named(shell: Shell) -> None:
    """With `--company` nothing of the other is told or changed; without, it asks which. A new command has to join."""
    assert commands_of(get_command(program)) == set(CALLS)
    plant(shell, "ours", "")
    token, calendar = plant(shell, "theirs", WORD)
    lists = (("people", "list"), ("calendars", "list"), ("user", "list"))
    before = [shell.run(*each, "--company", "theirs").out for each in lists]
    for name, more in CALLS.items():
        given = [each.format(folder=shell.folder / "ours", their_token=token, their_calendar=calendar) for each in more]
        said = shell.run(*name.split(), *given, "--company", "ours", code=1 if name in REFUSED else 0)
        assert WORD not in said.out + said.err, f"{name}: {said}"
        if name not in WITHOUT:
            assert "several companies" in shell.refused(*name.split(), *given), name
    assert before == [shell.run(*each, "--company", "theirs").out for each in lists]
    assert token in shell.run("token", "list", "--company", "theirs").out
