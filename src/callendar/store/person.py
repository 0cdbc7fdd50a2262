"""One person as she is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from callendar.contracts.store import NotFound
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from callendar.store.connect import Reader
from callendar.store.tables import people


async def find_person(connection: Reader, company_id: CompanyId, person_id: PersonId) -> Any:
    """Her row of the table: `body`, `slid_at`, `orders_changed_at`; `NotFound` if she is not there."""
    question = select(people).where(people.c.company_id == company_id, people.c.id == person_id)
    found = (await connection.execute(question)).one_or_none()
    if found is None:
        raise NotFound(f"there is no person {person_id}")
    return found
