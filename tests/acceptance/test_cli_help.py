"""`--help` of every command, walked from the top."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from callendar.cli.program import program
from tests.cast import Shell

PROMISED = {
    *("serve", "demo", "migrate", "doctor", "rehearse", "explain"),
    *(
        "people list",
        "people add",
        "people import",
        "connect caldav",
        "connect ics",
        "calendars list",
        "calendars sync",
        "calendars choose",
    ),
    *("referral set", "referral plan", "referral clear", "referral show", "rules show", "rules set", "rules edit"),
    *("company add", "company list", "token create", "token list", "token revoke"),
}


def _commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that does something, by its words."""
    inner: dict[str, object] = getattr(command, "commands", {})
    if not inner:
        yield path
    for name, each in inner.items():
        yield from _commands(each, (*path, name))


COMMANDS = sorted(_commands(typer.main.get_command(program)))


def test_every_command_that_is_promised_is_there() -> None:
    """`api.md`'s command line, as far as this release goes."""
    assert {" ".join(each) for each in COMMANDS} >= PROMISED


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_ends_with_an_example(words: tuple[str, ...]) -> None:
    """It exits 0 and shows how the command itself is called."""
    shown = CliRunner().invoke(program, [*words, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    text = " ".join(shown.output.split())
    assert f"Example: callendar {' '.join(words)}" in text


@pytest.mark.parametrize("group", sorted({each[0] for each in COMMANDS if len(each) > 1}))
def test_help_of_a_group_lists_its_commands(group: str) -> None:
    """It exits 0 and names them all."""
    shown = CliRunner().invoke(program, [group, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    for each in COMMANDS:
        if each[0] == group:
            assert each[1] in shown.output


def test_help_and_version_need_no_installation(tmp_path: Path) -> None:
    """The script itself, in an empty folder, leaves nothing behind."""
    shell = Shell(tmp_path)
    assert "rehearse" in shell.run("--help").out
    assert "Example: callendar serve" in shell.run("serve", "--help").out
    assert shell.run("--version").out.startswith("callendar ")
    assert not list(shell.folder.iterdir())


def test_a_command_that_is_not_there_is_refused(shell: Shell) -> None:
    """Exit status 2 and no traceback."""
    said = shell.run("conect", code=2)
    assert "conect" in said.err
