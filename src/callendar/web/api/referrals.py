"""Referrals by hand: for now, planned, for one person and for many.

Each order is answered with the person as the caller now sees her, and `change`, which undo takes back.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Struct, UnsetType

from callendar.contracts.store import NotFound
from callendar.domain.hand import Origin, ReferralId
from callendar.domain.person import PersonId
from callendar.domain.privacy import may_explain, may_set, view_of
from callendar.engine import ordering
from callendar.engine.ordering import PlannedAsk, ReferralAsk, ReferralPatch
from callendar.engine.orders import Giver
from callendar.web.api.giving import ANSWERED, ORDERS, BasedOn, check_known, give_order
from callendar.web.api.people import json
from callendar.web.auth import order_origin
from callendar.web.detail import WirePersonDetail, WireReferral, wire_referrals
from callendar.web.faults import Fault, not_found
from callendar.web.once import asked_once
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom, Room

_encode = msgspec.json.Encoder().encode

PLANNED = {201: ResponseSpec(WirePersonDetail)}


class SetBody(ReferralAsk, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A referral for now; with the version looked at."""

    based_on: str | None = None


class PlanBody(PlannedAsk, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A planned referral; with the version looked at."""

    based_on: str | None = None


class PatchBody(ReferralPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a referral; with the version looked at."""

    based_on: str | None = None


class ManyBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same referral for many people; planned when it has a `start`."""

    people: tuple[str, ...]
    reason: str
    start: str | None = None
    until: str | None | UnsetType = UNSET
    repeat: str | None = None
    diverts: bool = True
    text: str | None = None
    divert_to: str | None = None


class PersonChange(Struct, frozen=True, kw_only=True):
    """What undo takes back of an order for many."""

    person: str
    change: str


class ManyChanges(Struct, frozen=True, kw_only=True):
    """The answer to an order for many, in the order given."""

    changes: tuple[PersonChange, ...]


class Referrals(Struct, frozen=True, kw_only=True):
    """Orders by hand that stand or are to come, by start."""

    version: str
    referrals: tuple[WireReferral, ...]


MANY = {200: ResponseSpec(ManyChanges)}


@put("/people/{person_id:str}/referral", summary="Refer a person from now on", responses=ANSWERED, opt=ORDERS)
async def set_referral(
    request: Asked, room: InRoom, person_id: FromPath[str], data: JSONBody[SetBody], based_on: BasedOn = None
) -> Response[bytes]:
    """`until` absent = the reason's own end, null = none. The reasons `available` and `back` end what is for now."""
    return await give_order(request, room, person_id, ordering.set_for_now(data), based_on=data.based_on or based_on)


@delete(
    "/people/{person_id:str}/referral",
    summary="End the top referral for now",
    status_code=200,
    responses=ANSWERED,
    opt=ORDERS,
)
async def clear_referral(
    request: Asked, room: InRoom, person_id: FromPath[str], based_on: BasedOn = None
) -> Response[bytes]:
    """Nothing changes if there is none."""
    return await give_order(request, room, person_id, ordering.clear_for_now(), based_on=based_on)


@get("/people/{person_id:str}/referrals", summary="Orders by hand that stand or are to come", opt=refuses("forbidden"))
async def list_referrals(request: Asked, room: InRoom, person_id: FromPath[str]) -> Referrals:
    """For the person, telephonists and whoever may set."""
    company, row = room.details.find_row(request.user, person_id)
    if not (may_set(request.user, row.person, company) or may_explain(request.user, row.person)):
        raise Fault(403, "forbidden", f"You may not see the referrals of {row.person.name}.")
    version = room.parts.held.company(company.id).version
    causes = await room.parts.store.load_causes(company.id, row.person.id)
    view = view_of(request.user, row.person, company)
    return Referrals(version=version, referrals=wire_referrals(causes, company, view, room.parts.clock.now()))


@post("/people/{person_id:str}/referrals", summary="Plan a referral", responses=PLANNED, opt=ORDERS)
async def plan(
    request: Asked, room: InRoom, person_id: FromPath[str], data: JSONBody[PlanBody], based_on: BasedOn = None
) -> Response[bytes]:
    """Answered with the id of the new one as `referral`."""
    return await give_order(
        request,
        room,
        person_id,
        ordering.plan_referral(data),
        based_on=data.based_on or based_on,
        status=201,
        made=True,
    )


@post(
    "/referrals",
    summary="The same referral for many people",
    status_code=200,
    responses=MANY,
    opt=refuses("forbidden", "not_found", "refused", "unknown_reason"),
)
async def set_for_many(request: Asked, room: InRoom, data: JSONBody[ManyBody]) -> Response[bytes]:
    """For now, or planned when it has a `start`. Refused as a whole if any of them is not the caller's to set."""
    if data.repeat is not None and data.start is None:
        raise Fault(400, "invalid", "repeat: only a planned referral repeats; give a `start`.", {"field": "repeat"})
    if not data.people:
        raise Fault(400, "invalid", "people: it is empty; name at least one id.", {"field": "people", "value": []})
    rows = [room.details.find_row(request.user, each)[1] for each in data.people]
    given: dict[str, Any] = {name: getattr(data, name) for name in ("reason", "until", "diverts", "text", "divert_to")}
    order = (
        ordering.set_for_now(ReferralAsk(**given))
        if data.start is None
        else ordering.plan_referral(PlannedAsk(start=data.start, repeat=data.repeat, **given))
    )
    origin = _common_origin({order_origin(request.user, request.auth, row.person) for row in rows})

    asked = asked_once(request)
    giver = Giver(
        viewer=request.user, origin=origin, idempotency=asked and asked.key, done=None if asked is None else asked.done
    )
    written = await room.parts.orders.give_many(giver, [PersonId(each) for each in data.people], order)
    changes = tuple(PersonChange(person=each.person_id, change=each.change) for each in written)
    return json(_encode(ManyChanges(changes=changes)))


@patch(
    "/referrals/{referral_id:str}",
    summary="Change a referral, start it now or end it now",
    responses=ANSWERED,
    opt=ORDERS,
)
async def change_referral(
    request: Asked, room: InRoom, referral_id: FromPath[str], data: JSONBody[PatchBody], based_on: BasedOn = None
) -> Response[bytes]:
    """Absent = as it was. `start` now starts it now."""
    return await give_order(
        request,
        room,
        await _whose(request, room, referral_id),
        ordering.patch_referral(
            ReferralId(referral_id),
            ReferralPatch(**{name: getattr(data, name) for name in ReferralPatch.__struct_fields__}),
        ),
        based_on=data.based_on or based_on,
    )


@delete("/referrals/{referral_id:str}", summary="Delete a referral", status_code=200, responses=ANSWERED, opt=ORDERS)
async def delete_referral(
    request: Asked, room: InRoom, referral_id: FromPath[str], based_on: BasedOn = None
) -> Response[bytes]:
    """One under way ends now."""
    return await give_order(
        request,
        room,
        await _whose(request, room, referral_id),
        ordering.delete_referral(ReferralId(referral_id)),
        based_on=based_on,
    )


def _common_origin(origins: set[Origin]) -> Origin:
    """In which role an order is given for people to whom the viewer stands differently: the one for others."""
    for origin in ("telephonist", "delegate", "colleague", "api"):
        if origin in origins:
            return origin
    return "app"


async def _whose(request: Asked, room: Room, referral_id: str) -> PersonId:
    """Whose referral that is; who may not set referrals for her does not learn that there is one. One that is gone by
    this very request, sent again with its key, is found by the receipt of it."""
    gone = not_found(f"There is no referral {referral_id!r}.")
    store, company_id = room.parts.store, request.user.company_id
    try:
        person_id = await store.find_referral(company_id, ReferralId(referral_id))
    except NotFound:
        asked = asked_once(request)
        if asked is None or asked.done is None:
            raise gone from None
        person_id = (await store.load_change(company_id, asked.done.decode())).person_id
    check_known(request, room, person_id, gone)
    return person_id


ROUTES = [set_referral, clear_referral, list_referrals, plan, set_for_many, change_referral, delete_referral]
