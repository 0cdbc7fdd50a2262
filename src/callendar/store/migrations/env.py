"""How Alembic runs here: on the connection it is given, within the transaction that is open on it."""

from __future__ import annotations

from alembic import context

from callendar.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
    compare_type=True,
)
context.run_migrations()
