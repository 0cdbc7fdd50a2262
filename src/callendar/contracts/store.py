"""Store: what the engine asks of it, in questions named for what they answer.

SQLite and PostgreSQL pass one suite. Everything belongs to a company: each question takes its id, and an id of another
company is simply not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

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
from callendar.domain.errors import CallendarError
from callendar.domain.hand import ReferralId
from callendar.domain.limit import Limit
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import Company, CompanyId


class StoreError(CallendarError):
    """The store cannot do what was asked; the message names the file or server and the mend."""

    code = "store"


class StoreAway(StoreError):
    """Nothing can be asked or kept just now. What was not answered may be asked again by and by, as it was."""

    code = "store_unavailable"


class StoreLocked(StoreAway):
    """Another program keeps the store to itself."""

    code = "store_locked"


class StoreFull(StoreAway):
    """There is no room to keep anything more; what is kept can still be asked for."""

    code = "store_full"


class NotFound(StoreError):
    """Nothing with that id in that company."""

    code = "not_found"


class Conflict(StoreError):
    """The orders by hand have changed since what the caller looked at."""

    code = "conflict"


class Store(Protocol):
    """Everything that is kept. Instants are aware UTC seconds; sequences are ordered as said, without duplicates.

    `audit` is kept in the same transaction as the write that it tells of, or not at all.
    """

    @property
    def epoch(self) -> str:
        """Names this database; a restore or another database has another."""
        ...

    async def check(self, *, write: bool = False) -> None:
        """Return if the store works: it is read, and, where asked or where the last write failed, written too.

        Raises:
            StoreError: It does not, in words.
        """
        ...

    # companies ----------------------------------------------------------------------------------------------------

    async def load_companies(self) -> Sequence[Company]:
        """All companies, by name."""
        ...

    async def load_company(self, company_id: CompanyId) -> Company:
        """One company; `NotFound` if there is none."""
        ...

    async def save_company(self, company: Company, *, audit: Audit | None = None) -> Company:
        """Add or change a company; a change of rules, reasons, zone or language gets a new `rules_version`, returned.
        A changed keyword or divert drops `known` of every calendar of the company."""
        ...

    # people and rows ----------------------------------------------------------------------------------------------

    def change(self, company_id: CompanyId, people: Collection[PersonId]) -> AbstractAsyncContextManager[Transaction]:
        """A transaction over these people's causes; those that exist are locked in id order, new ones may be added."""
        ...

    async def load_rows(self, company_id: CompanyId, ids: Collection[PersonId] | None = None) -> Rows:
        """Rows of everybody, or of these, by name then id."""
        ...

    async def load_rows_since(self, company_id: CompanyId, n: int) -> Rows | None:
        """Rows changed and people gone after n, or None when n is older than the tombstones (7 days) or ahead."""
        ...

    async def load_counter(self, company_id: CompanyId) -> int:
        """The company's n as it stands."""
        ...

    async def load_causes(self, company_id: CompanyId, person_id: PersonId) -> Causes:
        """All causes of a person, read at one instant; `NotFound` if she is not there."""
        ...

    async def load_row_headers(self, company_id: CompanyId) -> Sequence[RowHeader]:
        """Of every person, in id order."""
        ...

    async def find_referral(self, company_id: CompanyId, referral_id: ReferralId) -> PersonId:
        """Whose referral that is; `NotFound` if there is none."""
        ...

    async def load_change(self, company_id: CompanyId, change_id: str) -> Change:
        """A change by hand by its id; `NotFound` once it is gone."""
        ...

    # calendars ----------------------------------------------------------------------------------------------------

    async def load_connections(self, company_id: CompanyId) -> Sequence[Connection]:
        """By name, then id; secrets included. One that cannot be opened comes without settings, and says why in
        `fault`."""
        ...

    async def reseal(self, *, drop: bool) -> Resealed:
        """Seal every connection and calendar anew, all or none: with a new key where the keys are the store's own, else
        with the first of those given. Whatever interrupts it, everything can still be opened.

        Args:
            drop: Forget the older keys of its own afterwards, unless something is left that does not open.
        """
        ...

    async def examine_keys(self) -> KeysTold:
        """What is to be said of the keys that connections are sealed with."""
        ...

    async def load_calendars(self, company_id: CompanyId, person_id: PersonId | None = None) -> Sequence[Calendar]:
        """Of one person or of all, in the order of each person's list."""
        ...

    async def load_calendar_sync(self, company_id: CompanyId, calendar_id: CalendarId) -> CalendarSync:
        """What is needed to read a calendar now; `NotFound` if it is gone."""
        ...

    async def load_object_faults(self, company_id: CompanyId, calendar_id: CalendarId) -> Sequence[str]:
        """What could not be used in single objects of a calendar (`ReadObject.faults`), by ref."""
        ...

    async def save_progress(
        self, company_id: CompanyId, read_at: Mapping[ConnectionId, datetime], cursors: Mapping[CalendarId, str]
    ) -> None:
        """Keep when connections were last read, and cursors of readings that changed nothing; makes no version."""
        ...

    async def request_sync(self, company_id: CompanyId, calendars: Collection[CalendarId]) -> None:
        """Ask whichever process reads these calendars to read them now; survives until it is taken."""
        ...

    async def take_sync_requests(self, company_id: CompanyId) -> Sequence[CalendarId]:
        """The requests since the last take, each once."""
        ...

    # who asks -----------------------------------------------------------------------------------------------------

    async def save_token(self, token: Token, secret_hash: bytes, *, audit: Audit | None = None) -> None:
        """Add a token under the SHA-256 of its secret."""
        ...

    async def load_tokens(self, company_id: CompanyId) -> Sequence[Token]:
        """All tokens, revoked ones too, the newest last."""
        ...

    async def revoke_token(
        self, company_id: CompanyId, token_id: ViewerId, at: datetime, *, audit: Audit | None = None
    ) -> None:
        """The token, and sessions that came from it, stop working at once; `NotFound` if there is none."""
        ...

    async def save_user(self, user: User, *, password_hash: str | None = None, audit: Audit | None = None) -> None:
        """Add a user, or change her; `password_hash` is used only when she is new, and `save_password` changes it. A
        disabled one's sessions end; `Conflict` when another of the company has the address."""
        ...

    async def load_users(self, company_id: CompanyId) -> Sequence[User]:
        """All users, disabled ones too, by name, then id."""
        ...

    async def delete_user(self, company_id: CompanyId, user_id: ViewerId, *, audit: Audit | None = None) -> None:
        """Remove a user and her sessions; `NotFound` if there is none."""
        ...

    async def load_accounts(self, email: str) -> Sequence[Account]:
        """The users with this address (case folded) in every company, by company: whoever signs in has named none."""
        ...

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
        """Give a user a password; her sessions end. `NotFound` if there is no such user.

        Args:
            replacing: Only while this is the hash that is kept; False when it was another.
            keep_sessions: It is the same password, hashed anew.
        """
        ...

    async def load_viewer(self, secret_hash: bytes, at: datetime) -> Viewer | None:
        """Who holds this token or session secret; None when unknown, revoked, disabled or expired."""
        ...

    async def load_viewers(self, secret_hashes: Collection[bytes], at: datetime) -> Mapping[bytes, Viewer]:
        """Who holds these secrets, as `load_viewer`; those that are nobody's are left out."""
        ...

    async def load_viewer_by_id(self, company_id: CompanyId, viewer_id: ViewerId) -> Viewer | None:
        """Who that is, a token or a user; None when unknown, revoked or disabled."""
        ...

    async def load_viewer_ids(self, company_id: CompanyId) -> frozenset[ViewerId]:
        """The ids of all tokens and users, also of those that can no longer sign in."""
        ...

    async def save_session(
        self,
        viewer_id: ViewerId,
        secret_hash: bytes,
        created_at: datetime,
        until: datetime,
        *,
        password_hash: str | None = None,
    ) -> None:
        """Add a browser session that acts with the rights of a token or user.

        Args:
            password_hash: What the password was checked against.

        Raises:
            NotFound: There is no such viewer, the user is disabled, or her password is another by now.
        """
        ...

    async def prolong_session(self, secret_hash: bytes, until: datetime, most: timedelta) -> None:
        """Let a session end later, at `until`, but not later than `most` after it began; nothing happens to one that is
        not there."""
        ...

    async def delete_session(self, secret_hash: bytes) -> None:
        """Sign out; nothing happens if it is not there."""
        ...

    async def count_try(self, tried: Mapping[TryKey, Limit], at: datetime) -> int:
        """Count one more try under each of these, in one step, and return 0; or count nothing and return the longest
        wait in seconds that one of their limits asks for."""
        ...

    async def end_tries(self, key: TryKey, at: datetime) -> None:
        """Set the count under this key to none; from now on it is there (`has_tries`)."""
        ...

    async def take_back_try(self, key: TryKey) -> None:
        """Count one less."""
        ...

    async def has_tries(self, key: TryKey) -> bool:
        """Whether anything is kept under this key; tries are swept when they are old, `device` after 90 days."""
        ...

    async def load_timetable_keys(self, company_id: CompanyId, person_id: PersonId) -> Sequence[TimetableKey]:
        """Keys to the calendar of a person's timetable, the newest last."""
        ...

    async def find_timetable_key(self, secret_hash: bytes) -> TimetableKey | None:
        """The key with this secret; None when unknown or revoked. Whether its viewer still is one, it does not say."""
        ...

    # the rest -----------------------------------------------------------------------------------------------------

    def receipting(self, receipt: Receipt) -> AbstractContextManager[None]:
        """Within the block, the first transaction of this task that writes anything keeps the receipt too, as an empty
        answer, unless it saves an answer itself."""
        ...

    async def load_answer(self, viewer: ViewerId, key: str, request: str, at: datetime) -> tuple[AnswerState, bytes]:
        """What was answered to an `Idempotency-Key`: `new` (nothing kept), the `same` request, or an `other` one."""
        ...

    async def load_notices(self, company_id: CompanyId, person_id: PersonId) -> Sequence[Notice]:
        """Notices not yet seen, the oldest first."""
        ...

    async def mark_notice_seen(self, company_id: CompanyId, person_id: PersonId, notice_id: str) -> None:
        """She has seen it; `NotFound` if it is not hers."""
        ...

    async def load_audit(
        self,
        company_id: CompanyId,
        limit: int,
        *,
        before: int | None = None,
        person_id: PersonId | None = None,
    ) -> Sequence[Audit]:
        """The newest first; only those older than the entry `before`, only those about this person."""
        ...

    async def record_audit(self, audit: Audit) -> None:
        """Keep who did what, where nothing else is written."""
        ...

    async def wait_for_change(self) -> None:
        """Return when something may have been committed, here or by another process: at once after a local commit,
        soon after another's, mostly within 250 ms and always within 2.5 s while the database can be asked. A wake says
        nothing more; look above the last n.

        No commit is missed between two calls of one task: it returns at once if there was one since the task's last
        call, or, at its first, since the store was opened. So bound it with `anyio.move_on_after`, which stays in the
        task, not with `asyncio.wait_for`, which makes a new one."""
        ...

    async def close(self) -> None:
        """Close every connection; called once."""
        ...
