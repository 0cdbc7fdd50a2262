"""Addresses as people write them, and as they may be shown."""

from __future__ import annotations

import re

import httpx2

from callendar.contracts.source import SourceError

_SECRET = re.compile(r"(?=[^/]*[0-9])[^/]{20,}|[^/]{40,}")
"""A part of a path that looks like a key: feeds are often protected by nothing else."""


class InvalidUrl(SourceError):
    """An address that cannot be one."""

    code = "invalid_url"


def parse_url(text: str) -> httpx2.URL:
    """An http or https address; a name alone is meant with https.

    Raises:
        InvalidUrl: It is no address, or one of another kind.
    """
    text = text.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        return check_url(httpx2.URL(text))
    except (httpx2.InvalidURL, ValueError) as error:
        raise InvalidUrl("the address is not valid; write it as https://calendar.example/…") from error


def check_url(url: httpx2.URL) -> httpx2.URL:
    """The same, if it is http or https and names a host.

    Raises:
        InvalidUrl: It does not.
    """
    if url.scheme not in ("http", "https") or not url.host or not 0 < (url.port or 80) < 65536:
        raise InvalidUrl(f"{spoken_url(url)} is not an address of a server; write it as https://calendar.example/…")
    return url


def spoken_url(url: httpx2.URL) -> str:
    """The address for messages and logs: no user, no query, and keys in its path left out."""
    port = f":{url.port}" if url.port is not None else ""
    host = f"[{url.host}]" if ":" in url.host else url.host
    path = "/".join("…" if _SECRET.fullmatch(part) else part for part in url.path.split("/"))
    return f"{url.scheme}://{host}{port}{path}"
