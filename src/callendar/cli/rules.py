"""`callendar rules`: a company's settings, shown and changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import click
import msgspec
import typer

from callendar.cli.desk import CommandDesk, CompanyOption, by_command, complaints, console, opened, run, say
from callendar.cli.rules_text import parse_assignments, parse_rules, place_of, render_rules
from callendar.domain.errors import InvalidValue
from callendar.domain.rules import Company, Rules
from callendar.engine.invalid import InvalidField
from callendar.engine.rulebook import RuleBook, ruled, what_changes

commands = typer.Typer(
    help="Rules: what bookings mean for a company.", no_args_is_help=True, epilog="Example: callendar rules show"
)


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="rules")


@commands.command(epilog="Example: callendar rules show --toml")
def show(
    toml: Annotated[bool, typer.Option("--toml", help="As `rules edit` shows them.")] = False,
    company: CompanyOption = None,
) -> None:
    """Show the rules as `GET /api/v1/rules` gives them."""

    async def work() -> None:
        async with opened(company) as desk:
            if toml:
                print(render_rules(desk.company.rules), end="")
            else:
                console.print_json(msgspec.json.encode(desk.company.rules).decode())

    run(work)


@commands.command("set", epilog="Example: callendar rules set grace_minutes=10 holidays.country=SE")
def set_(
    given: Annotated[list[str], typer.Argument(metavar="NAME=VALUE...", help="Values as in `rules show --toml`.")],
    company: CompanyOption = None,
) -> None:
    """Change single rules; the others stay."""

    async def work() -> None:
        async with opened(company) as desk:
            await _change(desk, parse_assignments(given), lambda: True)

    run(work)


@commands.command(epilog="Example: callendar rules edit")
def edit(
    file: Annotated[
        Path | None, typer.Option(help="Take the text from this file, `-` for standard input, without an editor.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Change them without asking.")] = False,
    company: CompanyOption = None,
) -> None:
    """Edit the rules in `$VISUAL` or `$EDITOR`; shows what would change and changes it when told."""

    async def work() -> None:
        async with opened(company) as desk:
            given = _parsed(_read(file), desk.company) if file is not None else _edited(desk.company)
            await _change(desk, given, lambda: yes or (_is_terminal() and typer.confirm("Change this?")))

    run(work)


async def _change(desk: CommandDesk, given: Mapping[str, Any], told: Callable[[], bool]) -> None:
    after = ruled(desk.company, given)
    differences = _differences(desk.company.rules, after.rules)
    if not differences:
        say("Nothing is changed by this.")
        return
    for line in differences:
        say(line)
    look = await what_changes(desk.parts.store, desk.company, after)
    looked = "" if look.looked == look.people else f" of {look.looked} looked at"
    say(f"People planned anew: {look.people}; with another timetable then: {look.different}{looked}.")
    if not told():
        say("Nothing is changed yet; the same with --yes changes it.")
        return
    plain = msgspec.to_builtins(after.rules)
    before = msgspec.to_builtins(desk.company.rules)
    changed = {name: value for name, value in plain.items() if value != before[name]}
    book = RuleBook(desk.parts.store, desk.parts.held, desk.parts.clock)
    await book.change_rules(desk.company.id, changed, by=by_command(desk.company))
    say("Changed.")


def _edited(company: Company) -> dict[str, Any]:
    """What somebody made of the rules in an editor, who may go on as long as they cannot be."""
    if not _is_terminal() and not (os.environ.get("VISUAL") or os.environ.get("EDITOR")):
        raise InvalidValue("there is no terminal for an editor; use `rules set`, or `rules edit --file FILE --yes`")
    text = render_rules(company.rules)
    while True:
        try:
            text = click.edit(text, extension=".toml", require_save=False) or text
        except click.ClickException as error:
            raise InvalidValue(f"the editor failed: {error.message}; set VISUAL to one that can be started") from error
        try:
            return _parsed(text, company)
        except InvalidValue as error:
            if not _is_terminal():
                raise
            complaints.print(str(error), style="bold red", markup=False, soft_wrap=True)
            if not typer.confirm("Edit it again?", default=True):
                raise


def _parsed(text: str, company: Company) -> dict[str, Any]:
    given = parse_rules(text)
    try:
        ruled(company, given)
    except InvalidField as error:
        raise InvalidValue(place_of(error, text)) from error
    return given


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidValue(f"cannot read {file}: {error}; give a text in UTF-8") from error


def _differences(before: Rules, after: Rules) -> list[str]:
    told: list[str] = []
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    for name in old:
        if isinstance(old[name], dict):
            pairs = [(f"{name}.{each}", old[name][each], new[name][each]) for each in old[name]]
        else:
            pairs = [(name, old[name], new[name])]
        told += [f"{path}: {_json(one)} → {_json(other)}" for path, one, other in pairs if one != other]
    return told


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
