"""Backup file: a SQLite database of ours with a checksum over all of it, and the marks by which it is known.

Two fields of SQLite's header are an application's to use: the application id says whose file it is, and in the user
version stands the CRC-32 of the file as it is with that field empty. Source: "Database File Format", sqlite.org, §1.3.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

from callendar.contracts.backup import BackupUnusable

APPLICATION_ID = 0x43414C42
"""`CALB`."""
_MAGIC = b"SQLite format 3\x00"
_SUM, _APPLICATION = slice(60, 64), slice(68, 72)
_HEADER_BYTES = 100
_CHUNK_BYTES = 1 << 20


def seal(path: Path) -> None:
    """Mark a database that nobody has open as a backup, and have the disk keep it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA user_version=0")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    checksum = _checksum(path)
    with path.open("r+b") as file:
        file.seek(_SUM.start)
        file.write(checksum)
        file.flush()
        os.fsync(file.fileno())


def check(path: Path, named: Path) -> None:
    """Return if a file is a whole backup, or a database of ours as it lay on a disk.

    Args:
        named: What the words call it.

    Raises:
        BackupUnusable: It is something else, cut short or damaged.
    """
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise BackupUnusable(f"{named} is not a backup of Callendar's; name a file that `callendar backup` has made")
    is_backup = int.from_bytes(header[_APPLICATION], "big") == APPLICATION_ID
    if is_backup and _checksum(path) != header[_SUM]:
        raise BackupUnusable(f"{named} is damaged or cut short (its checksum does not fit); use another backup")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupUnusable(f"{named} is damaged; use another backup") from error
    if found != ("ok",):
        raise BackupUnusable(f"{named} is damaged; use another backup")


def _checksum(path: Path) -> bytes:
    found = 0
    with path.open("rb") as file:
        header = bytearray(file.read(_HEADER_BYTES))
        header[_SUM] = bytes(4)
        found = zlib.crc32(header)
        while chunk := file.read(_CHUNK_BYTES):
            found = zlib.crc32(chunk, found)
    return found.to_bytes(4, "big")
