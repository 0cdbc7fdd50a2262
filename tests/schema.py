"""What a database says of its tables, to be compared."""

from __future__ import annotations

from sqlalchemy import Connection, inspect


def describe(connection: Connection) -> dict[str, object]:
    """Every table of ours with its columns, keys and indexes."""
    found = inspect(connection)
    return {
        name: (
            [(column["name"], repr(column["type"]), column["nullable"]) for column in found.get_columns(name)],
            found.get_pk_constraint(name),
            sorted(found.get_foreign_keys(name), key=repr),
            sorted(found.get_indexes(name), key=repr),
            sorted(found.get_unique_constraints(name), key=repr),
        )
        for name in found.get_table_names()
        if name != "alembic_version"
    }
