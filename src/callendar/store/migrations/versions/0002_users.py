"""Users who sign in, the limits of trying to, and keys to calendars of timetables; and counters that are each person's
or stand alone, so that writers lock them in one order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Before the release that needs it runs."""
    op.create_table(
        "users",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_users_company_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("company_id", "email", name=op.f("uq_users_company_id_email")),
    )
    op.create_index(op.f("ix_users_email"), "users", ["email"], unique=False)
    op.create_index(op.f("ix_users_company_id_person_id"), "users", ["company_id", "person_id"], unique=False)
    op.create_table(
        "tries",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_last_at"), "tries", ["last_at"], unique=False)
    op.create_table(
        "timetable_keys",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("viewer_id", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_timetable_keys_company_id_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_timetable_keys_company_id")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_timetable_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_timetable_keys_secret_hash")),
    )
    op.create_index(
        op.f("ix_timetable_keys_company_id_person_id"), "timetable_keys", ["company_id", "person_id"], unique=False
    )
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("token_id", existing_type=sa.Text(), nullable=True)
        sessions.add_column(sa.Column("user_id", sa.Text(), nullable=True))
        sessions.create_foreign_key(op.f("fk_sessions_user_id"), "users", ["user_id"], ["id"], ondelete="CASCADE")
        sessions.create_index(op.f("ix_sessions_user_id"), ["user_id"], unique=False)
    op.create_table(
        "extension_stamps",
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("stamp", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_extension_stamps_company_id")),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_extension_stamps")),
    )
    op.execute("INSERT INTO extension_stamps (company_id, stamp) SELECT id, extensions_stamp FROM companies")
    with op.batch_alter_table("companies") as companies:
        companies.drop_column("extensions_stamp")
    with op.batch_alter_table("people") as people:
        people.add_column(sa.Column("accepted", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE people SET accepted = (SELECT accepted FROM counters WHERE counters.company_id = people.company_id)"
    )
    with op.batch_alter_table("people") as people:
        people.alter_column("accepted", existing_type=sa.BigInteger(), nullable=False)
    with op.batch_alter_table("counters") as counters:
        counters.drop_column("accepted")


def downgrade() -> None:
    """Sessions of users end."""
    with op.batch_alter_table("counters") as counters:
        counters.add_column(sa.Column("accepted", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE counters SET accepted ="
        " (SELECT coalesce(max(accepted), 0) FROM people WHERE people.company_id = counters.company_id)"
    )
    with op.batch_alter_table("counters") as counters:
        counters.alter_column("accepted", existing_type=sa.BigInteger(), nullable=False)
    with op.batch_alter_table("people") as people:
        people.drop_column("accepted")
    with op.batch_alter_table("companies") as companies:
        companies.add_column(sa.Column("extensions_stamp", sa.Text(), nullable=True))
    op.execute(
        "UPDATE companies SET extensions_stamp ="
        " (SELECT stamp FROM extension_stamps WHERE extension_stamps.company_id = companies.id)"
    )
    with op.batch_alter_table("companies") as companies:
        companies.alter_column("extensions_stamp", existing_type=sa.Text(), nullable=False)
    op.drop_table("extension_stamps")
    op.execute("DELETE FROM sessions WHERE token_id IS NULL")
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_index(op.f("ix_sessions_user_id"))
        sessions.drop_constraint(op.f("fk_sessions_user_id"), type_="foreignkey")
        sessions.drop_column("user_id")
        sessions.alter_column("token_id", existing_type=sa.Text(), nullable=False)
    for table in ("timetable_keys", "tries", "users"):
        op.drop_table(table)
