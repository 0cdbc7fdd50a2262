"""The wire: what answers and events look like (`api.md`, API v1).

What is null or empty is left out; what is false is sent. Instants are RFC 3339 UTC with `Z`, whole seconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeVar

from msgspec import UNSET, Struct, UnsetType

from callendar.contracts.switchboard import LineState
from callendar.domain.freshness import Freshness
from callendar.domain.person import Person
from callendar.domain.privacy import View
from callendar.domain.reason import Reason, ReasonCode
from callendar.domain.rules import Company
from callendar.domain.timetable import Segment, State, StateKind

T = TypeVar("T")


class WireReason(Struct, frozen=True, gc=False):
    """A reason as it is shown; in a company's own language."""

    code: str
    label: str
    icon: str
    color: str


class WireReasonShown(Struct, frozen=True, gc=False):
    """A reason in a list's table of reasons, under its code."""

    label: str
    icon: str
    color: str


class WireRead(Struct, frozen=True, gc=False):
    """When a connection was last read, and how old that may grow before it is stale."""

    read_at: datetime
    stale_seconds: int


class WireExtension(Struct, frozen=True, gc=False):
    """A number of a person's."""

    number: str
    kind: str
    switchboard: str | UnsetType = UNSET


class WireState(Struct, frozen=True, kw_only=True, gc=False):
    """A row read at one instant."""

    kind: StateKind
    reason: WireReason | UnsetType = UNSET
    text: str | UnsetType = UNSET
    since: datetime | UnsetType = UNSET
    until: datetime | UnsetType = UNSET
    back_at: datetime | UnsetType = UNSET
    not_before: datetime | UnsetType = UNSET
    then: str | UnsetType = UNSET
    diverts: bool
    divert_to: str | UnsetType = UNSET
    origin: str | UnsetType = UNSET
    planned: bool
    set_by: str | UnsetType = UNSET
    claims: tuple[str, ...] | UnsetType = UNSET
    why: str | UnsetType = UNSET


class WireSegment(Struct, frozen=True, kw_only=True, gc=False):
    """A piece of the timetable; `end` is left out when open."""

    start: datetime
    end: datetime | UnsetType = UNSET
    all_day: bool
    kind: Literal["referred", "informed", "busy", "note"]
    reason: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    diverts: bool
    divert_to: str | UnsetType = UNSET
    origin: str | UnsetType = UNSET
    planned: bool
    set_by: str | UnsetType = UNSET
    back_at: datetime | UnsetType = UNSET
    not_before: datetime | UnsetType = UNSET
    then: str | UnsetType = UNSET
    next_free: datetime | UnsetType = UNSET
    claims: tuple[str, ...] | UnsetType = UNSET


class WireSoon(Struct, frozen=True, gc=False):
    """Something starts within the hour."""

    start: datetime
    minutes: int


class WireFreshness(Struct, frozen=True, kw_only=True, gc=False):
    """How far what is shown can be believed."""

    state: Freshness
    failing_since: datetime | UnsetType = UNSET
    connections: tuple[str, ...] | UnsetType = UNSET


class FixedPart(Struct, frozen=True, kw_only=True, gc=False):
    """The part of a person that no clock changes: kept encoded, once per distinct view."""

    id: str
    name: str
    extension: str | UnsetType = UNSET
    extensions: tuple[WireExtension, ...] | UnsetType = UNSET
    email: str | UnsetType = UNSET
    department: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    zone: str
    names: tuple[str, ...] | UnsetType = UNSET
    known_until: datetime | UnsetType = UNSET
    timetable: tuple[WireSegment, ...] | UnsetType = UNSET


class LivePart(Struct, frozen=True, kw_only=True, gc=False):
    """The part read at the moment of sending."""

    state: WireState
    soon: WireSoon | UnsetType = UNSET
    next_free: datetime | UnsetType = UNSET
    line: LineState
    freshness: WireFreshness


