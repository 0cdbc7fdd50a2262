"""Source: how calendars are read (`design.md` §6). One adapter per calendar system, found by entry point."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from callendar.contracts.clock import Clock
from callendar.contracts.expand import Expander
from callendar.domain.booking import Booking, Connection
from callendar.domain.errors import CallendarError
from callendar.domain.mark import Marks
from callendar.domain.span import Span


class SourceError(CallendarError):
    """Reading failed; the message says in words what is wrong and the mend. Known bookings stay."""

    code = "source"


class Throttled(SourceError):
    """The server asked for patience."""

    code = "throttled"

    def __init__(self, message: str, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class SignInNeeded(SourceError):
    """Credentials are wrong or have expired: a person must act."""

    code = "sign_in_needed"


class Unreachable(SourceError):
    """No answer, or none of use, for now: try again later."""

    code = "unreachable"


class Unreadable(SourceError):
    """One item, or the whole answer, is not what it should be."""

    code = "unreadable"

    def __init__(self, message: str, item: str) -> None:
        super().__init__(message)
        self.item = item


class CursorExpired(SourceError):
    """The cursor is no longer known there: read again from the start."""

    code = "cursor_expired"


class NotShared(SourceError):
    """The calendar is gone, or no longer shared with us."""

    code = "not_shared"


PIECE_SECONDS = 20.0
"""A reading that has taken so long and has more to do ends as a `partial` one, after a batch at the least."""


class CalendarToRead(Struct, frozen=True, kw_only=True):
    """What a reader has to know of a calendar and its person."""

    id: str
    """Tells it from every other, of whichever company: sources hand it to the expander."""
    ref: str
    zone: ZoneInfo
    """The person's configured zone: floating times are read in it."""
    addresses: frozenset[str]
    """Her mail addresses, casefolded: which organizer and attendee she is. Empty: the organizer is she."""


class Known(Struct, frozen=True, kw_only=True):
    """What was kept of the last complete reading; None instead of it = read from the start."""

    cursor: str | None
    etags: Mapping[str, str]
    """By ref."""


class ReadObject(Struct, frozen=True, kw_only=True):
    """One object of the calendar, usually a series with its exceptions."""

    etag: str
    bookings: tuple[Booking, ...]
    """Its occurrences that touch the window; may be empty."""
    faults: tuple[str, ...] = ()
    """What in it could not be used, in words without any subject."""
    stands: bool = False
    """It could not be read as it is now: the bookings known of it stay, and `bookings` is empty."""


class Reading(Struct, frozen=True, kw_only=True):
    """One reading, applied whole or not at all. An object that has not changed does not stand here."""

    objects: Mapping[str, ReadObject]
    """Changed or new objects by ref."""
    gone: frozenset[str]
    """Refs that were removed."""
    cursor: str | None
    complete: bool
    """`objects` are all there are: what is not named (in `objects` or `unchanged`) is gone too."""
    unchanged: frozenset[str] = frozenset()
    """Refs seen with the etag already known; matters only when `complete`."""
    partial: bool = False
    """There is more to be read than a moment allows: what came so far is kept, and the next reading, at once, goes on
    with what is not known yet. Never `complete`; its cursor is the one that was known."""
    poll_after_seconds: float | None = None
    """What the provider asks for between polls; the engine takes the longer of it and the connection's."""


class FoundCalendar(Struct, frozen=True, kw_only=True):
    """A calendar that a connection offers, for the choice at set-up."""

    ref: str
    name: str
    owned: bool
    blocking: bool = True
    """False: its server says that it does not make busy (schedule-calendar-transp); not selected by default."""


class Source(Protocol):
    """One connection, open. Coroutines may be cancelled at any await; nothing is written anywhere.

    A failing calendar raises one of the errors above and never harms another. Calls for different calendars may run at
    once; the engine bounds how many.
    """

    @property
    def clock_offset_seconds(self) -> float | None:
        """How far the server's clock was ahead of ours at its last answer; None where it tells no time."""
        ...

    async def find_calendars(self) -> Sequence[FoundCalendar]:
        """Every calendar that the credentials reach, in the server's order; raises `SourceError` with the mend."""
        ...

    async def read(self, calendar: CalendarToRead, window: Span, marks: Marks, known: Known | None) -> Reading:
        """Read what has changed since `known`, all if None; private bookings are cut down before they leave here."""
        ...

    async def close(self) -> None:
        """Let go of everything; called once."""
        ...


class SourceSetting(Struct, frozen=True, kw_only=True):
    """One setting that a source asks for, for prompts, docs and `--help`."""

    name: str
    help: str
    secret: bool = False
    required: bool = True
    address: bool = False
    """It is where the system is: shown as its host alone, as the rest may be a key."""


class SourceContext(Struct, frozen=True, kw_only=True):
    """What a source gets from the house. HTTP clients are its own (`callendar.net`)."""

    expand: Expander
    clock: Clock
    allow_private_networks: bool = True
    """Whether addresses in private networks may be connected to; off for calendars of strangers."""
    allow_files: bool = True
    """Whether a calendar may be a file of this machine; off for what is asked for from another one."""


class SourceKind(Struct, frozen=True, kw_only=True):
    """A kind of source: what its entry point in the group `callendar.sources` returns when called."""

    name: str
    settings: tuple[SourceSetting, ...]
    poll_seconds: int
    """Default between polls."""
    concurrency: int
    """Readings at once over one connection."""
    open: Callable[[Connection, SourceContext], Awaitable[Source]]
