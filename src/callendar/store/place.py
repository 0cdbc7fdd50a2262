"""Where a database is: a file, memory for as long as the process lives, or a PostgreSQL server."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from callendar.contracts.store import StoreError

_FILE_PREFIXES = ("sqlite+aiosqlite:///", "sqlite:///")
_SERVER_KINDS = ("postgresql", "postgres", "postgresql+asyncpg")
_PASSWORD = re.compile(r"(?<=://)([^:/?#]*):.*@", re.DOTALL)
_PASSWORD_OPTION = re.compile(r"(?<=[?&]password=)[^&#]*")
KEPT = ".before-restore-"
"""Follows the file's name in that of the database that a restore replaced."""


class FilePlace(Struct, frozen=True):
    """A SQLite database; `path` None = in memory."""

    path: Path | None

    def __str__(self) -> str:
        return str(self.path or "the database in memory")


class ServerPlace(Struct, frozen=True, repr_omit_defaults=True):
    """A database in a PostgreSQL server."""

    address: str
    """`postgresql://…`, the password included: for the driver alone."""
    database: str

    def __str__(self) -> str:
        return without_password(self.address)

    def __repr__(self) -> str:
        return f"ServerPlace({self})"


Place = FilePlace | ServerPlace


def find_place(url_or_path: str | Path) -> Place:
    """The place that a setting names: a path, `sqlite:///PATH`, `:memory:`, or `postgresql://…`.

    Raises:
        StoreError: An address of another kind of database, or one that cannot be read; it is not repeated.
    """
    text = str(url_or_path)
    for prefix in _FILE_PREFIXES:
        text = text.removeprefix(prefix)
    if not text:
        raise StoreError("the setting for the database is empty; give the path of a file, or postgresql://…")
    kind, separator, rest = text.partition("://")
    if not separator:
        return FilePlace(None if text == ":memory:" else Path(text).resolve())
    if kind not in _SERVER_KINDS:
        raise StoreError(f"a database of the kind {kind!r} cannot be used; give the path of a file, or postgresql://…")
    return _find_server(f"postgresql://{rest}")


def without_password(url_or_path: str) -> str:
    """As it may be shown: stars instead of a password, also in an address that is written wrongly."""
    if "://" not in url_or_path:
        return url_or_path
    return _PASSWORD_OPTION.sub("***", _PASSWORD.sub(r"\1:***@", url_or_path))


def _find_server(address: str) -> ServerPlace:
    try:
        parts = urlsplit(address)
        # Several hosts, each with its port, are the driver's to read.
        has_port = "," in parts.netloc or parts.port is None or parts.port > 0
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        has_port, parts, options = False, None, {}
    if not has_port or parts is None or parts.fragment or "@" in parts.path:
        raise StoreError(
            "the address of the database cannot be read; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and in "
            "user and password %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?, %25 for %"
        )
    database = unquote(parts.path.removeprefix("/")) or options.get("dbname", options.get("database", [""]))[-1]
    if not database:
        raise StoreError(f"{without_password(address)} names no database; write its name after the server: …/callendar")
    return ServerPlace(address=address, database=database)
