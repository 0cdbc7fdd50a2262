"""Referrals laid over one another, ended and started by hand (`rules.md` §4.1, §4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import structs

from callendar.domain.hand import Referral


def lay(referrals: Sequence[Referral], new: Referral, now: datetime) -> tuple[Referral, ...]:
    """The referrals after a new one for now.

    It ends those for now under way, except that one with an end lies on top of one without: when it ends, the open one
    shows again. Planned ones are never touched.
    """
    on_open = new.end is not None
    ended = (
        _ended(each, now) if _is_for_now(each, now) and not (on_open and each.end is None) else each
        for each in referrals
        if each.id != new.id
    )
    return (*ended, new)


def clear_top(referrals: Sequence[Referral], now: datetime) -> tuple[Referral, ...]:
    """End the one on top of those for now; nothing changes if there is none."""
    for_now = [each for each in referrals if _is_for_now(each, now)]
    if not for_now:
        return tuple(referrals)
    top = max(for_now, key=lambda each: each.accepted)
    return tuple(_ended(each, now) if each is top else each for each in referrals)


def end_all_for_now(referrals: Iterable[Referral], now: datetime) -> tuple[Referral, ...]:
    """End every one for now."""
    return tuple(_ended(each, now) if _is_for_now(each, now) else each for each in referrals)


def _is_for_now(referral: Referral, now: datetime) -> bool:
    return not referral.planned and (referral.end is None or referral.end > now)


def _ended(referral: Referral, now: datetime) -> Referral:
    """Ended now. One that another clock started a moment ahead of this one never was: its end is its start."""
    return structs.replace(referral, end=max(now, referral.start))
