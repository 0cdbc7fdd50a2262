"""Seal: what could open a calendar system is kept encrypted, and opens only where it was put.

Of a connection that is everything its source asks for, its address and user too; of a calendar where it lies. Names,
kinds and intervals stay readable, so that what cannot be opened can still be named. A body whose secret does not begin
with `sealed:` is of before sealing.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct, structs

from callendar.domain.booking import Calendar, Connection
from callendar.store.key import KeyRing

MARK = "sealed:"
MOST_KEPT = 20_000
"""Opened secrets that are held, for questions that come at every commit."""


class _Secret(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in a token. Its owner stands with it: the cipher itself would open it in any other row."""

    what: Literal["connection", "calendar"]
    company: str
    id: str
    settings: dict[str, str] = {}
    secret: str | None = None
    ref: str = ""


class Seal:
    """Seals and opens with one ring of keys."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self._opened: dict[str, bytes] = {}

    async def seal_connection(self, connection: Connection) -> Connection:
        """As it is kept. Sealing the same twice gives different texts.

        Raises:
            KeyFault: There is no key to seal with.
        """
        inside = _Secret(
            what="connection",
            company=connection.company_id,
            id=connection.id,
            settings=connection.settings,
            secret=connection.secret,
        )
        return structs.replace(connection, settings={}, secret=await self._seal(inside), fault=None)

    def open_connection(self, kept: Connection) -> Connection:
        """As it was sealed; with a fault in words, and no settings, when it cannot be opened."""
        if not is_sealed(kept.secret):
            return kept
        inside = self._open(kept.secret or "", "connection", kept.company_id, kept.id)
        if inside is None:
            return structs.replace(kept, settings={}, secret=None, fault=self._fault(kept.name))
        return structs.replace(kept, settings=inside.settings, secret=inside.secret)

    async def seal_calendar(self, calendar: Calendar) -> Calendar:
        """As it is kept; raises as `seal_connection`."""
        inside = _Secret(what="calendar", company=calendar.company_id, id=calendar.id, ref=calendar.ref)
        return structs.replace(calendar, ref=await self._seal(inside))

    def open_calendar(self, kept: Calendar) -> Calendar:
        """As it was sealed; with an empty ref when it cannot be opened."""
        if not is_sealed(kept.ref):
            return kept
        inside = self._open(kept.ref, "calendar", kept.company_id, kept.id)
        return structs.replace(kept, ref="" if inside is None else inside.ref)

    async def _seal(self, inside: _Secret) -> str:
        fernet = await self.keys.first()
        return MARK + fernet.encrypt(msgspec.json.encode(inside)).decode()

    def _open(self, text: str, what: str, company_id: str, id_: str) -> _Secret | None:
        plain = self._opened.get(text)
        if plain is None:
            plain = self.keys.open(text.removeprefix(MARK).encode())
            if plain is None:
                return None
            if len(self._opened) >= MOST_KEPT:
                self._opened.clear()
            self._opened[text] = plain
        inside = msgspec.json.decode(plain, type=_Secret)
        return inside if (inside.what, inside.company, inside.id) == (what, company_id, id_) else None

    def _fault(self, name: str) -> str:
        why = self.keys.fault or f"{self.keys.place} has no key that opens it"
        return f"the secret of {name} cannot be opened ({why}): give the key it was sealed with, or connect it anew"


def is_sealed(text: str | None) -> bool:
    """Whether this is what sealing makes, and not a secret or ref of before."""
    return text is not None and text.startswith(MARK)
