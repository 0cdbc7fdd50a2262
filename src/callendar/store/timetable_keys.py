"""Keys to calendars of timetables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from callendar.contracts.kept import TimetableKey
from callendar.contracts.store import NotFound
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.rules import CompanyId
from callendar.store.connect import Reader, Writer
from callendar.store.tables import timetable_keys


async def save_timetable_key(writer: Writer, key: TimetableKey, secret_hash: bytes) -> None:
    """Add one."""
    await writer.execute(
        insert(timetable_keys).values(
            company_id=key.company_id,
            id=key.id,
            person_id=key.person_id,
            viewer_id=key.viewer_id,
            secret_hash=secret_hash,
            created_at=key.created_at,
        )
    )


async def load_timetable_keys(connection: Reader, company_id: CompanyId, person_id: PersonId) -> Sequence[TimetableKey]:
    """All to one person's calendar, the newest last."""
    hers = timetable_keys.c.company_id == company_id, timetable_keys.c.person_id == person_id
    order = timetable_keys.c.created_at, timetable_keys.c.id
    return [_key(row) for row in await connection.execute(select(timetable_keys).where(*hers).order_by(*order))]


async def find_timetable_key(connection: Reader, secret_hash: bytes) -> TimetableKey | None:
    """The one with this secret."""
    question = select(timetable_keys).where(timetable_keys.c.secret_hash == secret_hash)
    row = (await connection.execute(question)).one_or_none()
    return None if row is None else _key(row)


async def delete_timetable_key(writer: Writer, company_id: CompanyId, person_id: PersonId, key_id: str) -> None:
    """Remove one."""
    this = timetable_keys.c.company_id == company_id, timetable_keys.c.id == key_id
    gone = await writer.execute(delete(timetable_keys).where(*this, timetable_keys.c.person_id == person_id))
    if not gone.rowcount:
        raise NotFound(f"there is no key {key_id}")


async def delete_keys_of(writer: Writer, company_id: CompanyId, viewer_id: ViewerId) -> None:
    """Remove all that one viewer made."""
    made = timetable_keys.c.company_id == company_id, timetable_keys.c.viewer_id == viewer_id
    await writer.execute(delete(timetable_keys).where(*made))


def _key(row: Any) -> TimetableKey:
    return TimetableKey(
        id=row.id,
        company_id=row.company_id,
        person_id=row.person_id,
        viewer_id=row.viewer_id,
        created_at=row.created_at,
    )
