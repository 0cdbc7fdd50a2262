"""Who asks: tokens, and the sessions that act with the rights of a token or a user."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update

from callendar.contracts.kept import Token
from callendar.contracts.store import NotFound
from callendar.domain.person import ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import CompanyId
from callendar.store import users
from callendar.store.connect import Reader, Writer
from callendar.store.tables import sessions, tokens
from callendar.store.tables import users as users_table
from callendar.store.timetable_keys import delete_keys_of

AT_ONCE = 500
"""Secrets in one question."""


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
    """It stops working, with its sessions and its keys to calendars; once revoked, the first instant stays."""
    this = tokens.c.company_id == company_id, tokens.c.id == token_id
    if not await writer.connection.scalar(select(tokens.c.id).where(*this)):
        raise NotFound(f"there is no token {token_id}")
    await writer.execute(update(tokens).where(*this, tokens.c.revoked_at.is_(None)).values(revoked_at=at))
    its = sessions.c.company_id == company_id, sessions.c.token_id == token_id
    await writer.execute(delete(sessions).where(*its))
    await delete_keys_of(writer, company_id, token_id)


async def load_viewers(connection: Reader, secret_hashes: Collection[bytes], at: datetime) -> dict[bytes, Viewer]:
    """Who holds these secrets, of tokens or of sessions; unknown ones are left out."""
    found: dict[bytes, Viewer] = {}
    wanted = sorted(secret_hashes)
    for first in range(0, len(wanted), AT_ONCE):
        some = wanted[first : first + AT_ONCE]
        this = sessions.c.secret_hash.in_(some), sessions.c.ends_at > at
        chosen = select(sessions.c.secret_hash, sessions.c.token_id, sessions.c.user_id).where(*this)
        held = {row.secret_hash: row.user_id or row.token_id for row in await connection.execute(chosen)}
        by_id = await _viewers_of(connection, set(held.values())) if held else {}
        found |= {secret_hash: by_id[each] for secret_hash, each in held.items() if each in by_id}
        if len(held) < len(some):
            of_tokens = select(tokens).where(tokens.c.revoked_at.is_(None), tokens.c.secret_hash.in_(some))
            of_no_session = (row for row in await connection.execute(of_tokens) if row.secret_hash not in held)
            found |= {row.secret_hash: users.viewer_of(row) for row in of_no_session}
    return found


async def load_viewer_by_id(connection: Reader, company_id: CompanyId, viewer_id: ViewerId) -> Viewer | None:
    """Who that is."""
    this = users_table.c.company_id == company_id, users_table.c.id == viewer_id
    return await users.find_viewer(connection, *this) or await _find_token(
        connection, tokens.c.company_id == company_id, tokens.c.id == viewer_id
    )


async def load_viewer_ids(connection: Reader, company_id: CompanyId) -> frozenset[ViewerId]:
    """All ids, of tokens and users."""
    both = select(tokens.c.id).where(tokens.c.company_id == company_id)
    both_too = select(users_table.c.id).where(users_table.c.company_id == company_id)
    return frozenset(await connection.scalars(both.union(both_too)))


async def save_session(
    writer: Writer,
    viewer_id: ViewerId,
    secret_hash: bytes,
    created_at: datetime,
    until: datetime,
    password_hash: str | None,
) -> None:
    """Add one; `NotFound` without the token, or without a user who may still sign in by what was checked."""
    row = {"secret_hash": secret_hash, "created_at": created_at, "ends_at": until}
    by_password = (
        users_table.c.id == viewer_id,
        users_table.c.disabled_at.is_(None),
        *(() if password_hash is None else (users_table.c.password_hash == password_hash,)),
    )
    # Locked, so that a reset that comes at the same time ends this session too.
    user = select(users_table.c.company_id).where(*by_password).with_for_update()
    for name, question in (
        ("user_id", user),
        ("token_id", select(tokens.c.company_id).where(tokens.c.id == viewer_id)),
    ):
        company_id = await writer.connection.scalar(question)
        if company_id is not None:
            await writer.execute(insert(sessions).values(company_id=company_id, **{name: viewer_id}, **row))
            return
    raise NotFound(f"there is no token or user {viewer_id} who may sign in")


async def can_last_longer(connection: Reader, secret_hash: bytes, until: datetime, most: timedelta) -> bool:
    """Whether it is a session, and `prolong_session` would change it."""
    this = select(sessions.c.created_at, sessions.c.ends_at).where(sessions.c.secret_hash == secret_hash)
    row = (await connection.execute(this)).one_or_none()
    return row is not None and row.ends_at < min(until, row.created_at + most)


async def prolong_session(writer: Writer, secret_hash: bytes, until: datetime, most: timedelta) -> None:
    """Let one end later, within the most that it may last."""
    this = sessions.c.secret_hash == secret_hash
    created_at = await writer.connection.scalar(select(sessions.c.created_at).where(this))
    if created_at is not None:
        later = min(until, created_at + most)
        await writer.execute(update(sessions).where(this, sessions.c.ends_at < later).values(ends_at=later))


async def delete_session(writer: Writer, secret_hash: bytes) -> None:
    """Remove one, if it is there."""
    await writer.execute(delete(sessions).where(sessions.c.secret_hash == secret_hash))


async def _viewers_of(connection: Reader, ids: Collection[ViewerId]) -> dict[ViewerId, Viewer]:
    """Tokens and users, those that may still sign in."""
    questions = (
        select(tokens).where(tokens.c.revoked_at.is_(None), tokens.c.id.in_(ids)),
        select(users_table).where(users_table.c.disabled_at.is_(None), users_table.c.id.in_(ids)),
    )
    return {row.id: users.viewer_of(row) for each in questions for row in await connection.execute(each)}


async def _find_token(connection: Reader, *which: ColumnElement[bool]) -> Viewer | None:
    row = (await connection.execute(select(tokens).where(tokens.c.revoked_at.is_(None), *which))).one_or_none()
    return None if row is None else users.viewer_of(row)
