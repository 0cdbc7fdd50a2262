"""`callendar explain`: what a booking would do, and why."""

from __future__ import annotations

from typing import Annotated, cast, get_args

import typer

from callendar.app import open_parts
from callendar.cli.company import new_company
from callendar.cli.desk import CommandDesk, CompanyOption, find_company, find_person, run, say
from callendar.domain.booking import Response, ShowAs
from callendar.domain.errors import InvalidValue
from callendar.domain.rules import Mode
from callendar.engine.explain import BookingAsk, explain_booking
from callendar.settings import load_settings


def add_to(program: typer.Typer) -> None:
    """Put this command under `callendar`."""
    program.command(epilog='Example: callendar explain "m: budget" --show-as free --private')(explain)


def explain(
    subject: Annotated[str, typer.Argument(help="As it would stand in the calendar.")],
    show_as: Annotated[str, typer.Option(help="busy, oof, tentative, elsewhere, free or unknown.")] = "busy",
    private: Annotated[bool, typer.Option("--private", help="A private booking.")] = False,
    all_day: Annotated[bool, typer.Option("--all-day", help="An all-day booking.")] = False,
    response: Annotated[
        str, typer.Option(help="Her answer: none, organizer, accepted, tentative, unanswered, declined, delegated.")
    ] = "none",
    invited: Annotated[bool, typer.Option("--invited", help="Somebody else is the organizer.")] = False,
    cancelled: Annotated[bool, typer.Option("--cancelled", help="The booking was cancelled.")] = False,
    category: Annotated[list[str] | None, typer.Option(help="A category it bears; repeat for several.")] = None,
    shared: Annotated[bool, typer.Option("--shared", help="In a calendar that is shared with her.")] = False,
    mode: Annotated[str | None, typer.Option(help="keywords, busy or refer.")] = None,
    person: Annotated[str | None, typer.Option(help="By her rules: id, e-mail address or extension.")] = None,
    company: CompanyOption = None,
) -> None:
    """Say in one sentence what a booking would do and why. Nothing is stored."""

    async def work() -> None:
        async with open_parts(load_settings().settings, stored=person is not None or company is not None) as parts:
            whose = None
            extensions: frozenset[str] = frozenset()
            if person is None and company is None:
                rules = new_company("out of the box", "Europe/Stockholm", "en")
            else:
                rules = await find_company(parts, company)
                whose = await find_person(CommandDesk(parts=parts, company=rules), person) if person else None
                rows = (await parts.store.load_rows(rules.id)).rows
                extensions = frozenset(each.number for row in rows for each in row.person.extensions)
            ask = BookingAsk(
                subject=subject,
                show_as=cast("ShowAs", _one_of("--show-as", show_as, ShowAs)),
                sensitivity="private" if private else "normal",
                all_day=all_day,
                response=cast("Response", _one_of("--response", response, Response)),
                has_organizer=invited,
                cancelled=cancelled,
                categories=tuple(category or ()),
                owned=not shared,
                mode=cast("Mode | None", mode and _one_of("--mode", mode, Mode)),
            )
            explained = explain_booking(ask, rules, whose, parts.clock.now(), extensions=extensions)
            what = explained.kind
            if explained.reason:
                what += f", {rules.reason(explained.reason).label(rules.language).lower()}"
            if explained.divert_to:
                what += f", diverted to {explained.divert_to}"
            say(f"{what}: {explained.why}.")

    run(work)


def _one_of(option: str, given: str, allowed: object) -> str:
    choices = get_args(allowed)
    if given not in choices:
        raise InvalidValue(f"{option} {given!r} does not exist; there are {', '.join(choices)}")
    return given
