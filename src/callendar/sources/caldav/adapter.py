"""Calendars on a CalDAV server, read as objects: only what has changed is fetched, and expanded here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

import anyio
import httpx2
from msgspec import structs

from callendar.contracts.expand import ExpandAsk, Expander, ExpandFailed, ExpandPutOff
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
)
from callendar.domain.booking import Connection
from callendar.domain.mark import Marks
from callendar.domain.span import Span
from callendar.formats.zones import find_zone
from callendar.net import CheckedNetwork, HttpClient, parse_url
from callendar.sources.caldav.client import CaldavClient, FetchedObject
from callendar.sources.caldav.discovery import discover_calendars
from callendar.sources.caldav.listing import Cursor, Entry, Listing, list_changes, parse_cursor, render_cursor
from callendar.sources.caldav.settings import CONCURRENCY, POLL_SECONDS, SETTINGS, CaldavSettings, read_settings
from callendar.sources.caldav.wire import CALDAV, Response, ref_of

OBJECTS_AT_ONCE = 50
"""In one calendar-multiget."""
UNREAD = ""
"""The etag of an object that could not be fetched or expanded this time: whatever it has is news."""

_TZID = re.compile(r"^TZID(?:;[^:\r\n]*)?:\s*(\S[^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class CaldavSource:
    """One connection to a CalDAV server."""

    def __init__(self, settings: CaldavSettings, context: SourceContext, http: HttpClient) -> None:
        self._settings = settings
        self._expand = context.expand
        self._clock = context.clock
        self._http = http
        self._client = CaldavClient(http, settings)

    @property
    def clock_offset_seconds(self) -> float | None:
        """How far the server's clock was ahead of ours at its last answer; None before it told."""
        return self._http.clock_offset_seconds

    async def find_calendars(self) -> Sequence[FoundCalendar]:
        """The calendars behind the address given, be it the server's, a home's or one calendar's."""
        return await discover_calendars(self._client, self._settings.url)

    async def read(self, calendar: CalendarToRead, window: Span, marks: Marks, known: Known | None) -> Reading:
        """Ask what has changed; fetch and expand that alone. A cursor that the server forgot costs a reading of all
        etags, nothing else."""
        url = parse_url(calendar.ref)
        ends = self._clock.monotonic() + PIECE_SECONDS
        etags: Mapping[str, str] = known.etags if known is not None else {}
        before = parse_cursor(known.cursor) if known is not None else None
        if before is None:
            before = await self._begin(url)
        listing = await list_changes(self._client, url, before, etags)
        unchanged = {
            ref for ref, entry in listing.entries.items() if entry.etag is not None and etags.get(ref) == entry.etag
        }
        wanted = {ref: entry for ref, entry in listing.entries.items() if ref not in unchanged}
        asking = _Asking(calendar, window, marks, listing.cursor.zone, self._expand)
        objects: dict[str, ReadObject] = {}
        gone = set(listing.gone)
        missed = False
        refs = list(wanted)
        for first in range(0, len(refs), OBJECTS_AT_ONCE):
            if first and self._clock.monotonic() > ends:
                return _piece(objects, gone, etags, known)
            batch = {ref: wanted[ref] for ref in refs[first : first + OBJECTS_AT_ONCE]}
            fetched = await self._client.fetch_objects(url, [entry.href for entry in batch.values()])
            gone |= batch.keys() - fetched.keys()
            changed: dict[str, FetchedObject] = {}
            for ref, one in fetched.items():
                etag = _etag(batch[ref], one)
                if isinstance(one.error, Unreachable):
                    missed = True
                    if etags.get(ref, UNREAD) != UNREAD:
                        unchanged.add(ref)
                        continue
                    etag = UNREAD
                if etag == etags.get(ref):
                    unchanged.add(ref)
                else:
                    changed[ref] = structs.replace(one, etag=etag)
            expanded = await asking.expand_all(changed)
            missed |= any(each.etag == UNREAD and each.stands for each in expanded.values())
            objects.update(expanded)
        cursor = _held_back(before) if missed else listing.cursor
        return _reading(listing, objects, gone, unchanged, etags, cursor)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def _begin(self, url: httpx2.URL) -> Cursor:
        at, responses = await self._client.fetch_about(url, 0)
        own = next((each for each in responses if not ref_of(at, each.href)), None)
        return Cursor(zone=_zone(own) if own is not None else None)


