"""Orders by hand: who may give them, what they leave behind, and how they are taken back (`rules.md` §4, `api.md`).

Every order is a function from a person's orders to her orders; `OrderDesk` runs it in one transaction, plans her anew,
keeps what stood before for undo, and audits what is done for somebody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from secrets import token_hex

from msgspec import Struct

from callendar.contracts.clock import Clock
from callendar.contracts.store import Audit, Conflict, NotFound, Store, Transaction
from callendar.domain.hand import Orders, Origin, ReferralId
from callendar.domain.person import PersonId
from callendar.domain.privacy import Viewer, may_set
from callendar.engine.desk import Desk, NotAllowed
from callendar.engine.held import HeldPeople
from callendar.engine.ordering import (
    PlannedAsk,
    ReferralAsk,
    ReferralPatch,
    clear_for_now,
    delete_referral,
    mark,
    patch_referral,
    plan_referral,
    set_for_now,
    silence,
    unmark,
    unsilence,
)
from callendar.engine.plan import replan

UNDO_MINUTES = 10
AT_ONCE = 50
"""People changed in one transaction when an order is for many."""

Act = Callable[[Desk], Orders]
"""An order: what a person's orders become."""


class Written(Struct, frozen=True, kw_only=True):
    """What an order did: the change that undo takes back."""

    change: str
    person_id: PersonId


class Idempotency(Struct, frozen=True, kw_only=True):
    """An `Idempotency-Key` with a hash of the request it came with."""

    key: str
    request: str


