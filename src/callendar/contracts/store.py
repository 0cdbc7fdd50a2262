"""Store: what the engine asks of it, in questions named for what they answer.

SQLite and PostgreSQL pass one suite. Everything belongs to a company: each question takes its id, and an id of another
company is simply not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from callendar.contracts.source import Known, Reading
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.cause import Causes
from callendar.domain.errors import CallendarError
from callendar.domain.hand import AppMark, Orders, Referral, ReferralId, Silence
from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import Company, CompanyId


class StoreError(CallendarError):
    """The store cannot do what was asked; the message names the file or server and the mend."""

    code = "store"


class NotFound(StoreError):
    """Nothing with that id in that company."""

    code = "not_found"


class Conflict(StoreError):
    """The orders by hand have changed since what the caller looked at."""

    code = "conflict"


class Rows(Struct, frozen=True, kw_only=True):
    """Rows as they stand at one version of a company."""

    epoch: str
    n: int
    """The company's counter: everything up to it is in `rows` and `gone`."""
    rows: tuple[Row, ...]
    gone: tuple[PersonId, ...] = ()


class RowHeader(Struct, frozen=True, kw_only=True, gc=False):
    """What decides whether and when a row is planned again."""

    person_id: PersonId
    planned_with: PlannedWith | None
    """None: never planned."""
    slid_at: datetime
    next_edge: datetime | None
    """The first edge after the row was planned, for the order of re-planning."""


class CalendarSync(Struct, frozen=True, kw_only=True):
    """A calendar with what is needed to read it."""

    calendar: Calendar
    person: Person
    slid_at: datetime
    known: Known | None
    """None when it has to be read from the start: never read, or what was known has been dropped."""
    drops: int = 0
    """How often `known` has been dropped; handed back with the reading (`Transaction.apply_reading`)."""


class Change(Struct, frozen=True, kw_only=True):
    """A change by hand that may be undone within ten minutes."""

    id: str
    company_id: CompanyId
    person_id: PersonId
    at: datetime
    by: ViewerId
    before: Orders
    n: int
    """The company's n that it got: another change of the same person's orders has a greater one."""


class Notice(Struct, frozen=True, kw_only=True, gc=False):
    """An unknown mark that the person is told of once (`rules.md` §1.9)."""

    id: str
    person_id: PersonId
    claim: str
    word: str
    suggestion: str
    seen: bool = False


class Token(Struct, frozen=True, kw_only=True):
    """An API token as administrators list it; the secret itself is kept only as a hash."""

    id: ViewerId
    company_id: CompanyId
    role: Role
    name: str
    person_id: PersonId | None
    created_at: datetime
    revoked_at: datetime | None = None


class Audit(Struct, frozen=True, kw_only=True):
    """One change that somebody made for somebody else."""

    at: datetime
    company_id: CompanyId
    by: str
    by_name: str
    action: str
    person_id: PersonId | None
    detail: dict[str, str]


AnswerState = Literal["new", "same", "other"]


