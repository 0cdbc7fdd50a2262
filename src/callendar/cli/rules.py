"""`callendar rules`: a company's settings."""

from __future__ import annotations

import msgspec
import typer

from callendar.cli.desk import CompanyOption, console, opened, run

commands = typer.Typer(
    help="Rules: what bookings mean for a company.", no_args_is_help=True, epilog="Example: callendar rules show"
)


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="rules")


@commands.command(epilog="Example: callendar rules show")
def show(company: CompanyOption = None) -> None:
    """Show the rules as `GET /api/v1/rules` gives them."""

    async def work() -> None:
        async with opened(company) as desk:
            console.print_json(msgspec.json.encode(desk.company.rules).decode())

    run(work)
