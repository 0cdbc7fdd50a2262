"""Tables: what is kept, the columns that are asked for beside the bodies, and the indexes of each question.

Every table has `company_id`, but for `meta`, which is the database's own, and `tries`, kept before anybody is known. A
body is JSON of a domain value (`body.py`); instants are whole seconds since 1970, UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime of whole seconds, kept as seconds since 1970: equal on every engine, and ordered."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """As it is kept."""
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """As it is handed out."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


class Words(TypeDecorator[str]):
    """Text as all engines can keep it: PostgreSQL keeps no NUL, which what was read elsewhere may hold."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """As it is kept."""
        return None if value is None else value.replace("\x00", "\ufffd")


def _company() -> Column[str]:
    return Column("company_id", Words, ForeignKey("companies.id"), primary_key=True)


def _id() -> Column[str]:
    return Column("id", Words, primary_key=True)


def _of_person(*, primary: bool) -> tuple[Column[str], ForeignKeyConstraint]:
    return (
        Column("person_id", Words, primary_key=primary, nullable=False),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"], ondelete="CASCADE"),
    )


def _of_calendar() -> tuple[Column[str], ForeignKeyConstraint]:
    return (
        Column("calendar_id", Words, primary_key=True),
        ForeignKeyConstraint(
            ["company_id", "calendar_id"], ["calendars.company_id", "calendars.id"], ondelete="CASCADE"
        ),
    )


def _body(name: str = "body") -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


meta = Table("meta", metadata, Column("name", Words, primary_key=True), Column("value", Words, nullable=False))
"""`epoch`: names this database. `sealed`: no connection or calendar is of before sealing (`reseal.py`)."""

companies = Table(
    "companies",
    metadata,
    _id(),
    _body(),
)

extension_stamps = Table(
    "extension_stamps",
    metadata,
    _company(),
    # Another random text after every change of anybody's extensions.
    Column("stamp", Words, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    _company(),
    Column("n", BigInteger, nullable=False),
    # The greatest n of a tombstone that is no longer kept.
    Column("forgotten_n", BigInteger, nullable=False),
)

people = Table(
    "people",
    metadata,
    _company(),
    _id(),
    Column("slid_at", Instant, nullable=False),
    Column("orders_changed_at", BigInteger, nullable=False),
    _body(),
    # The order of acceptance of her referrals.
    Column("accepted", BigInteger, nullable=False),
)

extensions = Table(
    "extensions",
    metadata,
    _company(),
    *_of_person(primary=True),
    Column("number", Words, primary_key=True),
)

rows = Table(
    "rows",
    metadata,
    _company(),
    *_of_person(primary=True),
    Column("version", BigInteger, nullable=False),
    Column("next_edge", Instant),
    _body("planned_with"),
    _body(),
    Index(None, "company_id", "version"),
)

tombstones = Table(
    "tombstones",
    metadata,
    _company(),
    Column("person_id", Words, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("gone_at", Instant, nullable=False),
    Index(None, "company_id", "n"),
    Index(None, "company_id", "gone_at"),
)

connections = Table("connections", metadata, _company(), _id(), Column("read_at", Instant), _body())

calendars = Table(
    "calendars",
    metadata,
    _company(),
    _id(),
    *_of_person(primary=False),
    Column("connection_id", Words, nullable=False),
    Column("position", Integer, nullable=False),
    Column("selected", Boolean, nullable=False),
    Column("read_until", Instant),
    Column("failing_since", Instant),
    Column("fault", Words),
    # Whether cursor and etags may be handed to the reader; false = read from the start.
    Column("is_known", Boolean, nullable=False),
    # How often `is_known` was taken back; a reading begun before the last time does not make it known again.
    Column("drops", BigInteger, nullable=False),
    Column("sync_cursor", Words),
    _body(),
    ForeignKeyConstraint(["company_id", "connection_id"], ["connections.company_id", "connections.id"]),
    Index(None, "company_id", "person_id"),
    Index(None, "company_id", "connection_id"),
)

objects = Table(
    "objects",
    metadata,
    _company(),
    *_of_calendar(),
    Column("ref", Words, primary_key=True),
    Column("etag", Words, nullable=False),
    _body("bookings"),
    _body("faults"),
)

sync_requests = Table("sync_requests", metadata, _company(), *_of_calendar())

referrals = Table(
    "referrals",
    metadata,
    _company(),
    _id(),
    *_of_person(primary=False),
    _body(),
    Index(None, "company_id", "person_id"),
)

silences = Table(
    "silences", metadata, _company(), *_of_person(primary=True), Column("claim", Words, primary_key=True), _body()
)

marks = Table(
    "marks",
    metadata,
    _company(),
    *_of_person(primary=True),
    Column("claim", Words, primary_key=True),
    Column("series", Boolean, primary_key=True),
    _body(),
)

changes = Table(
    "changes",
    metadata,
    _company(),
    _id(),
    *_of_person(primary=False),
    Column("made_at", Instant, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("n", BigInteger, nullable=False),
    _body("before"),
    Index(None, "company_id", "person_id"),
    Index(None, "company_id", "made_at"),
)

notices = Table(
    "notices",
    metadata,
    _company(),
    *_of_person(primary=True),
    _id(),
    Column("told_at", Instant, nullable=False),
    Column("position", Integer, nullable=False),
    Column("claim", Words, nullable=False),
    Column("word", Words, nullable=False),
    Column("suggestion", Words, nullable=False),
    Column("seen", Boolean, nullable=False),
)

# Who asks. Ids of viewers and hashes of secrets are unique over all companies: whoever signs in has not said which one.

tokens = Table(
    "tokens",
    metadata,
    Column("company_id", Words, ForeignKey("companies.id"), nullable=False),
    _id(),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    # A token outlives its person, revoked: no foreign key.
    Column("person_id", Words),
    Column("role", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index(None, "company_id", "person_id"),
)

users = Table(
    "users",
    metadata,
    Column("company_id", Words, ForeignKey("companies.id"), nullable=False),
    _id(),
    # Case folded; one person may sign in at several companies.
    Column("email", Words, nullable=False, index=True),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    # A user outlives the person, disabled: no foreign key.
    Column("person_id", Words),
    # As argon2 writes it; null = nobody can sign in as this user yet.
    Column("password_hash", Words),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    UniqueConstraint("company_id", "email"),
    Index(None, "company_id", "person_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("company_id", Words, ForeignKey("companies.id"), nullable=False),
    Column("secret_hash", LargeBinary, primary_key=True),
    # Whose rights it has: this token's, or that user's.
    Column("token_id", Words, ForeignKey("tokens.id", ondelete="CASCADE"), index=True),
    Column("created_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("user_id", Words, ForeignKey("users.id", ondelete="CASCADE"), index=True),
    Index(None, "company_id", "ends_at"),
)

# Sign-ins that failed, by what they were tried with: the company is not known yet.
tries = Table(
    "tries",
    metadata,
    # `account` and a hash of the address typed, or `address` and that of whoever asks.
    Column("kind", Words, primary_key=True),
    Column("key", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, index=True),
)

timetable_keys = Table(
    "timetable_keys",
    metadata,
    _company(),
    _id(),
    *_of_person(primary=False),
    # As whom the calendar of her timetable is seen.
    Column("viewer_id", Words, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Index(None, "company_id", "person_id"),
)

answers = Table(
    "answers",
    metadata,
    Column("company_id", Words, ForeignKey("companies.id"), nullable=False),
    Column("viewer_id", Words, primary_key=True),
    Column("idempotency_key", Words, primary_key=True),
    Column("request", Words, nullable=False),
    Column("given_at", Instant, nullable=False),
    _body(),
    Index(None, "company_id", "given_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("company_id", Words, ForeignKey("companies.id"), nullable=False),
    Column("done_at", Instant, nullable=False),
    Column("done_by", Words, nullable=False),
    Column("done_by_name", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("person_id", Words),
    _body("detail"),
    Index(None, "company_id", "id"),
)
