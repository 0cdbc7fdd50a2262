"""Orders by hand: referrals for now and planned, silences, marks in the app (`rules.md` §4, §1.8)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NewType

from msgspec import Struct

from callendar.domain.person import PersonId
from callendar.domain.reason import ReasonCode

ReferralId = NewType("ReferralId", str)
Origin = Literal["calendar", "autoreply", "app", "phone", "telephonist", "delegate", "colleague", "api"]


class Referral(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One referral given by hand: for now (`planned` false) or planned, then perhaps repeated."""

    id: ReferralId
    person_id: PersonId
    reason: ReasonCode
    start: datetime
    end: datetime | None = None
    """None = no end. Of a repeated one the first occurrence's."""
    planned: bool = False
    repeat: str | None = None
    """RRULE (RFC 5545 §3.3.10) in the person's wall time; only planned ones."""
    except_starts: tuple[datetime, ...] = ()
    """Original starts of occurrences that were ended before they began."""
    diverts: bool = True
    """False: it only informs."""
    divert_to: str | None = None
    text: str | None = None
    origin: Origin = "app"
    set_by: str | None = None
    """Display name of who set it."""
    accepted: int = 0
    """The store's order of acceptance: of two for now the greater is the newer (§4.5)."""


class Silence(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A claim told to be quiet (§4.4): matched by key at every planning."""

    person_id: PersonId
    key: str
    given: datetime
    in_force: bool
    """Whether the claim was in force when the silence was given."""
    until: datetime | None = None
    """None for a coming claim, which it follows; else the end of the claim or of the person's day."""


class AppMark(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A mark given in the app to one occurrence or a series."""

    person_id: PersonId
    key: str
    """An occurrence's key, or with `series` the UID."""
    series: bool = False
    mark: str
    """As in `PUT /marks`: `m:`, `m;`, `m:>123`, `*`."""


class Orders(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """All of a person's orders by hand: what undo restores."""

    referrals: tuple[Referral, ...] = ()
    silences: tuple[Silence, ...] = ()
    marks: tuple[AppMark, ...] = ()

    def in_order(self) -> Orders:
        """The same, referrals in the order of acceptance, the others by key."""
        return Orders(
            referrals=tuple(sorted(self.referrals, key=lambda each: (each.accepted, each.id))),
            silences=tuple(sorted(self.silences, key=lambda each: each.key)),
            marks=tuple(sorted(self.marks, key=lambda each: (each.key, each.series))),
        )


class AutoReply(Struct, frozen=True, kw_only=True, gc=False):
    """A mailbox's automatic reply, where it may be read."""

    mailbox: str
    start: datetime
    end: datetime | None = None
