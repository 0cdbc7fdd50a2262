"""`callendar secrets`: the keys that passwords of calendars are sealed with."""

from __future__ import annotations

from typing import Annotated

import typer

from callendar.app import open_parts
from callendar.cli.desk import run, say
from callendar.settings import load_settings

commands = typer.Typer(
    help="Secrets: the keys that passwords of calendars are sealed with.",
    no_args_is_help=True,
    epilog="Example: callendar secrets rotate",
)


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="secrets")


@commands.command(epilog="Example: callendar secrets rotate --drop")
def rotate(
    drop: Annotated[
        bool, typer.Option("--drop", help="Forget the older keys; backups of before need them to be read.")
    ] = False,
) -> None:
    """Seal everything anew, with a new key or the first of those given; beside a running `serve` too."""

    async def work() -> int:
        async with open_parts(load_settings().settings) as parts:
            done = await parts.store.reseal(drop=drop)
            place = (await parts.store.examine_keys()).place
        with_what = f"a new key, the first in {place}" if done.key_made else f"the first key in {place}"
        say(f"{_connections(done.connections)} sealed with {with_what}.")
        for fault in done.shut:
            say(f"Left as it was: {fault}")
        if done.older and not done.dropped:
            _say_older(done.older, left=bool(done.shut), ours=done.key_made)
        if done.dropped:
            say("The older keys are gone: a backup of before opens no connections any more.")
        return len(done.shut)

    if run(work):
        raise typer.Exit(1)


@commands.command("new-key", epilog="Example: callendar secrets new-key > /etc/callendar/key")
def new_key() -> None:
    """Print a new key, for the setting `secret_key` or the file that `secret_key_file` names."""
    from callendar.store.key import new_key as make

    print(make())


def _connections(count: int) -> str:
    return "One connection" if count == 1 else f"{count} connections"


def _say_older(count: int, *, left: bool, ours: bool) -> None:
    keys = "The older key" if count == 1 else f"The {count} older keys"
    if left:
        say(f"{keys} cannot be told to be of no use while that is so.")
    elif ours:
        say(f"{keys} can still open backups; forget them with: callendar secrets rotate --drop")
    else:
        say(f"{keys} may be taken out now, but for backups of before.")
