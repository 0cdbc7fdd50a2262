"""People as they stand: the list, one person, and the feed."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from callendar.domain.person import PersonId
from callendar.web.detail import WirePersonDetail
from callendar.web.listing import read_wanted
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom
from callendar.web.sight import SeenAs, audit_sight, find_eyes
from callendar.web.wire import WirePeople

NO_STORE = {"Cache-Control": "no-store"}


@get(
    "/people",
    summary="Everybody the caller may see",
    responses={200: ResponseSpec(WirePeople)},
    opt=refuses("forbidden", "not_found"),
)
async def list_people(
    request: Asked,
    room: InRoom,
    ids: Annotated[str | None, QueryParameter(description="Ids, separated by commas.")] = None,
    department: FromQuery[str | None] = None,
    fields: Annotated[str | None, QueryParameter(description="Of each person only these, separated by commas.")] = None,
    limit: FromQuery[int | None] = None,
    after: Annotated[
        str | None, QueryParameter(description="Begin after this id; `next_after` of the page before.")
    ] = None,
    seen_as: SeenAs = None,
) -> Stream:
    """Rows as of `version`, by name; resume with `GET /feed?since=VERSION`."""
    wanted = read_wanted(ids=ids, department=department, fields=fields, limit=limit, after=after)
    viewer = await find_eyes(request, room, seen_as)
    snapshot = room.listing.take(viewer.company_id, wanted)
    now = room.parts.clock.now()
    pieces = room.listing.encode(snapshot, viewer, now, wanted.fields)
    await audit_sight(request, room, viewer)
    return Stream(pieces, media_type=MediaType.JSON, headers=NO_STORE)


@get(
    "/people/{person_id:str}",
    summary="One person in full",
    responses={200: ResponseSpec(WirePersonDetail)},
    opt=refuses("forbidden"),
)
async def show_person(
    request: Asked, room: InRoom, person_id: FromPath[str], seen_as: SeenAs = None
) -> Response[bytes]:
    """The row with why, 35 days ahead, and what concerns those who may act for the person."""
    viewer = await find_eyes(request, room, seen_as)
    shown = await room.details.encode(viewer, person_id)
    await audit_sight(request, room, viewer, PersonId(person_id))
    return json(shown)


@get(
    "/feed",
    summary="What changes, as server-sent events",
    opt={"exclude_from_compression": True} | refuses("forbidden", "not_found", "too_many_requests"),
    responses={200: ResponseSpec(str, media_type="text/event-stream")},
)
async def follow(
    request: Asked,
    room: InRoom,
    since: Annotated[str | None, QueryParameter(description="The version held; or the header Last-Event-ID.")] = None,
    seen_as: SeenAs = None,
) -> Stream:
    """Events `people`, `fresh`, `lines`, `time` and `reset`; see `GET /people` for the rows."""
    resume = request.headers.get("last-event-id") or since
    viewer = await find_eyes(request, room, seen_as)
    room.feeds.check_room(request.auth.secret_hash)
    await audit_sight(request, room, viewer)
    return Stream(
        room.feeds.follow(
            viewer, request.auth.secret_hash, resume, seen_as=None if viewer is request.user else viewer.id
        ),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache, no-store", "X-Accel-Buffering": "no"},
    )


def json(body: bytes, status: int = 200) -> Response[bytes]:
    """JSON that is encoded already."""
    return Response(body, media_type=MediaType.JSON, status_code=status, headers=NO_STORE)


ROUTES = [list_people, show_person, follow]
