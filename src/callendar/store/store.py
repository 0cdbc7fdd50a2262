"""The store on SQLAlchemy Core (`contracts/store.py`): which question runs on which connection."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from callendar.contracts.clock import Clock
from callendar.contracts.kept import (
    Account,
    AnswerState,
    Audit,
    CalendarSync,
    Change,
    KeysTold,
    Notice,
    Receipt,
    Resealed,
    RowHeader,
    Rows,
    TimetableKey,
    Token,
    TryKey,
    User,
)
from callendar.contracts.transaction import Transaction
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.cause import Causes
from callendar.domain.hand import ReferralId
from callendar.domain.limit import Limit
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import Company, CompanyId
from callendar.store import (
    calendars,
    causes,
    companies,
    notices,
    orders,
    reading,
    rows,
    timetable_keys,
    trail,
    tries,
    users,
    viewers,
)
from callendar.store.connect import Connections, Writer
from callendar.store.people import Extensions, lock_people
from callendar.store.probe import probe
from callendar.store.reseal import examine_keys, reseal
from callendar.store.seal import Seal
from callendar.store.sweep import Sweep
from callendar.store.transaction import SqlTransaction
from callendar.store.wake import Wake

_receipt: ContextVar[Receipt | None] = ContextVar("receipt", default=None)
"""Of the request that this task answers, if it came with a key."""


class SqlStore:
    """Everything that is kept, in one database, whose schema is this release's."""

    def __init__(self, connections: Connections, wake: Wake, *, epoch: str, clock: Clock, seal: Seal) -> None:
        self._connections = connections
        self._wake = wake
        self._epoch = epoch
        self._clock = clock
        self._extensions = Extensions()
        self._seal = seal
        self._sweep = Sweep()
        connections.before_commit = self._keep_receipt

    @property
    def epoch(self) -> str:
        return self._epoch

    async def check(self, *, write: bool = False) -> None:
        async with self._connections.read() as connection:
            await companies.load_companies(connection)
        if write or self._connections.standing.fault is not None:
            await probe(self._connections)

    # companies ----------------------------------------------------------------------------------------------------

    async def load_companies(self) -> Sequence[Company]:
        async with self._connections.read() as connection:
            return await companies.load_companies(connection)

    async def load_company(self, company_id: CompanyId) -> Company:
        async with self._connections.read() as connection:
            return await companies.load_company(connection, company_id)

    async def save_company(self, company: Company, *, audit: Audit | None = None) -> Company:
        async with self._audited(audit) as writer:
            return await companies.save_company(writer, company)

    # people and rows ----------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def change(self, company_id: CompanyId, people: Collection[PersonId]) -> AsyncGenerator[Transaction]:
        async with self._connections.write() as writer:
            await lock_people(writer, company_id, people)
            transaction = SqlTransaction(
                writer,
                company_id,
                extensions=self._extensions,
                seal=self._seal,
                sweep=self._sweep,
                now=self._clock.now(),
            )
            yield transaction
            await transaction.finish()

    async def load_rows(self, company_id: CompanyId, ids: Collection[PersonId] | None = None) -> Rows:
        async with self._connections.read() as connection:
            n = await companies.load_counter(connection, company_id)
            kept = await rows.fetch_rows(connection, company_id, ids)
        return Rows(epoch=self._epoch, n=n, rows=await rows.decode_rows(kept))

    async def load_rows_since(self, company_id: CompanyId, n: int) -> Rows | None:
        async with self._connections.read() as connection:
            now = await companies.load_counter(connection, company_id)
            if n > now or n < await rows.load_forgotten_n(connection, company_id):
                return None
            kept = await rows.fetch_rows_since(connection, company_id, n)
            gone = await rows.load_gone_since(connection, company_id, n)
        return Rows(epoch=self._epoch, n=now, rows=await rows.decode_rows(kept), gone=gone)

    async def load_counter(self, company_id: CompanyId) -> int:
        async with self._connections.read() as connection:
            return await companies.load_counter(connection, company_id)

    async def load_causes(self, company_id: CompanyId, person_id: PersonId) -> Causes:
        async with self._connections.read() as connection:
            return await causes.load_causes(connection, company_id, person_id, self._extensions, self._seal)

    async def load_row_headers(self, company_id: CompanyId) -> Sequence[RowHeader]:
        async with self._connections.read() as connection:
            return await rows.load_row_headers(connection, company_id)

    async def load_change(self, company_id: CompanyId, change_id: str) -> Change:
        async with self._connections.read() as connection:
            return await orders.load_change(connection, company_id, change_id)

    async def find_referral(self, company_id: CompanyId, referral_id: ReferralId) -> PersonId:
        async with self._connections.read() as connection:
            return await orders.find_referral(connection, company_id, referral_id)

    # calendars ----------------------------------------------------------------------------------------------------

    async def load_connections(self, company_id: CompanyId) -> Sequence[Connection]:
        async with self._connections.read() as connection:
            return await calendars.load_connections(connection, company_id, self._seal)

    async def reseal(self, *, drop: bool) -> Resealed:
        return await reseal(self._connections, self._seal, drop=drop)

    async def examine_keys(self) -> KeysTold:
        return examine_keys(self._seal)

    async def load_calendars(self, company_id: CompanyId, person_id: PersonId | None = None) -> Sequence[Calendar]:
        async with self._connections.read() as connection:
            return await calendars.load_calendars(connection, company_id, self._seal, person_id)

    async def load_calendar_sync(self, company_id: CompanyId, calendar_id: CalendarId) -> CalendarSync:
        async with self._connections.read() as connection:
            return await calendars.load_calendar_sync(connection, company_id, calendar_id, self._seal)

    async def load_object_faults(self, company_id: CompanyId, calendar_id: CalendarId) -> Sequence[str]:
        async with self._connections.read() as connection:
            return await reading.load_object_faults(connection, company_id, calendar_id)

    async def save_progress(
        self, company_id: CompanyId, read_at: Mapping[ConnectionId, datetime], cursors: Mapping[CalendarId, str]
    ) -> None:
        async with self._connections.write() as writer:
            await calendars.save_progress(writer, company_id, read_at, cursors)

    async def request_sync(self, company_id: CompanyId, calendars: Collection[CalendarId]) -> None:
        async with self._connections.write() as writer:
            await trail.request_sync(writer, company_id, calendars)

    async def take_sync_requests(self, company_id: CompanyId) -> Sequence[CalendarId]:
        async with self._connections.read() as connection:
            if not await trail.load_sync_requests(connection, company_id):
                return ()
        async with self._connections.write() as writer:
            return await trail.take_sync_requests(writer, company_id)

    # who asks -----------------------------------------------------------------------------------------------------

    async def save_token(self, token: Token, secret_hash: bytes, *, audit: Audit | None = None) -> None:
        async with self._audited(audit) as writer:
            await viewers.save_token(writer, token, secret_hash)

    async def load_tokens(self, company_id: CompanyId) -> Sequence[Token]:
        async with self._connections.read() as connection:
            return await viewers.load_tokens(connection, company_id)

    async def revoke_token(
        self, company_id: CompanyId, token_id: ViewerId, at: datetime, *, audit: Audit | None = None
    ) -> None:
        async with self._audited(audit) as writer:
            await viewers.revoke_token(writer, company_id, token_id, at)

    async def load_viewer(self, secret_hash: bytes, at: datetime) -> Viewer | None:
        return (await self.load_viewers([secret_hash], at)).get(secret_hash)

    async def load_viewers(self, secret_hashes: Collection[bytes], at: datetime) -> Mapping[bytes, Viewer]:
        async with self._connections.read() as connection:
            return await viewers.load_viewers(connection, secret_hashes, at)

    async def load_viewer_by_id(self, company_id: CompanyId, viewer_id: ViewerId) -> Viewer | None:
        async with self._connections.read() as connection:
            return await viewers.load_viewer_by_id(connection, company_id, viewer_id)

    async def load_viewer_ids(self, company_id: CompanyId) -> frozenset[ViewerId]:
        async with self._connections.read() as connection:
            return await viewers.load_viewer_ids(connection, company_id)

    async def save_session(
        self,
        viewer_id: ViewerId,
        secret_hash: bytes,
        created_at: datetime,
        until: datetime,
        *,
        password_hash: str | None = None,
    ) -> None:
        async with self._connections.write() as writer:
            await viewers.save_session(writer, viewer_id, secret_hash, created_at, until, password_hash)

    async def prolong_session(self, secret_hash: bytes, until: datetime, most: timedelta) -> None:
        async with self._connections.read() as connection:
            if not await viewers.can_last_longer(connection, secret_hash, until, most):
                return
        async with self._connections.write() as writer:
            await viewers.prolong_session(writer, secret_hash, until, most)

    async def delete_session(self, secret_hash: bytes) -> None:
        async with self._connections.write() as writer:
            await viewers.delete_session(writer, secret_hash)

    async def save_user(self, user: User, *, password_hash: str | None = None, audit: Audit | None = None) -> None:
        async with self._audited(audit) as writer:
            await users.save_user(writer, user, password_hash)

    async def load_users(self, company_id: CompanyId) -> Sequence[User]:
        async with self._connections.read() as connection:
            return await users.load_users(connection, company_id)

    async def delete_user(self, company_id: CompanyId, user_id: ViewerId, *, audit: Audit | None = None) -> None:
        async with self._audited(audit) as writer:
            await users.delete_user(writer, company_id, user_id)

    async def load_accounts(self, email: str) -> Sequence[Account]:
        async with self._connections.read() as connection:
            return await users.load_accounts(connection, email)

    async def save_password(
        self,
        company_id: CompanyId,
        user_id: ViewerId,
        password_hash: str,
        *,
        replacing: str | None = None,
        keep_sessions: bool = False,
        audit: Audit | None = None,
    ) -> bool:
        async with self._audited(audit) as writer:
            return await users.save_password(
                writer, company_id, user_id, password_hash, replacing=replacing, keep_sessions=keep_sessions
            )

    async def count_try(self, tried: Mapping[TryKey, Limit], at: datetime) -> int:
        async with self._connections.write() as writer:
            return await tries.count_try(writer, tried, at)

    async def end_tries(self, key: TryKey, at: datetime) -> None:
        async with self._connections.write() as writer:
            await tries.end_tries(writer, key, at)

    async def take_back_try(self, key: TryKey) -> None:
        async with self._connections.write() as writer:
            await tries.take_back_try(writer, key)

    async def has_tries(self, key: TryKey) -> bool:
        async with self._connections.read() as connection:
            return await tries.has_tries(connection, key)

    async def load_timetable_keys(self, company_id: CompanyId, person_id: PersonId) -> Sequence[TimetableKey]:
        async with self._connections.read() as connection:
            return await timetable_keys.load_timetable_keys(connection, company_id, person_id)

    async def find_timetable_key(self, secret_hash: bytes) -> TimetableKey | None:
        async with self._connections.read() as connection:
            return await timetable_keys.find_timetable_key(connection, secret_hash)

    # the rest -----------------------------------------------------------------------------------------------------

    @contextmanager
    def receipting(self, receipt: Receipt) -> Generator[None]:
        before = _receipt.set(receipt)
        try:
            yield
        finally:
            _receipt.reset(before)

    async def _keep_receipt(self, writer: Writer) -> None:
        receipt = _receipt.get()
        if receipt is None or receipt.kept:
            return
        if not writer.answered:
            asked = receipt.viewer, receipt.key, receipt.request
            await trail.save_answer(writer, receipt.company_id, *asked, self._clock.now(), b"")
        receipt.kept = True

    async def load_answer(self, viewer: ViewerId, key: str, request: str, at: datetime) -> tuple[AnswerState, bytes]:
        async with self._connections.read() as connection:
            return await trail.load_answer(connection, viewer, key, request, at)

    async def load_notices(self, company_id: CompanyId, person_id: PersonId) -> Sequence[Notice]:
        async with self._connections.read() as connection:
            return await notices.load_notices(connection, company_id, person_id)

    async def mark_notice_seen(self, company_id: CompanyId, person_id: PersonId, notice_id: str) -> None:
        async with self._connections.write() as writer:
            await notices.mark_notice_seen(writer, company_id, person_id, notice_id)

    async def load_audit(
        self,
        company_id: CompanyId,
        limit: int,
        *,
        before: int | None = None,
        person_id: PersonId | None = None,
    ) -> Sequence[Audit]:
        async with self._connections.read() as connection:
            return await trail.load_audit(connection, company_id, limit, before, person_id)

    async def record_audit(self, audit: Audit) -> None:
        async with self._audited(audit):
            pass

    async def wait_for_change(self) -> None:
        await self._wake.wait()

    async def close(self) -> None:
        await self._wake.close()
        await self._connections.close()

    @asynccontextmanager
    async def _audited(self, audit: Audit | None) -> AsyncGenerator[Writer]:
        """A transaction that is kept together with the trail of it."""
        async with self._connections.write() as writer:
            yield writer
            if audit is not None:
                await trail.record_audit(writer, audit)
