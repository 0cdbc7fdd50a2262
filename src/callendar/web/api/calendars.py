"""Calendars: which are read for whom, kept by administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Struct, UnsetType

from callendar.domain.booking import Calendar
from callendar.domain.rules import ShowAsTable
from callendar.engine.choosing import Choice
from callendar.web.api.people import json
from callendar.web.auth import check_administrator
from callendar.web.refusal import TRIED, refuses
from callendar.web.room import Asked, InRoom
from callendar.web.wire import or_unset

_encode = msgspec.json.Encoder().encode


class CalendarDetail(Struct, frozen=True, kw_only=True):
    """A calendar as administrators see it."""

    id: str
    person: str
    connection: str
    name: str
    order: int
    """Its place in the person's list, from 0: of two copies of a meeting the earlier calendar's stands."""
    selected: bool
    """Whether it is read at all."""
    owned: bool
    marks: bool
    """Whether orders given in it are obeyed."""
    show_as: ShowAsTable | UnsetType = UNSET
    """Left out = the company's."""
    read_until: datetime | UnsetType = UNSET
    failing_since: datetime | UnsetType = UNSET
    fault: str | UnsetType = UNSET


class Calendars(Struct, frozen=True, kw_only=True):
    """Calendars in the order of each person's list."""

    calendars: tuple[CalendarDetail, ...]


class CalendarBody(Choice, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calendar for a person; what is not said of it is as its server tells."""

    person: str
    connection: str
    ref: str | None = None
    """Of the calendars that `POST /connections/{id}/test` tells; may be left out where there is only one."""


ANSWERED = ResponseSpec(CalendarDetail)


@get("/calendars", summary="All calendars, or those of one person", opt=refuses("forbidden", "not_found"))
async def list_calendars(
    request: Asked,
    room: InRoom,
    person: Annotated[str | None, QueryParameter(description="Only hers, by id.")] = None,
) -> Calendars:
    """For administrators."""
    check_administrator(request.user)
    person_id = None if person is None else room.details.find_row(request.user, person)[1].person.id
    calendars = await room.parts.store.load_calendars(request.user.company_id, person_id)
    return Calendars(calendars=tuple(_wire(each) for each in calendars))


@post(
    "/calendars",
    summary="Give a person a calendar",
    responses={201: ANSWERED},
    opt=refuses("forbidden", "not_found", "taken", *TRIED),
)
async def add_calendar(request: Asked, room: InRoom, data: JSONBody[CalendarBody]) -> Response[bytes]:
    """One that its connection offers now (422 with the mend if it does not answer). Read at once."""
    check_administrator(request.user)
    company_id = request.user.company_id
    person_id = room.details.find_row(request.user, data.person)[1].person.id

    connection, found = await room.parts.connections.find_calendar(company_id, data.connection, data.ref)
    added = await room.parts.calendars.add(company_id, person_id, connection, [(found, data)], by=request.user)
    return json(_encode(_wire(added[0])), 201)


@patch("/calendars/{calendar_id:str}", summary="Change a calendar", responses={200: ANSWERED}, opt=refuses("forbidden"))
async def change_calendar(
    request: Asked, room: InRoom, calendar_id: FromPath[str], data: JSONBody[Choice]
) -> Response[bytes]:
    """Its person is planned anew at once. For another person remove it and give it to her."""
    check_administrator(request.user)

    changed = await room.parts.calendars.change(request.user.company_id, calendar_id, data, by=request.user)
    return json(_encode(_wire(changed)))


@delete("/calendars/{calendar_id:str}", summary="Take a calendar from its person", opt=refuses("forbidden"))
async def remove_calendar(request: Asked, room: InRoom, calendar_id: FromPath[str]) -> None:
    """With all that was read from it; the person is planned anew at once."""
    check_administrator(request.user)

    await room.parts.calendars.remove(request.user.company_id, calendar_id, by=request.user)


@post(
    "/calendars/{calendar_id:str}/sync",
    summary="Read a calendar now",
    status_code=202,
    responses={202: ANSWERED},
    opt=refuses("forbidden"),
)
async def sync_calendar(request: Asked, room: InRoom, calendar_id: FromPath[str]) -> CalendarDetail:
    """Asked for, not waited for: `GET /calendars` tells how it went."""
    check_administrator(request.user)
    return _wire(await room.parts.calendars.read_now(request.user.company_id, calendar_id))


def _wire(calendar: Calendar) -> CalendarDetail:
    return CalendarDetail(
        id=calendar.id,
        person=calendar.person_id,
        connection=calendar.connection_id,
        name=calendar.name,
        order=calendar.order,
        selected=calendar.selected,
        owned=calendar.owned,
        marks=calendar.marks_count,
        show_as=or_unset(calendar.show_as),
        read_until=or_unset(calendar.read_until),
        failing_since=or_unset(calendar.failing_since),
        fault=or_unset(calendar.fault),
    )


ROUTES = [list_calendars, add_calendar, change_calendar, remove_calendar, sync_calendar]
