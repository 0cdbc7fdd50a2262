"""One reading of one calendar: fetched outside any transaction, then applied whole or not at all (`design.md` §6)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import anyio
from msgspec import Struct, structs
from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.kept import CalendarSync
from callendar.contracts.source import (
    CalendarToRead,
    CursorExpired,
    Known,
    Reading,
    SignInNeeded,
    Source,
    SourceError,
    Throttled,
    Unreachable,
    Unreadable,
)
from callendar.contracts.store import NotFound, Store
from callendar.contracts.transaction import Transaction
from callendar.domain.booking import CalendarId
from callendar.domain.mark import Marks
from callendar.domain.person import Person
from callendar.domain.rules import Company, CompanyId
from callendar.domain.window import window_from
from callendar.engine.plan import replan
from callendar.engine.supervise import mishap
from callendar.engine.waiting import TookTooLong, within

log = get_logger()

MOST_BOOKINGS = 5_000
"""Of one reading. A person is planned on the event loop, so what she has must stay small: this many take 0.1 s."""
READ_SECONDS = 60
"""A reading that has not ended by then is cut off."""

OpenSource = Callable[[], Awaitable[Source]]
"""The source of a connection, opened if it is not yet; raises `SourceError`."""


class ReadingFailed(Exception):
    """The calendar could not be read; what must be kept of that is kept."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(error.code)
        self.error = error


class GroundMoved(Exception):
    """The person slid, or the calendar changed, while it was read: nothing was kept, read it again."""


class Read(Struct, frozen=True, kw_only=True):
    """A reading that succeeded."""

    at: datetime
    """When it began: the calendar is known as it stood then."""
    cursor: str | None
    """Where the next one goes on."""
    stored: bool
    """The cursor is in the store; else nothing had changed, and the cursor is kept by and by."""
    poll_after_seconds: float | None
    partial: bool = False
    """There is more: read on at once."""


