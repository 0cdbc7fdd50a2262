"""The XML of WebDAV and CalDAV: what is asked, and what a multistatus says (RFC 4918 §13, 4791, 6578)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser
from xml.sax.saxutils import escape

import httpx2
from anyio.lowlevel import checkpoint
from msgspec import Struct

DAV, CALDAV, SERVER = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}", "{http://calendarserver.org/ns/}"
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_NAMESPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
_PIECE_BYTES = 64 * 1024
_RESPONSES_AT_ONCE = 100
_PLAIN = re.compile(r"/(?:[\w%@+~:=,!-][\w.%@+~:=,!-]*/?)*", re.ASCII)
"""A path that stands for itself, as nearly all do: to join it by the book takes a hundred times as long."""

ABOUT_COLLECTION = (
    f"{_HEAD}<D:propfind {_NAMESPACES}><D:prop><D:resourcetype/><D:displayname/><D:current-user-principal/><D:owner/>"
    "<D:current-user-privilege-set/><C:calendar-home-set/><C:supported-calendar-component-set/><C:calendar-timezone/>"
    "<C:schedule-calendar-transp/><D:sync-token/><S:getctag/></D:prop></D:propfind>"
).encode()
ABOUT_OBJECTS = (
    f"{_HEAD}<D:propfind {_NAMESPACES}><D:prop><D:resourcetype/><D:getetag/><S:getctag/></D:prop></D:propfind>"
).encode()
ABOUT_CHANGE = f"{_HEAD}<D:propfind {_NAMESPACES}><D:prop><S:getctag/></D:prop></D:propfind>".encode()


def ask_changes(token: str) -> bytes:
    """A sync-collection since a token; an empty one asks for everything."""
    return (
        f"{_HEAD}<D:sync-collection {_NAMESPACES}><D:sync-token>{escape(token)}</D:sync-token>"
        "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    ).encode()


def ask_objects(hrefs: Iterable[str]) -> bytes:
    """A calendar-multiget of objects, whole."""
    listed = "".join(f"<D:href>{escape(href)}</D:href>" for href in hrefs)
    return (
        f"{_HEAD}<C:calendar-multiget {_NAMESPACES}><D:prop><D:getetag/><C:calendar-data/></D:prop>"
        f"{listed}</C:calendar-multiget>"
    ).encode()


class NotMultistatus(Exception):
    """The body is not the XML that it should be."""


class Response(Struct, frozen=True, kw_only=True):
    """What a multistatus says of one resource."""

    href: str
    """As the server wrote it."""
    status: int | None
    """Of the whole resource; None when it stands with each property."""
    properties: dict[str, Element]
    """Those that were found, by qualified name."""

    def text(self, name: str) -> str | None:
        """A property's text; None when absent or blank."""
        element = self.properties.get(name)
        return ((element.text or "").strip() or None) if element is not None else None

    def href_in(self, name: str) -> str | None:
        """The first address inside a property."""
        return next(self.hrefs_in(name), None)

    def hrefs_in(self, name: str) -> Iterator[str]:
        """Every address inside a property."""
        element = self.properties.get(name)
        if element is not None:
            for href in element.iter(f"{DAV}href"):
                if text := (href.text or "").strip():
                    yield text

    def holds(self, name: str, child: str) -> bool:
        """Whether a property has an element of that name just inside it."""
        element = self.properties.get(name)
        return element is not None and element.find(child) is not None

    @property
    def is_calendar(self) -> bool:
        """A collection of calendar objects (not a subscription, a trash bin, an inbox) that may hold events."""
        if not self.holds(f"{DAV}resourcetype", f"{CALDAV}calendar"):
            return False
        components = self.properties.get(f"{CALDAV}supported-calendar-component-set")
        named = [] if components is None else [each.get("name", "").upper() for each in components]
        return not named or "VEVENT" in named

    @property
    def etag(self) -> str | None:
        """As `plain_etag`."""
        text = self.text(f"{DAV}getetag")
        return plain_etag(text) if text else None


class Multistatus(Struct, frozen=True, kw_only=True):
    """A whole answer."""

    responses: list[Response]
    sync_token: str | None


async def parse_multistatus(body: bytes) -> Multistatus:
    """Parse in pieces, so that others get their turn in between; a document type is refused, and entities with it.

    Raises:
        NotMultistatus: It is something else, or broken.
    """
    parser = XMLParser(target=_Builder())
    root: Element
    try:
        for start in range(0, len(body), _PIECE_BYTES):
            parser.feed(body[start : start + _PIECE_BYTES])
            await checkpoint()
        root = parser.close()
    except (ParseError, ValueError) as error:
        raise NotMultistatus from error
    if root.tag != f"{DAV}multistatus":
        raise NotMultistatus
    token = (root.findtext(f"{DAV}sync-token") or "").strip()
    responses: list[Response] = []
    for number, each in enumerate(root.iterfind(f"{DAV}response")):
        responses += _responses(each)
        if number % _RESPONSES_AT_ONCE == 0:
            await checkpoint()
    return Multistatus(responses=responses, sync_token=token or None)


class _Builder(TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise ValueError("an answer has no document type")


def _responses(element: Element) -> Iterator[Response]:
    properties: dict[str, Element] = {}
    for propstat in element.iterfind(f"{DAV}propstat"):
        status = _status(propstat)
        if status is None or 200 <= status < 300:
            for prop in propstat.iterfind(f"{DAV}prop"):
                properties.update({each.tag: each for each in prop})
    for href in element.iterfind(f"{DAV}href"):
        yield Response(href=(href.text or "").strip(), status=_status(element), properties=properties)


def _status(element: Element) -> int | None:
    """The number in `HTTP/1.1 200 OK`."""
    words = (element.findtext(f"{DAV}status") or "").split()
    numbers = [word for word in words if len(word) == 3 and word.isascii() and word.isdigit()]
    return int(numbers[0]) if numbers else None


def plain_etag(text: str) -> str:
    """Without quotes and without weakness: servers use either for the same resource."""
    text = text.strip()
    if text[:2] in ("W/", "w/"):
        text = text[2:].strip()
    return text.strip('"')


def resolve_href(base: httpx2.URL, href: str) -> httpx2.URL:
    """Where an address in an answer leads. On the same host it keeps our scheme and port, which servers behind a proxy
    often do not know themselves."""
    there = base.join(href)
    if there.host == base.host:
        return base.copy_with(raw_path=there.raw_path, fragment=None)
    return there


def plain_path(url: httpx2.URL) -> str:
    """A path for comparison: unescaped, without a slash at its end."""
    return unquote(url.raw_path.partition(b"?")[0].decode("ascii")).rstrip("/")


def ref_of(collection: httpx2.URL, href: str) -> str:
    """An object's name within its collection, or its path if it lies elsewhere; empty for the collection itself."""
    own = plain_path(collection)
    path = unquote(href).rstrip("/") if _PLAIN.fullmatch(href) else plain_path(collection.join(href))
    return path[len(own) :].lstrip("/") if path == own or path.startswith(f"{own}/") else path
