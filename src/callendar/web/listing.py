"""The list: which people, in which order, in pieces small enough that nobody else waits for the loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime

import anyio.lowlevel
import msgspec
from msgspec import Struct, UnsetType

from callendar.contracts.clock import Clock
from callendar.domain.hours import company_hours
from callendar.domain.privacy import Viewer
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.engine.held import HeldCompany, HeldPeople
from callendar.web.faults import Fault
from callendar.web.rows import LISTED, MANY_SEGMENTS, RowEncoder
from callendar.web.wire import (
    WirePerson,
    WireRead,
    WireReasonShown,
    or_unset,
    wire_reasons,
)

CHUNK_BYTES = 48 * 1024
"""About so much is encoded, and compressed, before others get the loop."""

FIELDS = frozenset(WirePerson.__struct_fields__)

_encode = msgspec.json.Encoder().encode
_decode_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Wanted(Struct, frozen=True, kw_only=True):
    """Which people and what of them, as the query of `GET /people` asks; None = all."""

    ids: Collection[str] | None = None
    department: str | None = None
    fields: frozenset[str] | None = None
    limit: int | None = None
    after: str | None = None


class ListHead(Struct, frozen=True, kw_only=True, gc=False):
    """What stands before the people."""

    version: str
    now: datetime
    listed_until: datetime
    opens_at: datetime | UnsetType
    reasons: dict[str, WireReasonShown]


class Snapshot(Struct, frozen=True, kw_only=True):
    """What of a company is sent, all of one version; nothing in it changes while it is being sent."""

    company: Company
    version: str
    rows: Sequence[Row]
    more: bool
    """There are further people after the last of these."""


class ReadTimes:
    """When each connection of a company was last read, looked up for many feeds at once.

    The same mapping is returned for as long as it is equal, so that whoever holds it sees a change by identity.
    """

    def __init__(self, people: HeldPeople, clock: Clock, *, every_seconds: float) -> None:
        self._people = people
        self._clock = clock
        self._every = every_seconds
        self._connections: dict[CompanyId, tuple[str, frozenset[str]]] = {}
        self._read: dict[CompanyId, tuple[float, Mapping[str, WireRead]]] = {}

    def look(self, held: HeldCompany, *, at_once: bool = False) -> Mapping[str, WireRead]:
        """By connection, those that have been read; at most so old as the constructor says, `at_once` not at all."""
        company_id = held.company.id
        now = self._clock.monotonic()
        kept = self._read.get(company_id)
        if kept is not None and not at_once and now - kept[0] < self._every:
            return kept[1]
        reads: Mapping[str, WireRead] = {
            connection: WireRead(read_at=read_at, stale_seconds=held.stale_seconds[connection])
            for connection, read_at in held.read_at.items()
            if connection in self._of(held) and connection in held.stale_seconds
        }
        if kept is not None and kept[1] == reads:
            reads = kept[1]
        self._read[company_id] = (now, reads)
        return reads

    def _of(self, held: HeldCompany) -> frozenset[str]:
        version, connections = self._connections.get(held.company.id, ("", frozenset[str]()))
        if version != held.version:
            connections = frozenset(each for row in held.rows.values() for each in row.connections)
            self._connections[held.company.id] = (held.version, connections)
        return connections


class Listing:
    """Answers `GET /people`."""

    def __init__(self, people: HeldPeople, rows: RowEncoder, freshness: ReadTimes) -> None:
        self._people = people
        self._rows = rows
        self._freshness = freshness
        self._ordered: dict[CompanyId, tuple[str, list[Row]]] = {}

    def take(self, company_id: CompanyId, wanted: Wanted) -> Snapshot:
        """The people wanted, by name then id, as they stand now.

        Raises:
            Fault: `after` names nobody who is there.
        """
        held = self._people.company(company_id)
        rows = self._in_order(held)
        if wanted.after is not None:
            place = next((n for n, row in enumerate(rows, 1) if row.person.id == wanted.after), None)
            if place is None:
                raise Fault(
                    400,
                    "invalid",
                    f"after: {wanted.after!r} is not there any more; begin the list anew.",
                    {"field": "after", "value": wanted.after},
                )
            rows = rows[place:]
        if wanted.ids is not None:
            ids = frozenset(wanted.ids)
            rows = [row for row in rows if row.person.id in ids]
        if wanted.department is not None:
            department = wanted.department.casefold()
            rows = [row for row in rows if (row.person.department or "").casefold() == department]
        limit = len(rows) if wanted.limit is None else wanted.limit
        return Snapshot(company=held.company, version=held.version, rows=rows[:limit], more=len(rows) > limit)

    async def encode(
        self, snapshot: Snapshot, viewer: Viewer, now: datetime, fields: frozenset[str] | None
    ) -> AsyncGenerator[bytes, None]:
        """The answer in pieces of about `CHUNK_BYTES`; others get the loop between two."""
        head = ListHead(
            version=snapshot.version,
            now=now,
            listed_until=now + LISTED,
            opens_at=or_unset(company_hours(snapshot.company).opens_at(now)),
            reasons=wire_reasons(snapshot.company),
        )
        piece = bytearray(_encode(head)[:-1] + b',"people":[')
        for n, row in enumerate(snapshot.rows):
            if n:
                piece += b","
            encoded = self._rows.encode(snapshot.company, row, viewer, now)
            piece += encoded if fields is None else only(encoded, fields)
            if len(piece) >= CHUNK_BYTES:
                yield bytes(piece)
                piece.clear()
                await anyio.lowlevel.checkpoint()
            elif len(row.timetable) > MANY_SEGMENTS:
                await anyio.lowlevel.checkpoint()
        piece += b"]"
        if snapshot.more:
            piece += b',"next_after":' + _encode(snapshot.rows[-1].person.id)
        held = self._people.company(snapshot.company.id)
        piece += b',"fresh":' + _encode(self._freshness.look(held, at_once=True)) + b"}"
        yield bytes(piece)

    def _in_order(self, held: HeldCompany) -> list[Row]:
        version, rows = self._ordered.get(held.company.id, ("", []))
        if version != held.version:
            rows = sorted(held.rows.values(), key=lambda row: (row.person.name.casefold(), row.person.id))
            self._ordered[held.company.id] = (held.version, rows)
        return rows


def only(encoded: bytes, fields: frozenset[str]) -> bytes:
    """A person's JSON object with these fields alone, and the id."""
    return _encode({name: value for name, value in _decode_raw(encoded).items() if name in fields or name == "id"})


def read_wanted(
    *, ids: str | None, department: str | None, fields: str | None, limit: int | None, after: str | None
) -> Wanted:
    """The query, checked.

    Raises:
        Fault: A field there is not, or a limit that is none.
    """
    names = None if fields is None else frozenset(_parts(fields))
    unknown = sorted((names or frozenset()) - FIELDS)
    if unknown:
        raise Fault(
            400,
            "invalid",
            f"fields: there is no {', '.join(unknown)}; there are {', '.join(sorted(FIELDS))}.",
            {"field": "fields", "value": unknown},
        )
    if limit is not None and limit < 1:
        raise Fault(
            400, "invalid", f"limit: {limit} is too little; give 1 or more.", {"field": "limit", "value": limit}
        )
    return Wanted(
        ids=None if ids is None else _parts(ids), department=department, fields=names, limit=limit, after=after
    )


def _parts(listed: str) -> list[str]:
    return [part.strip() for part in listed.split(",") if part.strip()]
