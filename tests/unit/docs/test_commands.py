"""docs/reference/commands.md has every command with every option, and no other."""

from __future__ import annotations

import re
from typing import Any

import pytest
from typer.main import get_command

from callendar.cli.program import program
from tests.unit.docs.pages import REFERENCE, read_sections

SECTIONS = read_sections(REFERENCE / "commands.md")


def _leaves(command: Any, path: str) -> dict[str, Any]:
    """Every command that does something, by its whole name."""
    inner: dict[str, Any] = getattr(command, "commands", {})
    if not inner:
        return {path: command}
    found: dict[str, Any] = {}
    for name, each in inner.items():
        found |= _leaves(each, f"{path} {name}")
    return found


COMMANDS = _leaves(get_command(program), "callendar")


def test_every_command_has_its_section() -> None:
    """None left out and none made up."""
    assert set(SECTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_section_names_every_option_and_shows_a_call(name: str) -> None:
    """No option that is not there, and at least one call as it is typed."""
    options = {
        option
        for parameter in COMMANDS[name].params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--") and option != "--help"
    }
    prose, *examples = re.split(r"^```console$", SECTIONS[name], flags=re.MULTILINE)
    named = set(re.findall(r"`(--[a-z-]+)", prose))
    assert named == options
    assert any(f"$ {name}" in example for example in examples)