class _Asking:
    """How the objects of one reading are expanded."""

    def __init__(
        self, calendar: CalendarToRead, window: Span, marks: Marks, zone: str | None, expand: Expander
    ) -> None:
        self._calendar = calendar
        self._window = window
        self._marks = marks
        self._zone = zone
        self._expand = expand

    async def expand_all(self, fetched: Mapping[str, FetchedObject]) -> dict[str, ReadObject]:
        """Each object by itself: what is wrong with one stays its own."""
        read: dict[str, ReadObject] = {}

        async def expand_one(ref: str, one: FetchedObject) -> None:
            read[ref] = await self._read(one)

        async with anyio.create_task_group() as tasks:
            for ref, one in fetched.items():
                tasks.start_soon(expand_one, ref, one)
        return read

    async def _read(self, one: FetchedObject) -> ReadObject:
        if one.error is not None:
            return ReadObject(etag=one.etag, bookings=(), faults=(f"an entry could not be fetched: {one.error}",))
        ask = ExpandAsk(
            calendar=self._calendar.id,
            data=one.data,
            window=self._window,
            zone=self._calendar.zone.key,
            calendar_zone=self._zone,
            addresses=self._calendar.addresses,
            marks=self._marks,
        )
        try:
            expanded = await self._expand(ask)
        except ExpandPutOff as error:
            return ReadObject(etag=UNREAD, bookings=(), faults=(str(error),), stands=True)
        except ExpandFailed as error:
            return ReadObject(etag=one.etag, bookings=(), faults=(str(error),), stands=True)
        return ReadObject(etag=one.etag, bookings=expanded.bookings, faults=expanded.faults)


def _etag(entry: Entry, one: FetchedObject) -> str:
    """As it was listed, so that the next listing compares; else the object's own, else its content's."""
    return entry.etag or one.etag or sha256(one.data).hexdigest()[:32]


def _held_back(cursor: Cursor) -> Cursor:
    """Where an object could not be fetched, the next reading begins where this one did."""
    return structs.replace(cursor, ctag=None)


def _reading(
    listing: Listing,
    objects: dict[str, ReadObject],
    gone: set[str],
    unchanged: set[str],
    etags: Mapping[str, str],
    cursor: Cursor,
) -> Reading:
    gone = {ref for ref in gone if ref in etags and ref not in objects}
    if listing.complete:
        gone |= etags.keys() - objects.keys() - unchanged
    return Reading(
        objects=objects,
        gone=frozenset(gone),
        cursor=render_cursor(cursor),
        complete=listing.complete,
        unchanged=frozenset(unchanged),
    )


def _piece(objects: dict[str, ReadObject], gone: set[str], etags: Mapping[str, str], known: Known | None) -> Reading:
    """What has been read of more; the next reading lists anew, and finds these known."""
    return Reading(
        objects=objects,
        gone=frozenset(ref for ref in gone if ref in etags and ref not in objects),
        cursor=known.cursor if known is not None else None,
        complete=False,
        partial=True,
    )


def _zone(own: Response) -> str | None:
    """The IANA name of the calendar's own zone, which the server gives as a whole VTIMEZONE (RFC 4791 §5.2.2)."""
    found = _TZID.search(own.text(f"{CALDAV}calendar-timezone") or "")
    zone = find_zone(found[1]) if found else None
    return zone.key if zone is not None else None


async def open_source(connection: Connection, context: SourceContext) -> CaldavSource:
    """Open a connection; nothing is asked of the server yet.

    Raises:
        InvalidUrl: Its address is none.
    """
    settings = read_settings(connection)
    http = HttpClient(
        clock=context.clock,
        network=CheckedNetwork(allow_private=context.allow_private_networks),
        credentials=settings.credentials,
    )
    return CaldavSource(settings, context, http)


def register() -> SourceKind:
    """What the entry point in `callendar.sources` returns."""
    return SourceKind(
        name="caldav", settings=SETTINGS, poll_seconds=POLL_SECONDS, concurrency=CONCURRENCY, open=open_source
    )
