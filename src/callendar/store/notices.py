"""Notices: marks that nobody knows, told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from callendar.contracts.kept import Notice
from callendar.contracts.store import NotFound
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from callendar.store.connect import Reader, Writer
from callendar.store.tables import notices


async def load_notices(connection: Reader, company_id: CompanyId, person_id: PersonId) -> Sequence[Notice]:
    """Those not yet seen, the oldest first."""
    return [notice for notice in await _load_all(connection, company_id, person_id) if not notice.seen]


async def save_notices(
    writer: Writer, company_id: CompanyId, person_id: PersonId, told: Sequence[Notice], at: datetime
) -> None:
    """Replace the unseen by these, but for what she has seen."""
    kept = await _load_all(writer.connection, company_id, person_id)
    seen = {notice.id for notice in kept if notice.seen}
    unseen = {(notice.claim, notice.word): notice for notice in kept if not notice.seen}
    wanted = {(notice.claim, notice.word): notice for notice in told if notice.id not in seen}
    hers = notices.c.company_id == company_id, notices.c.person_id == person_id
    for what in unseen.keys() - wanted.keys():
        await writer.execute(delete(notices).where(*hers, notices.c.id == unseen[what].id))
    for position, (what, notice) in enumerate(wanted.items()):
        before = unseen.get(what)
        if before is None:
            row = {"id": notice.id, "told_at": at, "position": position, "seen": False}
            text = {"claim": notice.claim, "word": notice.word, "suggestion": notice.suggestion}
            await writer.upsert(notices, {"company_id": company_id, "person_id": person_id, **row, **text})
        elif before.suggestion != notice.suggestion:
            changed = update(notices).where(*hers, notices.c.id == before.id)
            await writer.execute(changed.values(suggestion=notice.suggestion))


async def mark_notice_seen(writer: Writer, company_id: CompanyId, person_id: PersonId, notice_id: str) -> None:
    """She has seen it, and its words are not kept any longer: its id, made of them, is enough to know it again."""
    this = notices.c.company_id == company_id, notices.c.person_id == person_id, notices.c.id == notice_id
    if not await writer.connection.scalar(select(notices.c.id).where(*this)):
        raise NotFound(f"there is no notice {notice_id}")
    await writer.execute(
        update(notices).where(*this, notices.c.seen.is_(False)).values(seen=True, word="", suggestion="")
    )


async def _load_all(connection: Reader, company_id: CompanyId, person_id: PersonId) -> list[Notice]:
    hers = notices.c.company_id == company_id, notices.c.person_id == person_id
    order = notices.c.told_at, notices.c.position, notices.c.id
    return [
        Notice(
            id=row.id,
            person_id=row.person_id,
            claim=row.claim,
            word=row.word,
            suggestion=row.suggestion,
            seen=row.seen,
        )
        for row in await connection.execute(select(notices).where(*hers).order_by(*order))
    ]
