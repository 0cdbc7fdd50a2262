"""Batches: what changed in a company between two versions, encoded once for all who are sent the same.

At nine o'clock a thousand feeds are told of the same rows: each event is made by the first of them that comes to it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime

import anyio
import anyio.lowlevel
import msgspec
from msgspec import Struct

from callendar.contracts.store import Store
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer, named_by
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.engine.held import HeldCompany, HeldPeople
from callendar.web.event import encode_event
from callendar.web.rows import LISTED, MANY_SEGMENTS, RowEncoder

ROWS_AT_ONCE = 100
"""More changed rows are sent in several events; only the last one has the new version."""
ROWS_IN_A_ROW = 25
"""Encoded before others get the loop."""
MOST_KEPT = 16
"""Batches of one company, that is, different versions from which feeds resume at the same moment."""

_encode = msgspec.json.Encoder().encode


class PeopleHead(Struct, frozen=True, kw_only=True, gc=False):
    """What stands before the rows of a `people` event."""

    version: str
    now: datetime
    listed_until: datetime


class Moment(Struct, frozen=True, gc=False, eq=False):
    """What a batch hangs on: within the same moment, the same batch is right."""

    held: HeldCompany
    company: Company
    n: int
    now: datetime
    woken: anyio.Event
    """Set at the next change of anything held, line states included."""

    def is_still(self, other: Moment) -> bool:
        """Whether nothing has changed."""
        return (
            self.held is other.held
            and self.company is other.company
            and self.n == other.n
            and self.now == other.now
            and self.woken is other.woken
        )


class Batch:
    """The changes from one version up to another, as events for each audience."""

    def __init__(self, rows: RowEncoder, moment: Moment, since: int, touched: Collection[PersonId]) -> None:
        held = moment.held
        self.n = moment.n
        """The version that is reached when all of it has been sent."""
        self._rows = rows
        self._company = moment.company
        self._now = moment.now
        self._before, self._after = f"{held.epoch}-{since}", f"{held.epoch}-{moment.n}"
        self._present: Sequence[Row] = [held.rows[each] for each in sorted(touched) if each in held.rows]
        self._gone = sorted(each for each in touched if each not in held.rows)
        self._people = frozenset(touched)
        self._named: frozenset[ViewerId] = frozenset().union(*(named_by(row.person) for row in self._present))
        self._heard: dict[tuple[Role, ViewerId | None], _Heard] = {}

    async def events(self, viewer: Viewer) -> AsyncGenerator[bytes, None]:
        """What this viewer is sent, one event at least, in order."""
        heard = self._heard.setdefault(self._audience(viewer), _Heard())
        for number in range(max(1, -(-len(self._present) // ROWS_AT_ONCE))):
            if len(heard.events) == number:
                async with heard.making:
                    if len(heard.events) == number:
                        heard.events.append(await self._make(number, viewer))
            yield heard.events[number]

    def _audience(self, viewer: Viewer) -> tuple[Role, ViewerId | None]:
        """All of one role are sent the same, but for whom one of these people names."""
        named = viewer.person_id in self._people or viewer.id in self._named
        return viewer.role, viewer.id if named else None

    async def _make(self, number: int, viewer: Viewer) -> bytes:
        first = number * ROWS_AT_ONCE
        last = first + ROWS_AT_ONCE >= len(self._present)
        version = self._after if last else self._before
        head = PeopleHead(version=version, now=self._now, listed_until=self._now + LISTED)
        encoded: list[bytes] = []
        for row in self._present[first : first + ROWS_AT_ONCE]:
            encoded.append(self._rows.encode(self._company, row, viewer, self._now))
            if len(encoded) % ROWS_IN_A_ROW == 0 or len(row.timetable) > MANY_SEGMENTS:
                await anyio.lowlevel.checkpoint()
        body = _encode(head)[:-1] + b',"people":[' + b",".join(encoded) + b"]"
        if last and self._gone:
            body += b',"gone":' + _encode(self._gone)
        return encode_event("people", body + b"}", self._after if last else None)


class Batches:
    """The batches of this moment, of every company."""

    def __init__(self, store: Store, people: HeldPeople, rows: RowEncoder) -> None:
        self._store = store
        self._people = people
        self._rows = rows
        self._kept: dict[CompanyId, tuple[Moment, dict[int, Batch | None]]] = {}
        self._making = anyio.Lock()

    async def take(self, held: HeldCompany, since: int, now: datetime) -> Batch | None:
        """What changed after version `since`; None when that cannot be told any more."""
        _, known = self._at(held, now)
        if since in known:
            return known[since]
        # One after the other: whoever resumes from the same version needs not ask the store again.
        async with self._making:
            moment, known = self._at(held, now)
            if since in known:
                return known[since]
            batch = await self._make(moment, since)
            if len(known) >= MOST_KEPT:
                known.clear()
            known[since] = batch
            return batch

    def _at(self, held: HeldCompany, now: datetime) -> tuple[Moment, dict[int, Batch | None]]:
        """The present moment of a company and its batches; those of a moment that is over are forgotten."""
        moment = Moment(held, held.company, held.n, now, self._people.waiter())
        kept = self._kept.get(held.company.id)
        if kept is None or not kept[0].is_still(moment):
            for gone in self._kept.keys() - self._people.companies.keys():
                del self._kept[gone]
            kept = self._kept[held.company.id] = (moment, {})
        return kept

    async def _make(self, moment: Moment, since: int) -> Batch | None:
        held = moment.held
        touched: Collection[PersonId] | None = held.touched_since(since)
        if touched is None:
            stored = await self._store.load_rows_since(held.company.id, since)
            if stored is None or stored.epoch != held.epoch:
                return None
            touched = {row.person.id for row in stored.rows} | set(stored.gone)
        return Batch(self._rows, moment, since, touched)


class _Heard:
    """The events of one audience, as far as they have been made."""

    def __init__(self) -> None:
        self.events: list[bytes] = []
        self.making = anyio.Lock()
