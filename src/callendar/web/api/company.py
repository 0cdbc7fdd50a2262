"""People, as administrators keep them."""

from __future__ import annotations

from secrets import token_hex

from litestar import Response, delete, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from callendar.domain.person import Person, PersonId
from callendar.engine.people import PersonPatch, add_person, change_person, delete_person, patched
from callendar.web.api.access import turn_out
from callendar.web.api.people import json
from callendar.web.auth import check_administrator
from callendar.web.detail import WirePersonDetail
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom, Room


@post(
    "/people",
    summary="Add a person",
    responses={201: ResponseSpec(WirePersonDetail)},
    opt=refuses("forbidden", "taken", "unknown_reason"),
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
    responses={200: ResponseSpec(WirePersonDetail)},
    opt=refuses("forbidden", "taken", "unknown_reason"),
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


@delete("/people/{person_id:str}", summary="Remove a person", opt=refuses("forbidden"))
async def remove(request: Asked, room: InRoom, person_id: FromPath[str]) -> None:
    """With her calendars and orders; her tokens end."""
    check_administrator(request.user)
    company, row = room.details.find_row(request.user, person_id)
    await delete_person(room.parts.store, company.id, row.person.id, room.parts.clock.now(), by=request.user)
    await room.parts.held.refresh()
    turn_out(room)


async def _everybody(room: Room, request: Asked) -> list[Person]:
    await room.parts.held.refresh()
    return [row.person for row in room.parts.held.company(request.user.company_id).rows.values()]


ROUTES = [add, change, remove]
