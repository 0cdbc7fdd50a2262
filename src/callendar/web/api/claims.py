"""Claims silenced, bookings marked, and changes taken back."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, delete, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from callendar.contracts.store import NotFound
from callendar.engine import ordering
from callendar.web.api.giving import ANSWERED, BasedOn, check_known, give_order
from callendar.web.faults import not_found
from callendar.web.room import Asked, InRoom


class ClaimBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim, by its key."""

    claim: str
    based_on: str | None = None


class MarkBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mark for a booking, by its key from explain, or for its whole series."""

    claim: str
    mark: str
    series: bool = False
    based_on: str | None = None


class UnmarkBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A booking, or its whole series, that is to lose the mark given in the app."""

    claim: str
    series: bool = False
    based_on: str | None = None


@put("/people/{person_id:str}/silence", summary="Tell a claim to be quiet", responses=ANSWERED)
async def silence(
    request: Asked, room: InRoom, person_id: FromPath[str], data: JSONBody[ClaimBody], based_on: BasedOn = None
) -> Response[bytes]:
    """In force: until it ends or her day does; coming: for good."""
    order = ordering.silence(data.claim)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@delete(
    "/people/{person_id:str}/silence", summary="Let a silenced claim speak again", status_code=200, responses=ANSWERED
)
async def unsilence(
    request: Asked, room: InRoom, person_id: FromPath[str], based_on: BasedOn = None
) -> Response[bytes]:
    """The claim in the body, or as `?claim=`."""
    data = await _body_or_query(request, ClaimBody)
    order = ordering.unsilence(data.claim)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@put("/people/{person_id:str}/marks", summary="Mark a booking or a series", responses=ANSWERED)
async def mark(
    request: Asked, room: InRoom, person_id: FromPath[str], data: JSONBody[MarkBody], based_on: BasedOn = None
) -> Response[bytes]:
    """`m:`, `m;`, `m:>123` or `*`; over what the subject says."""
    order = ordering.mark(data.claim, data.mark, series=data.series)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@delete("/people/{person_id:str}/marks", summary="Take a mark away", status_code=200, responses=ANSWERED)
async def unmark(request: Asked, room: InRoom, person_id: FromPath[str], based_on: BasedOn = None) -> Response[bytes]:
    """The claim in the body, or as `?claim=…&series=true`."""
    data = await _body_or_query(request, UnmarkBody)
    order = ordering.unmark(data.claim, series=data.series)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@post("/changes/{change_id:str}/undo", summary="Take a change back", status_code=200, responses=ANSWERED)
async def undo(request: Asked, room: InRoom, change_id: FromPath[str]) -> Response[bytes]:
    """Within 10 minutes, and only if the person's orders have not changed since."""
    gone = not_found(f"There is no change {change_id!r}.")
    try:
        person_id = (await room.parts.store.load_change(request.user.company_id, change_id)).person_id
    except NotFound:
        raise gone from None
    check_known(request, room, person_id, gone)
    return await give_order(
        request,
        room,
        person_id,
        lambda giver, _person: room.parts.orders.undo(giver, change_id),
        keep=True,
    )


async def _body_or_query(request: Asked, wanted: type[Any]) -> Any:
    """A body for `DELETE`, which not every client can send."""
    body = await request.body()
    if body:
        return msgspec.json.decode(body, type=wanted)
    return msgspec.convert(dict(request.query_params), wanted, strict=False)


ROUTES = [silence, unsilence, mark, unmark, undo]
