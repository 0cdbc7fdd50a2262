"""Connections to calendar systems: kept by administrators, tried live before anything is saved."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Struct, UnsetType

from callendar.contracts.source import SourceError
from callendar.engine.choosing import found_id
from callendar.engine.connecting import ConnectionPatch, ConnectionState, Tried
from callendar.web.api.people import json
from callendar.web.auth import check_administrator
from callendar.web.faults import WireFault, fault_of
from callendar.web.refusal import TRIED, refuses
from callendar.web.room import Asked, InRoom, Room
from callendar.web.wire import or_unset

_encode = msgspec.json.Encoder().encode


class WireSetting(Struct, frozen=True, kw_only=True):
    """A setting that a kind of calendar system asks for."""

    name: str
    help: str
    secret: bool
    required: bool


class WireKind(Struct, frozen=True, kw_only=True):
    """A kind of calendar system that can be connected here."""

    kind: str
    poll_seconds: int
    """The default."""
    settings: tuple[WireSetting, ...]


class Kinds(Struct, frozen=True, kw_only=True):
    """What is installed, by name."""

    kinds: tuple[WireKind, ...]


class WireFound(Struct, frozen=True, kw_only=True):
    """A calendar that a connection offers; `ref` is for `POST /calendars`."""

    ref: str
    name: str
    owned: bool
    blocking: bool
    """False: its server says that it does not make busy."""
    people: tuple[str, ...] | UnsetType = UNSET
    """Who has it already, by id."""


class Answers(Struct, frozen=True, kw_only=True):
    """What a connection answered when it was tried; `fault` instead if it did not."""

    answers: bool
    fault: WireFault | UnsetType = UNSET
    clock_offset_seconds: float | UnsetType = UNSET
    """How far its server's clock is ahead of ours."""
    calendars: tuple[WireFound, ...] | UnsetType = UNSET


class WireConnection(Struct, frozen=True, kw_only=True):
    """A connection without its secret; `server` is the host alone, as the rest of an address may be a secret itself."""

    id: str
    kind: str
    name: str
    server: str | UnsetType = UNSET
    settings: dict[str, str] | UnsetType = UNSET
    """Neither secrets nor addresses."""
    has_secret: bool
    poll_seconds: int
    stale_seconds: int | UnsetType = UNSET
    read_at: datetime | UnsetType = UNSET
    calendars: int
    in_use: int
    failing: int
    """Of those in use."""
    failing_since: datetime | UnsetType = UNSET
    """Of the one that has failed longest; `fault` says in words what is wrong with it and the mend."""
    fault: str | UnsetType = UNSET
    tried: Answers | UnsetType = UNSET
    """Once it has been tried for this answer."""


class Connections(Struct, frozen=True, kw_only=True):
    """All connections, by name."""

    connections: tuple[WireConnection, ...]


class ConnectionBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A connection to be added. `GET /kinds` says which settings its kind asks for."""

    kind: str
    settings: dict[str, str | None]
    name: str | None = None
    """By default the kind and the host."""
    poll_seconds: int | None = None
    """By default the kind's."""


ANSWERED = ResponseSpec(WireConnection)


@get("/kinds", summary="Kinds of calendar systems that can be connected", opt=refuses("forbidden"))
async def list_kinds(request: Asked, room: InRoom) -> Kinds:
    """For administrators; with the settings that each asks for."""
    check_administrator(request.user)
    return Kinds(
        kinds=tuple(
            WireKind(
                kind=kind.name,
                poll_seconds=kind.poll_seconds,
                settings=tuple(
                    WireSetting(name=each.name, help=each.help, secret=each.secret, required=each.required)
                    for each in kind.settings
                ),
            )
            for kind in room.parts.connections.kinds
        )
    )


@get("/connections", summary="All connections to calendar systems", opt=refuses("forbidden"))
async def list_connections(request: Asked, room: InRoom) -> Connections:
    """For administrators; secrets never."""
    check_administrator(request.user)
    states = await room.parts.connections.load(request.user.company_id)
    return Connections(connections=tuple(_wire(each, room) for each in states))


@get("/connections/{connection_id:str}", summary="One connection", opt=refuses("forbidden"))
async def show_connection(request: Asked, room: InRoom, connection_id: FromPath[str]) -> WireConnection:
    """For administrators; secrets never."""
    check_administrator(request.user)
    state = await room.parts.connections.find(request.user.company_id, connection_id)
    return _wire(state, room)


