"""A connection's calendars, each read when it is due: some at once, none waiting for one that fails.

States of a calendar here: waiting (it has a due time, in the heap) -> running (being read) -> waiting. A throttled one
is not read before the server allows it, whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush

import anyio
from anyio.abc import TaskGroup
from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.meter import Meter
from callendar.contracts.source import Source, SourceContext, SourceError, SourceKind, Throttled, Unreachable
from callendar.contracts.store import NotFound, StoreAway
from callendar.domain.booking import Calendar, CalendarId, Connection
from callendar.domain.rules import Company
from callendar.engine.backoff import lengthened_seconds, retry_seconds
from callendar.engine.connecting import open_source
from callendar.engine.reading import GroundMoved, Read, Reader, ReadingFailed
from callendar.engine.supervise import mishap

log = get_logger()

RETRY_CAP_SECONDS = 300
DEBOUNCE_SECONDS = 2
"""A notification so soon after the last reading began waits until then."""
MOVED_SECONDS = 0.5
"""Before the next try when what a reading was made for changed under it: what is held is about to follow."""
UNKEPT_SECONDS = 30
"""At most so long until the next try when what was read could not be kept."""
PATIENCE_CAP_SECONDS = 3600
CLOSE_SECONDS = 5
FOREVER_SECONDS = 86_400
THROTTLED_IN_ROW = 3
"""So many times in a row a server asks for patience: one calendar is told to fail, a connection rests as a whole."""
MOST_PIECES = 100
"""Of one calendar read on at once, before it waits for its next poll like any other."""


class Place:
    """What is remembered of one calendar between readings."""

    __slots__ = (
        "again",
        "barred_until",
        "began",
        "calendar",
        "cursor",
        "due",
        "failures",
        "fault_code",
        "pieces",
        "running",
        "suspect",
        "unkept",
    )

    def __init__(self, calendar: Calendar, due: float) -> None:
        self.calendar = calendar
        self.due = due
        self.began = float("-inf")
        """When the last reading began."""
        self.barred_until = float("-inf")
        """Throttled until then."""
        self.running = False
        self.again: float | None = None
        """Asked for while running: due at that time after it."""
        self.cursor: str | None = None
        self.failures = 0
        self.fault_code: str | None = None
        """Code of the last failure; None while it does not fail."""
        self.suspect = False
        """It could not be reached the last time: it may hang, and takes no more than its share of the turns."""
        self.pieces = 0
        """Partial readings in a row."""
        self.unkept = False
        """What was read last could not be kept."""


class ConnectionReader:
    """Reads the calendars of one connection until cancelled.

    Args:
        kind: None when nothing installed reads this kind: then every calendar fails, saying so.
        company: The company as it stands when asked.
        noted: Called after each successful reading with the calendar, the cursor to be kept by and by (None when it is
            stored), and the oldest successful reading among the calendars that do not fail.
        polled: Called with how long the connection's slowest calendar waits between polls, when that grows.
    """

    def __init__(
        self,
        connection: Connection,
        kind: SourceKind | None,
        *,
        context: SourceContext,
        reader: Reader,
        clock: Clock,
        company: Callable[[], Company],
        noted: Callable[[CalendarId, str | None, datetime], None],
        polled: Callable[[float], None],
        meter: Meter,
    ) -> None:
        self.connection = connection
        self._kind = kind
        self._context = context
        self._reader = reader
        self._clock = clock
        self._company = company
        self._noted = noted
        self._polled = polled
        self._meter = meter
        self._longest_poll = float(connection.poll_seconds)
        self._places: dict[CalendarId, Place] = {}
        self._heap: list[tuple[float, CalendarId]] = []
        self._reads: dict[CalendarId, datetime] = {}
        """Of the calendars that do not fail, when each was last read, the oldest first."""
        self._running = 0
        self._suspects = 0
        """Of those running."""
        self._parked: list[CalendarId] = []
        """Suspects that are due and wait for one of their turns."""
        self._throttled = 0
        """Answers in a row, of any calendar, that asked for patience."""
        self._rests_until = float("-inf")
        self._unreachable = False
        self._news = anyio.Event()
        self._source: Source | None = None
        self._opening = anyio.Lock()

    # what to read --------------------------------------------------------------------------------------------------

    def __contains__(self, calendar_id: CalendarId) -> bool:
        return calendar_id in self._places

    @property
    def calendars(self) -> Iterable[Calendar]:
        """Those that are read, as they were when they were added."""
        return [place.calendar for place in self._places.values()]

    def add(self, calendar: Calendar) -> None:
        """Read this calendar from now on, at once for the first time; what is known of it already is kept."""
        place = self._places.get(calendar.id)
        if place is not None:
            moved = place.calendar.ref != calendar.ref
            place.calendar = calendar
            if moved:
                place.cursor = None
                self.read_now(calendar.id)
            return
        self._places[calendar.id] = place = Place(calendar, self._clock.monotonic())
        if calendar.read_until is not None and calendar.failing_since is None and self.connection.read_at is not None:
            self._reads[calendar.id] = self.connection.read_at
        self._schedule(place, place.due)

    def remove(self, calendar_id: CalendarId) -> None:
        """Read it no more; a reading under way ends by itself."""
        if self._places.pop(calendar_id, None) is not None:
            self._reads.pop(calendar_id, None)

    def read_now(self, calendar_id: CalendarId) -> None:
        """Somebody asks for it: read at once, or once more if it is being read."""
        self._ask(calendar_id, self._clock.monotonic())

    def look_again(self, calendar_id: CalendarId) -> None:
        """Its server notified: at once, or 2 s after the last reading began."""
        place = self._places.get(calendar_id)
        if place is not None:
            self._ask(calendar_id, max(self._clock.monotonic(), place.began + DEBOUNCE_SECONDS))

    def _ask(self, calendar_id: CalendarId, at: float) -> None:
        place = self._places.get(calendar_id)
        if place is None:
            return
        if place.running:
            place.again = at if place.again is None else min(place.again, at)
        elif at < place.due:
            self._schedule(place, at)

    def _schedule(self, place: Place, at: float) -> None:
        place.due = max(at, place.barred_until)
        heappush(self._heap, (place.due, place.calendar.id))
        if len(self._heap) > 2 * len(self._places) + 100:
            self._heap = [(each.due, each.calendar.id) for each in self._places.values() if not each.running]
            heapify(self._heap)
        self._news.set()

    # reading -------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Read until cancelled; the source is opened at the first reading and closed at the end."""
        self._running = self._suspects = 0
        for place in self._places.values():
            if place.running:
                place.running = False
                self._schedule(place, self._clock.monotonic())
        try:
            async with anyio.create_task_group() as group:
                while True:
                    self._news = anyio.Event()
                    await self._clock.wait(self._news, self._start_due(group))
        finally:
            await self._close()

    def _start_due(self, group: TaskGroup) -> float:
        """Start what is due, as many as may run; the seconds until the next could start.

        Calendars that could not be reached have half of the turns at most, so that those that hang leave the others
        theirs. While the server asks for patience again and again, one at a time goes to see.
        """
        turns = self._kind.concurrency if self._kind is not None else 1
        most = 1 if self._throttled >= THROTTLED_IN_ROW else turns
        if self._rests_until > (now := self._clock.monotonic()):
            return self._rests_until - now
        while self._heap and self._running < most:
            due, calendar_id = self._heap[0]
            place = self._places.get(calendar_id)
            if place is None or place.running or place.due != due:
                heappop(self._heap)
                continue
            now = self._clock.monotonic()
            if due > now:
                return due - now
            heappop(self._heap)
            if place.suspect and self._suspects >= max(1, turns // 2):
                self._parked.append(calendar_id)
                continue
            place.running = True
            place.began = now
            self._running += 1
            self._suspects += place.suspect
            group.start_soon(self._read, place, name=f"read {calendar_id}")
        return FOREVER_SECONDS

    async def _read(self, place: Place) -> None:
        calendar_id, was_suspect = place.calendar.id, place.suspect
        try:
            wait = await self._read_once(place)
        except NotFound:
            self.remove(calendar_id)
            return
        except StoreAway:
            # Neither the calendar's fault nor its server's. What was read is read again, so nothing is lost.
            place.unkept = True
            wait = self._clock.monotonic() - place.began + min(self.connection.poll_seconds, UNKEPT_SECONDS)
        except Exception as error:  # noqa: BLE001 - the store failed us: this calendar waits, the others go on
            place.failures += 1
            wait = self._retry(place)
            log.error("reading_broke", calendar=calendar_id, connection=self.connection.id, **mishap(error))
        finally:
            place.running = False
            self._running -= 1
            if was_suspect:
                self._suspects -= 1
                self._unpark()
            self._news.set()
        at = max(place.began + wait, self._clock.monotonic())
        if place.again is not None:
            at = min(at, max(place.again, self._clock.monotonic()))
            place.again = None
        if self._places.get(calendar_id) is place:
            self._schedule(place, at)

    def _unpark(self) -> None:
        """A suspect has had its turn: the next may have one."""
        parked, self._parked = self._parked, []
        for calendar_id in parked:
            if (place := self._places.get(calendar_id)) is not None and not place.running:
                heappush(self._heap, (place.due, calendar_id))

    async def _read_once(self, place: Place) -> float:
        """Read once; the seconds from its beginning to the next."""
        company, calendar = self._company(), place.calendar
        try:
            read = await self._reader.read(
                company,
                calendar.id,
                self._open,
                place.cursor,
                tells_throttling=place.failures + 1 >= THROTTLED_IN_ROW,
            )
        except GroundMoved:
            place.cursor = None
            return self._clock.monotonic() - place.began + MOVED_SECONDS
        except ReadingFailed as failed:
            self._count(place, failed.error.code)
            return self._failed(place, failed.error)
        self._count(place, "read")
        return self._succeeded(place, read)

    def _count(self, place: Place, outcome: str) -> None:
        kind = self.connection.kind
        self._meter.count("callendar_readings", kind, outcome)
        self._meter.took("callendar_reading_seconds", self._clock.monotonic() - place.began, kind)

    def _succeeded(self, place: Place, read: Read) -> float:
        calendar_id = place.calendar.id
        recovered = place.failures > 0
        if place.fault_code is not None:
            log.info("calendar_back", calendar=calendar_id, connection=self.connection.id)
        place.failures, place.fault_code, place.suspect = 0, None, False
        self._throttled = 0
        place.cursor = read.cursor
        place.pieces = place.pieces + 1 if read.partial else 0
        if 0 < place.pieces < MOST_PIECES:
            return self._clock.monotonic() - place.began
        if self._places.get(calendar_id) is place:
            self._reads.pop(calendar_id, None)
            self._reads[calendar_id] = read.at
            self._noted(calendar_id, None if read.stored else read.cursor, next(iter(self._reads.values())))
        if recovered and self._unreachable:
            self._try_the_others()
        if place.unkept:
            place.unkept = False
            self._read_what_was_not_kept()
        poll = max(float(self.connection.poll_seconds), read.poll_after_seconds or 0, 1)
        if poll > self._longest_poll:
            self._longest_poll = poll
            self._polled(poll)
        return lengthened_seconds(poll, f"{calendar_id}/{read.at.timestamp()}")

    def _failed(self, place: Place, error: SourceError) -> float:
        calendar_id = place.calendar.id
        place.failures += 1
        if isinstance(error, Throttled):
            patience = min(max(error.retry_after_seconds, 1), PATIENCE_CAP_SECONDS)
            patience = lengthened_seconds(patience, f"{calendar_id}/{place.failures}")
            log.info("throttled", calendar=calendar_id, connection=self.connection.id, wait_seconds=round(patience))
            place.barred_until = self._clock.monotonic() + patience
            self._throttled += 1
            if self._throttled >= THROTTLED_IN_ROW:
                self._rests_until = place.barred_until
            if place.failures >= THROTTLED_IN_ROW:
                self._lose(place, error)
            return place.barred_until - place.began
        self._lose(place, error)
        place.suspect = isinstance(error, Unreachable)
        self._unreachable |= place.suspect
        return self._clock.monotonic() - place.began + self._retry(place)

    def _lose(self, place: Place, error: SourceError) -> None:
        if place.fault_code is None:
            log.warning("calendar_lost", calendar=place.calendar.id, connection=self.connection.id, error=error.code)
        place.fault_code = error.code
        self._reads.pop(place.calendar.id, None)

    def _retry(self, place: Place) -> float:
        poll = max(float(self.connection.poll_seconds), 1)
        cap = max(poll, RETRY_CAP_SECONDS)
        return retry_seconds(place.failures, first_seconds=poll, cap_seconds=cap, key=place.calendar.id)

    def _try_the_others(self) -> None:
        """The server answers again: whoever could not reach it need not sit out its wait."""
        self._unreachable = False
        for place in list(self._places.values()):
            if place.fault_code == Unreachable.code:
                place.suspect = False
                self.read_now(place.calendar.id)

    def _read_what_was_not_kept(self) -> None:
        """The store keeps again: whoever could not be kept need not wait for its turn."""
        for place in self._places.values():
            if place.unkept:
                place.unkept = False
                self.read_now(place.calendar.id)

    # the source ----------------------------------------------------------------------------------------------------

    async def _open(self) -> Source:
        async with self._opening:
            if self._source is None:
                if self._kind is None:
                    raise Unreachable(
                        f"nothing installed reads calendars of the kind {self.connection.kind!r}; install what does"
                    )
                self._source = await open_source(self._kind, self.connection, self._context)
            return self._source

    async def _close(self) -> None:
        source, self._source = self._source, None
        if source is None:
            return
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            try:
                await source.close()
            except Exception as error:  # noqa: BLE001 - it is let go of anyhow
                log.error("closing_broke", connection=self.connection.id, **mishap(error))
