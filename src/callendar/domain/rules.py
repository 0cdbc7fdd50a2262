"""A company's settings and its rule book. Field names and defaults are those of `GET /rules` (`api.md`)."""

from __future__ import annotations

from datetime import date
from typing import Literal, NewType

from msgspec import Struct, field

from callendar.domain.errors import CallendarError
from callendar.domain.reason import Reason, ReasonCode

Mode = Literal["keywords", "busy", "refer"]
Level = Literal["time", "reason", "text"]
Counts = Literal["counts", "nothing"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

CompanyId = NewType("CompanyId", str)


class UnknownReason(CallendarError):
    """A reason code that the company does not have."""

    code = "unknown_reason"


class ShowAsTable(Struct, frozen=True, kw_only=True, gc=False):
    """What an unmarked booking does by how it is shown (`rules.md` §2)."""

    busy: Counts = "counts"
    oof: Counts = "counts"
    tentative: Counts = "nothing"
    unanswered: Counts = "nothing"
    elsewhere: Counts = "nothing"
    free: Counts = "nothing"
    unknown: Counts = "nothing"


class OpenHours(Struct, frozen=True, kw_only=True, gc=False, rename={"opens": "from", "closes": "to"}):
    """Weekly opening hours, wall times `HH:MM`; `to` at or before `from` means the next day's (`24:00` is allowed)."""

    days: tuple[Weekday, ...]
    opens: str
    closes: str


class PublicHolidays(Struct, frozen=True, kw_only=True, gc=False):
    """Which days are public holidays. `country` None: only the days added."""

    country: str | None = None
    region: str | None = None
    add: tuple[date, ...] = ()
    remove: tuple[date, ...] = ()


class Rules(Struct, frozen=True, kw_only=True, gc=False, forbid_unknown_fields=True):
    """A company's settings; every default is the one out of the box."""

    mode: Mode = "keywords"
    personal_mode: bool = True
    personal_keywords: bool = True
    show_as: ShowAsTable = ShowAsTable()
    notes: bool = True
    office_hours_only: bool = False
    autoreply: bool = False
    shareable: tuple[ReasonCode, ...] = (
        ReasonCode("meeting"),
        ReasonCode("course"),
        ReasonCode("trip"),
        ReasonCode("lunch"),
    )
    allowed_diverts: tuple[str, ...] = ()
    grace_minutes: int = 5
    next_free_minutes: int = 15
    stale_minutes: int = 120
    privacy: Level = "reason"
    telephonist_plus_one: bool = True
    colleagues_may_set: bool = False
    hours: tuple[OpenHours, ...] = ()
    """Empty: always open."""
    holidays: PublicHolidays = PublicHolidays()


class Company(Struct, frozen=True, kw_only=True, gc=False):
    """One customer, with the whole rule book that its people are planned by."""

    id: CompanyId
    name: str
    zone: str = "Europe/Stockholm"
    """IANA name; callers hear times in it."""
    language: str = "en"
    rules: Rules = Rules()
    reasons: tuple[Reason, ...] = field(default_factory=tuple)
    """In the order in which the company lists them; codes are unique."""
    rules_version: int = 1
    """Counts every change of rules, reasons, hours and holidays; a row planned with an older one is planned again."""

    def reason(self, code: str) -> Reason:
        """The reason with a code.

        Raises:
            UnknownReason: The company has none such; the message names those it has.
        """
        for reason in self.reasons:
            if reason.code == code:
                return reason
        raise UnknownReason(f"there is no reason {code!r}; there are {', '.join(r.code for r in self.reasons)}")
