"""A CalDAV server with bad manners, each of which has been met in a real one (`reference/counterparts.md`)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Literal
from urllib.parse import quote, unquote
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

from tests.integration.radicale import whole
from tests.stand_ins.web import Asked, Reply

HOME, CALENDAR = "/home/anna/", "/home/anna/calendar/"
PRINCIPAL = "/principals/anna/"
_DAV = "{DAV:}"

UnknownToken = Literal[400, 403, 409, 410, 412, 500, 507, "everything"]


class ManneredServer:
    """One calendar. Set an attribute and it behaves so; left alone it does as the standards say."""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}
        self.changes: list[str] = []
        """Names, in the order of change; a token is a place in it."""
        self.oldest_token = 0
        self.unknown_token: UnknownToken = 403
        self.refuses_sync: int | None = None
        """The status with which it says that it does not know sync-collection."""
        self.has_ctag = True
        self.page: int | None = None
        """Changes in one answer; the others follow."""
        self.lists_itself = False
        self.tells_again = 0
        """So many of the last changes are told at every sync: its tokens count seconds."""
        self.tells_etags = True
        self.mixes_etags = False
        """Strong in listings, weak and unquoted with the object itself."""
        self.absolute_hrefs: str | None = None
        """Written before each address: what it takes its own to be."""
        self.leaves_out: set[str] = set()
        """Names that its multiget forgets."""
        self.refuses_multiget = False
        self.broken: dict[str, int] = {}
        """Statuses of objects that it cannot hand out."""
        self.always: Reply | None = None
        """Instead of every answer."""
        self.zone: str | None = None
        self.owner = PRINCIPAL
        self.transparent = False
        self.extra_home = ""
        """More responses among those of the home."""

    # what people do with it ----------------------------------------------------------------------------------------

    def put(self, name: str, event: str) -> None:
        self.objects[name] = whole(name, event)
        self.changes.append(name)

    def delete(self, name: str) -> None:
        del self.objects[name]
        self.changes.append(name)

    def forget_tokens(self) -> None:
        """As after a restore, or thirty days."""
        self.oldest_token = len(self.changes) + 1
        self.changes += ["(forgotten)"] * 2

    # what it answers -----------------------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> Reply:
        if self.always is not None:
            return self.always
        if asked.method == "GET":
            return self._get(unquote(asked.path).rpartition("/")[2])
        if asked.method == "PROPFIND":
            return self._propfind(asked)
        if asked.method == "REPORT" and unquote(asked.path) == CALENDAR:
            root = fromstring(asked.body)
            if root.tag == f"{_DAV}sync-collection":
                return self._sync(root.findtext(f"{_DAV}sync-token") or "")
            return self._multiget([unquote(each.text or "").rpartition("/")[2] for each in root.iter(f"{_DAV}href")])
        return Reply(status=405)

    def etag(self, name: str) -> str:
        return sha256(self.objects[name].encode()).hexdigest()[:12]

    def _get(self, name: str) -> Reply:
        if name in self.broken:
            return Reply(status=self.broken[name])
        if name not in self.objects:
            return Reply(status=404)
        headers = {"ETag": self._own_etag(name)} if self.tells_etags else {}
        return Reply(headers={"Content-Type": "text/calendar", **headers}, body=self.objects[name].encode())

    def _own_etag(self, name: str) -> str:
        return f"W/{self.etag(name)}" if self.mixes_etags else f'"{self.etag(name)}"'

    def _propfind(self, asked: Asked) -> Reply:
        path, deep = unquote(asked.path), asked.headers.get("depth") == "1"
        asker = f"<D:current-user-principal><D:href>{PRINCIPAL}</D:href></D:current-user-principal>"
        if path in ("/", PRINCIPAL):
            home = f"<C:calendar-home-set><D:href>{self._href(HOME)}</D:href></C:calendar-home-set>"
            return multistatus([_found(path, asker + (home if path == PRINCIPAL else ""))])
        if path == HOME:
            inside = [_found(self._href(CALENDAR), asker + self._about())] if deep else []
            collection = "<D:resourcetype><D:collection/></D:resourcetype>"
            return multistatus([_found(HOME, asker + collection), *inside, self.extra_home])
        if path.rstrip("/") != CALENDAR.rstrip("/"):
            return Reply(status=404)
        listed = [self._listed(name) for name in self.objects] if deep else []
        return multistatus([_found(self._href(CALENDAR), asker + self._about()), *listed])

    def _about(self) -> str:
        ctag = f"<S:getctag>{len(self.changes)}</S:getctag>" if self.has_ctag else ""
        zone = f"<C:calendar-timezone>{_zone(self.zone)}</C:calendar-timezone>" if self.zone else ""
        shows = "<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>" if self.transparent else ""
        return (
            "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>Anna &amp; co</D:displayname>"
            '<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>'
            f"<D:owner><D:href>{self.owner}</D:href></D:owner>{ctag}{zone}{shows}"
        )

    def _listed(self, name: str) -> str:
        etag = f'<D:getetag>"{self.etag(name)}"</D:getetag>' if self.tells_etags else "<D:getcontenttype/>"
        return _found(self._href(CALENDAR + quote(name)), etag)

    def _href(self, path: str) -> str:
        return f"{self.absolute_hrefs or ''}{path}"

    def _sync(self, token: str) -> Reply:
        if self.refuses_sync is not None:
            return Reply(status=self.refuses_sync)
        since = int(token or 0)
        if token and since < self.oldest_token:
            if self.unknown_token != "everything":
                body = b'<D:error xmlns:D="DAV:"><D:valid-sync-token/></D:error>'
                return Reply(status=self.unknown_token, body=body)
            since, token = 0, ""
        until = len(self.changes)
        if self.page is not None:
            until = min(until, since + self.page)
        told = self.changes[since if not token else max(0, since - self.tells_again) : until]
        responses = [self._changed(name, gone_too=bool(token)) for name in dict.fromkeys(told)]
        if self.lists_itself:
            responses.append(_found(self._href(CALENDAR), "<D:getetag>own</D:getetag>"))
        if until < len(self.changes):
            too_many = "<D:error><D:number-of-matches-within-limits/></D:error>"
            responses.append(_gone(self._href(CALENDAR), "507 Insufficient Storage", too_many))
        return multistatus(responses, token=str(until))

    def _changed(self, name: str, *, gone_too: bool) -> str:
        if name in self.objects:
            return self._listed(name)
        return _gone(self._href(CALENDAR + quote(name)), "404 Not Found") if gone_too else ""

    def _multiget(self, names: list[str]) -> Reply:
        if self.refuses_multiget:
            return Reply(status=501)
        responses: list[str] = []
        for name in names:
            if name in self.leaves_out:
                continue
            href = self._href(CALENDAR + quote(name))
            if name in self.broken:
                responses.append(_gone(href, f"{self.broken[name]} Broken"))
            elif name not in self.objects:
                responses.append(_gone(href, "404 Not Found"))
            else:
                etag = f"<D:getetag>{escape(self._own_etag(name))}</D:getetag>" if self.tells_etags else ""
                data = f"<C:calendar-data>{escape(self.objects[name])}</C:calendar-data>"
                responses.append(_found(href, etag + data))
        return multistatus(responses)


def multistatus(responses: Iterable[str], token: str | None = None) -> Reply:
    """A 207 of these responses."""
    last = f"<D:sync-token>{token}</D:sync-token>" if token is not None else ""
    names = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
    body = f'<?xml version="1.0"?><D:multistatus {names}>{"".join(responses)}{last}</D:multistatus>'
    return Reply(status=207, headers={"Content-Type": "application/xml"}, body=body.encode())


def _found(href: str, properties: str) -> str:
    return (
        f"<D:response><D:href>{escape(href)}</D:href><D:propstat><D:prop>{properties}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat><D:propstat><D:prop><D:quota/></D:prop>"
        "<D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>"
    )


def _gone(href: str, status: str, more: str = "") -> str:
    return f"<D:response><D:href>{escape(href)}</D:href><D:status>HTTP/1.1 {status}</D:status>{more}</D:response>"


def _zone(name: str) -> str:
    return f"BEGIN:VCALENDAR&#13;\nBEGIN:VTIMEZONE&#13;\nTZID:{name}&#13;\nEND:VTIMEZONE&#13;\nEND:VCALENDAR&#13;\n"