class Transaction(Protocol):
    """One transaction over the causes and rows of a few people, already locked (in id order).

    Write the causes, ask for all of them, plan, save the row. It commits when the block ends, or leaves nothing behind
    when the block raises. There is no await on anything else inside (`design.md` §2).
    """

    async def load_company(self) -> Company:
        """The company as it stands in this transaction."""
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

    async def delete_person(self, person_id: PersonId, at: datetime) -> None:
        """Remove a person with all her causes and revoke her tokens; a tombstone stays for 7 days. Nothing happens if
        she is not there."""
        ...

    async def save_calendar(self, calendar: Calendar) -> None:
        """Add or change a calendar. A changed ref or connection drops its `known`, bookings, `read_until` and fault;
        otherwise the last two, which readings find out, are taken from `calendar` only when it is new."""
        ...

    async def delete_calendar(self, calendar_id: CalendarId) -> None:
        """Remove a calendar with its bookings."""
        ...

    async def apply_reading(
        self, calendar_id: CalendarId, reading: Reading, read_until: datetime, drops: int | None = None
    ) -> bool:
        """Put a reading in place of what was kept and clear the fault; True if any booking, `read_until` or the fault
        differs from before. The cursor and etags are stored with it.

        Args:
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

    async def record_audit(self, audit: Audit) -> None:
        """Keep who did what for whom."""
        ...

    async def save_answer(self, viewer: ViewerId, key: str, request: str, at: datetime, body: bytes) -> None:
        """Keep the answer to an `Idempotency-Key` with a hash of its request, for 24 hours."""
        ...


class Store(Protocol):
    """Everything that is kept. Instants are aware UTC seconds; sequences are ordered as said, without duplicates."""

    @property
    def epoch(self) -> str:
        """Names this database; a restore or another database has another."""
        ...

    # companies ----------------------------------------------------------------------------------------------------

    async def load_companies(self) -> Sequence[Company]:
        """All companies, by name."""
        ...

    async def load_company(self, company_id: CompanyId) -> Company:
        """One company; `NotFound` if there is none."""
        ...

    async def save_company(self, company: Company) -> Company:
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
        """By name, then id; secrets included."""
        ...

    async def save_connection(self, connection: Connection) -> None:
        """Add or change a connection; `read_at` is used only when it is new. Another kind or setting drops `known` of
        its calendars."""
        ...

    async def delete_connection(self, company_id: CompanyId, connection_id: ConnectionId) -> None:
        """Remove a connection that has no calendars left; `Conflict` otherwise."""
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

    async def save_token(self, token: Token, secret_hash: bytes) -> None:
        """Add a token under the SHA-256 of its secret."""
        ...

    async def load_tokens(self, company_id: CompanyId) -> Sequence[Token]:
        """All tokens, revoked ones too, the newest last."""
        ...

    async def revoke_token(self, company_id: CompanyId, token_id: ViewerId, at: datetime) -> None:
        """The token, and sessions that came from it, stop working at once; `NotFound` if there is none."""
        ...

    async def load_viewer(self, secret_hash: bytes, at: datetime) -> Viewer | None:
        """Who holds this token or session secret; None when unknown, revoked or expired."""
        ...

    async def load_viewer_by_id(self, company_id: CompanyId, viewer_id: ViewerId) -> Viewer | None:
        """Who that is; None when unknown or revoked."""
        ...

    async def save_session(self, token_id: ViewerId, secret_hash: bytes, created_at: datetime, until: datetime) -> None:
        """Add a browser session that acts with the rights of a token."""
        ...

    async def delete_session(self, secret_hash: bytes) -> None:
        """Sign out; nothing happens if it is not there."""
        ...

    # the rest -----------------------------------------------------------------------------------------------------

    async def load_answer(self, viewer: ViewerId, key: str, request: str, at: datetime) -> tuple[AnswerState, bytes]:
        """What was answered to an `Idempotency-Key`: `new` (nothing kept), the `same` request, or an `other` one."""
        ...

    async def load_notices(self, company_id: CompanyId, person_id: PersonId) -> Sequence[Notice]:
        """Notices not yet seen, the oldest first."""
        ...

    async def mark_notice_seen(self, company_id: CompanyId, person_id: PersonId, notice_id: str) -> None:
        """She has seen it; `NotFound` if it is not hers."""
        ...

    async def load_audit(self, company_id: CompanyId, limit: int) -> Sequence[Audit]:
        """The newest first."""
        ...

    async def wait_for_change(self) -> None:
        """Return when something may have been committed, here or by another process: at once after a local commit,
        within 250 ms of another's (SQLite: `PRAGMA data_version`). A wake says nothing more; look above the last n.

        No commit is missed between two calls of one task: it returns at once if there was one since the task's last
        call, or, at its first, since the store was opened. So bound it with `anyio.move_on_after`, which stays in the
        task, not with `asyncio.wait_for`, which makes a new one."""
        ...

    async def close(self) -> None:
        """Close every connection; called once."""
        ...