class OrderDesk:
    """Takes orders by hand. Each returns when it is committed and held, so that whoever gave it sees it.

    All raise `NotAllowed` (the viewer may not), `NotFound` (no such person, referral or claim), `Refused` or
    `InvalidValue` (the order makes no sense; the message says the mend) and `Conflict` (`based_on`: the person's orders
    by hand have changed since).
    """

    def __init__(self, store: Store, held: HeldPeople, clock: Clock) -> None:
        self._store = store
        self._held = held
        self._clock = clock

    async def set_for_now(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        ask: ReferralAsk,
        *,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Refer a person from now on, or with a reserved reason have her available or back (§4.1, §4.4)."""
        return await self._one(
            viewer, origin, person_id, "referral_set", lambda desk: set_for_now(desk, ask), based_on, idempotency
        )

    async def clear_for_now(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        *,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """End the top one for now; nothing changes if there is none."""
        return await self._one(viewer, origin, person_id, "referral_clear", clear_for_now, based_on, idempotency)

    async def plan_referral(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        ask: PlannedAsk,
        *,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Add a planned referral (§4.2)."""
        return await self._one(
            viewer, origin, person_id, "referral_plan", lambda desk: plan_referral(desk, ask), based_on, idempotency
        )

    async def set_for_many(
        self, viewer: Viewer, origin: Origin, people: Sequence[PersonId], ask: ReferralAsk | PlannedAsk
    ) -> list[Written]:
        """The same for many people, 50 a transaction; refused as a whole before anything is written if any of them is
        not there or not the viewer's to set. In the order given, each person once."""
        held = self._held.company(viewer.company_id)
        wanted = list(dict.fromkeys(people))
        for person_id in wanted:
            if person_id not in held.rows:
                raise NotFound(f"there is no person {person_id}")
            if not may_set(viewer, held.rows[person_id].person, held.company):
                raise NotAllowed(f"you may not set referrals for {held.rows[person_id].person.name}")

        def act(desk: Desk) -> Orders:
            return set_for_now(desk, ask) if isinstance(ask, ReferralAsk) else plan_referral(desk, ask)

        written: list[Written] = []
        for first in range(0, len(wanted), AT_ONCE):
            batch = wanted[first : first + AT_ONCE]
            async with self._store.change(viewer.company_id, batch) as tx:
                written += [await self._order(tx, viewer, origin, each, "referral_set", act, None) for each in batch]
        await self._held.refresh()
        return written

    async def change_referral(
        self,
        viewer: Viewer,
        origin: Origin,
        referral_id: ReferralId,
        patch: ReferralPatch,
        *,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Change a referral, planned or for now; `start` now or in the past starts it now."""
        person_id = await self._store.find_referral(viewer.company_id, referral_id)
        return await self._one(
            viewer,
            origin,
            person_id,
            "referral_change",
            lambda desk: patch_referral(desk, referral_id, patch),
            based_on,
            idempotency,
        )

    async def delete_referral(
        self,
        viewer: Viewer,
        origin: Origin,
        referral_id: ReferralId,
        *,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Remove a referral; one under way ends now."""
        person_id = await self._store.find_referral(viewer.company_id, referral_id)
        return await self._one(
            viewer,
            origin,
            person_id,
            "referral_delete",
            lambda desk: delete_referral(desk, referral_id),
            based_on,
            idempotency,
        )

    async def silence(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        claim: str,
        *,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Tell one claim, in force or coming, to be quiet (§4.4)."""
        return await self._one(
            viewer, origin, person_id, "silence", lambda desk: silence(desk, claim), based_on, idempotency
        )

    async def unsilence(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        claim: str,
        *,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Let a silenced claim speak again; nothing changes if it was not silenced."""
        return await self._one(
            viewer, origin, person_id, "unsilence", lambda desk: unsilence(desk, claim), based_on, idempotency
        )

    async def mark(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        claim: str,
        given: str,
        *,
        series: bool = False,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Mark a booking, or with `series` all of its series, in the app (§1.8)."""
        return await self._one(
            viewer, origin, person_id, "mark", lambda desk: mark(desk, claim, given, series), based_on, idempotency
        )

    async def unmark(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        claim: str,
        *,
        series: bool = False,
        based_on: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Written:
        """Take a mark given in the app away; nothing changes if there was none."""
        return await self._one(
            viewer, origin, person_id, "unmark", lambda desk: unmark(desk, claim, series), based_on, idempotency
        )

    async def undo(self, viewer: Viewer, origin: Origin, change_id: str) -> Written:
        """Put a person's orders back as they were before a change; that is a change too, and can be undone.

        Raises:
            Conflict: They have changed again since.
            Refused: The change is more than ten minutes old.
        """
        change = await self._store.load_change(viewer.company_id, change_id)
        now = self._clock.now()
        if now - change.at > timedelta(minutes=UNDO_MINUTES):
            raise NotAllowedAnyMore(f"this was done more than {UNDO_MINUTES} minutes ago and can no longer be undone")
        async with self._store.change(viewer.company_id, [change.person_id]) as tx:
            if await tx.orders_changed_at(change.person_id) != change.n:
                raise Conflict("the orders have changed since; look again before you undo")
            written = await self._order(tx, viewer, origin, change.person_id, "undo", lambda _desk: change.before, None)
        await self._held.refresh()
        return written

    async def _one(
        self,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        action: str,
        act: Act,
        based_on: str | None,
        idempotency: Idempotency | None,
    ) -> Written:
        async with self._store.change(viewer.company_id, [person_id]) as tx:
            written = await self._order(tx, viewer, origin, person_id, action, act, based_on)
            if idempotency is not None:
                body = written.change.encode()
                await tx.save_answer(viewer.id, idempotency.key, idempotency.request, self._clock.now(), body)
        await self._held.refresh()
        return written

    async def _order(
        self,
        tx: Transaction,
        viewer: Viewer,
        origin: Origin,
        person_id: PersonId,
        action: str,
        act: Act,
        based_on: str | None,
    ) -> Written:
        now = self._clock.now()
        company = await tx.load_company()
        causes = await tx.load_causes(person_id)
        if not may_set(viewer, causes.person, company):
            raise NotAllowed(f"you may not set referrals for {causes.person.name}")
        if based_on is not None:
            await self._check_based_on(tx, person_id, based_on)
        desk = Desk.lay_out(causes, company, viewer, origin, now)
        change_id = "ch_" + token_hex(10)
        await _apply(tx, person_id, causes.orders, act(desk))
        await tx.record_change(change_id, person_id, now, viewer.id, causes.orders)
        await replan(tx, person_id)
        if viewer.person_id != person_id:
            await tx.record_audit(
                Audit(
                    at=now,
                    company_id=company.id,
                    by=viewer.id,
                    by_name=viewer.name,
                    action=action,
                    person_id=person_id,
                    detail={"change": change_id, "origin": origin},
                )
            )
        return Written(change=change_id, person_id=person_id)

    async def _check_based_on(self, tx: Transaction, person_id: PersonId, based_on: str) -> None:
        epoch, _, n = based_on.rpartition("-")
        if epoch != self._store.epoch or not n.isdecimal():
            raise Conflict(f"the version {based_on!r} is not of this database; look again")
        if await tx.orders_changed_at(person_id) > int(n):
            raise Conflict("somebody has given other orders since; look again")


class NotAllowedAnyMore(NotAllowed):
    """Too late for undo."""

    code = "too_late"


async def _apply(tx: Transaction, person_id: PersonId, before: Orders, after: Orders) -> None:
    """Write what differs between a person's orders before and after."""
    for referral in after.referrals:
        if referral not in before.referrals:
            await tx.save_referral(referral)
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


def _ids(orders: Orders) -> set[ReferralId]:
    return {each.id for each in orders.referrals}


def _marked(orders: Orders) -> set[tuple[str, bool]]:
    return {(each.key, each.series) for each in orders.marks}
