"""Publishing: a person's timetable as a calendar for other programs, as one viewer sees it, and the keys to it.

A key opens one person's calendar and nothing else. It sees what its maker may see at the moment of reading, and ends
with her: revoked, she opens nothing any more.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from secrets import token_hex, token_urlsafe

import anyio
from msgspec import Struct

from callendar.contracts.kept import TimetableKey
from callendar.contracts.store import NotFound, Store
from callendar.domain.errors import Refused
from callendar.domain.person import PersonId
from callendar.domain.privacy import View, Viewer, redact, view_of
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.domain.window import window_from
from callendar.engine.tokens import hash_secret
from callendar.engine.trail import audit_of
from callendar.formats.published import render_timetable

MOST_KEYS = 20
"""Of one viewer to one person's calendar."""
MOST_KEPT = 200
"""Calendars kept rendered; who polls asks for the same one again."""


class TooManyKeys(Refused):
    """The viewer has made as many keys to this calendar as are of use."""

    code = "too_many_keys"


class Published(Struct, frozen=True, gc=False):
    """A calendar as it is sent."""

    body: bytes
    etag: str
    """Of what stands in it and of nothing else, so that it tells no more than that."""


class _Kept(Struct, frozen=True, gc=False):
    row: Row
    company: Company
    published: Published


class Publisher:
    """Renders timetables; keeps those asked for last."""

    def __init__(self) -> None:
        self._kept: dict[tuple[CompanyId, PersonId, View], _Kept] = {}

    async def publish(self, row: Row, company: Company, viewer: Viewer) -> Published:
        """The calendar that this viewer may see of her timetable, from the day before her last slide to 35 days on."""
        view = view_of(viewer, row.person, company)
        key = (company.id, row.person.id, view)
        kept = self._kept.pop(key, None)
        if kept is None or kept.row is not row or kept.company != company:
            cut = redact(row, view, company)
            # A thousand events take a third of a second.
            body = await anyio.to_thread.run_sync(render_timetable, cut, company, window_from(row.slid_at))
            kept = _Kept(row, company, Published(body, f'W/"{sha256(body).hexdigest()[:32]}"'))
        self._kept[key] = kept
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return kept.published


async def create_key(store: Store, viewer: Viewer, row: Row, now: datetime) -> tuple[TimetableKey, str]:
    """Make a key for a viewer; the second value is its secret, which nobody can ever read again.

    Raises:
        TooManyKeys: Revoke one first.
    """
    person = row.person
    hers = [key for key in await store.load_timetable_keys(person.company_id, person.id) if key.viewer_id == viewer.id]
    if len(hers) >= MOST_KEYS:
        raise TooManyKeys(f"there are {len(hers)} keys of yours to this calendar; revoke one that is not used any more")
    secret = "calk_" + token_urlsafe(32)
    key = TimetableKey(
        id="tk_" + token_hex(8),
        company_id=person.company_id,
        person_id=person.id,
        viewer_id=viewer.id,
        created_at=now,
    )
    async with store.change(person.company_id, [person.id]) as tx:
        await tx.save_timetable_key(key, hash_secret(secret))
        if viewer.person_id != person.id:
            await tx.record_audit(
                audit_of(viewer, "timetable_key_add", now, person=key.person_id, detail={"key": key.id})
            )
    return key, secret


async def list_keys(store: Store, viewer: Viewer, row: Row) -> list[TimetableKey]:
    """Keys to a person's calendar, the newest last: all of them to herself and to administrators, else one's own."""
    keys = await store.load_timetable_keys(row.person.company_id, row.person.id)
    sees_all = viewer.person_id == row.person.id or viewer.role == "administrator"
    return [key for key in keys if sees_all or key.viewer_id == viewer.id]


async def revoke_key(store: Store, viewer: Viewer, row: Row, key_id: str, now: datetime) -> None:
    """Take back a key that the viewer may list; it stops at once. `NotFound` for any other."""
    key = next((key for key in await list_keys(store, viewer, row) if key.id == key_id), None)
    if key is None:
        raise NotFound(f"there is no key {key_id}")
    async with store.change(key.company_id, [key.person_id]) as tx:
        await tx.delete_timetable_key(key.person_id, key.id)
        if viewer.person_id != key.person_id or viewer.id != key.viewer_id:
            await tx.record_audit(
                audit_of(viewer, "timetable_key_revoke", now, person=key.person_id, detail={"key": key.id})
            )


async def find_reader(store: Store, person_id: PersonId, secret: str) -> Viewer | None:
    """As whom a key reads this person's calendar now; None when it is unknown, revoked, or another person's."""
    key = await store.find_timetable_key(hash_secret(secret))
    if key is None or key.person_id != person_id:
        return None
    return await store.load_viewer_by_id(key.company_id, key.viewer_id)
