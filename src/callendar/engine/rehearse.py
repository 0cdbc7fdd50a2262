"""Rehearse: what a calendar would have done under the rules, with why each booking counts or not; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct, structs

from callendar.contracts.source import CalendarToRead, SourceContext, SourceKind
from callendar.domain.booking import NAMELESS, Booking, Connection, ShowAs
from callendar.domain.claim import Kind
from callendar.domain.claiming import derive_claims
from callendar.domain.hand import Origin
from callendar.domain.hours import hours_of
from callendar.domain.mark import Marks
from callendar.domain.person import Person
from callendar.domain.rules import Company, Mode
from callendar.domain.span import Days, Span
from callendar.domain.timetable import Segment, resolve
from callendar.engine.connecting import open_source
from callendar.engine.explain import causes_of


class RehearsedBooking(Struct, frozen=True, kw_only=True):
    """One occurrence. Instants are UTC; all-day ones are dates, the end exclusive."""

    uid: str | None
    start: datetime | date
    end: datetime | date
    all_day: bool
    show_as: ShowAs
    subject: str | None
    """Without what `//` hides; None for private ones."""
    counts: bool
    """It makes a referred, informed or busy claim."""
    why: str


class RehearsedSegment(Struct, frozen=True, kw_only=True):
    """A piece of the timetable; notes are left out, neighbours merged by just these fields."""

    start: datetime
    end: datetime | None
    kind: Kind
    reason: str | None
    diverts: bool
    origin: Origin


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What `rehearse --json` prints; both lists ordered by start."""

    bookings: list[RehearsedBooking]
    timetable: list[RehearsedSegment]
    faults: list[str]


def rehearse(
    bookings: Sequence[Booking],
    faults: Sequence[str],
    *,
    company: Company,
    person: Person,
    mode: Mode | None,
    window: Span,
) -> Rehearsal:
    """Plan a calendar's bookings as if they were all that is known of a person.

    Args:
        bookings: Those that overlap the window, with their real ends.
        mode: Overrides the company's and the person's.
        window: Bookings outside it take no part.
    """
    if mode is not None:
        company = structs.replace(company, rules=structs.replace(company.rules, mode=mode))
        person = structs.replace(person, mode=None)
    inside = [each for each in bookings if _touches(_span(each, person), window)]
    derived = derive_claims(causes_of(inside, person, window.start), company)
    timetable = resolve(
        derived.claims,
        hours=hours_of(person, company),
        rules=company.rules,
        known_until=None,
        start=min((claim.start for claim in derived.claims), default=window.start),
    )
    judged = sorted(
        derived.judged, key=lambda each: (_span(each.booking, person).start, _span(each.booking, person).end, each.key)
    )
    return Rehearsal(
        bookings=[
            RehearsedBooking(
                uid=None if (each.booking.uid or NAMELESS).startswith(NAMELESS) else each.booking.uid,
                start=each.booking.when.first if isinstance(each.booking.when, Days) else each.booking.when.start,
                end=each.booking.when.until if isinstance(each.booking.when, Days) else each.booking.when.end,
                all_day=each.booking.all_day,
                show_as=each.booking.show_as,
                subject=None if each.booking.is_private else each.booking.subject,
                counts=each.counts,
                why=each.why,
            )
            for each in judged
        ],
        timetable=_merged(timetable),
        faults=list(dict.fromkeys(faults)),
    )


async def read_whole(
    kind: SourceKind, connection: Connection, context: SourceContext, window: Span, person: Person, marks: Marks
) -> tuple[list[Booking], list[str]]:
    """All bookings that one calendar has in a window, with the faults found in it; nothing is stored.

    Raises:
        SourceError: It cannot be read; the message says the mend.
    """
    source = await open_source(kind, connection, context)
    try:
        (found, *_) = await source.find_calendars()
        wanted = CalendarToRead(id="rehearsal", ref=found.ref, zone=person.zone_info, addresses=person.all_addresses)
        reading = await source.read(wanted, window, marks, None)
    finally:
        await source.close()
    bookings = [booking for each in reading.objects.values() for booking in each.bookings]
    return bookings, [fault for each in reading.objects.values() for fault in each.faults]


def _span(booking: Booking, person: Person) -> Span:
    return booking.when.in_zone(person.zone_info) if isinstance(booking.when, Days) else booking.when


def _touches(span: Span, window: Span) -> bool:
    return span.start < window.end and (span.end > window.start or span.start == span.end >= window.start)


def _merged(timetable: Sequence[Segment]) -> list[RehearsedSegment]:
    merged: list[RehearsedSegment] = []
    for segment in timetable:
        if segment.kind == "note":
            continue
        piece = RehearsedSegment(
            start=segment.start,
            end=segment.end,
            kind=segment.kind,
            reason=segment.reason,
            diverts=segment.kind == "referred",
            origin=segment.origin,
        )
        if (
            merged
            and merged[-1].end == piece.start
            and structs.replace(merged[-1], start=piece.start, end=piece.end) == piece
        ):
            merged[-1] = structs.replace(merged[-1], end=piece.end)
        else:
            merged.append(piece)
    return merged
