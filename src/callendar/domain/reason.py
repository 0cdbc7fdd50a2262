"""Why somebody is away: the reasons table, which a company edits (`rules.md` §3)."""

from __future__ import annotations

from typing import Literal, NewType

from msgspec import Struct

ReasonCode = NewType("ReasonCode", str)

MEETING = ReasonCode("meeting")
OUT = ReasonCode("out")
AWAY = ReasonCode("away")
"""The neutral reason: what everybody sees who may not see the real one."""


class Ends(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """When a referral set by hand ends by itself if no end is given.

    `running_booking`: the end of the booking under way, else `minutes`. `opening`, `working_opening`, `closing`: the
    next such instant after now (`rules.md` §8). `none`: open.
    """

    kind: Literal["none", "minutes", "running_booking", "opening", "working_opening", "closing"] = "none"
    minutes: int = 60


class Reason(Struct, frozen=True, kw_only=True, gc=False):
    """One row of a company's reasons table."""

    code: ReasonCode
    labels: dict[str, str]
    """By language (`en`, `sv`, `nb`, `da`, `fi`, `de`); `en` is always there."""
    keywords: dict[str, tuple[str, ...]] = {}
    """By language, as typed; compared as `rules.md` §1.1 says. All languages are on at once."""
    phone: int | None = None
    when: Literal["time", "day"] = "time"
    icon: str = "calendar"
    color: str = "#c62828"
    weight: int = 10
    ends: Ends = Ends()
    sensitive: bool = False

    def label(self, language: str) -> str:
        """The label in a language, in English where there is none."""
        return self.labels.get(language) or self.labels["en"]
