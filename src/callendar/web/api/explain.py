"""Why: what has a say in a person's state, and what a booking would do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Response as HttpResponse
from litestar import get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Struct, UnsetType, structs

from callendar.domain.booking import Response, Sensitivity, ShowAs
from callendar.domain.cause import Causes
from callendar.domain.claim import Kind
from callendar.domain.privacy import View, may_explain, view_of
from callendar.domain.rules import Company, Mode
from callendar.domain.span import to_instant
from callendar.domain.timetable import StateKind
from callendar.engine.aside import aside, weight_of
from callendar.engine.explain import BookingAsk, BookingExplanation, ExplainedClaim, explain_booking, explain_person
from callendar.web.api.people import json
from callendar.web.faults import Fault
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom


class WireExplainedBooking(Struct, frozen=True, kw_only=True):
    """A booking near the instant; `start` and `end` are dates, the end exclusive, when it is all-day."""

    key: str
    calendar: str
    start: str
    end: str
    all_day: bool
    show_as: ShowAs | UnsetType = UNSET
    subject: str | UnsetType = UNSET
    counts: bool
    kind: Kind | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    why: str


class WireExplanation(Struct, frozen=True, kw_only=True):
    """Why a person is shown as she is at one instant. For the schema alone."""

    at: datetime
    kind: StateKind
    why: str
    claims: tuple[ExplainedClaim, ...]
    bookings: tuple[WireExplainedBooking, ...]


class BookingBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A booking that might be; `start` and `end` as instants, wall times of the person, or dates when all-day."""

    subject: str = ""
    show_as: ShowAs = "busy"
    sensitivity: Sensitivity = "normal"
    all_day: bool = False
    start: str | None = None
    end: str | None = None
    response: Response = "none"
    has_organizer: bool = False
    is_organizer: bool = False
    cancelled: bool = False
    categories: tuple[str, ...] = ()
    owned: bool = True
    mode: Mode | None = None


@get(
    "/people/{person_id:str}/explain",
    summary="Why a person is shown as she is",
    responses={200: ResponseSpec(WireExplanation)},
    opt=refuses("forbidden"),
)
async def explain(
    request: Asked,
    room: InRoom,
    person_id: FromPath[str],
    at: Annotated[str | None, QueryParameter(description="An instant, RFC 3339; now by default.")] = None,
) -> HttpResponse[bytes]:
    """Winning and losing claims, and every booking near the instant with why it counts or not."""
    company, row = room.details.find_row(request.user, person_id)
    if not may_explain(request.user, row.person):
        raise Fault(403, "forbidden", f"You may not ask why of {row.person.name}.")
    causes = await room.parts.store.load_causes(company.id, row.person.id)
    instant = room.parts.clock.now() if at is None else _instant(at)
    view = view_of(request.user, row.person, company)
    return json(await aside(weight_of(causes), _explained, causes, company, instant, view))


def _explained(causes: Causes, company: Company, at: datetime, view: View) -> bytes:
    return msgspec.json.encode(explain_person(causes, company, at, view))


@post("/explain", summary="What a booking would do, and why", status_code=200)
async def explain_any(request: Asked, room: InRoom, data: JSONBody[BookingBody]) -> BookingExplanation:
    """For the caller if the token has a person, else for anybody of the company; nothing is stored."""
    held = room.parts.held.company(request.user.company_id)
    row = held.rows.get(request.user.person_id) if request.user.person_id else None
    given: dict[str, Any] = structs.asdict(data) | {
        name: _moment(name, getattr(data, name)) for name in ("start", "end")
    }
    return explain_booking(
        BookingAsk(**given),
        held.company,
        row and row.person,
        room.parts.clock.now(),
        extensions=frozenset(each.number for one in held.rows.values() for each in one.person.extensions),
    )


def _moment(name: str, given: str | None) -> datetime | date | None:
    """Raises `Fault` 400 for what is neither an instant nor a date."""
    if given is None:
        return None
    try:
        return date.fromisoformat(given) if len(given) == 10 else datetime.fromisoformat(given)
    except ValueError:
        raise Fault(
            400,
            "invalid",
            f"{name}: {given!r} is no instant; write it as 2026-11-23T09:00:00Z, or as 2026-11-23 when all-day.",
            {"field": name, "value": given},
        ) from None


def _instant(given: str) -> datetime:
    """Raises `Fault` 400 for what is no instant."""
    try:
        # A `+` in a query that was not encoded arrives as a space.
        moment = datetime.fromisoformat(given.strip().replace(" ", "+"))
        return to_instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise Fault(
            400,
            "invalid",
            f"at: {given!r} is no instant; write it as 2026-11-23T09:00:00Z.",
            {"field": "at", "value": given},
        ) from None


ROUTES = [explain, explain_any]
