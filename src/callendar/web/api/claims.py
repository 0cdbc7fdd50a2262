"""Claims silenced, bookings marked, and changes taken back."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

import msgspec
from litestar import Response, delete, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from callendar.contracts.store import NotFound
from callendar.engine import ordering
from callendar.web.api.giving import ANSWERED, ORDERS, BasedOn, check_known, give_order
from callendar.web.faults import not_found
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom

T = TypeVar("T")

InsteadOfBody: TypeAlias = Annotated[
    str | None, QueryParameter(description="The claim's key, for clients that send no body with `DELETE`.")
]


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


@put("/people/{person_id:str}/silence", summary="Tell a claim to be quiet", responses=ANSWERED, opt=ORDERS)
async def silence(
    request: Asked, room: InRoom, person_id: FromPath[str], data: JSONBody[ClaimBody], based_on: BasedOn = None
) -> Response[bytes]:
    """In force: until it ends or her day does; coming: for good."""
    order = ordering.silence(data.claim)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@delete(
    "/people/{person_id:str}/silence",
    summary="Let a silenced claim speak again",
    status_code=200,
    responses=ANSWERED,
    opt=ORDERS,
)
async def unsilence(
    request: Asked, room: InRoom, person_id: FromPath[str], claim: InsteadOfBody = None, based_on: BasedOn = None
) -> Response[bytes]:
    """The claim in the body, or as `?claim=`."""
    data = await _body_or(request, ClaimBody, claim=claim)
    order = ordering.unsilence(data.claim)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@put("/people/{person_id:str}/marks", summary="Mark a booking or a series", responses=ANSWERED, opt=ORDERS)
async def mark(
    request: Asked, room: InRoom, person_id: FromPath[str], data: JSONBody[MarkBody], based_on: BasedOn = None
) -> Response[bytes]:
    """`m:`, `m;`, `m:>123` or `*`; over what the subject says."""
    order = ordering.mark(data.claim, data.mark, series=data.series)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@delete("/people/{person_id:str}/marks", summary="Take a mark away", status_code=200, responses=ANSWERED, opt=ORDERS)
async def unmark(
    request: Asked,
    room: InRoom,
    person_id: FromPath[str],
    claim: InsteadOfBody = None,
    series: FromQuery[bool] = False,
    based_on: BasedOn = None,
) -> Response[bytes]:
    """The claim in the body, or as `?claim=…&series=true`."""
    data = await _body_or(request, UnmarkBody, claim=claim, series=series)
    order = ordering.unmark(data.claim, series=data.series)
    return await give_order(request, room, person_id, order, based_on=data.based_on or based_on)


@post(
    "/changes/{change_id:str}/undo",
    summary="Take a change back",
    status_code=200,
    responses=ANSWERED,
    opt=refuses("forbidden", "conflict", "too_late"),
)
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
    )


async def _body_or(request: Asked, wanted: type[T], **given: object) -> T:
    """A body for `DELETE`, which not every client can send, or what was given in its place."""
    body = await request.body()
    if body:
        return msgspec.json.decode(body, type=wanted)
    return msgspec.convert({name: value for name, value in given.items() if value is not None}, wanted)


ROUTES = [silence, unsilence, mark, unmark, undo]
