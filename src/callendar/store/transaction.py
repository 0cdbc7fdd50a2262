"""A transaction over a few people's causes and rows (`contracts/transaction.py`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import update

from callendar.contracts.kept import Audit, Notice, TimetableKey
from callendar.contracts.source import Reading
from callendar.contracts.store import NotFound
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.cause import Causes
from callendar.domain.hand import AppMark, Orders, Referral, ReferralId, Silence
from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import Company, CompanyId
from callendar.store import calendars, causes, companies, orders, people, rows, timetable_keys, trail
from callendar.store.connect import Writer
from callendar.store.notices import save_notices
from callendar.store.orders import restore_orders
from callendar.store.person import find_person
from callendar.store.reading import apply_reading, save_fault
from callendar.store.seal import Seal
from callendar.store.sweep import Sweep
from callendar.store.tables import people as people_table


class SqlTransaction:
    """What differs is written at once, but for what carries the company's n: that waits for the end."""

    def __init__(
        self,
        writer: Writer,
        company_id: CompanyId,
        *,
        extensions: people.Extensions,
        seal: Seal,
        sweep: Sweep,
        now: datetime,
    ) -> None:
        self._writer = writer
        self._company_id = company_id
        self._extensions = extensions
        self._seal = seal
        self._sweep = sweep
        self._now = now
        self._company: Company | None = None
        """Once loaded: all is planned by one, and what is planned by rules that change meanwhile is planned again."""
        self._new: set[PersonId] = set()
        """Added here: they have no row yet."""
        self._rows: dict[PersonId, rows.RowDraft] = {}
        self._gone: dict[PersonId, datetime] = {}
        self._ordered: set[PersonId] = set()
        self._changes: list[orders.ChangeDraft] = []

    async def finish(self) -> None:
        """Take n and write what carries it, if there is any: the last thing before the commit."""
        if not (self._rows or self._gone or self._ordered):
            return
        writer, company_id = self._writer, self._company_id
        await self._sweep.run_if_due(writer, company_id, self._now)
        n = await companies.take_n(writer, company_id)
        await rows.keep_rows(writer, company_id, self._rows, n)
        for person_id, gone_at in sorted(self._gone.items()):
            await rows.keep_tombstone(writer, company_id, person_id, gone_at, n)
        for change in self._changes:
            await orders.keep_change(writer, company_id, change, n)
        hers = people_table.c.company_id == company_id, people_table.c.id.in_(sorted(self._ordered))
        if self._ordered:
            await writer.execute(update(people_table).where(*hers).values(orders_changed_at=n))

    async def load_company(self) -> Company:
        if self._company is None:
            self._company = await companies.load_company(self._writer.connection, self._company_id)
        return self._company

    async def load_people(self, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        return await people.load_people(self._writer.connection, self._company_id, ids)

    async def load_causes(self, person_id: PersonId) -> Causes:
        return await causes.load_causes(
            self._writer.connection, self._company_id, person_id, self._extensions, self._seal
        )

    async def save_row(self, row: Row, planned_with: PlannedWith) -> bool:
        self._check_company(row.person.company_id)
        new = row.person.id in self._new
        draft = await rows.draft_row(self._writer, self._company_id, row, planned_with, self._now, new=new)
        if draft is None:
            self._rows.pop(row.person.id, None)
            return False
        self._rows[row.person.id] = draft
        return True

    async def save_person(self, person: Person, slid_at: datetime) -> None:
        await self.save_people([person], slid_at)

    async def save_people(self, persons: Sequence[Person], slid_at: datetime) -> None:
        for person in persons:
            self._check_company(person.company_id)
        self._new |= await people.save_people(self._writer, self._company_id, persons, slid_at)

    async def delete_person(self, person_id: PersonId, at: datetime) -> None:
        if await people.delete_person(self._writer, self._company_id, person_id, at):
            self._gone[person_id] = at
        self._rows.pop(person_id, None)
        self._ordered.discard(person_id)
        self._changes = [change for change in self._changes if change.person_id != person_id]

    async def load_connection(self, connection_id: ConnectionId) -> Connection:
        connection, company_id = self._writer.connection, self._company_id
        return await calendars.load_connection(connection, company_id, connection_id, self._seal, lock=True)

    async def save_connection(self, connection: Connection) -> None:
        self._check_company(connection.company_id)
        await calendars.save_connection(self._writer, connection, self._seal)

    async def delete_connection(self, connection_id: ConnectionId) -> None:
        await calendars.delete_connection(self._writer, self._company_id, connection_id)

    async def load_calendars(self, person_id: PersonId) -> Sequence[Calendar]:
        return await calendars.load_calendars(self._writer.connection, self._company_id, self._seal, person_id)

    async def save_calendar(self, calendar: Calendar) -> None:
        self._check_company(calendar.company_id)
        await calendars.save_calendar(self._writer, calendar, self._seal)

    async def delete_calendar(self, calendar_id: CalendarId) -> None:
        await calendars.delete_calendar(self._writer, self._company_id, calendar_id)

    async def apply_reading(
        self, calendar_id: CalendarId, reading: Reading, read_until: datetime | None, drops: int | None = None
    ) -> bool:
        return await apply_reading(self._writer, self._company_id, calendar_id, reading, read_until, drops)

    async def save_fault(self, calendar_id: CalendarId, failing_since: datetime, fault: str) -> bool:
        return await save_fault(self._writer, self._company_id, calendar_id, failing_since, fault)

    async def drop_known(self, person_id: PersonId) -> None:
        await calendars.drop_known(self._writer, self._company_id, person_id)

    async def save_referral(self, referral: Referral) -> Referral:
        return await orders.save_referral(self._writer, self._company_id, referral)

    async def delete_referral(self, referral_id: ReferralId) -> None:
        await orders.delete_referral(self._writer, self._company_id, referral_id)

    async def save_silence(self, silence: Silence) -> None:
        await orders.save_silence(self._writer, self._company_id, silence)

    async def delete_silence(self, person_id: PersonId, key: str) -> None:
        await orders.delete_silence(self._writer, self._company_id, person_id, key)

    async def save_mark(self, mark: AppMark) -> None:
        await orders.save_mark(self._writer, self._company_id, mark)

    async def delete_mark(self, person_id: PersonId, key: str, *, series: bool) -> None:
        await orders.delete_mark(self._writer, self._company_id, person_id, key, series)

    async def restore_orders(self, person_id: PersonId, orders: Orders) -> None:
        if await restore_orders(self._writer, self._company_id, person_id, orders):
            self._ordered.add(person_id)

    async def orders_changed_at(self, person_id: PersonId) -> int:
        found = await find_person(self._writer.connection, self._company_id, person_id)
        return int(found.orders_changed_at)

    async def record_change(
        self, change_id: str, person_id: PersonId, at: datetime, by: ViewerId, before: Orders
    ) -> None:
        self._changes.append(orders.ChangeDraft(id=change_id, person_id=person_id, at=at, by=by, before=before))
        self._ordered.add(person_id)

    async def save_notices(self, person_id: PersonId, notices: Sequence[Notice]) -> None:
        await save_notices(self._writer, self._company_id, person_id, notices, self._now)

    async def save_timetable_key(self, key: TimetableKey, secret_hash: bytes) -> None:
        self._check_company(key.company_id)
        await timetable_keys.save_timetable_key(self._writer, key, secret_hash)

    async def delete_timetable_key(self, person_id: PersonId, key_id: str) -> None:
        await timetable_keys.delete_timetable_key(self._writer, self._company_id, person_id, key_id)

    async def record_audit(self, audit: Audit) -> None:
        self._check_company(audit.company_id)
        await trail.record_audit(self._writer, audit)

    async def save_answer(self, viewer: ViewerId, key: str, request: str, at: datetime, body: bytes) -> None:
        await trail.save_answer(self._writer, self._company_id, viewer, key, request, at, body)
        self._writer.answered = True

    async def forget_answer(self, viewer: ViewerId, key: str) -> None:
        await trail.forget_answer(self._writer, viewer, key)

    def _check_company(self, company_id: CompanyId) -> None:
        if company_id != self._company_id:
            raise NotFound(f"{company_id} is not the company of this transaction")
