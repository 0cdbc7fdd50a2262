"""The trail of requests: answers kept for `Idempotency-Key`, who did what for whom, and readings asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from callendar.contracts.kept import AnswerState, Audit
from callendar.domain.booking import CalendarId
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.rules import CompanyId
from callendar.store.body import DETAIL
from callendar.store.connect import Reader, Writer
from callendar.store.tables import answers, audit, calendars, sync_requests

ANSWER_HOURS = 24


async def save_answer(
    writer: Writer, company_id: CompanyId, viewer: ViewerId, key: str, request: str, at: datetime, body: bytes
) -> None:
    """Keep an answer; one that has grown too old gives way."""
    row = {"company_id": company_id, "request": request, "given_at": at, "body": body}
    await writer.upsert(answers, {"viewer_id": viewer, "idempotency_key": key, **row})


async def forget_answer(writer: Writer, viewer: ViewerId, key: str) -> None:
    """Keep nothing of it."""
    await writer.execute(delete(answers).where(answers.c.viewer_id == viewer, answers.c.idempotency_key == key))


async def load_answer(
    connection: Reader, viewer: ViewerId, key: str, request: str, at: datetime
) -> tuple[AnswerState, bytes]:
    """What was answered within the last 24 hours."""
    this = answers.c.viewer_id == viewer, answers.c.idempotency_key == key
    young = answers.c.given_at > at - timedelta(hours=ANSWER_HOURS)
    row = (await connection.execute(select(answers.c.request, answers.c.body).where(*this, young))).one_or_none()
    if row is None:
        return "new", b""
    return ("same", row.body) if row.request == request else ("other", b"")


async def record_audit(writer: Writer, entry: Audit) -> None:
    """Keep one."""
    await writer.execute(
        insert(audit).values(
            company_id=entry.company_id,
            done_at=entry.at,
            done_by=entry.by,
            done_by_name=entry.by_name,
            action=entry.action,
            person_id=entry.person_id,
            detail=DETAIL.encode(entry.detail),
        )
    )


async def load_audit(
    connection: Reader, company_id: CompanyId, limit: int, before: int | None, person_id: PersonId | None
) -> Sequence[Audit]:
    """The newest first."""
    wanted = [audit.c.company_id == company_id]
    if before is not None:
        wanted.append(audit.c.id < before)
    if person_id is not None:
        wanted.append(audit.c.person_id == person_id)
    question = select(audit).where(*wanted).order_by(audit.c.id.desc()).limit(limit)
    return [
        Audit(
            id=row.id,
            at=row.done_at,
            company_id=row.company_id,
            by=row.done_by,
            by_name=row.done_by_name,
            action=row.action,
            person_id=row.person_id,
            detail=DETAIL.decode(row.detail),
        )
        for row in await connection.execute(question)
    ]


async def request_sync(writer: Writer, company_id: CompanyId, asked: Collection[CalendarId]) -> None:
    """Ask for these to be read; those that are gone are left out."""
    these = calendars.c.company_id == company_id, calendars.c.id.in_(sorted(asked))
    # Locked, so that they stay until this is kept.
    question = select(calendars.c.id).where(*these).order_by(calendars.c.id)
    there = await writer.connection.scalars(question.with_for_update(read=True, key_share=True))
    await writer.upsert_many(sync_requests, [{"company_id": company_id, "calendar_id": each} for each in there])


async def load_sync_requests(connection: Reader, company_id: CompanyId) -> Sequence[CalendarId]:
    """What is asked for, in id order."""
    question = select(sync_requests.c.calendar_id).where(sync_requests.c.company_id == company_id)
    return sorted(await connection.scalars(question))


async def take_sync_requests(writer: Writer, company_id: CompanyId) -> Sequence[CalendarId]:
    """The same, and nobody else gets them."""
    its = sync_requests.c.company_id == company_id
    asked = select(sync_requests.c.calendar_id).where(its).with_for_update(skip_locked=True)
    these = delete(sync_requests).where(its, sync_requests.c.calendar_id.in_(asked))
    taken = await writer.execute(these.returning(sync_requests.c.calendar_id))
    return sorted(taken.scalars())
