"""Transaction: what the engine writes and asks within one change of a few people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from callendar.contracts.kept import Audit, Notice, TimetableKey
from callendar.contracts.source import Reading
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.cause import Causes
from callendar.domain.hand import AppMark, Orders, Referral, ReferralId, Silence
from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import Company


class Transaction(Protocol):
    """One transaction over the causes and rows of a few people, already locked (in id order).

    Write the causes, ask for all of them, plan, save the row. It commits when the block ends, or leaves nothing behind
    when the block raises. There is no await on anything else inside (`design.md` §2).
    """

    async def load_company(self) -> Company:
        """The company as it stands in this transaction."""
        ...

    async def load_people(self, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        """Those of these who are there, as they stand in this transaction."""
        ...

    async def load_causes(self, person_id: PersonId) -> Causes:
        """All causes of a person, as they stand in this transaction.

        Raises:
            NotFound: No such person here.
        """
        ...

    async def save_row(self, row: Row, planned_with: PlannedWith) -> bool:
        """Write the row if its content differs (version aside); True if it did. `version` is set by the store at the
        commit: n is taken from the company's counter last. `planned_with` is kept either way, and makes no version.
        A changed `slid_at` counts as a difference."""
        ...

    async def save_person(self, person: Person, slid_at: datetime) -> None:
        """Add or change a person; `slid_at` is used only when she is new. A changed zone, addresses or keywords of her
        own drop `known` of her calendars."""
        ...

    async def save_people(self, persons: Sequence[Person], slid_at: datetime) -> None:
        """The same for several at once."""
        ...

    async def delete_person(self, person_id: PersonId, at: datetime) -> None:
        """Remove a person with all her causes, revoke her tokens and disable her users; a tombstone stays for 7 days.
        Nothing happens if she is not there."""
        ...

    async def load_connection(self, connection_id: ConnectionId) -> Connection:
        """One, secret included; `NotFound` if it is not there."""
        ...

    async def save_connection(self, connection: Connection) -> None:
        """Add or change a connection; `read_at` is used only when it is new. Another kind or setting drops `known` of
        its calendars. What its source asks for is sealed: `StoreError` in words where there is no key."""
        ...

    async def delete_connection(self, connection_id: ConnectionId) -> None:
        """Remove a connection that has no calendars left; `Conflict` otherwise."""
        ...

    async def load_calendars(self, person_id: PersonId) -> Sequence[Calendar]:
        """A person's, in the order of her list, those not selected too."""
        ...

    async def save_calendar(self, calendar: Calendar) -> None:
        """Add or change a calendar. A changed ref or connection drops its `known`, bookings, `read_until` and fault;
        otherwise the last two, which readings find out, are taken from `calendar` only when it is new."""
        ...

    async def delete_calendar(self, calendar_id: CalendarId) -> None:
        """Remove a calendar with its bookings."""
        ...

    async def apply_reading(
        self, calendar_id: CalendarId, reading: Reading, read_until: datetime | None, drops: int | None = None
    ) -> bool:
        """Put a reading in place of what was kept and clear the fault; True if any booking, `read_until` or the fault
        differs from before. The cursor and etags are stored with it.

        Args:
            read_until: None only with a partial reading, of a calendar never yet read in full.
            drops: Those of the `CalendarSync` it was read by. When `known` has been dropped since (keywords changed
                while it was under way), the bookings count, but the next reading is from the start all the same.
        """
        ...

    async def save_fault(self, calendar_id: CalendarId, failing_since: datetime, fault: str) -> bool:
        """Keep that it fails, since the first failure in a row; True if it had not failed before."""
        ...

    async def drop_known(self, person_id: PersonId) -> None:
        """Have all of a person's calendars read from the start next time; bookings stay till then."""
        ...

    async def save_referral(self, referral: Referral) -> Referral:
        """Add or change a referral; a new one gets its place in the order of acceptance, which is returned."""
        ...

    async def delete_referral(self, referral_id: ReferralId) -> None:
        """Remove a referral; nothing happens if it is not there."""
        ...

    async def save_silence(self, silence: Silence) -> None:
        """Add a silence, or replace the one with its key."""
        ...

    async def delete_silence(self, person_id: PersonId, key: str) -> None:
        """Remove a silence; nothing happens if it is not there."""
        ...

    async def save_mark(self, mark: AppMark) -> None:
        """Add a mark, or replace the one with its key."""
        ...

    async def delete_mark(self, person_id: PersonId, key: str, *, series: bool) -> None:
        """Remove a mark; nothing happens if it is not there."""
        ...

    async def restore_orders(self, person_id: PersonId, orders: Orders) -> None:
        """Replace all of a person's orders by hand."""
        ...

    async def orders_changed_at(self, person_id: PersonId) -> int:
        """n of the last change of the person's orders by hand; 0 if there was none."""
        ...

    async def record_change(
        self, change_id: str, person_id: PersonId, at: datetime, by: ViewerId, before: Orders
    ) -> None:
        """Keep a change by hand; its n, which becomes the person's `orders_changed_at`, is taken at the commit."""
        ...

    async def save_notices(self, person_id: PersonId, notices: Sequence[Notice]) -> None:
        """Replace a person's unseen notices by these; what she has seen (same claim and word) is not told again."""
        ...

    async def save_timetable_key(self, key: TimetableKey, secret_hash: bytes) -> None:
        """Add a key to the calendar of a person's timetable under the SHA-256 of its secret; it goes with the person,
        and with the token it was made by."""
        ...

    async def delete_timetable_key(self, person_id: PersonId, key_id: str) -> None:
        """Revoke a key; `NotFound` if the person has none such."""
        ...

    async def record_audit(self, audit: Audit) -> None:
        """Keep who did what for whom."""
        ...

    async def forget_answer(self, viewer: ViewerId, key: str) -> None:
        """The request with this key was refused: nothing is kept of it."""
        ...

    async def save_answer(self, viewer: ViewerId, key: str, request: str, at: datetime, body: bytes) -> None:
        """Keep the answer to an `Idempotency-Key` with a hash of its request, for 24 hours."""
        ...
