"""The demo's company in the store: people, connections, calendars, tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from secrets import token_hex

from msgspec import Struct, structs

from callendar.app import Parts
from callendar.cli.company import new_company
from callendar.cli.demo.calendars import address_of
from callendar.cli.demo.cast import CAST, Member
from callendar.cli.demo.crowd import crowd
from callendar.cli.demo.radicale import Radicale
from callendar.contracts.source import CalendarToRead, Reading
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.mark import build_marks
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.rules import Company
from callendar.domain.span import Span
from callendar.domain.window import window_from
from callendar.engine.plan import replan
from callendar.engine.tokens import create_token

NAME = "Nordlys"
CALDAV, MADE_UP = "Radicale", "Made up"
MADE_UP_KIND = "demo"
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

    people: dict[str, Person]
    """By `Member.user`; without those who have been deleted since."""
    ids: dict[str, PersonId]
    """Of everybody who was ever laid out, so that nobody is twice and whoever was deleted stays so."""
    connections: frozenset[ConnectionId]
    """The demo's own."""
    keys: Keys


async def lay_out(
    parts: Parts,
    server: Radicale,
    service: tuple[str, str],
    people: int,
    *,
    keys: Keys | None,
    ids: Mapping[str, PersonId],
    say: Callable[[str], None],
) -> Demo:
    """Have everybody in the store as the cast says. What was laid out before, and changed since, is left alone.

    Args:
        service: User and password under which all calendars are read.
        people: How many; those beyond the cast have calendars that are made up.
        keys: Those of an earlier start; None makes new ones.
        ids: Of an earlier start.
        say: Told how far it is.
    """
    store, now = parts.store, parts.clock.now()
    companies = await store.load_companies()
    company = companies[0] if companies else await store.save_company(new_company(NAME, "Europe/Stockholm", "en"))
    wanted: list[Member] = [*CAST, *crowd(people - len(CAST))]
    connections = {each.name: each for each in await store.load_connections(company.id)}
    caldav = _caldav(connections.get(CALDAV), company, server, service)
    made_up = connections.get(MADE_UP) or _connection(company, MADE_UP_KIND, MADE_UP)
    async with store.change(company.id, []) as tx:
        await tx.save_connection(caldav)
        if len(wanted) > len(CAST) and MADE_UP not in connections:
            await tx.save_connection(made_up)
    new = {member.user: _person(member, company) for member in wanted if member.user not in ids}
    of_cast = {member.user for member in CAST}
    places = {
        person.id: Place(connection=caldav, ref=server.calendar_url(user))
        if user in of_cast
        else Place(connection=made_up, ref=user)
        for user, person in new.items()
    }
    added = list(new.values())
    for first in range(0, len(added), AT_ONCE):
        say(f"Adding the people, {first} of {len(added)}…")
        await _add(parts, company, added[first : first + AT_ONCE], places, now)
    all_ids = {**ids, **{user: person.id for user, person in new.items()}}
    await _follow_server(parts, company, caldav, {all_ids[user]: server.calendar_url(user) for user in of_cast})
    there = {row.person.id: row.person for row in (await store.load_rows(company.id)).rows}
    return Demo(
        people={user: there[person_id] for user, person_id in all_ids.items() if person_id in there},
        ids=all_ids,
        connections=frozenset((caldav.id, made_up.id)),
        keys=keys or await _make_keys(parts, company, new[TELEPHONIST]),
    )


async def _make_keys(parts: Parts, company: Company, telephonist: Person) -> Keys:
    store, now = parts.store, parts.clock.now()
    _, token = await create_token(store, company.id, "telephonist", "Demo telephonist", None, now)
    _, admin_token = await create_token(store, company.id, "administrator", "Demo administrator", None, now)
    session, _ = await create_token(store, company.id, "telephonist", telephonist.name, telephonist.id, now)
    return Keys(token=token, admin_token=admin_token, session_token_id=session.id)


class Place(Struct, frozen=True, kw_only=True):
    """Where somebody's calendar is."""

    connection: Connection
    ref: str


async def _add(
    parts: Parts, company: Company, persons: list[Person], places: dict[PersonId, Place], now: datetime
) -> None:
    window = window_from(now)
    readings = await _made_up(persons, company, places, parts, window)
    async with parts.store.change(company.id, [person.id for person in persons]) as tx:
        for person in persons:
            place = places[person.id]
            await tx.save_person(person, now)
            calendar = Calendar(
                id=CalendarId("cal_" + token_hex(8)),
                company_id=company.id,
                person_id=person.id,
                connection_id=place.connection.id,
                ref=place.ref,
                name="Calendar",
                added_at=now,
            )
            await tx.save_calendar(calendar)
            if person.id in readings:
                await tx.apply_reading(calendar.id, readings[person.id], window.end)
            await replan(tx, person.id)


async def _follow_server(parts: Parts, company: Company, caldav: Connection, refs: Mapping[PersonId, str]) -> None:
    """The calendars over the demo's own connection, and no others, follow Radicale to another port."""
    for calendar in await parts.store.load_calendars(company.id):
        ref = refs.get(calendar.person_id)
        if calendar.connection_id == caldav.id and ref is not None and calendar.ref != ref:
            async with parts.store.change(company.id, [calendar.person_id]) as tx:
                await tx.save_calendar(structs.replace(calendar, ref=ref))
                await replan(tx, calendar.person_id)


async def _made_up(
    persons: list[Person], company: Company, places: dict[PersonId, Place], parts: Parts, window: Span
) -> dict[PersonId, Reading]:
    """First readings of calendars that cost no network, so that a large company is complete when it starts."""
    cheap = [person for person in persons if places[person.id].connection.kind == MADE_UP_KIND]
    if not cheap:
        return {}
    source = await parts.source_kind(MADE_UP_KIND).open(places[cheap[0].id].connection, parts.source_context)
    try:
        return {
            person.id: await source.read(
                CalendarToRead(
                    id=person.id, ref=places[person.id].ref, zone=person.zone_info, addresses=person.all_addresses
                ),
                window,
                build_marks(company, person, frozenset()),
                None,
            )
            for person in cheap
        }
    finally:
        await source.close()


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
