"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Before the release that needs it runs."""
    op.create_table(
        "companies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("extensions_stamp", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_companies")),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_meta")),
    )
    op.create_table(
        "answers",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("viewer_id", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_answers_company_id")),
        sa.PrimaryKeyConstraint("viewer_id", "idempotency_key", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_company_id_given_at"), "answers", ["company_id", "given_at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("done_by_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("detail", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_audit_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_company_id_id"), "audit", ["company_id", "id"], unique=False)
    op.create_table(
        "connections",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_connections_company_id")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_connections")),
    )
    op.create_table(
        "counters",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("forgotten_n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_counters_company_id")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_counters")),
    )
    op.create_table(
        "people",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slid_at", sa.BigInteger(), nullable=False),
        sa.Column("orders_changed_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_people_company_id")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_people")),
    )
    op.create_table(
        "tokens",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_tokens_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_tokens_secret_hash")),
    )
    op.create_index(op.f("ix_tokens_company_id_person_id"), "tokens", ["company_id", "person_id"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_tombstones_company_id")),
        sa.PrimaryKeyConstraint("company_id", "person_id", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_company_id_gone_at"), "tombstones", ["company_id", "gone_at"], unique=False)
    op.create_index(op.f("ix_tombstones_company_id_n"), "tombstones", ["company_id", "n"], unique=False)
    op.create_table(
        "calendars",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("selected", sa.Boolean(), nullable=False),
        sa.Column("read_until", sa.BigInteger(), nullable=True),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        sa.Column("drops", sa.BigInteger(), nullable=False),
        sa.Column("sync_cursor", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["connections.company_id", "connections.id"],
            name=op.f("fk_calendars_company_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_calendars_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_calendars_company_id")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_calendars")),
    )
    op.create_index(
        op.f("ix_calendars_company_id_connection_id"), "calendars", ["company_id", "connection_id"], unique=False
    )
    op.create_index(op.f("ix_calendars_company_id_person_id"), "calendars", ["company_id", "person_id"], unique=False)
    op.create_table(
        "changes",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_changes_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_changes_company_id")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_company_id_made_at"), "changes", ["company_id", "made_at"], unique=False)
    op.create_index(op.f("ix_changes_company_id_person_id"), "changes", ["company_id", "person_id"], unique=False)
    op.create_table(
        "extensions",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_extensions_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_extensions_company_id")),
        sa.PrimaryKeyConstraint("company_id", "person_id", "number", name=op.f("pk_extensions")),
    )
    op.create_table(
        "marks",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("series", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_marks_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_marks_company_id")),
        sa.PrimaryKeyConstraint("company_id", "person_id", "claim", "series", name=op.f("pk_marks")),
    )
    op.create_table(
        "notices",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_notices_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_notices_company_id")),
        sa.PrimaryKeyConstraint("company_id", "person_id", "id", name=op.f("pk_notices")),
    )
    op.create_table(
        "referrals",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_referrals_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_referrals_company_id")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_referrals")),
    )
    op.create_index(op.f("ix_referrals_company_id_person_id"), "referrals", ["company_id", "person_id"], unique=False)
    op.create_table(
        "rows",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("next_edge", sa.BigInteger(), nullable=True),
        sa.Column("planned_with", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_rows_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_rows_company_id")),
        sa.PrimaryKeyConstraint("company_id", "person_id", name=op.f("pk_rows")),
    )
    op.create_index(op.f("ix_rows_company_id_version"), "rows", ["company_id", "version"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_sessions_company_id")),
        sa.ForeignKeyConstraint(["token_id"], ["tokens.id"], name=op.f("fk_sessions_token_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_company_id_ends_at"), "sessions", ["company_id", "ends_at"], unique=False)
    op.create_index(op.f("ix_sessions_token_id"), "sessions", ["token_id"], unique=False)
    op.create_table(
        "silences",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_silences_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_silences_company_id")),
        sa.PrimaryKeyConstraint("company_id", "person_id", "claim", name=op.f("pk_silences")),
    )
    op.create_table(
        "objects",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("calendar_id", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("bookings", sa.LargeBinary(), nullable=False),
        sa.Column("faults", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "calendar_id"],
            ["calendars.company_id", "calendars.id"],
            name=op.f("fk_objects_company_id_calendar_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_objects_company_id")),
        sa.PrimaryKeyConstraint("company_id", "calendar_id", "ref", name=op.f("pk_objects")),
    )
    op.create_table(
        "sync_requests",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("calendar_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "calendar_id"],
            ["calendars.company_id", "calendars.id"],
            name=op.f("fk_sync_requests_company_id_calendar_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_sync_requests_company_id")),
        sa.PrimaryKeyConstraint("company_id", "calendar_id", name=op.f("pk_sync_requests")),
    )


def downgrade() -> None:
    """Back to nothing, what refers before what is referred to."""
    for table in (
        "sync_requests",
        "objects",
        "silences",
        "sessions",
        "rows",
        "referrals",
        "notices",
        "marks",
        "extensions",
        "changes",
        "calendars",
        "tombstones",
        "tokens",
        "people",
        "counters",
        "connections",
        "audit",
        "answers",
        "meta",
        "companies",
    ):
        op.drop_table(table)
