"""Who asks: tokens, and the sessions that act with their rights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from callendar.contracts.kept import Token
from callendar.contracts.store import NotFound
from callendar.domain.person import ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import CompanyId
from callendar.store.connect import Reader, Writer
from callendar.store.tables import sessions, tokens


async def save_token(writer: Writer, token: Token, secret_hash: bytes) -> None:
    """Add one."""
    await writer.execute(
        insert(tokens).values(
            company_id=token.company_id,
            id=token.id,
            secret_hash=secret_hash,
            person_id=token.person_id,
            role=token.role,
            name=token.name,
            created_at=token.created_at,
            revoked_at=token.revoked_at,
        )
    )


async def load_tokens(connection: Reader, company_id: CompanyId) -> Sequence[Token]:
    """All, the newest last."""
    question = select(tokens).where(tokens.c.company_id == company_id).order_by(tokens.c.created_at, tokens.c.id)
    return [
        Token(
            id=row.id,
            company_id=row.company_id,
            role=row.role,
            name=row.name,
            person_id=row.person_id,
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        for row in await connection.execute(question)
    ]


async def revoke_token(writer: Writer, company_id: CompanyId, token_id: ViewerId, at: datetime) -> None:
    """It stops working, and its sessions with it; once revoked, the first instant stays."""
    this = tokens.c.company_id == company_id, tokens.c.id == token_id
    if not await writer.connection.scalar(select(tokens.c.id).where(*this)):
        raise NotFound(f"there is no token {token_id}")
    await writer.execute(update(tokens).where(*this, tokens.c.revoked_at.is_(None)).values(revoked_at=at))
    its = sessions.c.company_id == company_id, sessions.c.token_id == token_id
    await writer.execute(delete(sessions).where(*its))


async def load_viewer(connection: Reader, secret_hash: bytes, at: datetime) -> Viewer | None:
    """Who holds this secret, of a token or of a session."""
    of_session = select(sessions.c.token_id).where(sessions.c.secret_hash == secret_hash, sessions.c.ends_at > at)
    return await _find(connection, or_(tokens.c.secret_hash == secret_hash, tokens.c.id.in_(of_session)))


async def load_viewer_by_id(connection: Reader, company_id: CompanyId, viewer_id: ViewerId) -> Viewer | None:
    """Who that is."""
    return await _find(connection, tokens.c.company_id == company_id, tokens.c.id == viewer_id)


async def save_session(
    writer: Writer, token_id: ViewerId, secret_hash: bytes, created_at: datetime, until: datetime
) -> None:
    """Add one; `NotFound` without the token."""
    company_id = await writer.connection.scalar(select(tokens.c.company_id).where(tokens.c.id == token_id))
    if company_id is None:
        raise NotFound(f"there is no token {token_id}")
    row = {"company_id": company_id, "token_id": token_id, "created_at": created_at, "ends_at": until}
    await writer.execute(insert(sessions).values(secret_hash=secret_hash, **row))


async def delete_session(writer: Writer, secret_hash: bytes) -> None:
    """Remove one, if it is there."""
    await writer.execute(delete(sessions).where(sessions.c.secret_hash == secret_hash))


async def _find(connection: Reader, *which: Any) -> Viewer | None:
    row = (await connection.execute(select(tokens).where(tokens.c.revoked_at.is_(None), *which))).one_or_none()
    if row is None:
        return None
    return Viewer(id=row.id, company_id=row.company_id, role=row.role, name=row.name, person_id=row.person_id)
