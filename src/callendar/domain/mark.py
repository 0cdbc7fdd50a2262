"""The order that leads a subject: keyword + `:` or `;` (`rules.md` §1)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from callendar.domain.reason import ReasonCode


class Order(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a mark commands, however it was given.

    `refer`, `inform`: with `reason`. `ignore`: the `*`. `cancel`: a cancelled word leads the subject.
    """

    kind: Literal["refer", "inform", "ignore", "cancel"]
    reason: ReasonCode | None = None
    keyword: str | None = None
    """As it stands in the table, for the why line; None for `ignore`."""
    divert_to: str | None = None
    """The number after `>`, only if it is allowed."""
    divert_refused: bool = False
    """A `>number` stood there that is not allowed; the why line says so."""
    given_by: Literal["app", "subject", "category"] = "subject"


class Keyword(Struct, frozen=True, kw_only=True, gc=False):
    """One keyword and the reason it orders; `folded` is the form that is compared (§1.1, §1.3)."""

    folded: str
    text: str
    reason: ReasonCode
    weight: int


class Marks(Struct, frozen=True, kw_only=True, gc=False):
    """What the person of a calendar may order: handed to every reader (`design.md` §6, contract Source).

    `keywords` maps the folded form to its keyword, the person's own having replaced the company's.
    """

    keywords: dict[str, Keyword]
    diverts: frozenset[str]
    """Extensions of the company and `allowed_diverts`, digits with an optional leading `+`."""


class SubjectReading(Struct, frozen=True, kw_only=True, gc=False):
    """A subject, read: its order, and the text as it may be shown.

    `text` is the subject without order, `>number` and whatever `//` hides; may be empty.
    `kept` is the subject as it may be stored: whole but for what `//` hides, so that a later change of keywords can
    read it again.
    """

    order: Order | None
    text: str
    kept: str
