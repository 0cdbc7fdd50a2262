"""Orders by hand: who may give them, what they leave behind, and how they are taken back (`rules.md` §4, `api.md`).

Every order is a function from a person's orders to her orders (`engine/ordering`); `OrderDesk` runs it in one
transaction, plans her anew, keeps what stood before for undo, and audits what is done for somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from secrets import token_hex

import msgspec
from msgspec import Struct, structs

from callendar.contracts.clock import Clock
from callendar.contracts.store import Conflict, NotFound, Store
from callendar.contracts.transaction import Transaction
from callendar.domain.errors import Refused
from callendar.domain.hand import Orders, Origin, ReferralId
from callendar.domain.person import PersonId
from callendar.domain.privacy import Viewer, may_set
from callendar.engine.aside import aside, weight_of
from callendar.engine.desk import Desk, NotAllowed
from callendar.engine.held import HeldPeople
from callendar.engine.ordering import Act, restore
from callendar.engine.plan import replan
from callendar.engine.trail import audit_of

UNDO_MINUTES = 10
MOST_DIGITS = 18
"""Of a version's n."""
AT_ONCE = 50
"""People changed in one transaction when an order is for many."""


class TooLate(Refused):
    """What was done can no longer be undone."""

    code = "too_late"


class Idempotency(Struct, frozen=True, kw_only=True):
    """An `Idempotency-Key` with a hash of the request it came with."""

    key: str
    request: str


class Giver(Struct, frozen=True, kw_only=True):
    """Who gives an order, and how."""

    viewer: Viewer
    origin: Origin
    based_on: str | None = None
    """The version looked at: refused if the person's orders by hand have changed since."""
    idempotency: Idempotency | None = None
    """The change is kept as the receipt of this key, in the order's own transaction."""
    done: bytes | None = None
    """The receipt of an order for many that was cut off: it goes on after those."""
    signed: str | None = None
    """The name in the trail, where it is not the viewer's."""


class Written(Struct, frozen=True, kw_only=True):
    """What an order did: the change that undo takes back."""

    change: str
    person_id: PersonId


_encode = msgspec.json.Encoder().encode
_decode_written = msgspec.json.Decoder(list[Written]).decode


