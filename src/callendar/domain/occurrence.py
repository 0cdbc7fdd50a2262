"""One occurrence out of its versions in a calendar and its copies in several calendars (`rules.md` §2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from callendar.domain.booking import Booking, BookingKey, Calendar, CalendarId, Response, Sensitivity, ShowAs
from callendar.domain.cause import CalendarBookings
from callendar.domain.mark import Marks, Order, order_of_categories, read_subject
from callendar.domain.span import Days, Span

RESPONSES: Final[tuple[Response, ...]] = (
    "organizer",
    "accepted",
    "none",
    "tentative",
    "unanswered",
    "declined",
    "delegated",
)
"""Of several copies' answers the first of these is hers."""
SENSITIVITIES: Final[tuple[Sensitivity, ...]] = ("normal", "personal", "private", "confidential")
"""The strictest last."""

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_BLOCKS: Final[tuple[ShowAs, ...]] = ("free", "unknown", "elsewhere", "tentative", "busy", "oof")
_encode = msgspec.json.Encoder().encode


class Copy(Struct, frozen=True, kw_only=True, gc=False):
    """A booking as one calendar has it, its order read. Orders are None where the calendar's marks do not count."""

    booking: Booking
    calendar: Calendar
    place: int
    """Of the calendar in her list."""
    span: Span
    """Its instants; of whole days those in the person's zone."""
    cancelled: bool
    """By its status, or by a cancelled word."""
    order: Order | None = None
    """That of the subject, a cancelled word apart; of a private booking that which was kept."""
    category: Order | None = None
    subject: str | None = None
    """As shown when its order is not obeyed; None when private or empty."""
    text: str | None = None
    """As shown without its order."""
    unheard: bool = False
    """It bears an order that does not count, as no mark in this calendar does."""


class Occurrence(Struct, frozen=True, kw_only=True, gc=False):
    """One meeting of a person, however many calendars it stands in."""

    key: BookingKey
    booking: Booking
    """With the fields that win by §2; cancelled also where a cancelled word says so."""
    calendar: Calendar
    """Where text, show-as and organizer come from."""
    span: Span
    order: Order | None = None
    category: Order | None = None
    subject: str | None = None
    text: str | None = None
    unheard: bool = False


def booking_key(booking: Booking, calendar_id: CalendarId) -> BookingKey:
    """Key of an occurrence: UID and original start within its series, of a single booking the UID alone; without a
    UID the calendar and the start.

    It does not move with the occurrence. No two occurrences with a UID have the same, nor any referral or reply.
    """
    if booking.uid is None:
        when = booking.when
        start = when.first if isinstance(when, Days) else when.start
        return BookingKey(f"f/{calendar_id}/{_stamp(start)}")
    uid = booking.uid.replace("%", "%25").replace("/", "%2F").replace("\n", "%0A")
    return BookingKey(f"b/{uid}" if booking.occurrence is None else f"b/{uid}/{_stamp(booking.occurrence)}")


def find_occurrences(calendars: Sequence[CalendarBookings], marks: Marks, zone: ZoneInfo) -> list[Occurrence]:
    """A person's occurrences: versions and copies made one, by start and key.

    Args:
        calendars: In the order of her list; the bookings of each in any order.
        marks: Those that are read from the subjects and categories.
        zone: The person's, which whole days are joined with.
    """
    copies = [
        _read(booking, each.calendar, place, marks, zone)
        for place, each in enumerate(calendars)
        for booking in latest_versions(each.bookings)
    ]
    occurrences = [merge_copies(group) for group in _group(copies)]
    occurrences.sort(key=lambda each: (each.span.start, each.key, -each.span.end.timestamp()))
    return _tell_apart(occurrences)


def latest_versions(bookings: Iterable[Booking]) -> list[Booking]:
    """Of the versions of one occurrence within one calendar the newest: higher SEQUENCE, then later update.

    Blocks without a UID are versions of each other when their times are equal; of these the strongest stands.
    """
    latest: dict[object, Booking] = {}
    for booking in bookings:
        identity = (booking.uid, booking.occurrence) if booking.uid is not None else booking.when
        other = latest.get(identity)
        if other is None or (other is not booking and _is_newer(booking, other)):
            latest[identity] = booking
    return list(latest.values())


