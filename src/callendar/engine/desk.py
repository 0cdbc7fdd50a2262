"""What an order by hand is decided from: a person as she stands at one instant."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, structs

from callendar.domain.cause import Causes
from callendar.domain.claim import Claim
from callendar.domain.claiming import Judged, derive_claims
from callendar.domain.errors import Refused
from callendar.domain.hand import Orders, Origin
from callendar.domain.hours import Hours, hours_of
from callendar.domain.person import Person
from callendar.domain.privacy import Viewer
from callendar.domain.rules import Company
from callendar.domain.span import Days


class NotAllowed(Refused):
    """The viewer may not give orders for this person."""

    code = "forbidden"


class Desk(Struct, frozen=True, kw_only=True):
    """The person, her claims and who gives the order. `claims` are those before any silence."""

    now: datetime
    company: Company
    causes: Causes
    claims: tuple[Claim, ...]
    judged: tuple[Judged, ...]
    viewer: Viewer
    origin: Origin

    @classmethod
    def lay_out(cls, causes: Causes, company: Company, viewer: Viewer, origin: Origin, now: datetime) -> Desk:
        """Everything an order may look at."""
        loud = structs.replace(causes, orders=structs.replace(causes.orders, silences=()))
        derived = derive_claims(loud, company)
        return cls(
            now=now,
            company=company,
            causes=causes,
            claims=derived.claims,
            judged=derived.judged,
            viewer=viewer,
            origin=origin,
        )

    @property
    def person(self) -> Person:
        """Whom the order is for."""
        return self.causes.person

    @property
    def orders(self) -> Orders:
        """What stands before the order."""
        return self.causes.orders

    @property
    def hours(self) -> Hours:
        """Her opening hours."""
        return hours_of(self.person, self.company)

    @property
    def running_booking_end(self) -> datetime | None:
        """When the booking under way ends: timed, neither cancelled nor declined; of several the latest end."""
        ends: list[datetime] = []
        for judged in self.judged:
            booking = judged.booking
            if isinstance(booking.when, Days) or booking.cancelled or booking.response in ("declined", "delegated"):
                continue
            if booking.when.start <= self.now < booking.when.end:
                ends.append(booking.when.end)
        return max(ends, default=None)
