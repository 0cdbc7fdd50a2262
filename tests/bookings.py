"""Bookings for tests: one person in a zone without summer time, her calendars, and what they make of her."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from callendar.domain.booking import Booking, Calendar, CalendarId, ConnectionId
from callendar.domain.cause import CalendarBookings, Causes
from callendar.domain.claim import Claim
from callendar.domain.claiming import Derived, Judged, derive_claims
from callendar.domain.hand import AppMark, AutoReply, Orders, Silence
from callendar.domain.mark import Marks, build_marks
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.domain.span import Days, Span, When

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
ACME = CompanyId("acme")
ANNA = PersonId("anna")
EXTENSIONS = frozenset(("123", "456"))


def at(clock: str, day: int = 0) -> datetime:
    """A UTC time of day, `day` days after the Monday."""
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=day, hours=int(hour), minutes=int(minute))


def hour(start: str = "10:00", minutes: int = 60) -> Span:
    """A time on the Monday."""
    return Span(at(start), at(start) + timedelta(minutes=minutes))


def days(first: int = 0, count: int = 1) -> Days:
    """Whole days from the Monday on."""
    monday = date(2026, 11, 23)
    return Days(monday + timedelta(days=first), monday + timedelta(days=first + count))


def booking(subject: str | None = None, when: When | None = None, **more: Any) -> Booking:
    """Monday 10:00-11:00, shown busy, nobody invited."""
    more.setdefault("uid", "one")
    return Booking(when=when or hour(), subject=subject, **more)


def others(subject: str | None = None, response: str = "accepted", when: When | None = None, **more: Any) -> Booking:
    """A meeting that somebody else called."""
    return booking(subject, when, has_organizer=True, response=response, **more)


def company(mode: str = "keywords", **rules: Any) -> Company:
    """With the reasons out of the box."""
    return Company(id=ACME, name="Acme", zone="UTC", reasons=REASONS, rules=Rules(mode=mode, **rules))  # pyright: ignore[reportArgumentType]


def person(**more: Any) -> Person:
    """Anna, in UTC."""
    more.setdefault("zone", "UTC")
    return Person(id=ANNA, company_id=ACME, name="Anna", **more)


def marks(**rules: Any) -> Marks:
    """What Anna may order."""
    return build_marks(company(**rules), person(), EXTENSIONS)


def calendar(name: str = "own", **more: Any) -> Calendar:
    """One of Anna's."""
    return Calendar(
        id=CalendarId(name),
        company_id=ACME,
        person_id=ANNA,
        connection_id=ConnectionId("c"),
        ref=name,
        name=name,
        added_at=MONDAY,
        **more,
    )


def derived(
    *bookings: Booking,
    mode: str = "keywords",
    whose: Person | None = None,
    app_marks: Iterable[AppMark] = (),
    silences: Iterable[Silence] = (),
    autoreplies: tuple[AutoReply, ...] = (),
    calendars: Sequence[tuple[Calendar, Iterable[Booking]]] | None = None,
    orders: Orders | None = None,
    rules: dict[str, Any] | None = None,
) -> Derived:
    """What bookings in one calendar of hers, or in several calendars, make of Anna."""
    stand = calendars if calendars is not None else ((calendar(), bookings),)
    causes = Causes(
        person=whose or person(),
        slid_at=MONDAY,
        calendars=tuple(CalendarBookings(calendar=each, bookings=tuple(inside)) for each, inside in stand),
        orders=orders or Orders(marks=tuple(app_marks), silences=tuple(silences)),
        autoreplies=autoreplies,
        extensions=EXTENSIONS,
    )
    return derive_claims(causes, company(mode, **(rules or {})))


def judged(given: Booking, **more: Any) -> Judged:
    """What one booking does, and why."""
    (one,) = derived(given, **more).judged
    return one


def claim_of(given: Booking, **more: Any) -> Claim | None:
    """The claim that one booking makes, if any."""
    claims = derived(given, **more).claims
    assert len(claims) <= 1
    return claims[0] if claims else None


def does(given: Booking, **more: Any) -> str:
    """In a word what one booking does: `nothing`, its kind, or its kind and reason."""
    made = claim_of(given, **more)
    if made is None:
        return "nothing"
    return f"{made.kind} {made.reason}" if made.reason else made.kind


def app_mark(mark: str, key: str = "b/one", *, series: bool = False) -> AppMark:
    """Given by Anna in the app."""
    return AppMark(person_id=ANNA, key=key, series=series, mark=mark)
