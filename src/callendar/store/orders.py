"""Orders by hand: referrals, silences, marks, and the changes that undo takes back."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, structs
from sqlalchemy import Text, delete, insert, literal_column, select, union_all

from callendar.contracts.kept import Change
from callendar.contracts.store import NotFound
from callendar.domain.hand import AppMark, Orders, Referral, ReferralId, Silence
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.rules import CompanyId
from callendar.store.body import MARK, ORDERS, REFERRAL, SILENCE
from callendar.store.connect import Reader, Writer
from callendar.store.person import take_accepted
from callendar.store.tables import changes, marks, referrals, silences


class ChangeDraft(Struct, frozen=True, kw_only=True):
    """A change by hand that awaits its n."""

    id: str
    person_id: PersonId
    at: datetime
    by: ViewerId
    before: Orders


async def load_orders(connection: Reader, company_id: CompanyId, person_id: PersonId) -> Orders:
    """All of a person's: referrals in the order of acceptance, the others by key."""

    bodies: dict[str, list[bytes]] = {"referrals": [], "silences": [], "marks": []}
    for row in await connection.execute(
        union_all(
            *(
                select(literal_column(f"'{table.name}'", Text).label("kind"), table.c.body).where(
                    table.c.company_id == company_id, table.c.person_id == person_id
                )
                for table in (referrals, silences, marks)
            )
        )
    ):
        bodies[row.kind].append(row.body)
    return Orders(
        referrals=tuple(map(REFERRAL.decode, bodies["referrals"])),
        silences=tuple(map(SILENCE.decode, bodies["silences"])),
        marks=tuple(map(MARK.decode, bodies["marks"])),
    ).in_order()


async def save_referral(writer: Writer, company_id: CompanyId, referral: Referral) -> Referral:
    """Add or change one; its place in the order of acceptance is the store's."""
    this = referrals.c.company_id == company_id, referrals.c.id == referral.id
    kept = await writer.connection.scalar(select(referrals.c.body).where(*this))
    new = kept is None
    accepted = await take_accepted(writer, company_id, referral.person_id) if new else REFERRAL.decode(kept).accepted
    saved = structs.replace(referral, accepted=accepted)
    await _put_referral(writer, company_id, saved)
    return saved


async def delete_referral(writer: Writer, company_id: CompanyId, referral_id: ReferralId) -> None:
    """Remove one, if it is there."""
    this = referrals.c.company_id == company_id, referrals.c.id == referral_id
    await writer.execute(delete(referrals).where(*this))


async def find_referral(connection: Reader, company_id: CompanyId, referral_id: ReferralId) -> PersonId:
    """Whose it is; `NotFound` if it is not there."""
    this = referrals.c.company_id == company_id, referrals.c.id == referral_id
    person_id = await connection.scalar(select(referrals.c.person_id).where(*this))
    if person_id is None:
        raise NotFound(f"there is no referral {referral_id}")
    return person_id


async def save_silence(writer: Writer, company_id: CompanyId, silence: Silence) -> None:
    """Add or replace one."""
    key = {"company_id": company_id, "person_id": silence.person_id, "claim": silence.key}
    await writer.upsert(silences, {**key, "body": SILENCE.encode(silence)})


async def delete_silence(writer: Writer, company_id: CompanyId, person_id: PersonId, key: str) -> None:
    """Remove one, if it is there."""
    hers = silences.c.company_id == company_id, silences.c.person_id == person_id
    await writer.execute(delete(silences).where(*hers, silences.c.claim == key))


async def save_mark(writer: Writer, company_id: CompanyId, mark: AppMark) -> None:
    """Add or replace one."""
    key = {"company_id": company_id, "person_id": mark.person_id, "claim": mark.key, "series": mark.series}
    await writer.upsert(marks, {**key, "body": MARK.encode(mark)})


async def delete_mark(writer: Writer, company_id: CompanyId, person_id: PersonId, key: str, series: bool) -> None:
    """Remove one, if it is there."""
    hers = marks.c.company_id == company_id, marks.c.person_id == person_id
    await writer.execute(delete(marks).where(*hers, marks.c.claim == key, marks.c.series == series))


async def restore_orders(writer: Writer, company_id: CompanyId, person_id: PersonId, orders: Orders) -> bool:
    """Have a person's orders be these, places in the order of acceptance included; False if they were."""
    kept = await load_orders(writer.connection, company_id, person_id)
    if _as_sets(kept) == _as_sets(orders):
        return False
    for table in (referrals, silences, marks):
        await writer.execute(delete(table).where(table.c.company_id == company_id, table.c.person_id == person_id))
    for referral in orders.referrals:
        await _put_referral(writer, company_id, referral)
    for silence in orders.silences:
        await save_silence(writer, company_id, silence)
    for mark in orders.marks:
        await save_mark(writer, company_id, mark)
    return True


async def keep_change(writer: Writer, company_id: CompanyId, draft: ChangeDraft, n: int) -> None:
    """Keep a change for undo under its n."""
    await writer.execute(
        insert(changes).values(
            company_id=company_id,
            id=draft.id,
            person_id=draft.person_id,
            made_at=draft.at,
            made_by=draft.by,
            n=n,
            before=ORDERS.encode(draft.before),
        )
    )


async def load_change(connection: Reader, company_id: CompanyId, change_id: str) -> Change:
    """One; `NotFound` once it is gone."""
    question = select(changes).where(changes.c.company_id == company_id, changes.c.id == change_id)
    row = (await connection.execute(question)).one_or_none()
    if row is None:
        raise NotFound(f"there is no change {change_id}; changes can be undone for ten minutes")
    return Change(
        id=row.id,
        company_id=row.company_id,
        person_id=row.person_id,
        at=row.made_at,
        by=row.made_by,
        before=ORDERS.decode(row.before),
        n=row.n,
    )


async def _put_referral(writer: Writer, company_id: CompanyId, referral: Referral) -> None:
    row = {"company_id": company_id, "id": referral.id, "person_id": referral.person_id}
    await writer.upsert(referrals, {**row, "body": REFERRAL.encode(referral)})


def _as_sets(orders: Orders) -> object:
    return set(orders.referrals), set(orders.silences), set(orders.marks)
