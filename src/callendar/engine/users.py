"""Users: added, changed and removed by administrators; their passwords."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from callendar.contracts.kept import User
from callendar.contracts.store import Conflict, NotFound, Store
from callendar.domain.errors import CallendarError
from callendar.domain.line import tidy_line
from callendar.domain.password import check_new_password
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer
from callendar.domain.rules import CompanyId
from callendar.engine.invalid import InvalidField
from callendar.engine.password import Passwords, generate_password
from callendar.engine.people import Taken
from callendar.engine.trail import audit_of


class OwnUser(CallendarError):
    """Nobody takes away her own way in."""

    code = "own_user"


class UserPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a user; absent = as it was, null = none."""

    email: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    person: str | None | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET


class Users:
    """The users of every company, changed one step at a time; each change leaves a line in the trail."""

    def __init__(self, store: Store, passwords: Passwords) -> None:
        self._store = store
        self._passwords = passwords

    async def find(self, company_id: CompanyId, wanted: str) -> User:
        """By id or address; `NotFound` if there is none in the company."""
        email = fold_email(wanted)
        for user in await self._store.load_users(company_id):
            if user.id == wanted or user.email == email:
                return user
        raise NotFound(f"there is no user {wanted!r}")

    async def add(
        self,
        by: Viewer,
        *,
        email: str,
        name: str,
        role: Role,
        person_id: PersonId | None,
        password: str | None,
        now: datetime,
    ) -> tuple[User, str | None]:
        """Add one with this password, or with one that is made up and returned this once.

        Raises:
            InvalidValue: A value cannot be.
            NotFound: There is no such person in the company.
            Taken: Another user of the company has the address.
            Busy: Too many passwords are being checked at this moment.
        """
        user = _checked(
            User(
                id=ViewerId("u_" + token_hex(8)),
                company_id=by.company_id,
                email=email,
                name=name,
                role=role,
                person_id=person_id,
                created_at=now,
                has_password=True,
            )
        )
        made, password_hash = await self._hash(user, password)
        await self._save(by, user, "user_add", now, password_hash)
        return user, made

    async def change(self, by: Viewer, user_id: str, patch: UserPatch, now: datetime) -> User:
        """Change one; a disabled one's sessions end. Raises as `add`, `NotFound`, and `OwnUser` where somebody would
        take away her own rights."""
        before = await self.find(by.company_id, user_id)
        given: dict[str, Any] = {
            field: value
            for field, value in structs.asdict(patch).items()
            if value is not UNSET and field not in ("person", "disabled")
        }
        if patch.person is not UNSET:
            given["person_id"] = patch.person
        if patch.disabled is not UNSET:
            given["disabled_at"] = (before.disabled_at or now) if patch.disabled else None
        after = structs.replace(before, **given)
        if by.id == before.id and (after.role != before.role or after.disabled_at is not None):
            raise OwnUser("you cannot disable yourself or change your own role; let another administrator do it")
        after = _checked(after)
        await self._save(by, after, "user_change", now)
        return after

    async def delete(self, by: Viewer, user_id: str, now: datetime) -> None:
        """Remove one with her sessions; `OwnUser` for oneself."""
        user = await self.find(by.company_id, user_id)
        if user.id == by.id:
            raise OwnUser("you cannot delete yourself; let another administrator do it")
        await self._store.delete_user(
            user.company_id,
            user.id,
            audit=audit_of(by, "user_delete", now, person=user.person_id, detail=_named(user)),
        )

    async def reset_password(self, by: Viewer, user_id: str, password: str | None, now: datetime) -> str | None:
        """Give a user this password, or one that is made up and returned this once; all her sessions end."""
        user = await self.find(by.company_id, user_id)
        made, password_hash = await self._hash(user, password)
        audit = audit_of(by, "password_reset", now, person=user.person_id, detail=_named(user))
        await self._store.save_password(user.company_id, user.id, password_hash, audit=audit)
        return made

    async def _hash(self, user: User, password: str | None) -> tuple[str | None, str]:
        """The password if it was made up, and its hash."""
        if password is None:
            made = generate_password()
            return made, await self._passwords.hash(made)
        return None, await self._passwords.hash(check_new_password(password, email=user.email, name=user.name))

    async def _save(self, by: Viewer, user: User, action: str, now: datetime, password_hash: str | None = None) -> None:
        if user.person_id is not None:
            # Asked of the store, as the command line holds no rows.
            await self._store.load_causes(user.company_id, user.person_id)
        audit = audit_of(by, action, now, person=user.person_id, detail=_named(user) | {"role": user.role})
        try:
            await self._store.save_user(user, password_hash=password_hash, audit=audit)
        except Conflict as error:
            raise Taken(f"email: another user of the company has {user.email!r}; give another") from error


def fold_email(typed: str) -> str:
    """The address as users are found by."""
    return typed.strip().casefold()


def _named(user: User) -> dict[str, str]:
    return {"user": user.id, "name": user.name}


def _checked(user: User) -> User:
    email = fold_email(tidy_line(user.email, "email") or "")
    local, at, domain = email.rpartition("@")
    if not (local and at and domain) or any(each.isspace() for each in email):
        raise InvalidField("email", user.email, f"{user.email!r} is no mail address; write it as name@company")
    name = tidy_line(user.name, "name")
    if name is None:
        raise InvalidField("name", user.name, "it is empty; give the name that colleagues know")
    return structs.replace(user, email=email, name=name)
