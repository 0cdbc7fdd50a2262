"""Users: who signs in with an address and a password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from callendar.contracts.kept import Account, User
from callendar.contracts.store import Conflict, NotFound
from callendar.domain.person import ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import CompanyId
from callendar.store.body import COMPANY
from callendar.store.connect import Reader, Writer
from callendar.store.tables import companies, sessions, users
from callendar.store.timetable_keys import delete_keys_of


async def save_user(writer: Writer, user: User, password_hash: str | None) -> None:
    """Add one, or change everything of one but the password."""
    holder = users.c.company_id == user.company_id, users.c.email == user.email, users.c.id != user.id
    if await writer.connection.scalar(select(users.c.id).where(*holder)):
        raise Conflict(f"another user of the company has the address {user.email}")
    given = {
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "person_id": user.person_id,
        "disabled_at": user.disabled_at,
    }
    this = _this(user.company_id, user.id)
    if await writer.connection.scalar(select(users.c.id).where(*this)):
        await writer.execute(update(users).where(*this).values(**given))
    else:
        new = {"company_id": user.company_id, "id": user.id, "created_at": user.created_at}
        await writer.execute(insert(users).values(**new, password_hash=password_hash, **given))
    if user.disabled_at is not None:
        await end_sessions(writer, user.id)


async def load_users(connection: Reader, company_id: CompanyId) -> Sequence[User]:
    """All, by name, then id."""
    question = select(users).where(users.c.company_id == company_id).order_by(users.c.name, users.c.id)
    return [_user(row) for row in await connection.execute(question)]


async def delete_user(writer: Writer, company_id: CompanyId, user_id: ViewerId) -> None:
    """Remove one; her sessions and her keys to calendars go with her."""
    gone = await writer.execute(delete(users).where(*_this(company_id, user_id)))
    if not gone.rowcount:
        raise NotFound(f"there is no user {user_id}")
    await delete_keys_of(writer, company_id, user_id)


async def load_accounts(connection: Reader, email: str) -> Sequence[Account]:
    """Those with this address, by company."""
    question = (
        select(users, companies.c.body)
        .join(companies, companies.c.id == users.c.company_id)
        .where(users.c.email == email)
        .order_by(users.c.company_id)
    )
    return [
        Account(user=_user(row), company_name=COMPANY.decode(row.body).name, password_hash=row.password_hash)
        for row in await connection.execute(question)
    ]


async def save_password(
    writer: Writer,
    company_id: CompanyId,
    user_id: ViewerId,
    password_hash: str,
    *,
    replacing: str | None,
    keep_sessions: bool,
) -> bool:
    """Give one a password; False when the one to be replaced was another."""
    this = _this(company_id, user_id)
    still = () if replacing is None else (users.c.password_hash == replacing,)
    given = await writer.execute(update(users).where(*this, *still).values(password_hash=password_hash))
    if not given.rowcount:
        if await writer.connection.scalar(select(users.c.id).where(*this)):
            return False
        raise NotFound(f"there is no user {user_id}")
    if not keep_sessions:
        await end_sessions(writer, user_id)
    return True


async def end_sessions(writer: Writer, user_id: ViewerId) -> None:
    """All of one user's."""
    await writer.execute(delete(sessions).where(sessions.c.user_id == user_id))


async def find_viewer(connection: Reader, *which: ColumnElement[bool]) -> Viewer | None:
    """Who that is, unless she is disabled."""
    row = (await connection.execute(select(users).where(users.c.disabled_at.is_(None), *which))).one_or_none()
    return None if row is None else viewer_of(row)


def viewer_of(row: Row[Any]) -> Viewer:
    """Of a user's row or a token's."""
    return Viewer(id=row.id, company_id=row.company_id, role=row.role, name=row.name, person_id=row.person_id)


def _this(company_id: CompanyId, user_id: ViewerId) -> tuple[ColumnElement[bool], ...]:
    return users.c.company_id == company_id, users.c.id == user_id


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        company_id=row.company_id,
        email=row.email,
        name=row.name,
        role=row.role,
        person_id=row.person_id,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        has_password=row.password_hash is not None,
    )
