"""`callendar connect`: somebody's calendars, tried before they are saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from msgspec import UNSET

from callendar.cli.desk import (
    CommandDesk,
    CompanyOption,
    PersonOption,
    by_command,
    console,
    find_person,
    opened,
    run,
    say,
)
from callendar.contracts.source import FoundCalendar
from callendar.domain.errors import InvalidValue
from callendar.engine.choosing import Choice
from callendar.engine.connecting import ConnectionPatch, ConnectionState

commands = typer.Typer(
    help="Connect a calendar system; tried before it is saved.",
    no_args_is_help=True,
    epilog="Example: callendar connect ics --person 101 --url https://calendar.example/anna.ics",
)

Chooser = Callable[[list[FoundCalendar], list[FoundCalendar]], list[FoundCalendar]]
"""Of all that were found, and of those among them that she does not have yet."""
PollOption = Annotated[
    int | None, typer.Option("--poll-seconds", min=1, help="Time between reads.", show_default=False)
]


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="connect")


@commands.command(epilog="Example: callendar connect ics --person 101 --url https://calendar.example/anna.ics")
def ics(
    person: PersonOption,
    url: Annotated[str, typer.Option(help="http(s)://, webcal:// or the path of a file.")],
    name: Annotated[str | None, typer.Option(help="What the calendar is called here.")] = None,
    poll_seconds: PollOption = None,
    company: CompanyOption = None,
) -> None:
    """Connect an iCalendar feed or file."""

    async def work() -> None:
        async with opened(company) as desk:
            await _connect(desk, "ics", person, {"url": absolute(url)}, name, poll_seconds, lambda _, new: new)

    run(work)


@commands.command(
    epilog="Example: callendar connect caldav --person 101 --url https://cloud.example --user anna "
    "--password-file anna.txt --calendar Work --calendar Board"
)
def caldav(
    person: PersonOption,
    url: Annotated[str, typer.Option(help="The server, the home, or one calendar.")],
    user: Annotated[str | None, typer.Option(help="Who signs in.")] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="File with the password; else CALLENDAR_PASSWORD, else it is asked for."),
    ] = None,
    calendar: Annotated[
        list[str] | None,
        typer.Option(help="Read only this one (name or URL); repeat for several. Asked for otherwise."),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Read every calendar that makes busy, without asking.")] = False,
    name: Annotated[str | None, typer.Option(help="What the connection is called here.")] = None,
    poll_seconds: PollOption = None,
    company: CompanyOption = None,
) -> None:
    """Connect a CalDAV server: Nextcloud, iCloud, Fastmail, Radicale, SOGo …"""

    async def work() -> None:
        async with opened(company) as desk:
            password = _password(password_file) if user else None
            settings = {"url": url, "user": user, "password": password}

            def choose(found: list[FoundCalendar], new: list[FoundCalendar]) -> list[FoundCalendar]:
                return _choose(found, new, calendar or [], every=all_)

            await _connect(desk, "caldav", person, settings, name, poll_seconds, choose)

    run(work)


async def _connect(
    desk: CommandDesk,
    kind_name: str,
    wanted: str,
    settings: dict[str, str | None],
    name: str | None,
    poll_seconds: int | None,
    choose: Chooser,
) -> None:
    parts = desk.parts
    person = await find_person(desk, wanted)
    connections = parts.connections(files=True)
    name = name or f"{person.name}: {kind_name}"
    with console.status("Trying it…"):
        connection, tried = await connections.try_new(desk.company.id, kind_name, name, settings, poll_seconds)
    found = list(tried.calendars)
    if not found:
        raise InvalidValue(f"{settings['url']} answers, but offers no calendar; check the address and the rights")
    alike = await connections.find_alike(connection, person.id)
    had = alike.calendars if alike is not None else ()
    hers = {each.ref for each in had if each.person_id == person.id}
    new = [each for each in found if each.ref not in hers]
    chosen = choose(found, new)
    if alike is not None:
        await _connect_again(desk, alike, settings, poll_seconds)
        say(f"{person.name} has this connection already: her calendars stay, read by what was given now.")
    calendars = await parts.calendars.add(
        desk.company.id,
        person.id,
        connection if alike is None else alike.connection,
        [(each, Choice(selected=each in chosen)) for each in new],
        new_connection=alike is None,
        by=by_command(desk.company),
    )
    for calendar in calendars:
        marks = "" if calendar.marks_count else ", marks in it do not count: it is shared with her"
        read = "read" if calendar.selected else "not read"
        say(f"{calendar.name}: {read}{marks}")
    if (await parts.store.examine_keys()).made:
        say(
            "Its secret is sealed with a key made just now; `callendar doctor` says where. Keep a copy of it elsewhere."
        )
    served = await parts.is_served()
    say(
        f"Connected for {person.name}. "
        + ("The running serve reads it at once." if served else "It is read when `callendar serve` runs."),
    )


async def _connect_again(
    desk: CommandDesk, alike: ConnectionState, settings: dict[str, str | None], poll_seconds: int | None
) -> None:
    """A new password for a connection that there is, rather than a second one beside it."""
    patch = ConnectionPatch(settings=settings, poll_seconds=UNSET if poll_seconds is None else poll_seconds)
    await desk.parts.connections(files=True).change(
        desk.company.id, alike.connection.id, patch, by=by_command(desk.company)
    )


def absolute(url: str) -> str:
    """A URL as it is; a path from the root on, so that `serve` finds it from its own folder."""
    return url if "://" in url else str(Path(url).resolve())


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise InvalidValue(f"cannot read the password in {file} ({why}); check the path") from error
    return os.environ.get("CALLENDAR_PASSWORD") or typer.prompt("Password", hide_input=True)


def _choose(
    found: list[FoundCalendar], new: list[FoundCalendar], wanted: list[str], *, every: bool
) -> list[FoundCalendar]:
    """The calendars to read: those named, else by asking on a terminal, else all that make busy."""
    if wanted:
        chosen = [each for each in found if each.name in wanted or each.ref in wanted]
        missing = [each for each in wanted if each not in {known for one in found for known in (one.name, one.ref)}]
        if missing:
            names = ", ".join(each.name for each in found)
            raise InvalidValue(f"there is no calendar {missing[0]!r} there; there are: {names}")
        return chosen
    blocking = [each for each in new if each.blocking]
    if every or len(found) == 1 or not os.isatty(0):
        return blocking
    return [each for each in new if typer.confirm(f"Read {each.name}?", default=each.blocking)]
