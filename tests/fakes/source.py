"""A calendar system in memory: calendars of objects, with failures on demand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import anyio
from msgspec import Struct

from callendar.contracts.clock import Clock
from callendar.contracts.source import (
    CalendarToRead,
    CursorExpired,
    FoundCalendar,
    Known,
    Reading,
    ReadObject,
    SourceContext,
    SourceKind,
    SourceSetting,
)
from callendar.domain.booking import Booking, Connection
from callendar.domain.mark import Marks
from callendar.domain.span import Span


class Asked(Struct, frozen=True):
    """One reading that was asked for."""

    calendar: str
    ref: str
    at: float
    from_start: bool
    cursor: str | None
    window: Span


class FakeSystem:
    """The server behind any number of connections. Its cursor is the number of changes so far."""

    def __init__(self, clock: Clock, *, poll_seconds: int = 60, concurrency: int = 4) -> None:
        self.clock = clock
        self.poll_seconds = poll_seconds
        self.concurrency = concurrency
        self.calendars: dict[str, dict[str, ReadObject]] = defaultdict(dict)
        self.failing: dict[str, Exception] = {}
        """By ref: raised instead of an answer."""
        self.slow: dict[str, float] = {}
        """By ref: seconds until the answer; infinite = it hangs."""
        self.poll_after: dict[str, float] = {}
        self.forgets_cursors = False
        self.moves_cursors = False
        """Every reading has another cursor, though nothing changed."""
        self.piece: int | None = None
        """So many objects in one reading; there is more."""
        self.asked: list[Asked] = []
        self.reading: Counter[str] = Counter()
        self.most_at_once = 0
        self.clock_offset_seconds: float | None = None
        self.refusing: Exception | None = None
        """Raised instead of the list of calendars."""
        self.settings: tuple[SourceSetting, ...] = ()
        self.opened: list[Connection] = []
        self.closed = 0
        self._changes = 0

    def put(self, ref: str, name: str, *bookings: Booking) -> None:
        """Add or change an object."""
        self._changes += 1
        self.calendars[ref][name] = ReadObject(etag=str(self._changes), bookings=bookings)

    def remove(self, ref: str, name: str) -> None:
        """Delete an object."""
        self._changes += 1
        del self.calendars[ref][name]

    def times(self, ref: str) -> list[float]:
        """When a calendar was read."""
        return [asked.at for asked in self.asked if asked.ref == ref]

    @property
    def kind(self) -> SourceKind:
        """As it registers."""
        return SourceKind(
            name="fake",
            settings=self.settings,
            poll_seconds=self.poll_seconds,
            concurrency=self.concurrency,
            open=self._open,
        )

    async def _open(self, connection: Connection, context: SourceContext) -> FakeSource:
        self.opened.append(connection)
        return FakeSource(self)


class FakeSource:
    """One connection to a `FakeSystem`."""

    def __init__(self, system: FakeSystem) -> None:
        self._system = system

    @property
    def clock_offset_seconds(self) -> float | None:
        return self._system.clock_offset_seconds

    async def find_calendars(self) -> Sequence[FoundCalendar]:
        if self._system.refusing is not None:
            raise self._system.refusing
        return [FoundCalendar(ref=ref, name=ref, owned=True) for ref in self._system.calendars]

    async def read(self, calendar: CalendarToRead, window: Span, marks: Marks, known: Known | None) -> Reading:
        system, ref = self._system, calendar.ref
        cursor = known.cursor if known is not None else None
        system.asked.append(Asked(calendar.id, ref, system.clock.monotonic(), known is None, cursor, window))
        system.reading[ref] += 1
        system.most_at_once = max(system.most_at_once, system.reading.total())
        try:
            slow = system.slow.get(ref, 0)
            if slow == float("inf"):
                await anyio.sleep_forever()
            await system.clock.sleep(slow)
        finally:
            system.reading[ref] -= 1
        if ref in system.failing:
            raise system.failing[ref]
        if known is not None and system.forgets_cursors:
            raise CursorExpired("the cursor is too old")
        return self._answer(ref, known, cursor)

    def _answer(self, ref: str, known: Known | None, cursor: str | None) -> Reading:
        system, now = self._system, self._system.calendars[ref]
        etags: Mapping[str, str] = known.etags if known is not None else {}
        if system.piece is not None:
            news = [name for name in sorted(now) if etags.get(name) != now[name].etag]
            if len(news) > system.piece:
                objects = {name: now[name] for name in news[: system.piece]}
                return Reading(objects=objects, gone=frozenset(), cursor=cursor, complete=False, partial=True)
        newest = max((int(each.etag) for each in now.values()), default=0)
        return Reading(
            objects={name: each for name, each in now.items() if etags.get(name) != each.etag},
            gone=frozenset(etags.keys() - now.keys()),
            cursor=f"{newest}/{len(system.asked)}" if system.moves_cursors else str(newest),
            complete=known is None,
            poll_after_seconds=system.poll_after.get(ref),
        )

    async def close(self) -> None:
        self._system.closed += 1
