"""Backup: the database as it stands at one instant, in one file, while others go on reading and writing it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from anyio import to_thread

from callendar.contracts.backup import BackupUnusable, Copied, Progress
from callendar.store import backup_file, schema
from callendar.store.connect import Connections
from callendar.store.copying import copy_tables
from callendar.store.fault import tell
from callendar.store.key import key_of
from callendar.store.place import FilePlace, Place, find_place
from callendar.store.sqlite.hold import lock_of
from callendar.store.wake import Wake


async def back_up(url_or_path: str | Path, file: Path, *, force: bool, progress: Progress) -> Copied:
    """Write a backup; the file is there when it is whole, and not before.

    Args:
        url_or_path: A database whose schema is this release's.
        force: Put it in place of a file of that name.

    Raises:
        BackupUnusable: The file is there already, or cannot be written.
        StoreError: The database cannot be read.
    """
    place = find_place(url_or_path)
    _check_free(place, file, force)
    part = file.with_name(f"{file.name}.part")
    with _telling(file):
        _make(part)
        try:
            copied = await _copy(place, part, progress)
            await to_thread.run_sync(backup_file.seal, part)
            _check_free(place, file, force)
            part.replace(file)
            sync_folder(file.parent)
        finally:
            forget(part)
    return copied


async def _copy(place: Place, part: Path, progress: Progress) -> Copied:
    target = FilePlace(part)
    await schema.migrate(target)
    source = Connections(place, Wake(place))
    try:
        made = Connections(target, Wake(target))
        try:
            async with source.read() as reader, made.write() as writer:
                copied = await copy_tables(reader, writer, progress)
                await schema.forget_epoch(writer)
                return copied
        finally:
            await made.close()
    finally:
        await source.close()


def _check_free(place: Place, file: Path, force: bool) -> None:
    database = place.path if isinstance(place, FilePlace) else None
    if database is not None and file.exists() and database.exists() and file.samefile(database):
        raise BackupUnusable(f"{file} is the database itself; name another file")
    if database is not None and file.resolve() in (*beside(database), lock_of(database), key_of(database)):
        raise BackupUnusable(f"{file} belongs to the database {database}; name another file")
    if file.is_dir():
        raise BackupUnusable(f"{file} is a folder; name a file in it")
    if file.exists() and not force:
        raise BackupUnusable(f"{file} is there already; name another file, or give --force to replace it")


def _make(part: Path) -> None:
    """An empty file that only its owner may read; what a killed backup has left there goes."""
    forget(part)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


@contextmanager
def _telling(file: Path) -> Generator[None]:
    """Faults of the file itself in words."""
    try:
        yield
    except sqlite3.Error as error:
        raise tell(error, FilePlace(file)) from error
    except FileNotFoundError as error:
        raise BackupUnusable(f"{file} cannot be made: there is no folder {file.parent}; make it first") from error
    except OSError as error:
        raise BackupUnusable(f"{file} cannot be written ({error.strerror}); name another, or mend that") from error


def forget(path: Path) -> None:
    """Remove a database file, with what SQLite keeps beside it."""
    for each in beside(path):
        each.unlink(missing_ok=True)


def beside(path: Path) -> list[Path]:
    """A database file and what SQLite keeps beside it while it is open."""
    return [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]


def sync_folder(folder: Path) -> None:
    """Have the disk keep which names stand in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