@post("/connections", summary="Connect a calendar system", responses={201: ANSWERED}, opt=refuses("forbidden", *TRIED))
async def add_connection(request: Asked, room: InRoom, data: JSONBody[ConnectionBody]) -> Response[bytes]:
    """Tried before it is saved: 422 with the mend if it does not answer. Answers with the calendars it offers."""
    check_administrator(request.user)

    connection, tried = await room.parts.connections.add(
        request.user.company_id, data.kind, data.name, data.settings, data.poll_seconds, by=request.user
    )
    return json(await _answer(request, room, connection.id, tried), 201)


@patch(
    "/connections/{connection_id:str}",
    summary="Change a connection",
    responses={200: ANSWERED},
    opt=refuses("forbidden", *TRIED),
)
async def change_connection(
    request: Asked, room: InRoom, connection_id: FromPath[str], data: JSONBody[ConnectionPatch]
) -> Response[bytes]:
    """Settings that are given replace those kept, null takes one away; they are tried before they are saved. When
    others than the secret change, the secret has to be given anew."""
    check_administrator(request.user)

    tried = await room.parts.connections.change(request.user.company_id, connection_id, data, by=request.user)
    return json(await _answer(request, room, connection_id, tried))


@delete(
    "/connections/{connection_id:str}", summary="Remove a connection", opt=refuses("forbidden", "in_use", "conflict")
)
async def remove_connection(
    request: Asked, room: InRoom, connection_id: FromPath[str], calendars: FromQuery[bool] = False
) -> None:
    """409 while calendars are read over it, unless `?calendars=true` says that they go with it."""
    check_administrator(request.user)

    await room.parts.connections.remove(
        request.user.company_id, connection_id, with_calendars=calendars, by=request.user
    )


@post("/connections/{connection_id:str}/test", summary="Try a connection", status_code=200, opt=refuses("forbidden"))
async def test_connection(request: Asked, room: InRoom, connection_id: FromPath[str]) -> Answers:
    """What it answers now: the calendars it offers and its clock, or what is wrong with the mend."""
    check_administrator(request.user)
    state = await room.parts.connections.find(request.user.company_id, connection_id)
    try:
        tried = await room.parts.connections.try_kept(state.connection)
    except SourceError as error:
        return Answers(answers=False, fault=fault_of(error))
    return _answers(tried, state)


async def _answer(request: Asked, room: Room, connection_id: str, tried: Tried | None) -> bytes:
    state = await room.parts.connections.find(request.user.company_id, connection_id)
    return _encode(_wire(state, room, tried))


def _answers(tried: Tried, state: ConnectionState) -> Answers:
    whose: dict[str, list[str]] = {}
    for each in state.calendars:
        whose.setdefault(each.ref, []).append(each.person_id)
    return Answers(
        answers=True,
        clock_offset_seconds=or_unset(tried.clock_offset_seconds),
        calendars=tuple(
            WireFound(
                ref=found_id(each.ref),
                name=each.name,
                owned=each.owned,
                blocking=each.blocking,
                people=or_unset(tuple(whose.get(each.ref, ()))),
            )
            for each in tried.calendars
        ),
    )


def _wire(state: ConnectionState, room: Room, tried: Tried | None = None) -> WireConnection:
    connection, failing = state.connection, state.failing
    held = room.parts.held.company(connection.company_id)
    return WireConnection(
        id=connection.id,
        kind=connection.kind,
        name=connection.name,
        server=or_unset(state.server),
        settings=state.shown or UNSET,
        has_secret=connection.secret is not None,
        poll_seconds=connection.poll_seconds,
        stale_seconds=or_unset(held.stale_seconds.get(connection.id)),
        read_at=or_unset(held.read_at.get(connection.id)),
        calendars=len(state.calendars),
        in_use=sum(each.selected for each in state.calendars),
        failing=len(failing),
        failing_since=or_unset(failing[0].failing_since) if failing else UNSET,
        fault=or_unset(failing[0].fault) if failing else UNSET,
        tried=UNSET if tried is None else _answers(tried, state),
    )


ROUTES = [
    list_kinds,
    list_connections,
    show_connection,
    add_connection,
    change_connection,
    remove_connection,
    test_connection,
]
