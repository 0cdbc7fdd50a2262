"""Kept: what the store hands out and takes that the domain has no word for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from callendar.contracts.source import Known
from callendar.domain.booking import Calendar
from callendar.domain.hand import Orders
from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.privacy import Role
from callendar.domain.row import PlannedWith, Row
from callendar.domain.rules import CompanyId


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


class User(Struct, frozen=True, kw_only=True):
    """Somebody who signs in with an address and a password; the password itself is kept only as its argon2 hash."""

    id: ViewerId
    company_id: CompanyId
    email: str
    """Case folded; one of its company's users only."""
    name: str
    role: Role
    person_id: PersonId | None
    created_at: datetime
    disabled_at: datetime | None = None
    """Since when nobody can sign in as this user."""
    has_password: bool = False
    """Whether one was ever set; kept by `save_password` alone."""


class Account(Struct, frozen=True, kw_only=True):
    """A user as a sign-in is checked."""

    user: User
    company_name: str
    password_hash: str | None


TryKind = Literal["account", "address", "device", "own"]
"""What a try is counted by: the mail address typed; where it comes from; a browser that has signed in before; whoever
is signed in and gives her password once more."""


class TryKey(Struct, frozen=True, kw_only=True, gc=False):
    """Under which a try is counted; `key` is a hash."""

    kind: TryKind
    key: bytes


class TimetableKey(Struct, frozen=True, kw_only=True):
    """A key to the calendar of one person's timetable, as one viewer sees it; its secret is kept only as a hash."""

    id: str
    company_id: CompanyId
    person_id: PersonId
    viewer_id: ViewerId
    created_at: datetime


class Audit(Struct, frozen=True, kw_only=True):
    """One change that somebody made for somebody else, or of the company."""

    at: datetime
    company_id: CompanyId
    by: str
    by_name: str
    action: str
    person_id: PersonId | None
    detail: dict[str, str]
    """What it was done to, by id and name; no secrets, no titles or texts."""
    id: int | None = None
    """Given by the store; a later entry has a greater one."""


class KeysTold(Struct, frozen=True, kw_only=True):
    """What may be told of the keys that connections are sealed with."""

    place: str
    """Where they are."""
    made: bool
    """Since the store was opened, as there were none."""
    fault: str | None
    """Why nothing can be sealed, or some of it not be opened; with the mend."""
    warnings: tuple[str, ...] = ()
    missing: bool = False
    """There is none yet: it is made with the first secret."""


class Resealed(Struct, frozen=True, kw_only=True):
    """What came of sealing everything with the newest key."""

    connections: int
    """How many are sealed with it now."""
    shut: tuple[str, ...]
    """In words, those that could not be opened; they are as they were."""
    key_made: bool
    """False where the keys are given: then the first of them was used."""
    older: int
    """How many keys besides seal nothing any more."""
    dropped: bool
    """Those are gone."""


class Receipt(Struct, kw_only=True):
    """That a request with an `Idempotency-Key` was done; kept with whatever it writes first."""

    company_id: CompanyId
    viewer: ViewerId
    key: str
    request: str
    """A hash of it."""
    kept: bool = False
    """Set by the store once it is written, or what stands in its place."""


AnswerState = Literal["new", "same", "other"]
