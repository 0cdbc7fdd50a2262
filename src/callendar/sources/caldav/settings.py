"""What a connection to a CalDAV server asks for."""

from __future__ import annotations

import re

import httpx2
from msgspec import Struct

from callendar.contracts.source import SourceSetting
from callendar.domain.booking import Connection
from callendar.net import Credentials, parse_url

SETTINGS = (
    SourceSetting(name="url", help="Address of the server, the user's home, or one calendar.", address=True),
    SourceSetting(name="user", help="Who signs in.", required=False),
    SourceSetting(name="password", help="Password; many servers want an app password.", secret=True, required=False),
)

POLL_SECONDS = 60
CONCURRENCY = 4

ICLOUD = "caldav.icloud.com"
ICLOUD_PARTITION = re.compile(r"p\d+-caldav\.icloud\.com")
"""iCloud keeps each account on a host of its own, to which its first one sends us."""


class CaldavSettings(Struct, frozen=True, kw_only=True):
    """A connection's settings, checked."""

    url: httpx2.URL
    credentials: Credentials | None


def read_settings(connection: Connection) -> CaldavSettings:
    """The settings of a connection; user and password may also stand in the address.

    Raises:
        InvalidUrl: The address is none.
    """
    given = parse_url(connection.settings.get("url", ""))
    user = connection.settings.get("user") or given.username
    password = connection.secret if connection.secret is not None else given.password
    url = given.copy_with(userinfo=b"", fragment=None)
    credentials = None
    if user:
        siblings = ICLOUD_PARTITION if url.host == ICLOUD else None
        credentials = Credentials(user=user, password=password, origin=url, siblings=siblings)
    return CaldavSettings(url=url, credentials=credentials)
