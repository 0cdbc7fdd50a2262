"""The requests that are made of a CalDAV server."""

from __future__ import annotations

from collections.abc import Sequence

import httpx2
from msgspec import Struct

from callendar.contracts.source import NotShared, SignInNeeded, SourceError, Throttled, Unreadable
from callendar.net import Answer, HttpClient, refusal, spoken_url
from callendar.sources.caldav.settings import CaldavSettings
from callendar.sources.caldav.wire import (
    ABOUT_CHANGE,
    ABOUT_COLLECTION,
    ABOUT_OBJECTS,
    CALDAV,
    Multistatus,
    NotMultistatus,
    Response,
    ask_changes,
    ask_objects,
    parse_multistatus,
    plain_etag,
    ref_of,
    resolve_href,
)

_REFUSALS = frozenset({400, 403, 405, 406, 409, 410, 412, 415, 422, 500, 501, 507})
"""How servers have been seen to say that they do not know a report, or a token any more; not all by the book."""


class ReportRefused(Exception):
    """The server does not answer this report, or not this one any more; there are other ways to ask."""


class FetchedObject(Struct, frozen=True, kw_only=True):
    """An object's bytes, or what stood in the way."""

    data: bytes = b""
    etag: str = ""
    """As `plain_etag`; empty when the server told none."""
    error: SourceError | None = None


class CaldavClient:
    """Asks; errors are `SourceError`, but for `ReportRefused` where it says so."""

    def __init__(self, http: HttpClient, settings: CaldavSettings) -> None:
        self.http = http
        self._settings = settings

    async def fetch_about(self, url: httpx2.URL, depth: int) -> tuple[httpx2.URL, list[Response]]:
        """What is known of a collection, or of those just inside it too; and where it was found in the end."""
        answer, multistatus = await self._propfind(url, depth, ABOUT_COLLECTION)
        return answer.url, multistatus.responses

    async def fetch_listing(self, url: httpx2.URL) -> list[Response]:
        """Every object with its etag; the collection itself among them."""
        return (await self._propfind(url, 1, ABOUT_OBJECTS))[1].responses

    async def fetch_change_mark(self, url: httpx2.URL) -> list[Response]:
        """The collection with its getctag."""
        return (await self._propfind(url, 0, ABOUT_CHANGE))[1].responses

    async def fetch_changes(self, url: httpx2.URL, token: str) -> Multistatus:
        """One page of a sync-collection.

        Raises:
            ReportRefused: Ask otherwise.
        """
        answer = await self._send("REPORT", url, 0, ask_changes(token))
        if answer.status in _REFUSALS:
            raise ReportRefused
        return await self._multistatus(answer)

    async def fetch_objects(self, url: httpx2.URL, hrefs: Sequence[str]) -> dict[str, FetchedObject]:
        """Objects by ref: all at once, and alone whichever the server leaves out of that. Those gone are left out."""
        fetched: dict[str, FetchedObject] = {}
        answer = await self._send("REPORT", url, 1, ask_objects(hrefs))
        if answer.status not in _REFUSALS:
            for each in (await self._multistatus(answer)).responses:
                data = each.properties.get(f"{CALDAV}calendar-data")
                if data is not None and (text := data.text):
                    fetched[ref_of(url, each.href)] = FetchedObject(data=text.encode(), etag=each.etag or "")
        for href in hrefs:
            ref = ref_of(url, href)
            if ref not in fetched and (one := await self._fetch_object(url, href)) is not None:
                fetched[ref] = one
        return fetched

    async def _fetch_object(self, url: httpx2.URL, href: str) -> FetchedObject | None:
        """One object; None when it is gone. What only this object suffers from comes with it."""
        try:
            answer = await self.http.send("GET", resolve_href(url, href), headers={"Accept": "text/calendar"})
        except Unreadable as error:
            return FetchedObject(error=error)
        if answer.status == 200:
            return FetchedObject(data=answer.body, etag=plain_etag(answer.headers.get("etag", "")))
        error = self._refusal(answer)
        if isinstance(error, NotShared):
            return None
        if isinstance(error, Throttled) or answer.status == 401:
            raise error
        return FetchedObject(error=error)

    async def _propfind(self, url: httpx2.URL, depth: int, body: bytes) -> tuple[Answer, Multistatus]:
        answer = await self._send("PROPFIND", url, depth, body)
        return answer, await self._multistatus(answer)

    async def _send(self, method: str, url: httpx2.URL, depth: int, body: bytes) -> Answer:
        headers = {"Depth": str(depth), "Content-Type": "application/xml; charset=utf-8"}
        return await self.http.send(method, url, headers=headers, body=body)

    async def _multistatus(self, answer: Answer) -> Multistatus:
        where = spoken_url(answer.url)
        if answer.status != 207:
            if 200 <= answer.status < 300:
                raise Unreadable(
                    f"{where} answers, but not as a CalDAV server does; check the address "
                    "(Nextcloud's, for one, ends with /remote.php/dav/)",
                    item=where,
                )
            raise self._refusal(answer)
        try:
            return await parse_multistatus(answer.body)
        except NotMultistatus as error:
            raise Unreadable(f"the answer of {where} is broken; it is tried again by and by", item=where) from error

    def _refusal(self, answer: Answer) -> SourceError:
        credentials = self._settings.credentials
        if answer.status == 401:
            if credentials is None:
                return SignInNeeded(f"{spoken_url(answer.url)} wants user and password; connect it with both")
            if not credentials.are_for(answer.url):
                return SignInNeeded(
                    f"{spoken_url(self._settings.url)} leads to {spoken_url(answer.url)}, which was not told the "
                    "password; if that is right, connect it by that address"
                )
        return refusal(answer)
