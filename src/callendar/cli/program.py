"""All commands, gathered under `callendar`."""

from __future__ import annotations

from typing import Annotated

import typer

from callendar import __version__
from callendar.cli import (
    backup,
    calendars,
    company,
    connect,
    doctor,
    explain,
    people,
    referral,
    rehearse,
    rules,
    secrets,
    serve,
    token,
    user,
)

program = typer.Typer(
    name="callendar",
    help="Connects people's calendars to their company's telephone switchboard.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    epilog="Example: callendar demo. Settings come from callendar.toml and the environment (CALLENDAR_DATABASE=…).",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"callendar {__version__}")
        raise typer.Exit


@program.callback()
def _(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    pass


serve.add_to(program)
people.add_to(program)
connect.add_to(program)
calendars.add_to(program)
referral.add_to(program)
rehearse.add_to(program)
explain.add_to(program)
rules.add_to(program)
company.add_to(program)
user.add_to(program)
token.add_to(program)
secrets.add_to(program)
doctor.add_to(program)
backup.add_to(program)
