"""A person: somebody with extensions and calendars."""

from __future__ import annotations

from typing import Literal, NewType
from zoneinfo import ZoneInfo

from msgspec import Struct

from callendar.domain.rules import CompanyId, Level, Mode, OpenHours

PersonId = NewType("PersonId", str)
ViewerId = NewType("ViewerId", str)
"""A user's or a token's id: whoever signs in."""


class Extension(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One number by which a switchboard reaches the person."""

    number: str
    kind: Literal["desk", "mobile", "softphone"] = "desk"
    switchboard: str | None = None


class Person(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What is known of a person apart from her calendars and orders."""

    id: PersonId
    company_id: CompanyId
    name: str
    zone: str = "Europe/Stockholm"
    """IANA name: the configured zone, which all-day bookings and typed times are read in."""
    extensions: tuple[Extension, ...] = ()
    """The first is the one shown."""
    email: str | None = None
    addresses: tuple[str, ...] = ()
    """Further mail addresses under which she is organizer or attendee; `email` counts without standing here."""
    department: str | None = None
    title: str | None = None
    names: tuple[str, ...] = ()
    """Alternate names, for search."""
    external_id: str | None = None
    hours: tuple[OpenHours, ...] | None = None
    """Own opening hours; None = the company's, empty = always open."""
    mode: Mode | None = None
    keywords: dict[str, tuple[str, ...]] = {}
    """Own keywords by reason code; they come before the company's."""
    privacy: Level | None = None
    delegates: tuple[ViewerId, ...] = ()
    grants: dict[str, Level] = {}
    """Level by viewer id."""

    @property
    def zone_info(self) -> ZoneInfo:
        """The configured zone; validated where the person is saved."""
        return ZoneInfo(self.zone)

    @property
    def all_addresses(self) -> frozenset[str]:
        """Every mail address of hers, casefolded."""
        own = (self.email,) if self.email else ()
        return frozenset(address.casefold() for address in (*own, *self.addresses))
