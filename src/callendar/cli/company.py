"""`callendar company`: the customers of this installation."""

from __future__ import annotations

from secrets import token_hex
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from callendar.app import Parts, open_parts
from callendar.cli.desk import by_command, run, say, show_table
from callendar.domain.errors import InvalidValue
from callendar.domain.line import tidy_line
from callendar.domain.reason_table import LANGUAGES, REASONS
from callendar.domain.rules import Company, CompanyId
from callendar.engine.trail import audit_of
from callendar.settings import load_settings

commands = typer.Typer(
    help="Companies: customers of this installation.",
    no_args_is_help=True,
    epilog="Example: callendar company add Nordlys",
)


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="company")


def new_company(name: str, zone: str, language: str) -> Company:
    """A company with the rules and reasons out of the box.

    Raises:
        InvalidValue: The zone or language does not exist.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidValue(f"there is no zone {zone!r}; give an IANA name such as Europe/Stockholm") from error
    tidied = tidy_line(name, "name")
    if tidied is None:
        raise InvalidValue("the name of the company is empty; give the one that its people know")
    if language not in LANGUAGES:
        raise InvalidValue(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")
    return Company(id=CompanyId("co_" + token_hex(8)), name=tidied, zone=zone, language=language, reasons=REASONS)


async def add_company(parts: Parts, name: str, zone: str, language: str) -> Company:
    """Keep a new one; raises as `new_company`."""
    company = new_company(name, zone, language)
    audit = audit_of(by_command(company), "company_add", parts.clock.now(), detail={"name": company.name})
    return await parts.store.save_company(company, audit=audit)


@commands.command(epilog="Example: callendar company add Nordlys --zone Europe/Stockholm --language sv")
def add(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    zone: Annotated[str, typer.Option(help="IANA zone; callers hear times in it.")] = "Europe/Stockholm",
    language: Annotated[str, typer.Option(help="en, sv, nb, da, fi or de.")] = "en",
) -> None:
    """Add a company with the rules and reasons out of the box."""

    async def work() -> None:
        async with open_parts(load_settings().settings) as parts:
            if any(each.name.casefold() == name.casefold() for each in await parts.store.load_companies()):
                raise InvalidValue(f"there is a company {name!r} already; choose another name")
            company = await add_company(parts, name, zone, language)
            say(f"Added {company.name} ({company.id}).")

    run(work)


@commands.command("list", epilog="Example: callendar company list")
def list_() -> None:
    """List the companies."""

    async def work() -> None:
        async with open_parts(load_settings().settings) as parts:
            companies = await parts.store.load_companies()
            show_table(
                ["id", "name", "zone", "language"],
                [[each.id, each.name, each.zone, each.language] for each in companies],
                "There is no company yet; add one with: callendar company add NAME",
            )

    run(work)
