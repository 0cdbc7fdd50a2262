"""The demo's company in the store: people, connections, calendars, tokens."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex

from msgspec import Struct, structs

from callendar.app import Parts
from callendar.cli.company import new_company
from callendar.cli.demo.calendars import address_of
from callendar.cli.demo.cast import CAST, Member
from callendar.cli.demo.crowd import crowd
from callendar.cli.demo.radicale import Radicale
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.rules import Company
from callendar.engine.plan import replan
from callendar.engine.tokens import create_token

NAME = "Nordlys"
CALDAV, MADE_UP = "Radicale", "Made up"
TELEPHONIST = "karin"
POLL_SECONDS = 2
AT_ONCE = 100


class Keys(Struct, frozen=True, kw_only=True):
    """Tokens, kept over restarts so that whoever holds one, or an open page, goes on."""

    token: str
    admin_token: str
    session_token_id: str
    """Whose rights a browser with the ticket gets: the telephonist's."""


class Demo(Struct, frozen=True, kw_only=True):
    """What stands in the store."""

    people: list[Person]
    keys: Keys


async def lay_out(parts: Parts, server: Radicale, service: tuple[str, str], people: int, keys: Keys | None) -> Demo:
    """Have everybody in the store as the cast says; what is there already is kept.

    Args:
        service: User and password under which all calendars are read.
        people: How many; those beyond the cast have calendars that are made up.
        keys: Those of an earlier start; None makes new ones.
    """
    store, now = parts.store, parts.clock.now()
    companies = await store.load_companies()
    company = companies[0] if companies else await store.save_company(new_company(NAME, "Europe/Stockholm", "en"))
    wanted: list[Member] = [*CAST, *crowd(people - len(CAST))]
    there = {row.person.email: row.person for row in (await store.load_rows(company.id)).rows}
    persons = [there.get(address_of(member)) or _person(member, company) for member in wanted]
    connections = {each.name: each for each in await store.load_connections(company.id)}
    caldav = _caldav(connections.get(CALDAV), company, server, service)
    await store.save_connection(caldav)
    made_up = connections.get(MADE_UP) or _connection(company, "demo", MADE_UP)
    if len(wanted) > len(CAST) and MADE_UP not in connections:
        await store.save_connection(made_up)
    refs = {
        person.id: (caldav.id, server.calendar_url(member.user)) if place < len(CAST) else (made_up.id, member.user)
        for place, (member, person) in enumerate(zip(wanted, persons, strict=True))
    }
    for first in range(0, len(persons), AT_ONCE):
        await _save(parts, company, persons[first : first + AT_ONCE], refs, now)
    telephonist = next(person for person in persons if person.email == f"{TELEPHONIST}@{_domain()}")
    keys = keys or await _make_keys(parts, company, telephonist)
    return Demo(people=persons, keys=keys)


async def _make_keys(parts: Parts, company: Company, telephonist: Person) -> Keys:
    store, now = parts.store, parts.clock.now()
    _, token = await create_token(store, company.id, "telephonist", "Demo telephonist", None, now)
    _, admin_token = await create_token(store, company.id, "administrator", "Demo administrator", None, now)
    session, _ = await create_token(store, company.id, "telephonist", telephonist.name, telephonist.id, now)
    return Keys(token=token, admin_token=admin_token, session_token_id=session.id)


async def _save(
    parts: Parts,
    company: Company,
    persons: list[Person],
    refs: dict[PersonId, tuple[ConnectionId, str]],
    now: datetime,
) -> None:
    calendars = {each.person_id: each for each in await parts.store.load_calendars(company.id)}
    async with parts.store.change(company.id, [person.id for person in persons]) as tx:
        for person in persons:
            connection_id, ref = refs[person.id]
            await tx.save_person(person, now)
            known = calendars.get(person.id)
            if known is None:
                known = Calendar(
                    id=CalendarId("cal_" + token_hex(8)),
                    company_id=company.id,
                    person_id=person.id,
                    connection_id=connection_id,
                    ref=ref,
                    name="Calendar",
                    added_at=now,
                )
            await tx.save_calendar(structs.replace(known, connection_id=connection_id, ref=ref))
            await replan(tx, person.id)


def _person(member: Member, company: Company) -> Person:
    return Person(
        id=PersonId("p_" + token_hex(8)),
        company_id=company.id,
        name=member.name,
        zone=member.zone,
        extensions=(Extension(number=member.extension),),
        email=address_of(member),
        department=member.department,
        title=member.title,
        names=member.names,
    )


def _connection(company: Company, kind: str, name: str) -> Connection:
    return Connection(
        id=ConnectionId("c_" + token_hex(8)), company_id=company.id, kind=kind, name=name, settings={}, poll_seconds=60
    )


def _caldav(known: Connection | None, company: Company, server: Radicale, service: tuple[str, str]) -> Connection:
    connection = known or _connection(company, "caldav", CALDAV)
    return structs.replace(
        connection,
        settings={"url": server.url, "user": service[0]},
        secret=service[1],
        poll_seconds=POLL_SECONDS,
    )


def _domain() -> str:
    return address_of(CAST[0]).partition("@")[2]
