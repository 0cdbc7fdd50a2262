"""Which objects of a calendar have changed, asked in the cheapest way that its server knows.

One request when nothing has: a sync-collection since the last token; else the collection's getctag; else all etags.
A server's word is compared with what is known rather than trusted: tokens have been seen to be accepted by servers that
had forgotten them, and to tell of the same change twice.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx2
import msgspec
from anyio.lowlevel import checkpoint
from msgspec import Struct, structs

from callendar.sources.caldav.client import CaldavClient, ReportRefused
from callendar.sources.caldav.wire import DAV, SERVER, Response, ref_of

MAX_PAGES = 1_000
ENTRIES_AT_ONCE = 500
"""Looked at before others get their turn."""


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the next reading goes on; kept as JSON."""

    token: str | None = None
    ctag: str | None = None
    syncs: bool = True
    """The server knows sync-collection."""
    zone: str | None = None
    """The calendar's own, IANA."""


class Entry(Struct, frozen=True):
    """An object as listed."""

    href: str
    etag: str | None


class Listing(Struct, frozen=True, kw_only=True):
    """Objects listed, all of them or those of which the server says that they changed."""

    entries: Mapping[str, Entry]
    gone: frozenset[str] = frozenset()
    complete: bool
    cursor: Cursor


def parse_cursor(text: str | None) -> Cursor | None:
    """A cursor that was kept; None when it is not one of ours."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError:
        return None


def render_cursor(cursor: Cursor) -> str:
    """For keeping."""
    return msgspec.json.encode(cursor).decode()


async def list_changes(client: CaldavClient, url: httpx2.URL, cursor: Cursor, etags: Mapping[str, str]) -> Listing:
    """What has changed since the cursor; everything when it is a new one, or the server does not know it any more.

    Args:
        etags: Those known, by ref.
    """
    if cursor.syncs and cursor.token:
        try:
            listing = await _sync(client, url, cursor, cursor.token)
        except ReportRefused:
            cursor = structs.replace(cursor, token=None)
        else:
            if any(entry.etag is not None and etags.get(ref) == entry.etag for ref, entry in listing.entries.items()):
                return await _list_all(client, url, listing.cursor)
            return listing
    if cursor.syncs:
        try:
            return await _sync(client, url, cursor, "")
        except ReportRefused:
            cursor = structs.replace(cursor, token=None, syncs=False)
    elif cursor.ctag is not None:
        ctag = _ctag(url, await client.fetch_change_mark(url))
        if ctag == cursor.ctag:
            return Listing(entries={}, complete=False, cursor=cursor)
    return await _list_all(client, url, cursor)


async def _sync(client: CaldavClient, url: httpx2.URL, cursor: Cursor, token: str) -> Listing:
    """All pages of a sync-collection.

    Raises:
        ReportRefused: The server does not know the token, or the report, or never comes to an end.
    """
    entries: dict[str, Entry] = {}
    gone: set[str] = set()
    since = token
    for _ in range(MAX_PAGES):
        page = await client.fetch_changes(url, since)
        if page.sync_token is None:
            raise ReportRefused
        for number, each in enumerate(page.responses):
            if number % ENTRIES_AT_ONCE == 0:
                await checkpoint()
            ref = ref_of(url, each.href)
            if not ref or each.href.endswith("/") or each.status == 507:
                continue
            if each.status == 404:
                gone.add(ref)
                entries.pop(ref, None)
            else:
                gone.discard(ref)
                entries[ref] = Entry(each.href, each.etag)
        if not any(each.status == 507 for each in page.responses):
            cursor = structs.replace(cursor, token=page.sync_token)
            return Listing(entries=entries, gone=frozenset(gone), complete=not token, cursor=cursor)
        if page.sync_token == since:
            raise ReportRefused
        since = page.sync_token
    raise ReportRefused


async def _list_all(client: CaldavClient, url: httpx2.URL, cursor: Cursor) -> Listing:
    responses = await client.fetch_listing(url)
    entries: dict[str, Entry] = {}
    for number, each in enumerate(responses):
        if number % ENTRIES_AT_ONCE == 0:
            await checkpoint()
        if (
            (ref := ref_of(url, each.href))
            and each.status in (None, 200)
            and not each.href.endswith("/")
            and not each.holds(f"{DAV}resourcetype", f"{DAV}collection")
        ):
            entries[ref] = Entry(each.href, each.etag)
    return Listing(entries=entries, complete=True, cursor=structs.replace(cursor, ctag=_ctag(url, responses)))


def _ctag(url: httpx2.URL, responses: list[Response]) -> str | None:
    return next(
        (ctag for each in responses if not ref_of(url, each.href) and (ctag := each.text(f"{SERVER}getctag"))), None
    )
