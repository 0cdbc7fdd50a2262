"""A feed, read whole and cut into objects: only those whose content has changed are expanded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import anyio
import anyio.to_thread
from msgspec import structs

from callendar.contracts.expand import ExpandAsk, ExpandFailed, ExpandPutOff
from callendar.contracts.source import (
    PIECE_SECONDS,
    CalendarToRead,
    FoundCalendar,
    Known,
    Reading,
    ReadObject,
    SourceContext,
    SourceKind,
    Unreachable,
    Unreadable,
)
from callendar.domain.booking import Connection
from callendar.domain.mark import Marks
from callendar.domain.span import Span
from callendar.formats.feed import Feed, FeedObject, NotACalendar, split_feed
from callendar.net import CheckedNetwork, HttpClient, InvalidUrl, spoken_url
from callendar.sources.ics.client import Fetched, fetch_feed, read_file
from callendar.sources.ics.settings import CONCURRENCY, POLL_SECONDS, SETTINGS, IcsSettings, read_settings
from callendar.sources.ics.wire import Cursor, parse_cursor, refresh_seconds, render_cursor

REF = "feed"
"""The one calendar of a feed: its address stays with the connection, as it may be a secret."""
EXPANDING_AT_ONCE = 50
UNREAD = ""
"""The etag of an object that could not be expanded this time: the next reading tries again."""
FEED_FAULTS = "callendar:feed"
"""The ref under which what is wrong with the feed itself is told."""


class IcsSource:
    """One feed or file."""

    def __init__(self, settings: IcsSettings, context: SourceContext, http: HttpClient) -> None:
        self._place = settings.place
        self._expand = context.expand
        self._clock = context.clock
        self._private_allowed = context.allow_private_networks
        self._files_allowed = context.allow_files
        self._http = http

    @property
    def clock_offset_seconds(self) -> float | None:
        """How far the server's clock was ahead of ours at its last answer; None before it told."""
        return self._http.clock_offset_seconds

    async def find_calendars(self) -> Sequence[FoundCalendar]:
        """The feed itself, read whole to see that it is one."""
        fetched = await self._fetch(None)
        assert fetched is not None
        feed = await self._split(fetched)
        return [FoundCalendar(ref=REF, name=feed.name or self._name(), owned=True)]

    async def read(self, calendar: CalendarToRead, window: Span, marks: Marks, known: Known | None) -> Reading:
        """Ask whether the feed has changed; if so compare its objects, and expand the changed ones."""
        before = parse_cursor(known.cursor, window) if known is not None else None
        etags: Mapping[str, str] = known.etags if known is not None and before is not None else {}
        ends = self._clock.monotonic() + PIECE_SECONDS
        fetched = await self._fetch(before)
        if fetched is None:
            assert before is not None
            return _nothing_new(before)
        digest = await anyio.to_thread.run_sync(_digest, fetched.body, abandon_on_cancel=True)
        if before is not None and before.digest == digest:
            return _nothing_new(structs.replace(before, etag=fetched.etag, modified=fetched.modified))
        feed = await self._split(fetched)
        cursor = Cursor(
            window=window,
            etag=fetched.etag,
            modified=fetched.modified,
            digest=digest,
            refresh_seconds=refresh_seconds(feed.refresh_seconds, fetched.cache_control),
        )
        unchanged = {ref for ref, each in feed.objects.items() if etags.get(ref) == each.etag}
        changed = [(ref, each) for ref, each in feed.objects.items() if ref not in unchanged]
        objects: dict[str, ReadObject] = {}
        for first in range(0, len(changed), EXPANDING_AT_ONCE):
            if first and self._clock.monotonic() > ends:
                unread = Cursor(window=window)
                return Reading(
                    objects=objects, gone=frozenset(), cursor=render_cursor(unread), complete=False, partial=True
                )
            async with anyio.create_task_group() as tasks:
                for ref, each in changed[first : first + EXPANDING_AT_ONCE]:
                    tasks.start_soon(self._expand_into, objects, ref, each, calendar, window, marks)
        if any(each.etag == UNREAD for each in objects.values()):
            cursor = structs.replace(cursor, etag=None, modified=None, digest=None)
        if feed.faults:
            told = sha256("\n".join(feed.faults).encode()).hexdigest()[:32]
            if etags.get(FEED_FAULTS) == told:
                unchanged.add(FEED_FAULTS)
            else:
                objects[FEED_FAULTS] = ReadObject(etag=told, bookings=(), faults=feed.faults)
        return Reading(
            objects=objects,
            gone=frozenset(etags.keys() - objects.keys() - unchanged),
            cursor=render_cursor(cursor),
            complete=True,
            unchanged=frozenset(unchanged),
            poll_after_seconds=cursor.refresh_seconds,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def _fetch(self, known: Cursor | None) -> Fetched | None:
        if not isinstance(self._place, Path):
            return await fetch_feed(self._http, self._place, known)
        if not self._files_allowed:
            raise InvalidUrl("it is no address; write it as https://calendar.example/…")
        if not self._private_allowed:
            raise Unreachable(
                "calendars may not be files of this machine here; an administrator may allow it by the setting "
                "private_networks"
            )
        return await read_file(self._place, known)

    async def _split(self, fetched: Fetched) -> Feed:
        try:
            return await anyio.to_thread.run_sync(split_feed, fetched.body, abandon_on_cancel=True)
        except NotACalendar as error:
            raise Unreadable(f"{self._spoken()}: {error}", item=self._spoken()) from error

    async def _expand_into(
        self,
        objects: dict[str, ReadObject],
        ref: str,
        each: FeedObject,
        calendar: CalendarToRead,
        window: Span,
        marks: Marks,
    ) -> None:
        ask = ExpandAsk(
            calendar=calendar.id,
            data=each.data,
            window=window,
            zone=calendar.zone.key,
            addresses=calendar.addresses,
            marks=marks,
        )
        try:
            expanded = await self._expand(ask)
        except ExpandPutOff as error:
            objects[ref] = ReadObject(etag=UNREAD, bookings=(), faults=(str(error),), stands=True)
        except ExpandFailed as error:
            objects[ref] = ReadObject(etag=each.etag, bookings=(), faults=(str(error),), stands=True)
        else:
            objects[ref] = ReadObject(etag=each.etag, bookings=expanded.bookings, faults=expanded.faults)

    def _spoken(self) -> str:
        return str(self._place) if isinstance(self._place, Path) else spoken_url(self._place)

    def _name(self) -> str:
        return self._place.stem if isinstance(self._place, Path) else self._place.host


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def _nothing_new(cursor: Cursor) -> Reading:
    return Reading(
        objects={},
        gone=frozenset(),
        cursor=render_cursor(cursor),
        complete=False,
        poll_after_seconds=cursor.refresh_seconds,
    )


async def open_source(connection: Connection, context: SourceContext) -> IcsSource:
    """Open a connection; nothing is read yet.

    Raises:
        InvalidUrl: Its address is none.
    """
    settings = read_settings(connection)
    http = HttpClient(
        clock=context.clock,
        network=CheckedNetwork(allow_private=context.allow_private_networks),
        credentials=settings.credentials,
    )
    return IcsSource(settings, context, http)


def register() -> SourceKind:
    """What the entry point in `callendar.sources` returns."""
    return SourceKind(
        name="ics", settings=SETTINGS, poll_seconds=POLL_SECONDS, concurrency=CONCURRENCY, open=open_source
    )