class Reader:
    """Reads calendars, each once at a time, into the store.

    Args:
        marks: What a person may order, handed to every source.
    """

    def __init__(self, store: Store, clock: Clock, marks: Callable[[Company, Person], Marks]) -> None:
        self._store = store
        self._clock = clock
        self._marks = marks

    async def read(
        self,
        company: Company,
        calendar_id: CalendarId,
        source: OpenSource,
        cursor: str | None,
        *,
        tells_throttling: bool = False,
    ) -> Read:
        """Read a calendar and keep what has changed.

        Args:
            cursor: Of a later reading than the stored one, if there was one that changed nothing.
            tells_throttling: A server that asks for patience is kept as a fault too: it has been asking for too long.

        Raises:
            NotFound: The calendar is gone, or not selected any more.
            ReadingFailed: With the reason.
            GroundMoved: Read it again at once.
        """
        sync = await self._store.load_calendar_sync(company.id, calendar_id)
        if not sync.calendar.selected:
            raise NotFound(f"calendar {calendar_id} is not selected")
        known = sync.known
        if known is not None and cursor is not None:
            known = structs.replace(known, cursor=cursor)
        began, started = self._clock.now(), self._clock.monotonic()
        try:
            reading = await self._fetch(company, sync, source, known)
        except SourceError as error:
            if tells_throttling or not isinstance(error, Throttled):
                await self._keep_fault(company.id, sync, error)
            raise ReadingFailed(error) from None
        reading = bounded(reading)
        if _changes_nothing(sync, reading):
            stored = sync.known is not None and sync.known.cursor == reading.cursor
        else:
            await self._apply(company, sync, reading, started)
            stored = True
        return Read(
            at=began,
            cursor=reading.cursor,
            stored=stored,
            poll_after_seconds=reading.poll_after_seconds,
            partial=reading.partial,
        )

    async def _fetch(self, company: Company, sync: CalendarSync, source: OpenSource, known: Known | None) -> Reading:
        """The reading, from the start if the cursor has expired; whatever goes wrong is a `SourceError`."""
        person, calendar = sync.person, sync.calendar
        wanted = CalendarToRead(
            id=f"{company.id}/{calendar.id}",
            ref=calendar.ref,
            zone=person.zone_info,
            addresses=person.all_addresses,
        )
        window, marks = window_from(sync.slid_at), self._marks(company, person)

        async def ask() -> Reading:
            opened = await source()
            if not calendar.ref:
                raise SignInNeeded(
                    f"the place of the calendar {calendar.name} cannot be opened: give the key it was sealed with, or "
                    "connect it anew"
                )
            try:
                return await opened.read(wanted, window, marks, known)
            except CursorExpired:
                return await opened.read(wanted, window, marks, None)

        try:
            return await within(self._clock, READ_SECONDS, ask)
        except TookTooLong:
            raise Unreachable(
                f"the calendar could not be read within {READ_SECONDS} s; it is tried again by and by"
            ) from None
        except CursorExpired:
            raise Unreadable(
                "the server refuses to list the calendar from its beginning; check it in a calendar program",
                item=calendar.id,
            ) from None
        except SourceError:
            raise
        except Exception as error:  # noqa: BLE001 - a source of a third party may raise anything: its calendar fails
            log.error("source_broke", calendar=calendar.id, connection=calendar.connection_id, **mishap(error))
            raise Unreadable(
                f"the calendar could not be read ({type(error).__name__}); the log says where it went wrong",
                item=calendar.id,
            ) from None

    async def _apply(self, company: Company, sync: CalendarSync, reading: Reading, started: float) -> None:
        calendar, person = sync.calendar, sync.person
        changed = False
        with anyio.CancelScope(shield=True):
            async with self._store.change(company.id, [person.id]) as tx:
                if not await _ground_stands(tx, sync):
                    raise GroundMoved
                until = calendar.read_until if reading.partial else window_from(sync.slid_at).end
                changed = await tx.apply_reading(calendar.id, reading, until, sync.drops)
                if changed:
                    await replan(tx, person.id)
        if changed:
            faults = sum(len(each.faults) for each in reading.objects.values())
            log.info(
                "calendar_changed",
                calendar=calendar.id,
                person=person.id,
                objects=len(reading.objects),
                gone=len(reading.gone),
                faults=faults,
                duration_ms=round((self._clock.monotonic() - started) * 1000),
            )

    async def _keep_fault(self, company_id: CompanyId, sync: CalendarSync, error: SourceError) -> None:
        """Keep it in words; once, as long as these are the same."""
        calendar = sync.calendar
        words = str(error)
        if calendar.failing_since is not None and calendar.fault == words:
            return
        with anyio.CancelScope(shield=True):
            async with self._store.change(company_id, [sync.person.id]) as tx:
                if not await _ground_stands(tx, sync):
                    return
                if await tx.save_fault(calendar.id, calendar.failing_since or self._clock.now(), words):
                    await replan(tx, sync.person.id)


def bounded(reading: Reading) -> Reading:
    """The reading with no more bookings than a person can be planned from in a moment; objects beyond, by ref, are kept
    without theirs and say so."""
    room, kept = MOST_BOOKINGS, dict(reading.objects)
    for ref in sorted(kept):
        room -= len(kept[ref].bookings)
        if room < 0 and kept[ref].bookings:
            left_out = f"left out: the calendar has more than {MOST_BOOKINGS} bookings in these weeks"
            kept[ref] = structs.replace(kept[ref], bookings=(), faults=(*kept[ref].faults, left_out))
    return structs.replace(reading, objects=kept) if room < 0 else reading


async def _ground_stands(tx: Transaction, sync: CalendarSync) -> bool:
    """Whether the calendar is still there and its window where it was: what was read for another does not count. (New
    marks or another zone let the bookings count, and have the next reading start from the beginning.)"""
    try:
        causes = await tx.load_causes(sync.person.id)
    except NotFound:
        return False
    found = (each.calendar for each in causes.calendars if each.calendar.id == sync.calendar.id)
    calendar = next(found, None)
    return calendar is not None and calendar.ref == sync.calendar.ref and causes.slid_at == sync.slid_at


def _changes_nothing(sync: CalendarSync, reading: Reading) -> bool:
    """Whether the store would be no different after it, the cursor aside."""
    if sync.known is None or sync.calendar.failing_since is not None or reading.partial:
        return False
    if sync.calendar.read_until != window_from(sync.slid_at).end:
        return False
    refs = sync.known.etags.keys()
    if reading.objects or not reading.gone.isdisjoint(refs):
        return False
    return not reading.complete or refs <= reading.unchanged
