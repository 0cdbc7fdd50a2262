"""`callendar calendars`: what is read for whom, and reading it now."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec import UNSET

from callendar.cli.desk import CompanyOption, by_command, console, find_person, opened, run, say, show_table
from callendar.engine.choosing import Choice
from callendar.engine.once import read_all

commands = typer.Typer(
    help="Calendars: what is read for whom.", no_args_is_help=True, epilog="Example: callendar calendars list"
)

OptionalPerson = Annotated[
    str | None, typer.Option("--person", help="Id, e-mail address or extension; all by default.")
]


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="calendars")


@commands.command("list", epilog="Example: callendar calendars list --person 101")
def list_(person: OptionalPerson = None, company: CompanyOption = None) -> None:
    """List calendars with how fresh they are and what is wrong with them."""

    async def work() -> None:
        async with opened(company) as desk:
            store = desk.parts.store
            only = (await find_person(desk, person)).id if person else None
            names = {row.person.id: row.person.name for row in (await store.load_rows(desk.company.id)).rows}
            connections = {each.id: each for each in await store.load_connections(desk.company.id)}
            table: list[list[str]] = []
            for each in await store.load_calendars(desk.company.id, only):
                connection = connections[each.connection_id]
                read = f"{connection.read_at:%Y-%m-%d %H:%M:%S}Z" if connection.read_at else "not yet"
                table.append(
                    [
                        each.id,
                        names.get(each.person_id, ""),
                        each.name,
                        connection.kind,
                        "yes" if each.selected else "no",
                        "yes" if each.marks_count else "no",
                        read,
                        each.fault or "",
                    ]
                )
            show_table(
                ["id", "person", "calendar", "kind", "chosen", "marks count", "connection read", "fault"],
                table,
                "No calendars yet; connect one with: callendar connect ics --person 101 --url https://…",
            )

    run(work)


@commands.command(epilog="Example: callendar calendars sync --person 101")
def sync(person: OptionalPerson = None, company: CompanyOption = None) -> None:
    """Read calendars now: by the running `serve` if there is one, else by this command itself."""

    async def work() -> None:
        async with opened(company) as desk:
            only = (await find_person(desk, person)).id if person else None
            calendars = [each for each in await desk.parts.store.load_calendars(desk.company.id, only) if each.selected]
            if not calendars:
                say("No calendars to read.")
                return
            if await desk.parts.is_served():
                await desk.parts.store.request_sync(desk.company.id, [each.id for each in calendars])
                say(f"Asked the running serve to read {_count(len(calendars))} now.")
                return
            await desk.parts.held.open()
            kinds, context = desk.parts.sources, desk.parts.source_context
            faults = 0
            with console.status("Reading…"):
                async for calendar, fault in read_all(
                    desk.parts.store, desk.parts.held, desk.parts.clock, kinds, context, calendars
                ):
                    faults += fault is not None
                    say(f"{calendar.name}: {fault or 'read'}")
            if faults:
                raise typer.Exit(1)

    run(work)


@commands.command(epilog="Example: callendar calendars choose cal_0a1b2c3d --no-selected")
def choose(
    calendar_id: Annotated[str, typer.Argument(help="From: callendar calendars list")],
    selected: Annotated[bool | None, typer.Option(help="Read it at all.")] = None,
    marks: Annotated[bool | None, typer.Option(help="Obey marks in it.")] = None,
    order: Annotated[int | None, typer.Option(help="Its place in the person's list, from 0.", min=0)] = None,
    company: CompanyOption = None,
) -> None:
    """Choose whether a calendar is read, whether marks in it are obeyed, and which comes before which."""

    async def work() -> None:
        choice = Choice(
            selected=UNSET if selected is None else selected,
            marks=UNSET if marks is None else marks,
            order=UNSET if order is None else order,
        )
        async with opened(company) as desk:
            changed = await desk.parts.calendars.change(
                desk.company.id, calendar_id, choice, by=by_command(desk.company)
            )
            say(
                f"{changed.name}: {'read' if changed.selected else 'not read'}, "
                f"marks {'count' if changed.marks_count else 'do not count'}.",
            )

    run(work)


def _count(calendars: int) -> str:
    return "one calendar" if calendars == 1 else f"{calendars} calendars"
