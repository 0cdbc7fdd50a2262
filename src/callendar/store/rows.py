"""Rows: people as others receive them, their versions, and who is gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import anyio
from msgspec import Struct, structs
from sqlalchemy import and_, bindparam, select, update

from callendar.contracts.kept import RowHeader
from callendar.domain.person import PersonId
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import CompanyId
from callendar.domain.timetable import Segment
from callendar.store.body import PLANNED_WITH, ROW
from callendar.store.connect import Reader, Writer
from callendar.store.tables import counters, people, rows, tombstones

AT_ONCE = 250
"""Rows decoded between two turns of the loop: some milliseconds."""
AT_ONCE_BYTES = 500_000
"""Or so many bytes of them."""


class RowDraft(Struct, frozen=True, kw_only=True):
    """A row that differs from what is kept and awaits its version."""

    body: bytes
    planned_with: bytes
    next_edge: datetime | None
    slid_at: datetime


class KeptRow(Struct, frozen=True, gc=False):
    """A row as it was fetched, to be decoded once the connection is free again."""

    version: int
    body: bytes


async def draft_row(
    writer: Writer, company_id: CompanyId, row: Row, planned_with: PlannedWith, now: datetime, *, new: bool
) -> RowDraft | None:
    """What is to be written of a row; None if it is kept as it is, apart from version and `planned_with`.

    Args:
        new: Its person was added in this transaction: nothing is kept of her.
    """
    this = rows.c.company_id == company_id, rows.c.person_id == row.person.id
    question = select(rows.c.body, rows.c.planned_with).where(*this)
    kept = None if new else (await writer.connection.execute(question)).one_or_none()
    unversioned = structs.replace(row, version=0)
    draft = RowDraft(
        body=ROW.encode(unversioned),
        planned_with=PLANNED_WITH.encode(planned_with),
        next_edge=next_edge(row.timetable, now),
        slid_at=row.slid_at,
    )
    # Equal rows may differ in bytes only across releases, when a field was added.
    if kept is None or (kept.body != draft.body and ROW.decode(kept.body) != unversioned):
        return draft
    if kept.planned_with != draft.planned_with:
        planned = {"planned_with": draft.planned_with, "next_edge": draft.next_edge}
        await writer.execute(update(rows).where(*this).values(**planned))
    return None


async def keep_rows(writer: Writer, company_id: CompanyId, drafts: Mapping[PersonId, RowDraft], n: int) -> None:
    """Write rows under their version, and when their people were slid."""
    await writer.upsert_many(
        rows,
        [
            {
                "company_id": company_id,
                "person_id": person_id,
                "version": n,
                "next_edge": draft.next_edge,
                "planned_with": draft.planned_with,
                "body": draft.body,
            }
            for person_id, draft in sorted(drafts.items())
        ],
    )
    slid = [{"person": person_id, "slid": draft.slid_at} for person_id, draft in sorted(drafts.items())]
    hers = people.c.company_id == company_id, people.c.id == bindparam("person")
    moved = update(people).where(*hers, people.c.slid_at != bindparam("slid")).values(slid_at=bindparam("slid"))
    await writer.execute_many(moved, slid)


async def keep_tombstone(writer: Writer, company_id: CompanyId, person_id: PersonId, gone_at: datetime, n: int) -> None:
    """Remember that a person is gone."""
    key = {"company_id": company_id, "person_id": person_id}
    await writer.upsert(tombstones, {**key, "n": n, "gone_at": gone_at})


async def fetch_rows(connection: Reader, company_id: CompanyId, ids: Collection[PersonId] | None) -> list[KeptRow]:
    """Of everybody, or of these."""
    question = select(rows.c.version, rows.c.body).where(rows.c.company_id == company_id)
    if ids is None:
        return [KeptRow(row.version, row.body) for row in await connection.execute(question)]
    ordered = sorted(ids)
    found: list[KeptRow] = []
    for start in range(0, len(ordered), AT_ONCE):
        these = rows.c.person_id.in_(ordered[start : start + AT_ONCE])
        found += [KeptRow(row.version, row.body) for row in await connection.execute(question.where(these))]
    return found


async def fetch_rows_since(connection: Reader, company_id: CompanyId, n: int) -> list[KeptRow]:
    """Those with a greater version."""
    these = rows.c.company_id == company_id, rows.c.version > n
    found = await connection.execute(select(rows.c.version, rows.c.body).where(*these))
    return [KeptRow(row.version, row.body) for row in found]


async def load_gone_since(connection: Reader, company_id: CompanyId, n: int) -> tuple[PersonId, ...]:
    """Who has gone after n, in id order."""
    these = tombstones.c.company_id == company_id, tombstones.c.n > n
    return tuple(sorted(await connection.scalars(select(tombstones.c.person_id).where(*these))))


async def load_forgotten_n(connection: Reader, company_id: CompanyId) -> int:
    """Up to where somebody may have gone without a trace."""
    forgotten = await connection.scalar(select(counters.c.forgotten_n).where(counters.c.company_id == company_id))
    return forgotten or 0


async def decode_rows(kept: Sequence[KeptRow]) -> tuple[Row, ...]:
    """By name, then id; lets others run in between."""
    decoded: list[Row] = []
    length = 0
    for index, each in enumerate(kept, start=1):
        decoded.append(structs.replace(ROW.decode(each.body), version=each.version))
        length += len(each.body)
        if index % AT_ONCE == 0 or length > AT_ONCE_BYTES:
            length = 0
            await anyio.lowlevel.checkpoint()
    return tuple(sorted(decoded, key=lambda row: (row.person.name, row.person.id)))


async def load_row_headers(connection: Reader, company_id: CompanyId) -> Sequence[RowHeader]:
    """Of every person, in id order."""
    same_person = and_(rows.c.company_id == people.c.company_id, rows.c.person_id == people.c.id)
    found = await connection.execute(
        select(people.c.id, people.c.slid_at, rows.c.planned_with, rows.c.next_edge)
        .join(rows, same_person, isouter=True)
        .where(people.c.company_id == company_id)
    )
    headers = [
        RowHeader(
            person_id=row.id,
            planned_with=None if row.planned_with is None else PLANNED_WITH.decode(row.planned_with),
            slid_at=row.slid_at,
            next_edge=row.next_edge,
        )
        for row in found
    ]
    return sorted(headers, key=lambda header: header.person_id)


def next_edge(timetable: Sequence[Segment], now: datetime) -> datetime | None:
    """The first edge after an instant."""
    edges = (edge for segment in timetable for edge in (segment.start, segment.end) if edge is not None)
    return min((edge for edge in edges if edge > now), default=None)
