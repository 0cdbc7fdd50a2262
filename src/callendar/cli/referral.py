"""`callendar referral`: set, plan, clear and show referrals, beside a running `serve`."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from msgspec import UNSET, UnsetType, structs

from callendar.cli.desk import (
    CommandDesk,
    CompanyOption,
    PersonOption,
    by_command,
    find_person,
    opened,
    run,
    say,
    show_table,
)
from callendar.cli.spoken import spoken_state, spoken_time
from callendar.domain.person import Person
from callendar.domain.timetable import read_state
from callendar.engine.explain import why_now
from callendar.engine.ordering import PlannedAsk, ReferralAsk, clear_for_now, plan_referral, set_for_now
from callendar.engine.orders import Giver

commands = typer.Typer(
    help="Referrals by hand: who is away, why and until when.",
    no_args_is_help=True,
    epilog="Example: callendar referral set lunch --person 101",
)

ReasonArgument = Annotated[str, typer.Argument(help="meeting, lunch, gone … ; `available` and `back` end it.")]
UntilOption = Annotated[
    str | None,
    typer.Option(help="13:00, 2026-12-01, an instant, or `open`; by default the reason's own end.", show_default=False),
]
TextOption = Annotated[str | None, typer.Option(help="Shown to those who may see texts.")]
DivertOption = Annotated[str | None, typer.Option(help="Extension or allowed number that calls go to.")]
InformOption = Annotated[bool, typer.Option("--inform", help="Only inform: the phone still rings.")]


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.add_typer(commands, name="referral")


@commands.command("set", epilog="Example: callendar referral set lunch --person 101 --until 13:00")
def set_(
    reason: ReasonArgument,
    person: PersonOption,
    until: UntilOption = None,
    text: TextOption = None,
    divert_to: DivertOption = None,
    inform: InformOption = False,
    company: CompanyOption = None,
) -> None:
    """Refer somebody from now on."""

    async def work() -> None:
        async with opened(company) as desk:
            found = await find_person(desk, person)
            ask = ReferralAsk(reason=reason, until=_until(until), diverts=not inform, text=text, divert_to=divert_to)
            await desk.parts.orders.give(_giver(desk), found.id, set_for_now(ask))
            await _say(desk, found)

    run(work)


@commands.command(epilog="Example: callendar referral plan holiday --person 101 --start 2026-12-21 --until 2027-01-04")
def plan(
    reason: ReasonArgument,
    person: PersonOption,
    start: Annotated[str, typer.Option(help="A date, an instant, or 13:00 today.")],
    until: UntilOption = None,
    repeat: Annotated[str | None, typer.Option(help="RRULE, such as FREQ=WEEKLY;BYDAY=FR")] = None,
    text: TextOption = None,
    divert_to: DivertOption = None,
    inform: InformOption = False,
    company: CompanyOption = None,
) -> None:
    """Plan a referral, once or repeated."""

    async def work() -> None:
        async with opened(company) as desk:
            found = await find_person(desk, person)
            ask = PlannedAsk(
                reason=reason,
                start=start,
                until=_until(until),
                repeat=repeat,
                diverts=not inform,
                text=text,
                divert_to=divert_to,
            )
            await desk.parts.orders.give(_giver(desk), found.id, plan_referral(ask))
            await _list(desk, found)

    run(work)


@commands.command(epilog="Example: callendar referral clear --person 101")
def clear(person: PersonOption, company: CompanyOption = None) -> None:
    """End the referral that somebody has for now."""

    async def work() -> None:
        async with opened(company) as desk:
            found = await find_person(desk, person)
            await desk.parts.orders.give(_giver(desk), found.id, clear_for_now())
            await _say(desk, found)

    run(work)


@commands.command(epilog="Example: callendar referral show --person 101")
def show(person: PersonOption, company: CompanyOption = None) -> None:
    """Show what is so now, why, and what is planned."""

    async def work() -> None:
        async with opened(company) as desk:
            found = await find_person(desk, person)
            await _say(desk, found)
            await _list(desk, found)

    run(work)


def _until(given: str | None) -> str | None | UnsetType:
    if given is None:
        return UNSET
    return None if given == "open" else given


def _giver(desk: CommandDesk) -> Giver:
    """Who has a shell on the machine may do what a telephonist may."""
    by = by_command(desk.company)
    return Giver(viewer=structs.replace(by, role="telephonist", name=by.id), origin="api", signed=by.name)


async def _say(desk: CommandDesk, person: Person) -> None:
    now = desk.parts.clock.now()
    row = (await desk.parts.store.load_rows(desk.company.id, [person.id])).rows[0]
    causes = await desk.parts.store.load_causes(desk.company.id, person.id)
    state = read_state(row.timetable, row.known_until, now)
    said = f"{person.name}: {spoken_state(state, desk.company)}"
    if state.kind == "referred" and state.segment is not None:
        back = state.segment.back_at
        said += f", back {spoken_time(back, desk.company, now)}" if back else ", nobody knows when back"
    elif state.until is not None:
        said += f", until {spoken_time(state.until, desk.company, now)}"
    say(said + ".")
    say(why_now(causes, desk.company, now))


async def _list(desk: CommandDesk, person: Person) -> None:
    causes = await desk.parts.store.load_causes(desk.company.id, person.id)
    now = desk.parts.clock.now()
    zone = ZoneInfo(person.zone)
    coming = [
        each for each in causes.orders.referrals if each.planned and (each.repeat or each.end is None or each.end > now)
    ]
    if not coming:
        say("Nothing planned.")
        return
    show_table(
        ["id", "reason", "start", "end", "repeat"],
        [
            [
                each.id,
                desk.company.reason(each.reason).label(desk.company.language),
                f"{each.start.astimezone(zone):%Y-%m-%d %H:%M}",
                f"{each.end.astimezone(zone):%Y-%m-%d %H:%M}" if each.end else "no end",
                each.repeat or "",
            ]
            for each in coming
        ],
        "",
    )
