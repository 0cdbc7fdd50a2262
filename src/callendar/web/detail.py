"""One person in full, as a viewer may see her: `GET /people/{id}`, and the answer to every order for her."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, Struct, UnsetType

from callendar.contracts.clock import Clock
from callendar.contracts.store import Store
from callendar.domain.booking import Calendar
from callendar.domain.cause import Causes
from callendar.domain.hand import Referral
from callendar.domain.person import Person, PersonId
from callendar.domain.privacy import View, Viewer, may_explain, may_set, shown_reason, view_of
from callendar.domain.row import Row
from callendar.domain.rules import Company, OpenHours
from callendar.engine.aside import aside, weight_of
from callendar.engine.explain import why_now
from callendar.engine.held import HeldPeople
from callendar.web.faults import not_found
from callendar.web.rows import RowEncoder
from callendar.web.wire import WirePerson, WireSegment, or_unset, wire_segment

UPCOMING = timedelta(days=35)

_encode = msgspec.json.Encoder().encode


class WireReferral(Struct, frozen=True, kw_only=True, gc=False):
    """A referral by hand, for those who may change it."""

    id: str
    reason: str
    start: datetime
    until: datetime | UnsetType = UNSET
    planned: bool
    repeat: str | UnsetType = UNSET
    diverts: bool
    divert_to: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    origin: str | UnsetType = UNSET
    set_by: str | UnsetType = UNSET


class WireCalendar(Struct, frozen=True, kw_only=True, gc=False):
    """A calendar, and whether it can be read; `fault` says in words what is wrong and the mend."""

    id: str
    name: str
    connection: str
    selected: bool
    read_at: datetime | UnsetType = UNSET
    failing_since: datetime | UnsetType = UNSET
    fault: str | UnsetType = UNSET
    object_faults: tuple[str, ...] | UnsetType = UNSET
    """What could not be used in single objects of it, in words without any subject."""


class WireNotice(Struct, frozen=True, kw_only=True, gc=False):
    """A word that looks like a mark but is none."""

    id: str
    claim: str
    word: str
    suggestion: str


class WireSettings(Struct, frozen=True, kw_only=True, gc=False):
    """What is set for a person and no part of what others are sent."""

    external_id: str | UnsetType = UNSET
    addresses: tuple[str, ...] | UnsetType = UNSET
    hours: tuple[OpenHours, ...] | UnsetType = UNSET
    mode: str | UnsetType = UNSET
    keywords: dict[str, tuple[str, ...]] | UnsetType = UNSET
    privacy: str | UnsetType = UNSET
    delegates: tuple[str, ...] | UnsetType = UNSET
    grants: dict[str, str] | UnsetType = UNSET


class DetailPart(Struct, frozen=True, kw_only=True, gc=False):
    """What `GET /people/{id}` has beyond a row; each only for whom it is meant."""

    upcoming: tuple[WireSegment, ...] | UnsetType = UNSET
    referrals: tuple[WireReferral, ...] | UnsetType = UNSET
    calendars: tuple[WireCalendar, ...] | UnsetType = UNSET
    notices: tuple[WireNotice, ...] | UnsetType = UNSET
    settings: WireSettings | UnsetType = UNSET
    change: str | UnsetType = UNSET
    referral: str | UnsetType = UNSET


class WirePersonDetail(WirePerson, frozen=True, kw_only=True, gc=False):
    """A person in full: what `GET /people` has of her and the detail in one object. For the schema alone."""

    upcoming: tuple[WireSegment, ...] | UnsetType = UNSET
    referrals: tuple[WireReferral, ...] | UnsetType = UNSET
    calendars: tuple[WireCalendar, ...] | UnsetType = UNSET
    notices: tuple[WireNotice, ...] | UnsetType = UNSET
    settings: WireSettings | UnsetType = UNSET
    change: str | UnsetType = UNSET
    referral: str | UnsetType = UNSET


class Details:
    """Encodes one person in full.

    Who sees what beyond the row: `referrals` those who may set or explain (the list has losers too), `calendars` the
    person, and her delegates and telephonists above level `time`, `notices` the person alone, `settings` the person
    and administrators.
    """

    def __init__(self, store: Store, people: HeldPeople, rows: RowEncoder, clock: Clock) -> None:
        self._store = store
        self._people = people
        self._rows = rows
        self._clock = clock

    def find_row(self, viewer: Viewer, person_id: str) -> tuple[Company, Row]:
        """A person of the viewer's company.

        Raises:
            Fault: 404, nobody there.
        """
        held = self._people.company(viewer.company_id)
        row = held.rows.get(PersonId(person_id))
        if row is None:
            raise not_found(f"There is no person {person_id!r}.")
        return held.company, row

    def read_seconds(self, row: Row, now: datetime) -> int | None:
        """How long ago her calendars were read, by the one read longest ago; None without any that was."""
        read_at = self._people.company(row.person.company_id).read_at
        read = [read_at[each] for each in row.connections if each in read_at]
        return max(0, int((now - min(read)).total_seconds())) if read else None

    async def encode(
        self, viewer: Viewer, person_id: str, *, change: str | None = None, referral: str | None = None
    ) -> bytes:
        """The person as JSON; with `change`, the answer to an order, and the id of the referral it made."""
        company, row = self.find_row(viewer, person_id)
        causes = await self._store.load_causes(viewer.company_id, row.person.id)
        now = self._clock.now()
        view = view_of(viewer, row.person, company)
        read_seconds = self.read_seconds(row, now)
        why = await aside(weight_of(causes), why_now, causes, company, now, view, read_seconds) or None
        encoded = self._rows.encode(company, row, viewer, now, why)
        cut = self._rows.cut(row, viewer, company)
        person = row.person
        own = viewer.person_id == person.id
        explains = may_explain(viewer, person)
        detail = DetailPart(
            upcoming=or_unset(
                tuple(
                    wire_segment(each, view)
                    for each in cut.timetable
                    if each.start < now + UPCOMING and (each.end is None or each.end > now)
                )
            ),
            referrals=or_unset(wire_referrals(causes, company, view, now))
            if explains or may_set(viewer, person, company)
            else UNSET,
            calendars=or_unset(await self._calendars(person)) if explains and view.level != "time" else UNSET,
            notices=or_unset(await self._notices(person)) if own else UNSET,
            settings=_settings(person) if own or viewer.role == "administrator" else UNSET,
            change=or_unset(change),
            referral=or_unset(referral),
        )
        more = _encode(detail)[1:-1]
        return encoded[:-1] + b"," + more + b"}" if more else encoded

    async def _calendars(self, person: Person) -> tuple[WireCalendar, ...]:
        calendars = await self._store.load_calendars(person.company_id, person.id)
        read_at = self._people.company(person.company_id).read_at
        return tuple(
            [
                wire_calendar(
                    each,
                    read_at.get(each.connection_id),
                    await self._store.load_object_faults(person.company_id, each.id),
                )
                for each in calendars
            ]
        )

    async def _notices(self, person: Person) -> tuple[WireNotice, ...]:
        return tuple(
            WireNotice(id=each.id, claim=each.claim, word=each.word, suggestion=each.suggestion)
            for each in await self._store.load_notices(person.company_id, person.id)
        )


def wire_calendar(calendar: Calendar, read_at: datetime | None, object_faults: Sequence[str]) -> WireCalendar:
    """A calendar; when it fails, `read_at` is that of its connection's others and left out."""
    return WireCalendar(
        id=calendar.id,
        name=calendar.name,
        connection=calendar.connection_id,
        selected=calendar.selected,
        read_at=UNSET if calendar.failing_since is not None else or_unset(read_at),
        failing_since=or_unset(calendar.failing_since),
        fault=or_unset(calendar.fault),
        object_faults=or_unset(tuple(object_faults)),
    )


