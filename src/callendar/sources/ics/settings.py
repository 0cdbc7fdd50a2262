"""What a feed asks for: an address, which is often a secret itself."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
from msgspec import Struct

from callendar.contracts.source import SourceSetting
from callendar.domain.booking import Connection
from callendar.net import Credentials, InvalidUrl, parse_url

SETTINGS = (
    SourceSetting(
        name="url",
        help="Address (https://, webcal://) or path of a file; it is kept as a secret, as whoever knows it can read.",
        secret=True,
        address=True,
    ),
)

POLL_SECONDS = 300
CONCURRENCY = 1

_WEBCAL = re.compile(r"webcals?://", re.IGNORECASE)


class IcsSettings(Struct, frozen=True, kw_only=True):
    """Where the feed is: on a server, or in a file."""

    place: httpx2.URL | Path
    credentials: Credentials | None = None


def read_settings(connection: Connection) -> IcsSettings:
    """The settings of a connection; user and password of the feed may stand in its address.

    Raises:
        InvalidUrl: It is neither an address nor the whole path of a file.
    """
    given = (connection.secret or connection.settings.get("url", "")).strip()
    if given.startswith("/"):
        return IcsSettings(place=Path(given))
    if given.lower().startswith("file:"):
        split = urlsplit(given)
        if split.netloc not in ("", "localhost") or not split.path.startswith("/"):
            raise InvalidUrl("a file's address is written as file:///path/of/it.ics")
        return IcsSettings(place=Path(unquote(split.path)))
    url = parse_url(_WEBCAL.sub("https://", given, count=1))
    plain = url.copy_with(userinfo=b"", fragment=None)
    credentials = Credentials(user=url.username, password=url.password, origin=plain) if url.username else None
    return IcsSettings(place=plain, credentials=credentials)
