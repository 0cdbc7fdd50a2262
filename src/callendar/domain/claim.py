"""A claim: one source's statement about a person for an interval, with rank and origin."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from callendar.domain.hand import Origin
from callendar.domain.reason import ReasonCode

Kind = Literal["referred", "informed", "busy", "note"]

MARKED, UNMARKED, AUTOREPLY = 0, 1, 2
"""`whence` (§5.3), the stronger first; planned by hand counts as marked."""


class Claim(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What one booking, referral or automatic reply says.

    `key` is unique among a person's claims. `on_top` is None but for those for now by hand: there the one on top has
    the greater number, and both stand above everything else (§5.1).
    """

    key: str
    start: datetime
    end: datetime | None
    """None = open. Never at or before the start."""
    kind: Kind
    reason: ReasonCode | None = None
    """None for busy and note."""
    weight: int = 0
    whence: int = MARKED
    on_top: int | None = None
    divert_to: str | None = None
    text: str | None = None
    """None when private or empty."""
    origin: Origin = "calendar"
    planned: bool = False
    set_by: str | None = None
    all_day: bool = False