def merge_copies(copies: Sequence[Copy]) -> Occurrence:
    """The one booking that copies in several calendars are, field by field as §2 says.

    A copy with an order stands before one without, then the calendar first in her list.
    """
    if len(copies) == 1:
        return _alone(copies[0])
    ranked = sorted(copies, key=_standing)
    first = ranked[0]
    newest = max(ranked, key=lambda each: _age(each.booking))
    named = next((each.booking for each in ranked if each.booking.uid is not None), first.booking)
    sensitivity = max((each.booking.sensitivity for each in ranked), key=SENSITIVITIES.index)
    private = sensitivity in ("private", "confidential")
    return Occurrence(
        key=booking_key(named, first.calendar.id),
        booking=structs.replace(
            first.booking,
            uid=named.uid,
            occurrence=named.occurrence,
            when=newest.booking.when,
            cancelled=newest.cancelled,
            sequence=newest.booking.sequence,
            updated=newest.booking.updated,
            response=min((each.booking.response for each in ranked), key=RESPONSES.index),
            sensitivity=sensitivity,
            subject=None if private else first.booking.subject,
            categories=() if private else first.booking.categories,
            private_order=(first.order or first.category) if private else None,
        ),
        calendar=first.calendar,
        span=newest.span,
        order=first.order,
        category=first.category,
        subject=None if private else first.subject,
        text=None if private else first.text,
        unheard=first.unheard,
    )


def _read(booking: Booking, calendar: Calendar, place: int, marks: Marks, zone: ZoneInfo) -> Copy:
    when = booking.when
    span = when.in_zone(zone) if isinstance(when, Days) else when
    order, category, subject, text = booking.private_order, None, None, None
    if not booking.is_private:
        reading = read_subject(booking.subject or "", marks)
        order, text, subject = reading.order, reading.text or None, reading.kept.strip() or None
        category = order_of_categories(booking.categories, marks) if booking.categories else None
    counts = calendar.marks_count
    cancels = order is not None and order.kind == "cancel"
    return Copy(
        booking=booking,
        calendar=calendar,
        place=place,
        span=span,
        cancelled=booking.cancelled or cancels,
        order=order if counts and not cancels else None,
        category=category if counts else None,
        subject=subject,
        text=text,
        unheard=not counts and ((order is not None and not cancels) or category is not None),
    )


def _alone(copy: Copy) -> Occurrence:
    booking = copy.booking
    if copy.cancelled and not booking.cancelled:
        booking = structs.replace(booking, cancelled=True)
    return Occurrence(
        key=booking_key(booking, copy.calendar.id),
        booking=booking,
        calendar=copy.calendar,
        span=copy.span,
        order=copy.order,
        category=copy.category,
        subject=copy.subject,
        text=copy.text,
        unheard=copy.unheard,
    )


def _group(copies: Iterable[Copy]) -> Iterable[Sequence[Copy]]:
    """Copies of one meeting together: by UID and original start; those without a UID by equal times."""
    named: dict[object, list[Copy]] = {}
    blocks: list[Copy] = []
    for copy in copies:
        if copy.booking.uid is None:
            blocks.append(copy)
        else:
            named.setdefault((copy.booking.uid, copy.booking.occurrence), []).append(copy)
    return [*named.values(), *_join_blocks(list(named.values()), blocks)] if blocks else named.values()


def _join_blocks(named: Sequence[list[Copy]], blocks: Sequence[Copy]) -> Iterable[list[Copy]]:
    """Add blocks to the meetings of other calendars that have equal times; the others by equal times.

    Of several such meetings it is that of the calendar first in her list, then the one with the smaller key.
    """
    by_span: dict[Span, list[tuple[int, str, list[Copy]]]] = {}
    for group in named:
        one = merge_copies(group)
        by_span.setdefault(one.span, []).append((min(copy.place for copy in group), one.key, group))
    for groups in by_span.values():
        groups.sort(key=lambda each: each[:2])
    left: dict[Span, list[Copy]] = {}
    for block in sorted(blocks, key=_standing):
        groups = (group for _, _, group in by_span.get(block.span, ()))
        group = next((group for group in groups if all(copy.place != block.place for copy in group)), None)
        (left.setdefault(block.span, []) if group is None else group).append(block)
    return left.values()


def _tell_apart(occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Blocks of one calendar that start together have one key; the longest keeps it, the others are counted."""
    seen: dict[str, int] = {}
    apart: list[Occurrence] = []
    for each in occurrences:
        count = seen[each.key] = seen.get(each.key, 0) + 1
        apart.append(each if count == 1 else structs.replace(each, key=BookingKey(f"{each.key}+{count}")))
    return apart


def _standing(copy: Copy) -> tuple[bool, int, bool, int, bytes]:
    """The smaller stands before the other; the last three decide only between copies of one calendar."""
    ordered = copy.order is not None or copy.category is not None
    unnamed = copy.booking.uid is None
    return (not ordered, copy.place, unnamed, -_BLOCKS.index(copy.booking.show_as), _encode(copy.booking))


def _age(booking: Booking) -> tuple[int, datetime]:
    return booking.sequence, booking.updated or _LONG_AGO


def _is_newer(booking: Booking, other: Booking) -> bool:
    """Whether a version replaces another; where neither is newer it is always the same one of the two."""
    if _age(booking) != _age(other):
        return _age(booking) > _age(other)
    return (_BLOCKS.index(booking.show_as), _encode(booking)) > (_BLOCKS.index(other.show_as), _encode(other))


def _stamp(moment: datetime | date) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if isinstance(moment, datetime) else f"{moment:%Y-%m-%d}"
