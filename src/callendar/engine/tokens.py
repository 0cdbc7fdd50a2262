"""Tokens and sessions: secrets are random, shown once, and kept only as hashes."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from callendar.contracts.kept import Token
from callendar.contracts.store import Store
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer
from callendar.domain.rules import CompanyId
from callendar.engine.trail import audit_of

SESSION_DAYS = 30
"""After which one signs in again."""
IDLE_DAYS = 7
"""Without a request, after which one signs in again sooner."""


def hash_secret(secret: str) -> bytes:
    """The form in which a secret is kept and looked up. Secrets are 256 random bits, so a plain hash is enough."""
    return sha256(secret.encode()).digest()


async def create_token(
    store: Store,
    company_id: CompanyId,
    role: Role,
    name: str,
    person_id: PersonId | None,
    now: datetime,
    *,
    by: Viewer | None = None,
) -> tuple[Token, str]:
    """Make a token; the second value is its secret, which nobody can ever read again.

    Args:
        by: Who is audited for it; None for the demo's own.
    """
    secret = "cal_" + token_urlsafe(32)
    token = Token(
        id=ViewerId("t_" + token_hex(8)),
        company_id=company_id,
        role=role,
        name=name,
        person_id=person_id,
        created_at=now,
    )
    audit = by and audit_of(
        by, "token_add", now, person=person_id, detail={"token": token.id, "name": name, "role": role}
    )
    await store.save_token(token, hash_secret(secret), audit=audit)
    return token, secret


async def create_session(store: Store, viewer_id: ViewerId, now: datetime, *, password_hash: str | None = None) -> str:
    """Start a browser session with the rights of a token or user; its secret goes into the cookie.

    Raises:
        NotFound: There is no such viewer, she is disabled, or her password is no longer this one.
    """
    secret = token_urlsafe(32)
    until = now + timedelta(days=IDLE_DAYS)
    await store.save_session(viewer_id, hash_secret(secret), now, until, password_hash=password_hash)
    return secret


async def prolong_session(store: Store, secret_hash: bytes, now: datetime) -> None:
    """A session is used: it lasts `IDLE_DAYS` from now, `SESSION_DAYS` at the most; a token is left alone."""
    await store.prolong_session(secret_hash, now + timedelta(days=IDLE_DAYS), timedelta(days=SESSION_DAYS))
