"""Sight: through whose eyes an answer is made, the caller's own or, for administrators, another viewer's (*see as*)."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Viewer
from callendar.engine.trail import audit_of
from callendar.web.auth import check_administrator
from callendar.web.faults import not_found
from callendar.web.room import Asked, Room

SeenAs: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="as", description="See as this user or token, by id (administrators); it is audited."),
]


async def find_eyes(request: Asked, room: Room, seen_as: str | None) -> Viewer:
    """Through whose eyes an answer is made: the caller's own, or with `?as=` another viewer's.

    Raises:
        Fault: 403 to whoever is no administrator; 404 when there is no such viewer, or not any more.
    """
    if seen_as is None:
        return request.user
    check_administrator(request.user)
    viewer = await room.doorkeeper.find_seen(request.user, ViewerId(seen_as))
    if viewer is None:
        raise not_found(f"as: there is no user or token {seen_as!r} here that can sign in; `GET /tokens` lists tokens.")
    return viewer


async def audit_sight(request: Asked, room: Room, seen: Viewer, person_id: PersonId | None = None) -> None:
    """Who saw as somebody else, and at whom he looked; None = at everybody."""
    caller = request.user
    if seen is caller:
        return
    seen_as = {"as": seen.id, "as_name": seen.name}
    async with room.parts.store.change(caller.company_id, []) as tx:
        await tx.record_audit(audit_of(caller, "see_as", room.parts.clock.now(), person=person_id, detail=seen_as))
