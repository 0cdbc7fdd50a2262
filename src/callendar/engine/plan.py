"""Plan: a person's causes and the company's rule book give her row. Pure but for `replan`, which runs it in a
transaction (`design.md` §2: write the cause, load all causes, plan, write the row if it differs)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version

from msgspec import Struct, structs

from callendar.contracts.kept import Notice
from callendar.contracts.transaction import Transaction
from callendar.domain.cause import Causes
from callendar.domain.claiming import Judged, derive_claims
from callendar.domain.hours import hours_of
from callendar.domain.person import PersonId
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import Company
from callendar.domain.timetable import resolve
from callendar.domain.window import window_from
from callendar.domain.winning import FROM_CALENDARS
from callendar.engine.aside import aside, weight_of

MOST_SEGMENTS = 2_000
"""From calendars, in one row: some hundred times what a full calendar gives. Everybody who shows her is sent them."""


class Planned(Struct, frozen=True, kw_only=True):
    """What planning gave: the row to keep, every booking with why it counts or not, and marks to ask about."""

    row: Row
    judged: tuple[Judged, ...]
    notices: tuple[Notice, ...]


def plan(causes: Causes, company: Company) -> Planned:
    """Plan one person. A function of its arguments alone: the same causes give an equal row at any hour.

    The timetable begins with the window of the last slide; what ended before it is left out. Where it would have more
    than `MOST_SEGMENTS` from calendars it is known until the first of those left out.
    """
    derived = derive_claims(causes, company)
    calendars = [each.calendar for each in causes.calendars]
    known_until = min((calendar.read_until or calendar.added_at for calendar in calendars), default=None)
    hours = hours_of(causes.person, company)
    start = window_from(causes.slid_at).start
    failing = [calendar.failing_since for calendar in calendars if calendar.failing_since is not None]
    timetable = resolve(derived.claims, hours=hours, rules=company.rules, known_until=known_until, start=start)
    from_calendars = [segment for segment in timetable if segment.origin in FROM_CALENDARS]
    if len(from_calendars) > MOST_SEGMENTS:
        known_until = from_calendars[MOST_SEGMENTS].start
        whole = resolve(derived.claims, hours=hours, rules=company.rules, known_until=known_until, start=start)
        timetable = tuple(each for each in whole if each.start < known_until or each.origin not in FROM_CALENDARS)
    return Planned(
        row=Row(
            person=causes.person,
            timetable=timetable,
            known_until=known_until,
            failing_since=min(failing, default=None),
            connections=tuple(sorted({calendar.connection_id for calendar in calendars})),
            slid_at=causes.slid_at,
        ),
        judged=derived.judged,
        notices=tuple(
            Notice(
                id="n_" + sha256(f"{causes.person.id}/{key}/{word}".encode()).hexdigest()[:20],
                person_id=causes.person.id,
                claim=key,
                word=word,
                suggestion=suggestion,
            )
            for key, word, suggestion in derived.near_marks
        ),
    )


async def replan(
    tx: Transaction, person_id: PersonId, *, causes: Causes | None = None, slid_at: datetime | None = None
) -> bool:
    """Plan a person inside the transaction that changed her causes; True if her row differs.

    Args:
        causes: All of hers as they are kept now, where they are known; None = load them.
        slid_at: The instant of the daily slide, when this is it; the windows move to it.
    """
    company = await tx.load_company()
    causes = causes or await tx.load_causes(person_id)
    if slid_at is not None:
        causes = structs.replace(causes, slid_at=slid_at)
    planned = await aside(weight_of(causes), plan, causes, company)
    await tx.save_notices(person_id, planned.notices)
    return await tx.save_row(planned.row, current_planned_with(company))


def current_planned_with(company: Company) -> PlannedWith:
    """What a row planned now is planned with."""
    program, zone_data, holidays = _releases()
    return PlannedWith(rules=company.rules_version, program=program, zone_data=zone_data, holidays=holidays)


@cache
def _releases() -> tuple[str, str, str]:
    return version("callendar"), version("tzdata"), version("holidays")
