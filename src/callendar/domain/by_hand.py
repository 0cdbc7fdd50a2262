"""The claims that orders by hand make (`rules.md` §4.1, §4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from callendar.domain.claim import MARKED, Claim
from callendar.domain.hand import Orders, Referral
from callendar.domain.person import Person
from callendar.domain.repeat import expand_repeat
from callendar.domain.rules import Company
from callendar.domain.span import Span
from callendar.domain.window import BY_HAND_DAYS


def claims_by_hand(orders: Orders, company: Company, person: Person, window: Span) -> list[Claim]:
    """What a person's referrals say from a window's start on, for 400 days; before silences.

    Those for now stand above everything, the newer over the older; planned ones rank as marked bookings. A referral
    whose end is not after its start says nothing.

    Raises:
        UnknownReason: The company no longer has a referral's reason.
        InvalidValue: A repeat cannot be followed (`repeat.check_repeat` refuses such when it is given).
    """
    stretch = Span(window.start, window.start + timedelta(days=BY_HAND_DAYS))
    return [claim for referral in orders.referrals for claim in _claims_of(referral, company, person, stretch)]


def occurrence_key(referral: Referral, start: datetime) -> str:
    """Key of the claim that an occurrence of a planned referral makes, by its original start."""
    return f"{referral.id}/{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _claims_of(referral: Referral, company: Company, person: Person, stretch: Span) -> Iterator[Claim]:
    weight = company.reason(referral.reason).weight
    for key, start, end in _occurrences(referral, person, stretch):
        if start >= stretch.end or (end is not None and (end <= stretch.start or end <= start)):
            continue
        yield Claim(
            key=key,
            start=start,
            end=end,
            kind="referred" if referral.diverts else "informed",
            reason=referral.reason,
            weight=weight,
            whence=MARKED,
            on_top=None if referral.planned else referral.accepted,
            divert_to=referral.divert_to if referral.diverts else None,
            text=referral.text or None,
            origin=referral.origin,
            planned=referral.planned,
            set_by=referral.set_by,
        )


def _occurrences(referral: Referral, person: Person, stretch: Span) -> Iterator[tuple[str, datetime, datetime | None]]:
    if not referral.planned:
        yield referral.id, referral.start, referral.end
    elif referral.repeat is None or referral.end is None:
        if referral.start not in referral.except_starts:
            yield occurrence_key(referral, referral.start), referral.start, referral.end
    else:
        first = Span(referral.start, referral.end)
        for start, end in expand_repeat(referral.repeat, first, person.zone_info, stretch):
            if start not in referral.except_starts:
                yield occurrence_key(referral, start), start, end
