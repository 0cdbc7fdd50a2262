"""`callendar token`: keys for programs that use the API."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from callendar.app import listen_of
from callendar.cli.desk import CompanyOption, by_command, find_person, opened, run, say, show_table
from callendar.domain.errors import InvalidValue
from callendar.domain.person import ViewerId
from callendar.domain.privacy import Role
from callendar.engine.tokens import create_token
from callendar.engine.trail import audit_of

commands = typer.Typer(
    help="API tokens: keys for programs.",
    no_args_is_help=True,
    epilog="Example: callendar token create --role telephonist",
)
ROLES: tuple[Role, ...] = get_args(Role)


def find_role(given: str) -> Role:
    """The role of that name; `InvalidValue` names those that there are."""
    for role in ROLES:
        if role == given:
            return role
    raise InvalidValue(f"there is no role {given!r}; there are {', '.join(ROLES)}")


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="token")


@commands.command(epilog="Example: callendar token create --role telephonist --name 'wall board'")
def create(
    role: Annotated[str, typer.Option(help="colleague, telephonist or administrator.")],
    name: Annotated[str, typer.Option(help="What it is for; shown as who set a referral.")] = "command line",
    person: Annotated[str | None, typer.Option(help="Tie it to a person: id, e-mail address or extension.")] = None,
    company: CompanyOption = None,
) -> None:
    """Create a token. It is printed once and kept only as a hash."""

    async def work() -> None:
        async with opened(company) as desk:
            wanted = find_role(role)
            whose = await find_person(desk, person) if person else None
            made, secret = await create_token(
                desk.parts.store,
                desk.company.id,
                wanted,
                name,
                whose.id if whose else None,
                desk.parts.clock.now(),
                by=by_command(desk.company),
            )
            say(f"{made.id} ({role}). Keep the token, it is not shown again:")
            say(secret)
            say("In a browser, where the service has that address (the settings port and public_url say so):")
            say(f"{listen_of(desk.parts.settings).url}/?ticket={secret}")

    run(work)


@commands.command("list", epilog="Example: callendar token list")
def list_(company: CompanyOption = None) -> None:
    """List the tokens, without their secrets."""

    async def work() -> None:
        async with opened(company) as desk:
            tokens = await desk.parts.store.load_tokens(desk.company.id)
            show_table(
                ["id", "role", "name", "person", "created", "revoked"],
                [
                    [
                        each.id,
                        each.role,
                        each.name,
                        each.person_id or "",
                        f"{each.created_at:%Y-%m-%d %H:%M}Z",
                        f"{each.revoked_at:%Y-%m-%d %H:%M}Z" if each.revoked_at else "",
                    ]
                    for each in tokens
                ],
                "There are no tokens; create one with: callendar token create --role telephonist",
            )

    run(work)


@commands.command(epilog="Example: callendar token revoke t_0a1b2c3d4e5f6a7b")
def revoke(
    token_id: Annotated[str, typer.Argument(help="From: callendar token list")], company: CompanyOption = None
) -> None:
    """Make a token, and the sessions that came from it, stop working at once."""

    async def work() -> None:
        async with opened(company) as desk:
            now = desk.parts.clock.now()
            audit = audit_of(by_command(desk.company), "token_revoke", now, detail={"token": token_id})
            await desk.parts.store.revoke_token(desk.company.id, ViewerId(token_id), now, audit=audit)
            say(f"Revoked {token_id}.")

    run(work)
