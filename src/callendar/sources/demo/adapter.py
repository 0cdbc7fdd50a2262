"""A source without a server: it makes calendars up, and never changes its mind.

The template for others: what a source must do stands here without any protocol around it.
"""

from __future__ import annotations

from collections.abc import Sequence

from anyio.lowlevel import checkpoint

from callendar.contracts.source import (
    CalendarToRead,
    FoundCalendar,
    Known,
    Reading,
    ReadObject,
    SourceContext,
    SourceKind,
)
from callendar.domain.booking import Connection
from callendar.domain.mark import Marks
from callendar.domain.span import Span
from callendar.sources.demo.settings import (
    CONCURRENCY,
    POLL_SECONDS,
    SETTINGS,
    UNCHANGED_SECONDS,
    DemoSettings,
    read_settings,
)
from callendar.sources.demo.wire import make_bookings, make_etag

CURSOR = "1"
"""Of the way in which calendars are made up: another one when that changes."""


class DemoSource:
    """Any number of calendars: every ref is one."""

    def __init__(self, settings: DemoSettings) -> None:
        self._settings = settings

    @property
    def clock_offset_seconds(self) -> None:
        """There is no server."""
        return

    async def find_calendars(self) -> Sequence[FoundCalendar]:
        """As many as were asked for."""
        await checkpoint()
        return [
            FoundCalendar(ref=f"made-up-{n}", name=f"Made up {n}", owned=True)
            for n in range(1, self._settings.calendars + 1)
        ]

    async def read(self, calendar: CalendarToRead, window: Span, marks: Marks, known: Known | None) -> Reading:
        """All of it the first time, nothing from then on."""
        await checkpoint()
        if known is not None and known.cursor == CURSOR:
            return Reading(
                objects={},
                gone=frozenset(),
                cursor=CURSOR,
                complete=False,
                poll_after_seconds=UNCHANGED_SECONDS,
            )
        made = make_bookings(calendar.ref, window, calendar.zone, marks)
        return Reading(
            objects={ref: ReadObject(etag=make_etag(each), bookings=each) for ref, each in made.items()},
            gone=frozenset(),
            cursor=CURSOR,
            complete=True,
            poll_after_seconds=UNCHANGED_SECONDS,
        )

    async def close(self) -> None:
        """There is nothing to let go of."""


async def open_source(connection: Connection, context: SourceContext) -> DemoSource:
    """Open a connection to nowhere.

    Raises:
        InvalidSetting: As `read_settings`.
    """
    return DemoSource(read_settings(connection))


def register() -> SourceKind:
    """What the entry point in `callendar.sources` returns."""
    return SourceKind(
        name="demo", settings=SETTINGS, poll_seconds=POLL_SECONDS, concurrency=CONCURRENCY, open=open_source
    )
