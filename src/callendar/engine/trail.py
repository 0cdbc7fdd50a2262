"""The trail: what is kept of a change that somebody made for somebody else, or of the company itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from callendar.contracts.kept import Audit
from callendar.domain.person import Person, PersonId
from callendar.domain.privacy import Viewer


def audit_of(
    by: Viewer,
    action: str,
    now: datetime,
    *,
    person: Person | PersonId | None = None,
    detail: Mapping[str, str] = {},
) -> Audit:
    """The entry for one change. Whoever does something of her own that leaves none does not ask for it.

    Args:
        action: What was done, as `thing_verb`: `user_add`, `connection_change`.
        person: Whom it concerns; None when it is the company's.
        detail: What it was done to, by id and name. Never a secret, a title of a booking, or a text.
    """
    named = {"name": person.name} if isinstance(person, Person) else {}
    return Audit(
        at=now,
        company_id=by.company_id,
        by=by.id,
        by_name=by.name,
        action=action,
        person_id=person.id if isinstance(person, Person) else person,
        detail={**named, **detail},
    )
