"""What every command needs: the store open, the company and the person meant, and errors said in one line."""

from __future__ import annotations

import logging
import os
import pwd
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, TypeVar, cast

import anyio
import typer
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callendar.app import Parts, open_parts
from callendar.contracts.kept import Rows
from callendar.contracts.store import NotFound
from callendar.domain.errors import CallendarError, InvalidValue
from callendar.domain.line import printable
from callendar.domain.person import Person, ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import Company
from callendar.logs import set_up_logs
from callendar.settings import load_settings

T = TypeVar("T")

COMMAND_LINE = ViewerId("command line")

console = Console()
complaints = Console(stderr=True)

CompanyOption = Annotated[
    str | None, typer.Option("--company", help="Name or id; needed only where there are several.", show_default=False)
]
PersonOption = Annotated[str, typer.Option("--person", help="Id, e-mail address or extension.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


class CommandDesk(Struct, frozen=True, kw_only=True):
    """An open installation, and the company that the command is about."""

    parts: Parts
    company: Company


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run a command's coroutine; what Callendar refuses becomes one line on stderr and exit status 1."""
    set_up_logs("auto", least=logging.CRITICAL)
    # A command ends its expansion workers as it ends itself; that one of them was quicker is no news to its user.
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    try:
        return anyio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except (CallendarError, ExceptionGroup) as error:
        refused = _refused(error)
        if refused is None:
            raise
        complaints.print(Text(printable(f"callendar: {refused}"), style="bold red"), soft_wrap=True)
        raise typer.Exit(1) from None


def _refused(error: Exception) -> CallendarError | None:
    """What Callendar refused, if that is all that is wrong: a task group may have wrapped it."""
    if isinstance(error, CallendarError):
        return error
    if isinstance(error, ExceptionGroup):
        found = [_refused(each) for each in cast("ExceptionGroup[Exception]", error).exceptions]
        return found[0] if all(found) else None
    return None


@asynccontextmanager
async def opened(company: str | None = None) -> AsyncGenerator[CommandDesk]:
    """Open the installation that the settings name, and find the company."""
    async with open_parts(load_settings().settings) as parts:
        yield CommandDesk(parts=parts, company=await find_company(parts, company))


def by_command(company: Company) -> Viewer:
    """Who is audited for what a command does: the command line, as which user of this machine."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return Viewer(id=COMMAND_LINE, company_id=company.id, role="administrator", name=name)


async def find_company(parts: Parts, wanted: str | None) -> Company:
    """The company meant: by id or name, or the only one there is."""
    companies = await parts.store.load_companies()
    if wanted is None:
        if not companies:
            raise NotFound("there is no company yet; add one with: callendar company add NAME")
        if len(companies) > 1:
            names = ", ".join(each.name for each in companies)
            raise InvalidValue(f"there are several companies ({names}); say which with --company")
        return companies[0]
    found = [each for each in companies if wanted == each.id or wanted.casefold() == each.name.casefold()]
    if len(found) != 1:
        names = ", ".join(each.name for each in companies) or "none yet"
        raise NotFound(f"{'no' if not found else 'more than one'} company is called {wanted!r}; there are: {names}")
    return found[0]


async def find_person(desk: CommandDesk, wanted: str) -> Person:
    """The person meant by id, e-mail address or extension."""
    rows: Rows = await desk.parts.store.load_rows(desk.company.id)
    people = [row.person for row in rows.rows]
    folded = wanted.casefold()
    found = [
        each
        for each in people
        if each.id == wanted or folded in each.all_addresses or wanted in {ext.number for ext in each.extensions}
    ]
    if not found:
        raise NotFound(f"nobody has the id, e-mail address or extension {wanted!r}; see: callendar people list")
    if len(found) > 1:
        raise InvalidValue(f"{wanted!r} is {' and '.join(each.name for each in found)}; use the id")
    return found[0]


def say(text: str, style: str = "") -> None:
    """Print a line as it is: nothing in it is markup, and no control character of it reaches the terminal."""
    console.print(Text(printable(text), style=style), soft_wrap=True)


def show_table(columns: list[str], rows: list[list[str]], empty: str) -> None:
    """Print a table, or what to do when there is nothing in it."""
    if not rows:
        say(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold" if sys.stdout.isatty() else "ignore", no_wrap=not sys.stdout.isatty())
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    if sys.stdout.isatty():
        console.print(table)
    else:
        Console(width=400).print(table)
