"""What a multistatus says, and which addresses mean the same."""

from __future__ import annotations

import httpx2
import pytest

from callendar.domain.booking import Connection, ConnectionId
from callendar.domain.rules import CompanyId
from callendar.net import InvalidUrl
from callendar.sources.caldav.listing import Cursor, parse_cursor, render_cursor
from callendar.sources.caldav.settings import read_settings
from callendar.sources.caldav.wire import (
    CALDAV,
    DAV,
    NotMultistatus,
    ask_changes,
    ask_objects,
    parse_multistatus,
    plain_etag,
    ref_of,
    resolve_href,
)

COLLECTION = httpx2.URL("https://cloud.example:8443/dav/anna%40x/office/")


def body(inside: str) -> bytes:
    return (
        f'<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="{CALDAV[1:-1]}">{inside}</d:multistatus>'.encode()
    )


@pytest.mark.anyio
async def test_only_properties_that_were_found_count() -> None:
    """A propstat says for each property whether it is there; the status of the whole stands beside them."""
    parsed = await parse_multistatus(
        body(
            "<d:response><d:href> /a.ics </d:href>"
            '<d:propstat><d:prop><d:getetag>W/"1"</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat>'
            "<d:propstat><d:prop><d:displayname>no</d:displayname></d:prop><d:status>HTTP/1.1 404 Not Found</d:status>"
            "</d:propstat></d:response>"
            "<d:response><d:href>/b.ics</d:href><d:href>/c.ics</d:href><d:status>HTTP/2 404 </d:status></d:response>"
            "<d:sync-token>t&amp;2</d:sync-token>"
        )
    )
    first, second, third = parsed.responses
    assert (first.href, first.status, first.etag, first.text(f"{DAV}displayname")) == ("/a.ics", None, "1", None)
    assert (second.href, second.status, third.href, third.status) == ("/b.ics", 404, "/c.ics", 404)
    assert parsed.sync_token == "t&2"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>Sign in</body></html>",
        b"<!DOCTYPE html><html></html>",
        body("")[:-4],
        b'<!DOCTYPE x [<!ENTITY a "1"><!ENTITY b "&a;&a;">]>' + body("&b;")[21:],
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + body("")[21:],
        b'<multistatus xmlns="other"/>',
        "BEGIN:VCALENDAR".encode("utf-16"),
    ],
)
async def test_anything_else_is_refused(content: bytes) -> None:
    """Pages, broken XML, document types with their entities."""
    with pytest.raises(NotMultistatus):
        await parse_multistatus(content)


@pytest.mark.parametrize("text", ['"abc"', "abc", 'W/"abc"', 'w/"abc"', ' "abc" ', "W/abc"])
def test_etags_are_compared_weakly_and_unquoted(text: str) -> None:
    """Servers write one and the same in several ways."""
    assert plain_etag(text) == "abc"


@pytest.mark.parametrize(
    ("href", "ref"),
    [
        ("/dav/anna%40x/office/a.ics", "a.ics"),
        ("/dav/anna@x/office/a.ics", "a.ics"),
        ("a%20b.ics", "a b.ics"),
        ("https://cloud.example/dav/anna%40x/office/a.ics", "a.ics"),
        ("/dav/anna%40x/office/", ""),
        ("/dav/anna@x/office", ""),
        ("/dav/anna%40x/workshop/a.ics", "/dav/anna@x/workshop/a.ics"),
        ("/elsewhere/a.ics", "/elsewhere/a.ics"),
    ],
)
def test_an_object_is_named_within_its_collection(href: str, ref: str) -> None:
    """However its server escapes its path; empty for the collection itself."""
    assert ref_of(COLLECTION, href) == ref


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/dav/x/", "https://cloud.example:8443/dav/x/"),
        ("http://cloud.example/dav/x/", "https://cloud.example:8443/dav/x/"),
        ("https://p7-cloud.example/x/", "https://p7-cloud.example/x/"),
    ],
)
def test_on_its_own_host_a_server_is_reached_as_before(href: str, url: str) -> None:
    """It may not know the scheme and port that it is reached by."""
    assert str(resolve_href(COLLECTION, href)) == url


def test_what_is_asked_is_escaped() -> None:
    """Tokens and addresses are a server's text."""
    assert b"<D:sync-token>a&amp;&lt;b</D:sync-token>" in ask_changes("a&<b")
    assert b"<D:href>/a&amp;b.ics</D:href>" in ask_objects(["/a&b.ics"])


def test_a_cursor_comes_back_as_it_was_kept() -> None:
    """And nonsense is none."""
    cursor = Cursor(token="http://x/sync/1", zone="Europe/Oslo", syncs=False)
    assert parse_cursor(render_cursor(cursor)) == cursor
    assert [parse_cursor(text) for text in (None, "", "[]", '{"zone": 1}')] == [None] * 4


def connection(url: str, user: str | None = None, secret: str | None = None) -> Connection:
    settings = {"url": url} | ({"user": user} if user else {})
    return Connection(
        id=ConnectionId("c"), company_id=CompanyId("k"), kind="caldav", name="x", settings=settings, secret=secret
    )


def test_user_and_password_may_stand_in_the_address() -> None:
    """Those given beside it come first; the address is kept without them."""
    settings = read_settings(connection("https://anna:one@cloud.example/dav/"))
    assert settings.credentials is not None
    assert (settings.credentials.user, settings.credentials.password) == ("anna", "one")
    assert str(settings.url) == "https://cloud.example/dav/"
    settings = read_settings(connection("https://anna:one@cloud.example/dav/", "bo", "two"))
    assert settings.credentials is not None
    assert (settings.credentials.user, settings.credentials.password) == ("bo", "two")
    assert read_settings(connection("cloud.example")).credentials is None


def test_an_address_that_is_none_is_refused() -> None:
    """When the connection is opened."""
    with pytest.raises(InvalidUrl):
        read_settings(connection(""))
