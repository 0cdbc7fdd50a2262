"""`callendar people`: who is there, and adding somebody or many."""

from __future__ import annotations

from secrets import token_hex
from typing import Annotated

import msgspec
import typer

from callendar.app import open_parts
from callendar.cli.company import add_company
from callendar.cli.desk import (
    CompanyOption,
    JsonOption,
    by_command,
    console,
    find_company,
    opened,
    run,
    say,
    show_table,
)
from callendar.cli.people_import import import_
from callendar.cli.spoken import spoken_state, spoken_time
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.timetable import read_state
from callendar.engine.people import add_person
from callendar.settings import load_settings

commands = typer.Typer(
    help="People: those who have extensions and calendars.",
    no_args_is_help=True,
    epilog='Example: callendar people add "Anna Svensson" --extension 101',
)


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="people")


@commands.command("list", epilog="Example: callendar people list")
def list_(company: CompanyOption = None, as_json: JsonOption = False) -> None:
    """List everybody with what the switchboard shows of them now."""

    async def work() -> None:
        async with opened(company) as desk:
            rows = (await desk.parts.store.load_rows(desk.company.id)).rows
            now = desk.parts.clock.now()
            if as_json:
                listed = [
                    {
                        "id": row.person.id,
                        "name": row.person.name,
                        "email": row.person.email,
                        "extensions": [each.number for each in row.person.extensions],
                        "department": row.person.department,
                        "zone": row.person.zone,
                    }
                    for row in rows
                ]
                console.print_json(msgspec.json.encode(listed).decode())
                return
            table: list[list[str]] = []
            for row in rows:
                state = read_state(row.timetable, row.known_until, now)
                back = state.segment.back_at if state.segment and state.kind == "referred" else state.until
                table.append(
                    [
                        row.person.id,
                        row.person.name,
                        row.person.extensions[0].number if row.person.extensions else "",
                        row.person.email or "",
                        spoken_state(state, desk.company),
                        spoken_time(back, desk.company, now) if state.kind not in ("available", "unknown") else "",
                    ]
                )
            show_table(
                ["id", "name", "ext.", "e-mail", "now", "back / until"],
                table,
                "Nobody is here yet; add somebody with: callendar people add NAME --extension 101",
            )

    run(work)


@commands.command(epilog='Example: callendar people add "Anna Svensson" --extension 101 --email anna@nordlys.example')
def add(
    name: Annotated[str, typer.Argument(help="As colleagues know the person.")],
    extension: Annotated[list[str] | None, typer.Option(help="Number on the switchboard; repeat for several.")] = None,
    email: Annotated[str | None, typer.Option(help="Mail address, by which calendars are matched.")] = None,
    address: Annotated[list[str] | None, typer.Option(help="Further mail address; repeat for several.")] = None,
    department: Annotated[str | None, typer.Option()] = None,
    title: Annotated[str | None, typer.Option()] = None,
    zone: Annotated[str | None, typer.Option(help="IANA zone; the company's by default.")] = None,
    company: CompanyOption = None,
) -> None:
    """Add a person. The first one of an installation also makes its first company."""

    async def work() -> None:
        async with open_parts(load_settings().settings) as parts:
            if company is None and not await parts.store.load_companies():
                made = await add_company(parts, "My company", zone or "Europe/Stockholm", "en")
                say(f"Added the company {made.name} ({made.id}), zone {made.zone}.")
            found = await find_company(parts, company)
            person = await add_person(
                parts.store,
                Person(
                    id=PersonId("p_" + token_hex(8)),
                    company_id=found.id,
                    name=name,
                    zone=zone or found.zone,
                    extensions=tuple(Extension(number=each) for each in extension or ()),
                    email=email,
                    addresses=tuple(address or ()),
                    department=department,
                    title=title,
                ),
                parts.clock.now(),
                by=by_command(found),
            )
            say(f"Added {person.name} ({person.id}).")

    run(work)


commands.command("import", epilog="Example: callendar people import people.csv")(import_)
