"""A booking: one occurrence in a calendar, recurrences expanded, free of any provider's dialect."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, NewType

from msgspec import Struct

from callendar.domain.mark import Order
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId, ShowAsTable
from callendar.domain.span import Days, When

CalendarId = NewType("CalendarId", str)
ConnectionId = NewType("ConnectionId", str)
NAMELESS = "nameless-"
"""Leads the UID that a reader makes up for an object without one."""
BookingKey = NewType("BookingKey", str)
"""An occurrence's key (`rules.md` §2, §4.4); the key of the claim it makes."""

ShowAs = Literal["busy", "oof", "tentative", "elsewhere", "free", "unknown"]
Response = Literal["organizer", "accepted", "none", "tentative", "unanswered", "declined", "delegated"]
Sensitivity = Literal["normal", "personal", "private", "confidential"]


class Booking(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One occurrence as a source read it. Values are already those of `rules.md` §2, not a provider's."""

    when: When
    uid: str | None = None
    """The series' UID; None for availability-only blocks (VFREEBUSY and the like)."""
    occurrence: datetime | date | None = None
    """The original start within its series (UTC instant, or date if all-day); None for a single booking."""
    show_as: ShowAs = "busy"
    subject: str | None = None
    """As `SubjectReading.kept`; None when private, hidden by the provider, or absent."""
    private_order: Order | None = None
    """Of a private booking, whose subject is not kept, the order that its subject or categories gave (§1.10)."""
    categories: tuple[str, ...] = ()
    """Empty when private."""
    sensitivity: Sensitivity = "normal"
    cancelled: bool = False
    has_organizer: bool = False
    is_organizer: bool = False
    response: Response = "none"
    """Her own; `none` when no answer of hers is found, which is not the same as `unanswered`."""
    sequence: int = 0
    updated: datetime | None = None
    special: Literal["working_location", "birthday"] | None = None

    @property
    def is_private(self) -> bool:
        """Nothing of its words is kept."""
        return self.sensitivity in ("private", "confidential")

    @property
    def all_day(self) -> bool:
        """It is in whole days."""
        return isinstance(self.when, Days)


class Calendar(Struct, frozen=True, kw_only=True, gc=False):
    """One calendar reached over a connection, of one person."""

    id: CalendarId
    company_id: CompanyId
    person_id: PersonId
    connection_id: ConnectionId
    ref: str
    """How the source finds it: a URL, a mailbox. Empty when it is kept but could not be opened."""
    name: str
    order: int = 0
    """Place in her list: of two copies of a meeting the earlier calendar's stands (§2)."""
    selected: bool = True
    owned: bool = True
    """Hers, so that marks in it count; not one shared with her or subscribed (§1.7)."""
    marks: bool | None = None
    """The switch per calendar: None = as `owned`."""
    show_as: ShowAsTable | None = None
    """Overrides the company's table."""
    added_at: datetime
    read_until: datetime | None = None
    """End of the window last read in full; None before the first."""
    failing_since: datetime | None = None
    fault: str | None = None
    """In words for a person, with the mend; None while it does not fail."""

    @property
    def marks_count(self) -> bool:
        """Whether an order given in this calendar is obeyed."""
        return self.owned if self.marks is None else self.marks


class Connection(Struct, frozen=True, kw_only=True, gc=False):
    """Credentials for one calendar system."""

    id: ConnectionId
    company_id: CompanyId
    kind: str
    """The name under which its source registers: `caldav`, `ics`, `demo` …"""
    name: str
    settings: dict[str, str]
    """What the source asks for: url, user … never a secret."""
    secret: str | None = None
    """A password or token; never printed, logged or sent."""
    poll_seconds: int = 60
    read_at: datetime | None = None
    fault: str | None = None
    """Why settings and secret could not be opened, in words with the mend; then there are none."""

    def __repr__(self) -> str:
        return f"Connection(id={self.id!r}, company_id={self.company_id!r}, kind={self.kind!r}, name={self.name!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("id", self.id), ("company_id", self.company_id), ("kind", self.kind), ("name", self.name)]