class OrderDesk:
    """Takes orders by hand. Each returns when it is committed and held, so that whoever gave it sees it.

    All raise what the order itself raises, `NotAllowed` (the viewer may not), `NotFound` (no such person) and
    `Conflict` (`based_on`: her orders by hand have changed since, or the version is not of this database).
    """

    def __init__(self, store: Store, held: HeldPeople, clock: Clock) -> None:
        self._store = store
        self._held = held
        self._clock = clock

    async def give(self, giver: Giver, person_id: PersonId, act: Act) -> Written:
        """Give an order for one person."""
        async with self._store.change(giver.viewer.company_id, [person_id]) as tx:
            written = await self._order(tx, giver, person_id, act)
            await self._keep(tx, giver, written.change.encode())
        await self._held.refresh_company(giver.viewer.company_id)
        return written

    async def _keep(self, tx: Transaction, giver: Giver, receipt: bytes) -> None:
        """Keep what was done, in its own transaction, so that the same request finds it."""
        if giver.idempotency is not None:
            key, request = giver.idempotency.key, giver.idempotency.request
            await tx.save_answer(giver.viewer.id, key, request, self._clock.now(), receipt)

    async def give_for_referral(self, giver: Giver, referral_id: ReferralId, act: Act) -> Written:
        """Give an order for whoever has this referral; `NotFound` if nobody has."""
        return await self.give(giver, await self._store.find_referral(giver.viewer.company_id, referral_id), act)

    async def give_many(self, giver: Giver, people: Sequence[PersonId], act: Act) -> list[Written]:
        """The same order for many people, 50 a transaction; refused as a whole before anything is written if any of
        them is not there or not the viewer's to set. In the order given, each person once."""
        viewer, held = giver.viewer, self._held.company(giver.viewer.company_id)
        wanted = list(dict.fromkeys(people))
        for person_id in wanted:
            if person_id not in held.rows:
                raise NotFound(f"there is no person {person_id}")
            if not may_set(viewer, held.rows[person_id].person, held.company):
                raise NotAllowed(f"you may not set referrals for {held.rows[person_id].person.name}")
        written = [] if giver.done is None else _decode_written(giver.done)
        wanted = wanted[len(written) :]
        for first in range(0, len(wanted), AT_ONCE):
            batch = wanted[first : first + AT_ONCE]
            async with self._store.change(viewer.company_id, batch) as tx:
                written += [await self._order(tx, giver, each, act) for each in batch]
                await self._keep(tx, giver, _encode(written))
        await self._held.refresh_company(giver.viewer.company_id)
        return written

    async def undo(self, giver: Giver, change_id: str) -> Written:
        """Put a person's orders back as they were before a change; that is a change too, and can be undone.

        Raises:
            Conflict: They have changed again since.
            TooLate: The change is more than ten minutes old.
        """
        company_id = giver.viewer.company_id
        change = await self._store.load_change(company_id, change_id)
        if self._clock.now() - change.at > timedelta(minutes=UNDO_MINUTES):
            raise TooLate(f"this was done more than {UNDO_MINUTES} minutes ago and can no longer be undone")
        async with self._store.change(company_id, [change.person_id]) as tx:
            if await tx.orders_changed_at(change.person_id) != change.n:
                raise Conflict("the orders have changed since; look again before you undo")
            written = await self._order(tx, giver, change.person_id, restore(change.before))
            await self._keep(tx, giver, written.change.encode())
        await self._held.refresh_company(giver.viewer.company_id)
        return written

    async def _order(self, tx: Transaction, giver: Giver, person_id: PersonId, act: Act) -> Written:
        now, viewer = self._clock.now(), giver.viewer
        company = await tx.load_company()
        causes = await tx.load_causes(person_id)
        if not may_set(viewer, causes.person, company):
            raise NotAllowed(f"you may not set referrals for {causes.person.name}")
        if giver.based_on is not None:
            await self._check_based_on(tx, person_id, giver.based_on)
        change_id = "ch_" + token_hex(10)
        desk = await aside(weight_of(causes), Desk.lay_out, causes, company, viewer, giver.origin, now)
        after = act.run(desk)
        kept = await _apply(tx, person_id, causes.orders, after)
        await tx.record_change(change_id, person_id, now, viewer.id, causes.orders)
        await replan(tx, person_id, causes=structs.replace(causes, orders=kept))
        if viewer.person_id != person_id:
            by = structs.replace(viewer, name=giver.signed or viewer.name)
            audit = audit_of(
                by, act.action, now, person=person_id, detail={"change": change_id, "origin": giver.origin}
            )
            await tx.record_audit(audit)
        self._held.meter.count("callendar_orders", giver.origin)
        return Written(change=change_id, person_id=person_id)

    async def _check_based_on(self, tx: Transaction, person_id: PersonId, based_on: str) -> None:
        epoch, _, n = based_on.rpartition("-")
        if epoch != self._store.epoch or not (n.isascii() and n.isdecimal() and len(n) <= MOST_DIGITS):
            raise Conflict(f"the version {based_on!r} is not of this database; look again")
        if await tx.orders_changed_at(person_id) > int(n):
            raise Conflict("somebody has given other orders since; look again")


async def _apply(tx: Transaction, person_id: PersonId, before: Orders, after: Orders) -> Orders:
    """Write what differs between a person's orders before and after; those that are kept now."""
    referrals = [
        referral if referral in before.referrals else await tx.save_referral(referral) for referral in after.referrals
    ]
    for gone in _ids(before) - _ids(after):
        await tx.delete_referral(gone)
    for silenced in after.silences:
        if silenced not in before.silences:
            await tx.save_silence(silenced)
    for key in {each.key for each in before.silences} - {each.key for each in after.silences}:
        await tx.delete_silence(person_id, key)
    for marked in after.marks:
        if marked not in before.marks:
            await tx.save_mark(marked)
    for key, series in _marked(before) - _marked(after):
        await tx.delete_mark(person_id, key, series=series)
    return structs.replace(after, referrals=tuple(referrals)).in_order()


def _ids(orders: Orders) -> set[ReferralId]:
    return {each.id for each in orders.referrals}


def _marked(orders: Orders) -> set[tuple[str, bool]]:
    return {(each.key, each.series) for each in orders.marks}
