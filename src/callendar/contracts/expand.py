"""Expand: bytes of iCalendar objects into bookings within limits, off the event loop."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from callendar.domain.booking import Booking
from callendar.domain.errors import CallendarError
from callendar.domain.mark import Marks
from callendar.domain.span import Span


class ExpandFailed(CallendarError):
    """The object could not be expanded within the limits; the message says which and names no subject."""

    code = "expand_failed"


class ExpandPutOff(ExpandFailed):
    """Too slow this time, or its worker died: another time it may do."""

    code = "expand_put_off"


class ExpandAsk(Struct, frozen=True, kw_only=True):
    """One object and how to read it. Plain values only: it crosses into another process."""

    data: bytes
    """A whole VCALENDAR: one object of a CalDAV server, or one UID's components cut from a feed with its zones."""
    window: Span
    zone: str
    """The person's configured zone, IANA: for floating times."""
    calendar_zone: str | None = None
    """The zone that the server names for the calendar (calendar-timezone), IANA; after X-WR-TIMEZONE, before `zone`."""
    addresses: frozenset[str]
    """Casefolded; empty = the organizer, when there is one, is she."""
    marks: Marks
    calendar: str = ""
    """Whose object it is (`CalendarToRead.id`): calendars take turns, and one that takes too long is put off."""
    max_bookings: int = 2_000
    """More occurrences than this in the window are cut off with one fault."""


class Expanded(Struct, frozen=True, kw_only=True):
    """Bookings that overlap the window (zero-length ones inside it too), with their real ends; any order."""

    bookings: tuple[Booking, ...]
    faults: tuple[str, ...] = ()
    """One sentence each, without subjects: bookings refused, zones guessed, series cut off."""


class Expander(Protocol):
    """Runs the expansion elsewhere. May be called many times at once; two run, the others wait."""

    async def __call__(self, ask: ExpandAsk) -> Expanded:
        """Expand one object.

        Raises:
            ExpandFailed: Too slow, too big, or the worker died; other calls are not harmed.
        """
        ...
