"""One person as she is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from callendar.contracts.store import NotFound
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from callendar.store.connect import Reader, Writer
from callendar.store.tables import people


async def find_person(connection: Reader, company_id: CompanyId, person_id: PersonId) -> Any:
    """Her row of the table: `body`, `slid_at`, `orders_changed_at`; `NotFound` if she is not there."""
    question = select(people).where(people.c.company_id == company_id, people.c.id == person_id)
    found = (await connection.execute(question)).one_or_none()
    if found is None:
        raise _not_found(person_id)
    return found


async def take_accepted(writer: Writer, company_id: CompanyId, person_id: PersonId) -> int:
    """The next place in the order of acceptance of her referrals; `NotFound` if she is not there."""
    hers = people.c.company_id == company_id, people.c.id == person_id
    taken = await writer.execute(
        update(people).where(*hers).values(accepted=people.c.accepted + 1).returning(people.c.accepted)
    )
    accepted = taken.scalar_one_or_none()
    if accepted is None:
        raise _not_found(person_id)
    return accepted


def _not_found(person_id: PersonId) -> NotFound:
    return NotFound(f"there is no person {person_id}")