class WirePerson(FixedPart, frozen=True, kw_only=True, gc=False):
    """A person as she is sent: the fixed part and the live one in one object. For the schema alone."""

    state: WireState
    soon: WireSoon | UnsetType = UNSET
    next_free: datetime | UnsetType = UNSET
    line: LineState
    freshness: WireFreshness


class WirePeople(Struct, frozen=True, kw_only=True, gc=False):
    """The answer of `GET /people`, and with `gone` an event of the feed."""

    version: str
    now: datetime
    listed_until: datetime
    opens_at: datetime | UnsetType = UNSET
    reasons: dict[str, WireReasonShown]
    people: tuple[WirePerson, ...]
    next_after: str | UnsetType = UNSET
    fresh: dict[str, WireRead]


def or_unset(value: T | None) -> T | UnsetType:
    """What is null or empty is left out."""
    return UNSET if value is None or value == () else value


def wire_reason(reason: Reason, company: Company) -> WireReason:
    """A reason with its label in the company's language."""
    return WireReason(reason.code, reason.label(company.language), reason.icon, reason.color)


def wire_reasons(company: Company) -> dict[str, WireReasonShown]:
    """A company's table of reasons, which is no secret."""
    return {
        reason.code: WireReasonShown(reason.label(company.language), reason.icon, reason.color)
        for reason in company.reasons
    }


def wire_segment(segment: Segment, view: View) -> WireSegment:
    """A segment that has been cut down to a view."""
    told = view.level != "time"
    return WireSegment(
        start=segment.start,
        end=or_unset(segment.end),
        all_day=segment.all_day,
        kind=segment.kind,
        reason=or_unset(segment.reason),
        text=or_unset(segment.text),
        diverts=segment.kind == "referred",
        divert_to=or_unset(segment.divert_to),
        origin=segment.origin if told else UNSET,
        planned=segment.planned,
        set_by=or_unset(segment.set_by),
        back_at=or_unset(segment.back_at),
        not_before=or_unset(segment.not_before),
        then=or_unset(segment.then),
        next_free=or_unset(segment.next_free),
        claims=or_unset(segment.claims),
    )


def wire_state(state: State, view: View, company: Company, why: str | None = None) -> WireState:
    """A state of a row that has been cut down to a view."""
    segment = state.segment if state.kind in ("busy", "informed", "referred") else None
    if segment is None:
        return WireState(
            kind=state.kind,
            since=or_unset(state.since),
            until=or_unset(state.until),
            diverts=False,
            planned=False,
            why=or_unset(why),
        )
    return WireState(
        kind=state.kind,
        reason=_reason(segment.reason, company),
        text=or_unset(segment.text),
        since=or_unset(state.since),
        until=or_unset(state.until),
        back_at=or_unset(segment.back_at),
        not_before=or_unset(segment.not_before),
        then=or_unset(segment.then),
        diverts=segment.kind == "referred",
        divert_to=or_unset(segment.divert_to),
        origin=segment.origin if view.level != "time" else UNSET,
        planned=segment.planned,
        set_by=or_unset(segment.set_by),
        claims=or_unset(segment.claims),
        why=or_unset(why),
    )


def _reason(code: ReasonCode | None, company: Company) -> WireReason | UnsetType:
    return UNSET if code is None else wire_reason(company.reason(code), company)


def fixed_part(person: Person, timetable: tuple[WireSegment, ...], known_until: datetime | None) -> FixedPart:
    """What is sent of a person herself: never her keywords, grants, delegates or own hours."""
    extensions = tuple(WireExtension(each.number, each.kind, or_unset(each.switchboard)) for each in person.extensions)
    return FixedPart(
        id=person.id,
        name=person.name,
        extension=person.extensions[0].number if person.extensions else UNSET,
        extensions=or_unset(extensions),
        email=or_unset(person.email),
        department=or_unset(person.department),
        title=or_unset(person.title),
        zone=person.zone,
        names=or_unset(person.names),
        known_until=or_unset(known_until),
        timetable=or_unset(timetable),
    )
