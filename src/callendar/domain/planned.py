"""Planned referrals started or ended now, one occurrence at a time (`rules.md` §4.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import structs

from callendar.domain.hand import Referral, ReferralId
from callendar.domain.repeat import expand_repeat
from callendar.domain.span import Span
from callendar.domain.window import BY_HAND_DAYS

Occurrence = tuple[datetime, datetime | None]


def start_now(referral: Referral, now: datetime, zone: ZoneInfo, *, new_id: ReferralId) -> tuple[Referral, ...]:
    """What stands in a planned referral's place when its next occurrence starts now; its end stays.

    A repeated one goes on without that occurrence, which becomes a referral of its own. Nothing changes while one is
    under way, nor where none is to come.
    """
    occurrence = next_occurrence(referral, now, zone)
    if occurrence is None or occurrence[0] <= now:
        return (referral,)
    return _with_one_apart(referral, occurrence[0], now, occurrence[1], new_id)


def end_now(referral: Referral, now: datetime, zone: ZoneInfo, *, new_id: ReferralId) -> tuple[Referral, ...]:
    """What stands in a planned referral's place when it is ended now: the occurrence under way, else the next.

    What has been of it stays, of a repeated one as a referral of its own; one that has not begun never will. A repeated
    one goes on with its later occurrences. Nothing changes where it is over.
    """
    occurrence = next_occurrence(referral, now, zone)
    if occurrence is None:
        return (referral,)
    if occurrence[0] < now:
        return _with_one_apart(referral, occurrence[0], occurrence[0], now, new_id)
    return () if referral.repeat is None else (_without(referral, occurrence[0]),)


def next_occurrence(referral: Referral, now: datetime, zone: ZoneInfo) -> Occurrence | None:
    """Start and end of the occurrence under way, else of the next within 400 days; None if there is none."""
    if referral.repeat is None or referral.end is None:
        over = referral.end is not None and referral.end <= now
        return None if over or referral.start in referral.except_starts else (referral.start, referral.end)
    window = Span(now, now + timedelta(days=BY_HAND_DAYS))
    occurrences = expand_repeat(referral.repeat, Span(referral.start, referral.end), zone, window)
    return next((each for each in occurrences if each[0] not in referral.except_starts), None)


def _with_one_apart(
    referral: Referral, original_start: datetime, start: datetime, end: datetime | None, new_id: ReferralId
) -> tuple[Referral, ...]:
    if referral.repeat is None:
        return (structs.replace(referral, start=start, end=end),)
    apart = structs.replace(referral, id=new_id, start=start, end=end, repeat=None, except_starts=())
    return (_without(referral, original_start), apart)


def _without(referral: Referral, original_start: datetime) -> Referral:
    return structs.replace(referral, except_starts=(*referral.except_starts, original_start))
