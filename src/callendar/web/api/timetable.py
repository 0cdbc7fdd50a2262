"""A person's timetable as a calendar that other programs subscribe to, and the keys by which they do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Response, delete, get, post, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from callendar.contracts.kept import TimetableKey
from callendar.domain.person import PersonId
from callendar.domain.privacy import Viewer
from callendar.engine.publishing import create_key, find_reader, list_keys, revoke_key
from callendar.engine.sign_in import network_of
from callendar.web.auth import OPEN_TO_ALL, identify
from callendar.web.faults import not_found
from callendar.web.once import SECRET
from callendar.web.refusal import refuses
from callendar.web.room import Asked, AskedByAnybody, InRoom, Room

PRIVATE = "private, no-cache"
"""Kept by whoever asked, in nobody's shared cache, and asked about again each time: mostly answered by 304."""


class WireTimetableKey(Struct, frozen=True, kw_only=True):
    """A key, without its secret; it reads as `viewer` may."""

    id: str
    viewer: str
    created_at: datetime


class NewTimetableKey(Struct, frozen=True, kw_only=True):
    """A key just made; the address and the secret in it are shown this once."""

    id: str
    key: str
    url: str


class TimetableKeys(Struct, frozen=True, kw_only=True):
    """Keys to one person's calendar, the newest last."""

    keys: tuple[WireTimetableKey, ...]


@route(
    "/people/{person_id:str}/timetable.ics",
    http_method=["GET", "HEAD"],
    summary="A person's timetable as a calendar",
    opt=OPEN_TO_ALL | refuses("not_signed_in", "too_many_tries"),
    responses={
        200: ResponseSpec(str, media_type="text/calendar"),
        304: ResponseSpec(None, description="It is as `If-None-Match` says."),
    },
)
async def show_timetable(
    request: AskedByAnybody,
    room: InRoom,
    person_id: FromPath[str],
    key: Annotated[
        str | None, QueryParameter(description="A key to this calendar, instead of a token or session.")
    ] = None,
) -> Response[bytes | None]:
    """RFC 5545, for programs that subscribe: cut down to what the token, the session or the key's maker may see."""
    viewer = await _reader(request, room, person_id, key)
    company, row = room.details.find_row(viewer, person_id)
    published = await room.publisher.publish(row, company, viewer)
    headers = {"ETag": published.etag, "Cache-Control": PRIVATE}
    if _is_held(request.headers.get("if-none-match"), published.etag):
        return Response(None, status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="timetable.ics"'
    return Response(published.body, media_type="text/calendar", headers=headers)


@post(
    "/people/{person_id:str}/timetable-keys",
    summary="Make a key to a person's calendar",
    responses={201: ResponseSpec(NewTimetableKey)},
    opt=SECRET | refuses("forbidden", "too_many_keys"),
)
async def make_timetable_key(request: Asked, room: InRoom, person_id: FromPath[str]) -> NewTimetableKey:
    """For programs that can send no token. It opens this one calendar, as its maker sees it, until it is revoked."""
    _company, row = room.details.find_row(request.user, person_id)
    made, secret = await create_key(room.parts.store, request.user, row, room.parts.clock.now())
    base = (room.parts.public_url or f"{request.url.scheme}://{request.url.netloc}").rstrip("/")
    return NewTimetableKey(
        id=made.id, key=secret, url=f"{base}/api/v1/people/{row.person.id}/timetable.ics?key={secret}"
    )


@get("/people/{person_id:str}/timetable-keys", summary="Keys to a person's calendar", opt=refuses("forbidden"))
async def list_timetable_keys(request: Asked, room: InRoom, person_id: FromPath[str]) -> TimetableKeys:
    """All of them to herself and to administrators, to others their own; secrets are shown to nobody."""
    _company, row = room.details.find_row(request.user, person_id)
    return TimetableKeys(keys=tuple(_wire(each) for each in await list_keys(room.parts.store, request.user, row)))


@delete(
    "/people/{person_id:str}/timetable-keys/{key_id:str}",
    summary="Revoke a key to a person's calendar",
    opt=refuses("forbidden"),
)
async def revoke_timetable_key(request: Asked, room: InRoom, person_id: FromPath[str], key_id: FromPath[str]) -> None:
    """It opens nothing from then on."""
    _company, row = room.details.find_row(request.user, person_id)
    await revoke_key(room.parts.store, request.user, row, key_id, room.parts.clock.now())


async def _reader(request: AskedByAnybody, room: Room, person_id: str, key: str | None) -> Viewer:
    """Who reads. A key that opens nothing and a person who is not there look the same; programs give up on 404."""
    if key is None:
        viewer, _ = await identify(request, room.doorkeeper, room.parts.public_url)
        return viewer
    network = network_of(request.client.host if request.client else None)
    room.doorkeeper.guesses.check(network)
    found = await find_reader(room.parts.store, PersonId(person_id), key)
    if found is None:
        room.doorkeeper.guesses.note(network)
        raise not_found("There is no calendar at this address: its key is wrong or has been revoked.")
    return found


def _is_held(if_none_match: str | None, etag: str) -> bool:
    """Weak comparison (RFC 9110 §13.1.2)."""
    given: list[Any] = [each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")]
    return "*" in given or etag.removeprefix("W/") in given


def _wire(key: TimetableKey) -> WireTimetableKey:
    return WireTimetableKey(id=key.id, viewer=key.viewer_id, created_at=key.created_at)


ROUTES = [show_timetable, make_timetable_key, list_timetable_keys, revoke_timetable_key]
