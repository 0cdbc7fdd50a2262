"""`callendar rehearse`: what a calendar would have done."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import typer
from msgspec import structs

from callendar.app import Parts, open_parts
from callendar.cli.company import new_company
from callendar.cli.connect import absolute
from callendar.cli.desk import (
    CommandDesk,
    CompanyOption,
    JsonOption,
    find_company,
    find_person,
    run,
    say,
    show_table,
)
from callendar.domain.errors import InvalidValue
from callendar.domain.mark import build_marks
from callendar.domain.person import Person, PersonId
from callendar.domain.rules import Company
from callendar.domain.span import Span, start_of_day
from callendar.engine.connecting import new_connection
from callendar.engine.rehearse import Rehearsal, RehearsedBooking, read_whole
from callendar.engine.rehearse import rehearse as run_rehearsal
from callendar.settings import load_settings

MODES = ("keywords", "busy", "refer")


def add_to(program: typer.Typer) -> None:
    """Put this command under `callendar`."""
    program.command(
        epilog="Example: callendar rehearse anna.ics --from 2026-11-23 --to 2026-12-07 --zone Europe/Stockholm "
        "--mode keywords"
    )(rehearse)


def rehearse(
    calendar: Annotated[str, typer.Argument(help="FILE.ics or URL.")],
    from_: Annotated[str | None, typer.Option("--from", help="First day; today by default.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The day after the last; two weeks on by default.")] = None,
    zone: Annotated[str | None, typer.Option(help="IANA zone of the person whose calendar it is.")] = None,
    mode: Annotated[str | None, typer.Option(help="keywords, busy or refer.")] = None,
    as_: Annotated[
        list[str] | None, typer.Option("--as", help="Her mail address; repeat for several. Else the organizer is she.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="Take her rules and addresses: id, e-mail or extension.")] = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a calendar would have done, and why each booking counts or not. Nothing is stored."""

    async def work() -> None:
        if mode is not None and mode not in MODES:
            raise InvalidValue(f"there is no mode {mode!r}; there are {', '.join(MODES)}")
        async with open_parts(load_settings().settings, stored=person is not None or company is not None) as parts:
            whose, rules, extensions = await _whose(parts, person, company, zone)
            if as_:
                whose = structs.replace(whose, addresses=tuple(as_))
            now = parts.clock.now()
            first = _day(from_, "--from") or now.astimezone(whose.zone_info).date()
            until = _day(to, "--to") or first + timedelta(days=14)
            if until <= first:
                raise InvalidValue(f"--to {until} is not after --from {first}; it is the day after the last")
            window = Span(start_of_day(first, whose.zone_info), start_of_day(until, whose.zone_info))
            kind = parts.source_kind("ics")
            connection = new_connection(rules.id, kind, {"url": absolute(calendar)})
            marks = build_marks(rules, whose, extensions)
            bookings, faults = await read_whole(kind, connection, parts.source_context, window, whose, marks)
            rehearsal = run_rehearsal(bookings, faults, company=rules, person=whose, mode=mode, window=window)
        if as_json:
            print(msgspec.json.format(msgspec.json.encode(rehearsal), indent=2).decode())
        else:
            _show(rehearsal, whose, rules)

    run(work)


async def _whose(
    parts: Parts, wanted: str | None, company: str | None, zone: str | None
) -> tuple[Person, Company, frozenset[str]]:
    """Whose calendar it is, and by which rules: those out of the box unless a company or a person is named."""
    if wanted is None and company is None:
        chosen = zone or "Europe/Stockholm"
        rules = new_company("out of the box", chosen, "en")
        return _anybody(rules, chosen), rules, frozenset()
    rules = await find_company(parts, company)
    rows = await parts.store.load_rows(rules.id)
    extensions = frozenset(each.number for row in rows.rows for each in row.person.extensions)
    if wanted is None:
        return _anybody(rules, zone or rules.zone), rules, extensions
    found = await find_person(CommandDesk(parts=parts, company=rules), wanted)
    return (structs.replace(found, zone=_zone(zone)) if zone else found), rules, extensions


def _anybody(company: Company, zone: str) -> Person:
    return Person(id=PersonId("p_rehearsal"), company_id=company.id, name="rehearsal", zone=_zone(zone))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidValue(f"there is no zone {name!r}; give an IANA name such as Europe/Stockholm") from error
    return name


def _day(given: str | None, option: str) -> date | None:
    try:
        day = None if given is None else date.fromisoformat(given)
    except ValueError as error:
        raise InvalidValue(f"{option} {given!r} is not a day; write it as 2026-11-23") from error
    if day is not None and not 1970 <= day.year <= 2200:
        raise InvalidValue(f"{option} {given} is too far away; give a day between 1970 and 2200")
    return day


def _show(rehearsal: Rehearsal, person: Person, company: Company) -> None:
    zone = person.zone_info
    say(f"Timetable ({person.zone})", "bold")
    show_table(
        ["from", "to", "what", "reason"],
        [
            [
                _local(each.start, zone),
                _local(each.end, zone) if each.end else "no end",
                each.kind,
                company.reason(each.reason).label(company.language) if each.reason else "",
            ]
            for each in rehearsal.timetable
        ],
        "Nothing would have happened.",
    )
    say("Bookings", "bold")
    show_table(
        ["from", "to", "subject", "counts", "why"],
        [
            [
                _local(each.start, zone),
                _local(_last(each), zone),
                "(private)" if each.subject is None else each.subject,
                "yes" if each.counts else "no",
                each.why,
            ]
            for each in rehearsal.bookings
        ],
        "There are no bookings in these days.",
    )
    for fault in rehearsal.faults:
        say(f"Fault: {fault}", "red")


def _last(booking: RehearsedBooking) -> datetime | date:
    """All-day ends are exclusive; people read the last day."""
    return booking.end if isinstance(booking.end, datetime) else booking.end - timedelta(days=1)


def _local(moment: datetime | date, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %H:%M}" if isinstance(moment, datetime) else f"{moment:%a %d %b} all day"
