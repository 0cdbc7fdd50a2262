"""From an address that somebody typed to the calendars behind it (RFC 6764 §6, RFC 4791 §6.2.1).

The address may be the server's, the user's principal, her home, or one calendar itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

import httpx2

from callendar.contracts.source import FoundCalendar, NotShared, SignInNeeded, Unreadable
from callendar.net import spoken_url
from callendar.sources.caldav.client import CaldavClient
from callendar.sources.caldav.wire import CALDAV, DAV, Response, plain_path, ref_of, resolve_href

_WRITING = tuple(f"{DAV}{name}" for name in ("all", "write", "write-content", "bind"))


async def discover_calendars(client: CaldavClient, url: httpx2.URL) -> list[FoundCalendar]:
    """Every calendar for events, in the server's order.

    Raises:
        SourceError: Nothing there is a calendar, or leads to one.
    """
    if url.path in ("", "/"):
        return await _from_server(client, url)
    at, own, _ = await _look(client, url, 0)
    if own is not None and own.is_calendar:
        return [_found(resolve_href(at, own.href), own)]
    if own is None or own.href_in(f"{CALDAV}calendar-home-set") is None:
        _, _, inside = await _look(client, at, 1)
        if calendars := _calendars(at, inside):
            return calendars
    if own is None or (found := await _from_principal(client, at, own)) is None:
        raise Unreadable(
            f"{spoken_url(at)} is neither a calendar nor does it lead to any; check the address", item=spoken_url(at)
        )
    return found


async def _from_server(client: CaldavClient, url: httpx2.URL) -> list[FoundCalendar]:
    """The server says who we are; where its root does not know, the well-known address may."""
    refused: NotShared | Unreadable | None = None
    for start in (url.copy_with(raw_path=b"/"), url.copy_with(raw_path=b"/.well-known/caldav")):
        try:
            at, own, _ = await _look(client, start, 0)
        except (NotShared, Unreadable) as error:
            refused = refused or error
            continue
        if own is not None and own.is_calendar:
            return [_found(resolve_href(at, own.href), own)]
        if own is not None and (found := await _from_principal(client, at, own)) is not None:
            return found
    where = spoken_url(url)
    if refused is not None:
        raise Unreadable(
            f"{where} does not answer as a CalDAV server does; give the address of the home or of one calendar",
            item=where,
        ) from refused
    raise SignInNeeded(f"{where} does not say whose calendars there are; connect it with user and password")


async def _from_principal(client: CaldavClient, at: httpx2.URL, own: Response) -> list[FoundCalendar] | None:
    """The calendars in the homes of the one asked for, else of the one who asks; None when no home is known."""
    homes = list(own.hrefs_in(f"{CALDAV}calendar-home-set"))
    if not homes:
        principal = own.href_in(f"{DAV}current-user-principal")
        if principal is None:
            return None
        at, own_principal, _ = await _look(client, resolve_href(at, principal), 0)
        homes = list(own_principal.hrefs_in(f"{CALDAV}calendar-home-set")) if own_principal is not None else []
    if not homes:
        return None
    found: dict[str, FoundCalendar] = {}
    for home in homes:
        there, _, inside = await _look(client, resolve_href(at, home), 1)
        found.update({each.ref: each for each in _calendars(there, inside)})
    return list(found.values())


async def _look(
    client: CaldavClient, url: httpx2.URL, depth: int
) -> tuple[httpx2.URL, Response | None, list[Response]]:
    """Where it was found, what is said of it, and of those inside."""
    at, responses = await client.fetch_about(url, depth)
    own = next((each for each in responses if not ref_of(at, each.href)), None)
    if own is None and depth == 0 and len(responses) == 1:
        own = responses[0]
    return at, own, [each for each in responses if each is not own]


def _calendars(at: httpx2.URL, responses: Iterable[Response]) -> list[FoundCalendar]:
    return [_found(resolve_href(at, each.href), each) for each in responses if each.is_calendar]


def _found(url: httpx2.URL, said: Response) -> FoundCalendar:
    path = url.path if url.path.endswith("/") else f"{url.path}/"
    return FoundCalendar(
        ref=str(url.copy_with(userinfo=b"", fragment=None)),
        name=said.text(f"{DAV}displayname") or unquote(path.split("/")[-2]) or url.host,
        owned=_is_owned(url, said),
        blocking=not said.holds(f"{CALDAV}schedule-calendar-transp", f"{CALDAV}transparent"),
    )


def _is_owned(url: httpx2.URL, said: Response) -> bool:
    """Its owner is the one who asks; where the server names none, she may write in it."""
    owner, asker = said.href_in(f"{DAV}owner"), said.href_in(f"{DAV}current-user-principal")
    if owner is not None and asker is not None:
        return plain_path(url.join(owner)) == plain_path(url.join(asker))
    privileges = said.properties.get(f"{DAV}current-user-privilege-set")
    if privileges is None:
        return True
    return any(next(privileges.iter(name), None) is not None for name in _WRITING)
