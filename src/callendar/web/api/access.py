"""Who asks: `me`, and the tokens that administrators give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Struct, UnsetType

from callendar.contracts.kept import Token
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer
from callendar.engine.people import OwnPatch, change_person, check_own
from callendar.engine.tokens import create_token
from callendar.engine.trail import audit_of
from callendar.web.auth import check_administrator
from callendar.web.faults import Fault
from callendar.web.once import SECRET
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom, Room
from callendar.web.wire import or_unset

MOST_AUDITED = 1000
"""Entries of one answer."""


class May(Struct, frozen=True, kw_only=True):
    """What the caller may do."""

    administer: bool
    """Change the company: people, connections, calendars, users, tokens, rules, reasons; read the audit."""
    refer_everybody: bool
    """Give orders for anybody in the company."""
    choose_mode: bool
    choose_keywords: bool
    change_password: bool


class Me(Struct, frozen=True, kw_only=True):
    """The caller."""

    id: str
    name: str
    role: Role
    email: str | UnsetType = UNSET
    """Of a user."""
    company: str
    may: May
    person: str | UnsetType = UNSET
    mode: str | UnsetType = UNSET
    """Her own; left out = the company's."""
    keywords: dict[str, tuple[str, ...]] | UnsetType = UNSET


class TokenBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token to be made."""

    role: Role
    name: str
    person: str | None = None


class NewToken(Struct, frozen=True, kw_only=True):
    """A token just made; its secret is shown this once."""

    id: str
    token: str


class WireToken(Struct, frozen=True, kw_only=True):
    """A token, without its secret."""

    id: str
    role: Role
    name: str
    person: str | UnsetType = UNSET
    created_at: datetime
    revoked_at: datetime | UnsetType = UNSET


class Tokens(Struct, frozen=True, kw_only=True):
    """All tokens, revoked ones too, the newest last."""

    tokens: tuple[WireToken, ...]


class WireAudit(Struct, frozen=True, kw_only=True):
    """One change that somebody made for somebody else, or of the company."""

    id: int
    at: datetime
    by: str
    by_name: str
    action: str
    person: str | UnsetType = UNSET
    detail: dict[str, str]


class AuditTrail(Struct, frozen=True, kw_only=True):
    """The newest first."""

    audit: tuple[WireAudit, ...]
    next_before: int | UnsetType = UNSET
    """For `before`, when there are older ones."""


@get("/me", summary="Who the caller is")
async def show_me(request: Asked, room: InRoom) -> Me:
    """Role, and the person the token or user belongs to."""
    return await me_of(room, request.user)


@patch("/me", summary="Change one's own mode and keywords", opt=refuses("forbidden", "no_person", "unknown_reason"))
async def change_me(request: Asked, room: InRoom, data: JSONBody[OwnPatch]) -> Me:
    """Where the company lets people."""
    viewer = request.user
    company = room.parts.held.company(viewer.company_id).company
    if viewer.person_id is None:
        raise Fault(409, "no_person", "This token or session belongs to no person; there is nothing to change.")
    check_own(data, company)
    await change_person(room.parts.store, company.id, viewer.person_id, data, room.parts.clock.now(), by=viewer)
    await room.parts.held.refresh()
    return await me_of(room, viewer)


@delete("/me/notices/{notice_id:str}", summary="A notice has been seen")
async def see_notice(request: Asked, room: InRoom, notice_id: FromPath[str]) -> None:
    """It is not told again."""
    viewer = request.user
    if viewer.person_id is None:
        raise Fault(404, "not_found", f"There is no notice {notice_id!r}.")
    await room.parts.store.mark_notice_seen(viewer.company_id, viewer.person_id, notice_id)


@get("/tokens", summary="All tokens", opt=refuses("forbidden"))
async def list_tokens(request: Asked, room: InRoom) -> Tokens:
    """For administrators; secrets are kept as hashes and shown to nobody."""
    check_administrator(request.user)
    tokens = await room.parts.store.load_tokens(request.user.company_id)
    return Tokens(tokens=tuple(_wire_token(each) for each in tokens))


@post("/tokens", summary="Make a token", opt=SECRET | refuses("forbidden", "not_found"))
async def make_token(request: Asked, room: InRoom, data: JSONBody[TokenBody]) -> NewToken:
    """Its secret is shown this once."""
    check_administrator(request.user)
    if not data.name.strip():
        raise Fault(
            400, "invalid", "name: it is empty; say what the token is for.", {"field": "name", "value": data.name}
        )
    if data.person is not None:
        room.details.find_row(request.user, data.person)
    token, secret = await create_token(
        room.parts.store,
        request.user.company_id,
        data.role,
        data.name.strip(),
        None if data.person is None else PersonId(data.person),
        room.parts.clock.now(),
        by=request.user,
    )
    return NewToken(id=token.id, token=secret)


@delete("/tokens/{token_id:str}", summary="Revoke a token", opt=refuses("forbidden"))
async def revoke_token(request: Asked, room: InRoom, token_id: FromPath[str]) -> None:
    """It, its sessions and their feeds end at once."""
    check_administrator(request.user)
    now = room.parts.clock.now()
    audit = audit_of(request.user, "token_revoke", now, detail={"token": token_id})
    await room.parts.store.revoke_token(request.user.company_id, ViewerId(token_id), now, audit=audit)
    turn_out(room)


@get("/audit", summary="What was done for somebody else, and with the company", opt=refuses("forbidden"))
async def show_audit(
    request: Asked,
    room: InRoom,
    limit: FromQuery[int] = 100,
    before: Annotated[
        int | None, QueryParameter(description="Only older than the entry with this id; `next_before` of a page.")
    ] = None,
    person: Annotated[str | None, QueryParameter(description="Only about this person, by id, gone or not.")] = None,
) -> AuditTrail:
    """For administrators; the newest first, 1000 at the most."""
    check_administrator(request.user)
    if not 1 <= limit <= MOST_AUDITED:
        raise Fault(
            400, "invalid", f"limit: {limit} is not from 1 to {MOST_AUDITED}.", {"field": "limit", "value": limit}
        )
    if before is not None and not 0 <= before < 2**63:
        raise Fault(400, "invalid", f"before: {before} is no entry's id.", {"field": "before", "value": before})
    # One more than asked for tells whether there are more.
    entries = await room.parts.store.load_audit(
        request.user.company_id, limit + 1, before=before, person_id=None if person is None else PersonId(person)
    )
    page = entries[:limit]
    return AuditTrail(
        audit=tuple(
            WireAudit(
                id=each.id,
                at=each.at,
                by=each.by,
                by_name=each.by_name,
                action=each.action,
                person=or_unset(each.person_id),
                detail=each.detail,
            )
            for each in page
            if each.id is not None
        ),
        next_before=or_unset(page[-1].id) if len(entries) > limit else UNSET,
    )


async def me_of(room: Room, viewer: Viewer) -> Me:
    """Who that is, as they are told themselves."""
    held = room.parts.held.company(viewer.company_id)
    rules = held.company.rules
    row = held.rows.get(viewer.person_id) if viewer.person_id else None
    users = {each.id: each for each in await room.parts.store.load_users(viewer.company_id)}
    user = users.get(viewer.id)
    return Me(
        id=viewer.id,
        name=viewer.name,
        role=viewer.role,
        email=or_unset(user and user.email),
        company=held.company.name,
        may=May(
            administer=viewer.role == "administrator",
            refer_everybody=viewer.role == "telephonist" or rules.colleagues_may_set,
            choose_mode=row is not None and rules.personal_mode,
            choose_keywords=row is not None and rules.personal_keywords,
            change_password=user is not None and user.has_password,
        ),
        person=or_unset(viewer.person_id),
        mode=or_unset(row and row.person.mode),
        keywords=(row and row.person.keywords) or UNSET,
    )


def turn_out(room: Room) -> None:
    """Somebody may no longer be let in: look at everybody anew, open feeds too."""
    room.doorkeeper.forget()
    room.parts.held.wake()


def _wire_token(token: Token) -> WireToken:
    return WireToken(
        id=token.id,
        role=token.role,
        name=token.name,
        person=or_unset(token.person_id),
        created_at=token.created_at,
        revoked_at=or_unset(token.revoked_at),
    )


ROUTES = [show_me, change_me, see_notice, list_tokens, make_token, revoke_token, show_audit]
