"""The stretch of time in which calendars are read, fixed between two daily slides (`design.md` §6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from callendar.domain.span import Span

DAYS_BEFORE = 1
DAYS_AHEAD = 35
BY_HAND_DAYS = 400
"""How far orders by hand, and chains of referrals, are followed."""


def window_from(slid_at: datetime) -> Span:
    """From a day before the slide to 35 days after it; unmoved until the next slide."""
    return Span(slid_at - timedelta(days=DAYS_BEFORE), slid_at + timedelta(days=DAYS_AHEAD))
