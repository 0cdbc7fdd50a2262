"""Who and what the store's tests are played with: one company's worth, as often as wanted, equal but for its name."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from callendar.contracts.source import Reading, ReadObject
from callendar.contracts.store import Store
from callendar.domain.booking import Booking, Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.cause import Causes
from callendar.domain.claim import Kind
from callendar.domain.hand import Referral, ReferralId
from callendar.domain.mark import Order
from callendar.domain.person import Extension, Person, PersonId, ViewerId
from callendar.domain.reason import MEETING, Reason
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import Company, CompanyId
from callendar.domain.span import Days, Span
from callendar.domain.timetable import Segment
from tests.clock import START
from tests.connections import save_connection

PLANNED_WITH = PlannedWith(rules=1, program="1", zone_data="2026a", holidays="1")
LATER = START + timedelta(days=35)
ANNA, BO = PersonId("p_anna"), PersonId("p_bo")
CALENDAR, CONNECTION = CalendarId("k_anna"), ConnectionId("c_dav")
TELEPHONIST = ViewerId("t_telephonist")


class Cast(Struct, frozen=True):
    """A company with Anna, Bo, a connection and Anna's calendar. Ids within are equal in every company."""

    company: Company
    anna: Person
    bo: Person
    connection: Connection
    calendar: Calendar

    @property
    def id(self) -> CompanyId:
        return self.company.id


def cast(company_id: str = "co_north") -> Cast:
    """One company's worth."""
    id_ = CompanyId(company_id)
    company = Company(
        id=id_,
        name=company_id,
        reasons=(Reason(code=MEETING, labels={"en": "Meeting"}, keywords={"en": ("m", "meeting")}),),
    )
    anna = Person(id=ANNA, company_id=id_, name="Anna", email="anna@x.example", extensions=(Extension(number="101"),))
    bo = Person(id=BO, company_id=id_, name="Bo", extensions=(Extension(number="102"),))
    connection = Connection(
        id=CONNECTION, company_id=id_, kind="caldav", name="Calendars", settings={"url": "http://x"}, secret="s"
    )
    calendar = Calendar(
        id=CALENDAR,
        company_id=id_,
        person_id=ANNA,
        connection_id=CONNECTION,
        ref="/anna/",
        name="Anna's",
        added_at=START,
    )
    return Cast(company, anna, bo, connection, calendar)


async def plant(store: Store, cast: Cast) -> None:
    """Keep the cast, Anna and Bo with their first rows."""
    await store.save_company(cast.company)
    await save_connection(store, cast.connection)
    async with store.change(cast.id, [ANNA, BO]) as tx:
        for person in (cast.anna, cast.bo):
            await tx.save_person(person, START)
            await tx.save_row(row(person), PLANNED_WITH)
        await tx.save_calendar(cast.calendar)


def row(person: Person, *hours: int, kind: Kind = "referred") -> Row:
    """A row with one segment in each of these hours after the start."""
    return Row(
        person=person,
        slid_at=START,
        timetable=tuple(
            Segment(start=START + timedelta(hours=hour), end=START + timedelta(hours=hour + 1), kind=kind)
            for hour in hours
        ),
    )


def booking(subject: str = "m: Budget", hour: int = 1, uid: str | None = "u1") -> Booking:
    """An hour's booking."""
    start = START + timedelta(hours=hour)
    return Booking(when=Span(start, start + timedelta(hours=1)), uid=uid, subject=subject)


def every_kind_of_booking() -> tuple[Booking, ...]:
    """Bookings that use every field and every shape of its value."""
    return (
        booking(),
        Booking(when=Days(START.date(), START.date() + timedelta(days=2)), occurrence=START.date(), uid="å ö"),
        Booking(
            when=Span(START, START),
            uid=None,
            occurrence=START,
            show_as="oof",
            private_order=Order(kind="refer", reason=MEETING, keyword="m", divert_to="102"),
            categories=("Red", "Blue"),
            sensitivity="private",
            cancelled=True,
            has_organizer=True,
            is_organizer=True,
            response="declined",
            sequence=7,
            updated=START,
            special="birthday",
        ),
    )


def read(*bookings: Booking, etag: str = "1", faults: tuple[str, ...] = ()) -> ReadObject:
    """One object as read."""
    return ReadObject(etag=etag, bookings=bookings, faults=faults)


def reading(
    objects: dict[str, ReadObject] | None = None,
    *,
    gone: frozenset[str] = frozenset(),
    cursor: str | None = "c1",
    complete: bool = False,
    unchanged: frozenset[str] = frozenset(),
) -> Reading:
    """One reading."""
    return Reading(objects=objects or {}, gone=gone, cursor=cursor, complete=complete, unchanged=unchanged)


def referral(id_: str, reason: str = "meeting", person_id: PersonId = ANNA) -> Referral:
    """A referral for now."""
    return Referral(id=ReferralId(id_), person_id=person_id, reason=MEETING, start=START, text=reason)


def subjects(causes: Causes) -> list[str | None]:
    """Subjects of all bookings, sorted."""
    found = [each.subject for calendar in causes.calendars for each in calendar.bookings]
    return sorted(found, key=str)


async def apply(
    store: Store, cast: Cast, what: Reading, read_until: datetime = LATER, drops: int | None = None
) -> bool:
    """Apply a reading to Anna's calendar in a transaction of its own."""
    async with store.change(cast.id, [ANNA]) as tx:
        return await tx.apply_reading(CALENDAR, what, read_until, drops)
