"""Holding a SQLite file: an operating system's lock on a file beside it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio

from callendar.contracts.store import StoreError
from callendar.store.place import FilePlace

LOOK_SECONDS = 1.0
"""How soon it is found out that the file is gone."""


class FileHold:
    """A file held. The lock cannot be lost while its process lives, but the file can be taken from under it."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    async def keep(self) -> None:
        """See that the file stays the one that was opened. Raises `StoreError` when it has been removed or replaced."""
        if self._path is None:
            await anyio.sleep_forever()
            return
        opened = _identity(self._path)
        while _identity(self._path) == opened:  # noqa: ASYNC110 - whoever takes a file sets no event
            await anyio.sleep(LOOK_SECONDS)
        raise StoreError(
            f"{self._path} was removed or replaced while serve was running on it, and what is written now would be "
            "lost; put it back or restore a backup, and start serve again"
        )


def _identity(path: Path) -> object:
    """What differs when a file is another; None without one."""
    try:
        about = path.stat()
    except FileNotFoundError:
        return None
    return about.st_dev, about.st_ino


def lock_of(path: Path) -> Path:
    """The file beside a database that is locked to hold it."""
    return path.with_name(f"{path.name}.serve")


@contextmanager
def hold_file(place: FilePlace) -> Generator[FileHold]:
    """Hold it; a database in memory is nobody's but one's own."""
    path = place.path
    if path is None:
        yield FileHold(None)
        return
    lock = lock_of(path)
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{lock} cannot be made ({error.strerror}); it keeps a second serve from {path}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "unknown"
            raise StoreError(
                f"another callendar serve (process {holder}) is running on {path}; stop it first, or give this one a "
                "database of its own"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield FileHold(path)
    finally:
        os.close(handle)
