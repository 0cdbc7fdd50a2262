"""Giving an order: once, in the viewer's role, answered with the person as he now sees her."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from callendar.contracts.store import Conflict, NotFound
from callendar.domain.person import PersonId
from callendar.domain.privacy import may_set
from callendar.domain.rules import CompanyId
from callendar.engine.ordering import Act
from callendar.engine.orders import Giver, Written
from callendar.web.api.people import json
from callendar.web.auth import order_origin
from callendar.web.detail import WirePersonDetail
from callendar.web.faults import Fault
from callendar.web.once import asked_once
from callendar.web.refusal import refuses
from callendar.web.room import Asked, Room

BasedOn: TypeAlias = Annotated[
    str | None,
    QueryParameter(description="The version looked at; 409 if the person's orders by hand changed after it."),
]
ANSWERED = {200: ResponseSpec(WirePersonDetail)}
ORDERS = refuses("forbidden", "not_found", "conflict", "refused", "unknown_reason")
Give: TypeAlias = Callable[[Giver, PersonId], Awaitable[Written]]


async def give_order(
    request: Asked,
    room: Room,
    person_id: str,
    order: Act | Give,
    *,
    based_on: str | None = None,
    status: int = 200,
    made: bool = False,
) -> Response[bytes]:
    """Give the order, once, and answer with the person; a conflict is answered with what stands.

    Args:
        order: Given through the desk's `give`, or by itself where that is another question to the desk.
    """
    viewer = request.user
    _company, row = room.details.find_row(viewer, person_id)
    origin = order_origin(viewer, request.auth, row.person)

    asked = asked_once(request)
    giver = Giver(viewer=viewer, origin=origin, based_on=based_on, idempotency=asked and asked.key)
    try:
        if asked is not None and asked.done is not None:
            change = asked.done.decode()
        elif isinstance(order, Act):
            change = (await room.parts.orders.give(giver, row.person.id, order)).change
        else:
            change = (await order(giver, row.person.id)).change
    except Conflict as error:
        # Whoever came first may not have looked at his own write yet.
        await room.parts.held.refresh()
        version = room.parts.held.company(viewer.company_id).version
        stands = await room.details.encode(viewer, person_id)
        raise Fault(
            409,
            error.code,
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            {"version": version, "person": msgspec.Raw(stands)},
        ) from error
    referral = await _made(room, viewer.company_id, row.person.id, change) if made else None
    return json(await room.details.encode(viewer, person_id, change=change, referral=referral), status)


async def _made(room: Room, company_id: CompanyId, person_id: PersonId, change: str) -> str | None:
    """The referral that a change added, if it is still there."""
    try:
        before = (await room.parts.store.load_change(company_id, change)).before
    except NotFound:
        return None
    known = {each.id for each in before.referrals}
    causes = await room.parts.store.load_causes(company_id, person_id)
    new = [each for each in causes.orders.referrals if each.id not in known]
    return min(new, key=lambda each: each.accepted).id if new else None


def check_known(request: Asked, room: Room, person_id: PersonId, gone: Fault) -> None:
    company, row = room.details.find_row(request.user, person_id)
    if not may_set(request.user, row.person, company):
        raise gone
