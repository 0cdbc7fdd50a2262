"""Users, as administrators keep them, and one's own password."""

from __future__ import annotations

from datetime import datetime

from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Struct, UnsetType

from callendar.contracts.kept import User
from callendar.domain.person import PersonId
from callendar.domain.privacy import Role
from callendar.engine.users import UserPatch
from callendar.web.api.access import turn_out
from callendar.web.auth import check_administrator
from callendar.web.cookie import comes_by_https, session_cookie
from callendar.web.once import SECRET
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom
from callendar.web.wire import or_unset


class WireUser(Struct, frozen=True, kw_only=True):
    """A user, without her password; a new one that was made up is shown this once."""

    id: str
    email: str
    name: str
    role: Role
    person: str | UnsetType = UNSET
    created_at: datetime
    disabled_at: datetime | UnsetType = UNSET
    has_password: bool
    password: str | UnsetType = UNSET


class WireUsers(Struct, frozen=True, kw_only=True):
    """All users, disabled ones too, by name."""

    users: tuple[WireUser, ...]


class UserBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user to be added; without `password` one is made up."""

    email: str
    name: str
    role: Role
    person: str | None = None
    password: str | None = None


class PasswordBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A password for a user; absent = one is made up."""

    password: str | None = None


class OwnPasswordBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own password, and the one in its place."""

    current: str
    new: str


class MadePassword(Struct, frozen=True, kw_only=True):
    """A password that was made up, shown this once; left out when it was given."""

    password: str | UnsetType = UNSET


@get("/users", summary="All users", opt=refuses("forbidden"))
async def list_users(request: Asked, room: InRoom) -> WireUsers:
    """For administrators."""
    check_administrator(request.user)
    users = await room.parts.store.load_users(request.user.company_id)
    return WireUsers(users=tuple(wire_user(each) for each in users))


@post("/users", summary="Add a user", opt=SECRET | refuses("forbidden", "not_found", "taken", "busy"))
async def add_user(request: Asked, room: InRoom, data: JSONBody[UserBody]) -> WireUser:
    """Answered with a password if none was given."""
    check_administrator(request.user)
    now = room.parts.clock.now()
    user, made = await room.users.add(
        request.user,
        email=data.email,
        name=data.name,
        role=data.role,
        person_id=None if data.person is None else PersonId(data.person),
        password=data.password,
        now=now,
    )
    return wire_user(user, made)


@patch("/users/{user_id:str}", summary="Change a user", opt=refuses("forbidden", "taken", "own_user"))
async def change_user(request: Asked, room: InRoom, user_id: FromPath[str], data: JSONBody[UserPatch]) -> WireUser:
    """Absent = as it was. Nobody changes her own role or disables herself; a disabled user's sessions end at once."""
    check_administrator(request.user)
    user = await room.users.change(request.user, user_id, data, room.parts.clock.now())
    turn_out(room)
    return wire_user(user)


@delete("/users/{user_id:str}", summary="Remove a user", opt=refuses("forbidden", "own_user"))
async def delete_user(request: Asked, room: InRoom, user_id: FromPath[str]) -> None:
    """Her sessions and their feeds end at once. Nobody removes herself."""
    check_administrator(request.user)
    await room.users.delete(request.user, user_id, room.parts.clock.now())
    turn_out(room)


@post(
    "/users/{user_id:str}/password",
    summary="Give a user a password",
    status_code=200,
    opt=SECRET | refuses("forbidden", "own_user", "busy"),
)
async def reset_password(
    request: Asked, room: InRoom, user_id: FromPath[str], data: JSONBody[PasswordBody]
) -> MadePassword:
    """All her sessions end at once."""
    check_administrator(request.user)
    made = await room.users.reset_password(request.user, user_id, data.password, room.parts.clock.now())
    turn_out(room)
    return MadePassword(password=or_unset(made))


@put(
    "/me/password",
    summary="Change one's own password",
    status_code=204,
    opt=SECRET | refuses("forbidden", "wrong_sign_in", "too_many_tries", "busy", "refused", "not_found"),
)
async def change_own_password(request: Asked, room: InRoom, data: JSONBody[OwnPasswordBody]) -> Response[None]:
    """All one's sessions end; whoever came with the session's cookie is answered with a new one."""
    secret = await room.sign_in.change_password(request.user, data.current, data.new)
    turn_out(room)
    cookie = session_cookie(secret, secure=comes_by_https(request, room.parts.public_url))
    return Response(None, status_code=204, cookies=[cookie])


def wire_user(user: User, password: str | None = None) -> WireUser:
    """A user as she is sent."""
    return WireUser(
        id=user.id,
        email=user.email,
        name=user.name,
        role=user.role,
        person=or_unset(user.person_id),
        created_at=user.created_at,
        disabled_at=or_unset(user.disabled_at),
        has_password=user.has_password,
        password=or_unset(password),
    )


ROUTES = [list_users, add_user, change_user, delete_user, reset_password, change_own_password]