def wire_referrals(causes: Causes, company: Company, view: View, now: datetime) -> tuple[WireReferral, ...]:
    """Orders by hand that stand or are to come, by start, cut down to a view."""
    standing = [
        each for each in causes.orders.referrals if each.repeat is not None or each.end is None or each.end > now
    ]
    standing.sort(key=lambda each: (each.start, each.accepted, each.id))
    return tuple(_wire_referral(each, company, view) for each in standing)


def _wire_referral(referral: Referral, company: Company, view: View) -> WireReferral:
    reason = shown_reason(referral.reason, view, company)
    told = view.level != "time"
    text = referral.text if view.level == "text" and reason == referral.reason else None
    return WireReferral(
        id=referral.id,
        reason=reason or referral.reason,
        start=referral.start,
        until=or_unset(referral.end),
        planned=referral.planned,
        repeat=or_unset(referral.repeat),
        diverts=referral.diverts,
        divert_to=or_unset(referral.divert_to) if told else UNSET,
        text=or_unset(text),
        origin=referral.origin if told else UNSET,
        set_by=or_unset(referral.set_by) if told else UNSET,
    )


def _settings(person: Person) -> WireSettings:
    return WireSettings(
        external_id=or_unset(person.external_id),
        addresses=or_unset(person.addresses),
        hours=UNSET if person.hours is None else person.hours,
        mode=or_unset(person.mode),
        keywords=person.keywords or UNSET,
        privacy=or_unset(person.privacy),
        delegates=or_unset(tuple(person.delegates)),
        grants=dict[str, str](person.grants) or UNSET,
    )
