"""What administrators keep: people, and what calendars they are read from."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Annotated
from urllib.parse import urlsplit

from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Struct, UnsetType

from callendar.domain.booking import Connection
from callendar.domain.person import Person, PersonId
from callendar.domain.rules import ShowAsTable
from callendar.engine.people import PersonPatch, add_person, change_person, delete_person, patched
from callendar.web.api.access import turn_out
from callendar.web.api.people import json
from callendar.web.auth import check_administrator
from callendar.web.detail import WirePersonDetail
from callendar.web.faults import REFUSALS
from callendar.web.room import Asked, InRoom, Room
from callendar.web.wire import or_unset


class WireConnection(Struct, frozen=True, kw_only=True):
    """A connection, without its secret; `server` is the host alone, as an address may be a secret itself."""

    id: str
    kind: str
    name: str
    server: str | UnsetType = UNSET
    poll_seconds: int
    stale_seconds: int | UnsetType = UNSET
    read_at: datetime | UnsetType = UNSET


class Connections(Struct, frozen=True, kw_only=True):
    """All connections, by name."""

    connections: tuple[WireConnection, ...]


class CalendarDetail(Struct, frozen=True, kw_only=True):
    """A calendar as administrators see it."""

    id: str
    person: str
    connection: str
    name: str
    order: int
    selected: bool
    owned: bool
    marks: bool
    show_as: ShowAsTable | UnsetType = UNSET
    read_until: datetime | UnsetType = UNSET
    failing_since: datetime | UnsetType = UNSET
    fault: str | UnsetType = UNSET


class Calendars(Struct, frozen=True, kw_only=True):
    """Calendars in the order of each person's list."""

    calendars: tuple[CalendarDetail, ...]


@post(
    "/people",
    summary="Add a person",
    responses={201: ResponseSpec(WirePersonDetail, generate_examples=False), **REFUSALS},
)
async def add(request: Asked, room: InRoom, data: JSONBody[PersonPatch]) -> Response[bytes]:
    """`name` is needed; the zone is the company's by default. Extensions and addresses are one person's only."""
    check_administrator(request.user)
    company = room.parts.held.company(request.user.company_id).company
    blank = Person(id=PersonId("p_" + token_hex(10)), company_id=company.id, name="", zone=company.zone)
    async with room.changing_people:
        person = await add_person(
            room.parts.store,
            patched(blank, data),
            room.parts.clock.now(),
            others=await _everybody(room, request),
            by=request.user,
        )
        await room.parts.held.refresh()
    return json(await room.details.encode(request.user, person.id), 201)


@patch(
    "/people/{person_id:str}",
    summary="Change a person",
    responses={200: ResponseSpec(WirePersonDetail, generate_examples=False), **REFUSALS},
)
async def change(
    request: Asked, room: InRoom, person_id: FromPath[str], data: JSONBody[PersonPatch]
) -> Response[bytes]:
    """Absent = as it was."""
    check_administrator(request.user)
    company, row = room.details.find_row(request.user, person_id)
    async with room.changing_people:
        await change_person(
            room.parts.store,
            company.id,
            row.person.id,
            data,
            room.parts.clock.now(),
            others=await _everybody(room, request),
            by=request.user,
        )
        await room.parts.held.refresh()
    return json(await room.details.encode(request.user, person_id))


@delete("/people/{person_id:str}", summary="Remove a person", responses=REFUSALS)
async def remove(request: Asked, room: InRoom, person_id: FromPath[str]) -> None:
    """With her calendars and orders; her tokens end."""
    check_administrator(request.user)
    company, row = room.details.find_row(request.user, person_id)
    await delete_person(room.parts.store, company.id, row.person.id, room.parts.clock.now(), by=request.user)
    await room.parts.held.refresh()
    turn_out(room)


@get("/connections", summary="All connections to calendar systems", responses=REFUSALS)
async def list_connections(request: Asked, room: InRoom) -> Connections:
    """For administrators; secrets never."""
    check_administrator(request.user)
    held = room.parts.held
    return Connections(
        connections=tuple(
            WireConnection(
                id=each.id,
                kind=each.kind,
                name=each.name,
                server=or_unset(_server(each)),
                poll_seconds=each.poll_seconds,
                stale_seconds=or_unset(held.stale_seconds.get(each.id)),
                read_at=or_unset(held.read_at.get(each.id)),
            )
            for each in await room.parts.store.load_connections(request.user.company_id)
        )
    )


@get("/calendars", summary="All calendars, or those of one person", responses=REFUSALS)
async def list_calendars(
    request: Asked,
    room: InRoom,
    person: Annotated[str | None, QueryParameter(description="Only hers, by id.")] = None,
) -> Calendars:
    """For administrators."""
    check_administrator(request.user)
    person_id = None if person is None else room.details.find_row(request.user, person)[1].person.id
    return Calendars(
        calendars=tuple(
            CalendarDetail(
                id=each.id,
                person=each.person_id,
                connection=each.connection_id,
                name=each.name,
                order=each.order,
                selected=each.selected,
                owned=each.owned,
                marks=each.marks_count,
                show_as=or_unset(each.show_as),
                read_until=or_unset(each.read_until),
                failing_since=or_unset(each.failing_since),
                fault=or_unset(each.fault),
            )
            for each in await room.parts.store.load_calendars(request.user.company_id, person_id)
        )
    )


async def _everybody(room: Room, request: Asked) -> list[Person]:
    await room.parts.held.refresh()
    return [row.person for row in room.parts.held.company(request.user.company_id).rows.values()]


def _server(connection: Connection) -> str | None:
    return urlsplit(connection.settings.get("url", "")).hostname


ROUTES = [add, change, remove, list_connections, list_calendars]
