"""Restore: a backup in place of a database, whole or not at all; what was there is kept.

the file ──copied, checked, migrated──▶ staged ──its tables, with a new epoch──▶ a fresh file, swapped for the old one
                                                                            └──▶ a server, in one transaction
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from anyio import to_thread
from sqlalchemy import text

from callendar.contracts.backup import BackupUnusable, Copied, Progress, Restored
from callendar.contracts.store import StoreError
from callendar.store import backup_file, companies, schema
from callendar.store.backup import back_up, beside, sync_folder
from callendar.store.connect import Connections, Writer
from callendar.store.copying import copy_tables
from callendar.store.hold import hold
from callendar.store.place import KEPT, FilePlace, ServerPlace, find_place
from callendar.store.sqlite.fault import tell
from callendar.store.tables import metadata
from callendar.store.wake import Wake

WORKING = ".restoring-"
"""Follows the database's name in that of the folder that is worked in."""


async def restore(url_or_path: str | Path, file: Path, *, now: datetime, progress: Progress) -> Restored:
    """Put a backup in place of the database, or where there is none yet.

    Args:
        now: For the name under which the database that was is kept.

    Raises:
        BackupUnusable: The file is no backup, cut short, damaged, or a newer release's.
        StoreError: A `serve` holds the database, or it cannot be written.
    """
    place = find_place(url_or_path)
    if isinstance(place, ServerPlace):
        async with hold(url_or_path):
            return await _into_server(place, file, now, progress)
    if place.path is None:
        raise StoreError("a database in memory cannot be restored; name a file by the setting `database`")
    async with hold(url_or_path):
        return await _into_file(place.path, file, now, progress)


async def _into_file(path: Path, file: Path, now: datetime, progress: Progress) -> Restored:
    with _working_folder(path) as folder:
        staged = await _stage(file, folder)
        fresh = folder / "fresh.db"
        os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        await schema.migrate(FilePlace(fresh))
        target = Connections(FilePlace(fresh), Wake(FilePlace(fresh)))
        try:
            async with target.write() as writer:
                copied = await _copy(staged, writer, progress)
        finally:
            await target.close()
        return Restored(copied=copied, before=await to_thread.run_sync(_swap, fresh, path, now))


async def _into_server(place: ServerPlace, file: Path, now: datetime, progress: Progress) -> Restored:
    """What stands there is written to a backup beside the file first: a server has no second name to give it."""
    with tempfile.TemporaryDirectory(prefix="callendar-restore-") as folder:
        staged = await _stage(file, Path(folder))
        await schema.migrate(place)
        target = Connections(place, Wake(place))
        try:
            async with target.read() as reader:
                is_empty = not await companies.load_companies(reader)
            before = None if is_empty else _free_name(file.with_name(place.database), now)
            if before is not None:
                await back_up(place.address, before, force=False, progress=progress)
            async with target.write() as writer:
                tables = ", ".join(table.name for table in metadata.sorted_tables)
                await writer.connection.execute(text(f"TRUNCATE {tables}"))
                copied = await _copy(staged, writer, progress)
                await schema.renew_epoch(writer)
                # Rows came with their numbers: the next one is to follow them.
                await writer.connection.execute(
                    text("SELECT setval(pg_get_serial_sequence('audit', 'id'), 1 + coalesce(max(id), 0)) FROM audit")
                )
        finally:
            await target.close()
    return Restored(copied=copied, before=before)


async def _stage(file: Path, folder: Path) -> FilePlace:
    """A copy of the file, brought to this release's schema: the file itself is left as it is."""
    staged = folder / "staged.db"
    await to_thread.run_sync(_take_copy, file, staged)
    await to_thread.run_sync(backup_file.check, staged, file)
    try:
        await schema.migrate(FilePlace(staged))
    except StoreError as error:
        raise BackupUnusable(str(error).replace(str(staged), str(file))) from error
    return FilePlace(staged)


def _take_copy(file: Path, staged: Path) -> None:
    if any(each.exists() for each in beside(file)[1:]):
        raise BackupUnusable(f"{file} is in use (SQLite's files are beside it); make a backup of it, and restore that")
    try:
        shutil.copyfile(file, staged)
    except FileNotFoundError as error:
        raise BackupUnusable(f"there is no file {file}; name a backup") from error
    except IsADirectoryError as error:
        raise BackupUnusable(f"{file} is a folder; name a backup") from error
    except shutil.SpecialFileError as error:
        raise BackupUnusable(f"{file} is no file but a pipe; name a backup") from error
    except PermissionError as error:
        raise BackupUnusable(f"{file} may not be read; give the user that restores it the right to") from error


async def _copy(staged: FilePlace, writer: Writer, progress: Progress) -> Copied:
    source = Connections(staged, Wake(staged))
    try:
        async with source.read() as reader:
            return await copy_tables(reader, writer, progress)
    finally:
        await source.close()


@contextmanager
def _working_folder(path: Path) -> Generator[Path]:
    """Beside the database, so that a swap is a change of names; of its owner alone. What a killed restore has left
    there goes."""
    with _telling(path):
        for left in path.parent.iterdir():
            if left.name.startswith(path.name + WORKING):
                shutil.rmtree(left)
        folder = Path(tempfile.mkdtemp(prefix=path.name + WORKING, dir=path.parent))
    try:
        with _telling(path):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _telling(path: Path) -> Generator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise tell(error, FilePlace(path)) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be restored ({error.strerror}); it is as it was") from error


def _swap(fresh: Path, path: Path, now: datetime) -> Path | None:
    """Have the fresh database bear the name; the one that had it keeps another. A kill leaves the one or the other."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    before: Path | None = None
    if path.exists():
        owner = path.stat()
        with suppress(PermissionError):
            os.chown(fresh, owner.st_uid, owner.st_gid)
            fresh.chmod(owner.st_mode & 0o777)
        _settle(path)
        before = _keep(path, now)
    fresh.replace(path)
    sync_folder(path.parent)
    return before


def _settle(path: Path) -> None:
    """Have all of a database stand in its one file, with nothing beside it that would be taken for the next one's."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        # One that is damaged, which may well be why it is replaced, is kept as it lies.
        if error.sqlite_errorname not in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
            raise tell(error, FilePlace(path)) from error


def _keep(path: Path, now: datetime) -> Path:
    kept = _free_name(path, now)
    os.link(path, kept)
    for each, other in zip(beside(path)[1:], beside(kept)[1:], strict=True):
        if each.exists():
            each.rename(other)
    return kept


def _free_name(path: Path, now: datetime) -> Path:
    """Where what is replaced is kept."""
    kept = path.with_name(f"{path.name}{KEPT}{now:%Y%m%dT%H%M%SZ}")
    while kept.exists():
        kept = kept.with_name(kept.name + "+")
    return kept
