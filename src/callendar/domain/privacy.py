"""Who sees what: a row cut down to what a viewer may see, before it is sent (`rules.md` §10)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from callendar.domain.person import PersonId, ViewerId
from callendar.domain.rules import CompanyId, Level

Role = Literal["colleague", "telephonist", "administrator"]


class Viewer(Struct, frozen=True, kw_only=True, gc=False):
    """A user or token who asks."""

    id: ViewerId
    company_id: CompanyId
    role: Role
    name: str
    """Shown as `set_by` on what the viewer sets."""
    person_id: PersonId | None = None


class View(Struct, frozen=True, kw_only=True, gc=False):
    """How much of one row one viewer is sent; rows encoded for equal views are equal, so encodings are kept by it."""

    level: Level
    sensitive: bool
    """Sensitive reasons are shown as they are."""
    claims: bool
    """Keys of the claims are sent: to those who may silence."""
