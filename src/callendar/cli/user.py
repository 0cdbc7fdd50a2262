"""`callendar user`: who signs in with an address and a password."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import UNSET

from callendar.cli.desk import (
    CommandDesk,
    CompanyOption,
    JsonOption,
    by_command,
    console,
    find_person,
    opened,
    run,
    say,
    show_table,
)
from callendar.cli.token import find_role
from callendar.contracts.kept import User
from callendar.contracts.store import NotFound
from callendar.domain.errors import InvalidValue
from callendar.engine.password import Passwords
from callendar.engine.users import UserPatch, Users

commands = typer.Typer(
    help="Users: who signs in with an address and a password.",
    no_args_is_help=True,
    epilog='Example: callendar user add "Karin Lund" --email karin@nordlys.example --role administrator',
)

UserArgument = Annotated[str, typer.Argument(help="Mail address or id.")]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option(
        help="File whose first line is the password; - for standard input. Else it is asked for.", show_default=False
    ),
]
GenerateOption = Annotated[bool, typer.Option("--generate", help="Make a password up and print it.")]


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="user")


@commands.command(
    epilog='Example: callendar user add "Karin Lund" --email karin@nordlys.example --role administrator --generate'
)
def add(
    name: Annotated[str, typer.Argument(help="As colleagues know the user; shown as who set a referral.")],
    email: Annotated[str, typer.Option(help="Mail address to sign in with.")],
    role: Annotated[str, typer.Option(help="colleague, telephonist or administrator.")],
    person: Annotated[str | None, typer.Option(help="Who that is: id, e-mail address or extension.")] = None,
    password_file: PasswordFileOption = None,
    generate: GenerateOption = False,
    company: CompanyOption = None,
) -> None:
    """Add a user. Where nobody can be asked for a password, one is made up and printed."""

    async def work() -> None:
        async with opened(company) as desk:
            whose = await find_person(desk, person) if person else None
            user, made = await Users(desk.parts.store, Passwords()).add(
                by_command(desk.company),
                email=email,
                name=name,
                role=find_role(role),
                person_id=whose.id if whose else None,
                password=_password(password_file, generate),
                now=desk.parts.clock.now(),
            )
            say(f"Added {user.name} ({user.id}), {user.role}.")
            _say_made(made)

    run(work)


@commands.command("list", epilog="Example: callendar user list")
def list_(company: CompanyOption = None, as_json: JsonOption = False) -> None:
    """List the users."""

    async def work() -> None:
        async with opened(company) as desk:
            users = await desk.parts.store.load_users(desk.company.id)
            if as_json:
                listed = [
                    {
                        "id": each.id,
                        "email": each.email,
                        "name": each.name,
                        "role": each.role,
                        "person": each.person_id,
                        "disabled": each.disabled_at is not None,
                        "has_password": each.has_password,
                    }
                    for each in users
                ]
                console.print_json(msgspec.json.encode(listed).decode())
                return
            show_table(
                ["id", "e-mail", "name", "role", "person", "signs in"],
                [
                    [
                        each.id,
                        each.email,
                        each.name,
                        each.role,
                        each.person_id or "",
                        "disabled" if each.disabled_at else "yes" if each.has_password else "no password",
                    ]
                    for each in users
                ],
                "There are no users; add one with: callendar user add NAME --email ADDRESS --role administrator",
            )

    run(work)


@commands.command(epilog="Example: callendar user password karin@nordlys.example --generate")
def password(
    user: UserArgument,
    password_file: PasswordFileOption = None,
    generate: GenerateOption = False,
    company: CompanyOption = None,
) -> None:
    """Give a user another password; all sessions of that user end."""

    async def work() -> None:
        async with opened(company) as desk:
            found = await _find(desk, user)
            chosen = _password(password_file, generate)
            made = await Users(desk.parts.store, Passwords()).reset_password(
                by_command(desk.company), found.id, chosen, desk.parts.clock.now()
            )
            say(f"{found.name} has another password; sessions begun with the old one are ended.")
            _say_made(made)

    run(work)


@commands.command(epilog="Example: callendar user disable karin@nordlys.example")
def disable(user: UserArgument, company: CompanyOption = None) -> None:
    """Let a user sign in no more; all sessions of that user end at once."""
    _set_disabled(user, company, disabled=True)


@commands.command(epilog="Example: callendar user enable karin@nordlys.example")
def enable(user: UserArgument, company: CompanyOption = None) -> None:
    """Let a disabled user sign in again."""
    _set_disabled(user, company, disabled=False)


@commands.command(epilog="Example: callendar user role karin@nordlys.example telephonist")
def role(
    user: UserArgument,
    role: Annotated[str, typer.Argument(help="colleague, telephonist or administrator.")],
    company: CompanyOption = None,
) -> None:
    """Give a user another role."""

    async def work() -> None:
        async with opened(company) as desk:
            changed = await _change(desk, user, UserPatch(role=find_role(role)))
            say(f"{changed.name} is {changed.role}.")

    run(work)


@commands.command("set", epilog='Example: callendar user set karin@nordlys.example --name "Karin Berg" --person 101')
def set_(
    user: UserArgument,
    name: Annotated[str | None, typer.Option(help="As colleagues know the user.", show_default=False)] = None,
    email: Annotated[str | None, typer.Option(help="Mail address to sign in with.", show_default=False)] = None,
    person: Annotated[
        str | None, typer.Option(help="Who that is: id, e-mail address or extension.", show_default=False)
    ] = None,
    no_person: Annotated[bool, typer.Option("--no-person", help="Tie the user to nobody.")] = False,
    company: CompanyOption = None,
) -> None:
    """Change the name, the address or the person of a user; what is not given stays."""

    async def work() -> None:
        if person is not None and no_person:
            raise InvalidValue(f"--person {person!r} and --no-person exclude each other; leave one out")
        if name is email is person is None and not no_person:
            raise InvalidValue(f"nothing is given to change of {user!r}; give --name, --email, --person or --no-person")
        async with opened(company) as desk:
            whose = await find_person(desk, person) if person is not None else None
            patch = UserPatch(
                name=UNSET if name is None else name,
                email=UNSET if email is None else email,
                person=whose.id if whose else None if no_person else UNSET,
            )
            changed = await _change(desk, user, patch)
            say(f"{changed.name} signs in as {changed.email} and is tied to {changed.person_id or 'no person'}.")

    run(work)


@commands.command(epilog="Example: callendar user remove karin@nordlys.example")
def remove(
    user: UserArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
    company: CompanyOption = None,
) -> None:
    """Remove a user, after showing what goes along; the person stays, with calendars and referrals."""

    async def work() -> None:
        async with opened(company) as desk:
            found = await _find(desk, user)
            say(f"{found.name} ({found.id}), {found.email}, {found.role}.")
            say("All sessions go along, and the timetable keys that this user made.")
            if found.person_id is not None:
                say(f"The person {found.person_id} stays, with calendars and referrals.")
            if not (yes or _asked()):
                say("Nobody is removed yet; the same with --yes removes.")
                return
            users = Users(desk.parts.store, Passwords())
            await users.delete(by_command(desk.company), found.id, desk.parts.clock.now())
            say("Removed.")

    run(work)


def _set_disabled(user: str, company: str | None, *, disabled: bool) -> None:
    async def work() -> None:
        async with opened(company) as desk:
            changed = await _change(desk, user, UserPatch(disabled=disabled))
            say(f"{changed.name} can {'no longer' if disabled else 'again'} sign in.")

    run(work)


async def _change(desk: CommandDesk, wanted: str, patch: UserPatch) -> User:
    found = await _find(desk, wanted)
    users = Users(desk.parts.store, Passwords())
    return await users.change(by_command(desk.company), found.id, patch, desk.parts.clock.now())


async def _find(desk: CommandDesk, wanted: str) -> User:
    """The user meant by mail address or id."""
    try:
        return await Users(desk.parts.store, Passwords()).find(desk.company.id, wanted)
    except NotFound as error:
        raise NotFound(f"{error}; see: callendar user list") from error


def _asked() -> bool:
    """Only on a terminal is there somebody to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty() and typer.confirm("Remove this user?", default=False)


def _password(file: Path | None, generate: bool) -> str | None:
    """What is to be the password; None = make one up. Never an argument: those stand in the list of processes."""
    if file is not None and generate:
        raise InvalidValue("--generate makes a password up; leave out --password-file")
    if file is not None:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidValue(f"cannot read the password in {file}: {error}") from error
        return text.partition("\n")[0].removesuffix("\r")
    if generate or not sys.stdin.isatty():
        return None
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True)


def _say_made(made: str | None) -> None:
    if made is not None:
        say("Password, not shown again:")
        say(made)
