"""Tokens and sessions: secrets are random, shown once, and kept only as hashes."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from callendar.contracts.kept import Token
from callendar.contracts.store import Store
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Role
from callendar.domain.rules import CompanyId

SESSION_DAYS = 30


def hash_secret(secret: str) -> bytes:
    """The form in which a secret is kept and looked up. Secrets are 256 random bits, so a plain hash is enough."""
    return sha256(secret.encode()).digest()


async def create_token(
    store: Store, company_id: CompanyId, role: Role, name: str, person_id: PersonId | None, now: datetime
) -> tuple[Token, str]:
    """Make a token; the second value is its secret, which nobody can ever read again."""
    secret = "cal_" + token_urlsafe(32)
    token = Token(
        id=ViewerId("t_" + token_hex(8)),
        company_id=company_id,
        role=role,
        name=name,
        person_id=person_id,
        created_at=now,
    )
    await store.save_token(token, hash_secret(secret))
    return token, secret


async def create_session(store: Store, token_id: ViewerId, now: datetime) -> str:
    """Start a browser session with the rights of a token; its secret goes into the cookie."""
    secret = token_urlsafe(32)
    await store.save_session(token_id, hash_secret(secret), now, now + timedelta(days=SESSION_DAYS))
    return secret
