"""Users on the command line: added, changed and removed, with a row in the trail for each."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
from contextlib import closing
from typing import Any

import pytest

from tests.cast import CALLENDAR, COMMAND_SECONDS, Shell

KARIN = "karin@nordlys.example"


@pytest.fixture
def office(shell: Shell) -> Shell:
    """A company with the person Anna, and the user Karin who is tied to nobody."""
    shell.run("people", "add", "Anna Svensson", "--extension", "101", "--email", "anna@nordlys.example")
    shell.run("user", "add", "Karin Lund", "--email", KARIN, "--role", "administrator", "--generate")
    return shell


def _users(shell: Shell) -> list[dict[str, Any]]:
    return json.loads(shell.run("user", "list", "--json").out)


def _trail(shell: Shell) -> list[str]:
    """What was done with users, the oldest first."""
    with closing(sqlite3.connect(shell.folder / "callendar.db")) as raw:
        rows = raw.execute("SELECT action FROM audit WHERE action LIKE 'user%' ORDER BY rowid").fetchall()
    return [action for (action,) in rows]


def _on_a_terminal(shell: Shell, *arguments: str, answer: str) -> str:
    """What a command says to somebody who answers its question."""
    ours, its = pty.openpty()
    os.write(ours, answer.encode())
    with subprocess.Popen(
        [str(CALLENDAR), *arguments], cwd=shell.folder, env=shell.environment, stdin=its, stdout=its, stderr=its
    ) as process:
        os.close(its)
        said = b""
        while True:
            try:
                said += os.read(ours, 4096)
            except OSError:  # As Linux tells that nobody writes any more.
                break
        assert process.wait(COMMAND_SECONDS) == 0, said
    os.close(ours)
    return said.decode()


def test_a_user_is_changed(office: Shell) -> None:
    """Name, address and person, each alone or together; what is not given stays."""
    (karin,) = _users(office)
    office.run("user", "set", KARIN, "--name", "Karin Berg", "--person", "101")
    (tied,) = _users(office)
    assert tied["person"].startswith("p_")
    assert tied == karin | {"name": "Karin Berg", "person": tied["person"]}
    said = office.run("user", "set", karin["id"], "--no-person", "--email", "Berg@nordlys.example").out
    assert said == "Karin Berg signs in as berg@nordlys.example and is tied to no person.\n"
    assert _users(office) == [tied | {"email": "berg@nordlys.example", "person": None}]
    assert _trail(office) == ["user_add", "user_change", "user_change"]


def test_what_cannot_be_of_a_user_is_refused_with_the_mend(office: Shell) -> None:
    """Nothing is changed by it, and nothing is in the trail."""
    office.run("user", "add", "Bo", "--email", "bo@nordlys.example", "--role", "colleague", "--generate")
    before = _users(office)
    nobody, nothing, both, stranger, empty, taken = office.refused_all(
        ("user", "set", "nobody@nordlys.example", "--name", "Karin"),
        ("user", "set", KARIN),
        ("user", "set", KARIN, "--person", "101", "--no-person"),
        ("user", "set", KARIN, "--person", "999"),
        ("user", "set", KARIN, "--name", " "),
        ("user", "set", KARIN, "--email", "bo@nordlys.example"),
    )
    assert "'nobody@nordlys.example'" in nobody
    assert "callendar user list" in nobody
    assert KARIN in nothing
    assert "--no-person" in nothing
    assert "leave one out" in both
    assert "'999'" in stranger
    assert "callendar people list" in stranger
    assert "name" in empty
    assert "'bo@nordlys.example'" in taken
    for command in ("remove", "disable", "enable", "password"):
        assert "callendar user list" in office.refused("user", command, "nobody@nordlys.example")
    assert _users(office) == before
    assert _trail(office) == ["user_add", "user_add"]


def test_a_user_is_removed_only_when_told(office: Shell) -> None:
    """What goes along and what stays is said before; the person is there afterwards."""
    office.run("user", "set", KARIN, "--person", "101")
    said = office.run("user", "remove", KARIN).out
    assert KARIN in said
    assert "sessions" in said
    assert "stays" in said
    assert "--yes" in said
    assert "Nobody is removed" in _on_a_terminal(office, "user", "remove", KARIN, answer="n\n")
    assert len(_users(office)) == 1
    assert office.run("user", "remove", KARIN, "--yes").out.endswith("Removed.\n")
    assert _users(office) == []
    assert "Anna Svensson" in office.run("people", "list").out
    assert _trail(office) == ["user_add", "user_change", "user_delete"]


def test_whoever_is_asked_on_a_terminal_can_say_yes(office: Shell) -> None:
    """Then nobody needs `--yes`."""
    assert "Removed." in _on_a_terminal(office, "user", "remove", KARIN, answer="y\n")
    assert _users(office) == []
