"""Everything that a person's timetable is planned from."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from callendar.domain.booking import Booking, Calendar
from callendar.domain.hand import AutoReply, Orders
from callendar.domain.person import Person


class CalendarBookings(Struct, frozen=True, kw_only=True, gc=False):
    """A calendar with what was last read from it; bookings in any order, versions of one occurrence not yet merged."""

    calendar: Calendar
    bookings: tuple[Booking, ...] = ()


class Causes(Struct, frozen=True, kw_only=True, gc=False):
    """A person's causes, all of them: planning is a function of these and the company's rule book."""

    person: Person
    slid_at: datetime
    calendars: tuple[CalendarBookings, ...] = ()
    """In the order of her list; those not selected are left out."""
    orders: Orders = Orders()
    autoreplies: tuple[AutoReply, ...] = ()
    extensions: frozenset[str] = frozenset()
    """Every extension of the company: where a `>number` may divert to."""
