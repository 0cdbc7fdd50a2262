"""Where a database is: a file, or memory for as long as the process lives."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from callendar.contracts.store import StoreError

_PREFIXES = ("sqlite+aiosqlite:///", "sqlite:///")


class Place(Struct, frozen=True):
    """A SQLite database; `path` None = in memory."""

    path: Path | None

    @property
    def url(self) -> str:
        """As SQLAlchemy names it."""
        return f"sqlite+aiosqlite:///{self.path or ':memory:'}"

    def __str__(self) -> str:
        return str(self.path or "the database in memory")


def find_place(url_or_path: str | Path) -> Place:
    """The place that a setting names: a path, `sqlite:///PATH`, or `:memory:`.

    Raises:
        StoreError: An address of another kind of database.
    """
    text = str(url_or_path)
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    if "://" in text:
        kind = text.split("://", 1)[0]
        raise StoreError(f"a database of the kind {kind!r} cannot be used by this release; give the path of a file")
    if not text:
        raise StoreError("the setting for the database is empty; give the path of a file")
    return Place(None if text == ":memory:" else Path(text).absolute())
