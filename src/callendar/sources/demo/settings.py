"""What the demo's calendars ask for: how many there are to choose from."""

from __future__ import annotations

from msgspec import Struct

from callendar.contracts.source import SourceError, SourceSetting
from callendar.domain.booking import Connection

SETTINGS = (SourceSetting(name="calendars", help="How many calendars are offered; one by default.", required=False),)

POLL_SECONDS = 60
CONCURRENCY = 8
UNCHANGED_SECONDS = 900.0
"""What is made up changes with its window only, so that there is no use in looking often."""


class InvalidSetting(SourceError):
    """A setting that cannot be what it claims to be."""

    code = "invalid_setting"


class DemoSettings(Struct, frozen=True, kw_only=True):
    """The settings, checked."""

    calendars: int


def read_settings(connection: Connection) -> DemoSettings:
    """The settings of a connection.

    Raises:
        InvalidSetting: The number is none.
    """
    given = connection.settings.get("calendars", "1")
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 100_000:
        raise InvalidSetting(f"calendars = {given!r} is not a number from 1 to 100000")
    return DemoSettings(calendars=int(given))
