"""Holding a SQLite file: an operating system's lock on a file beside it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

import anyio

from callendar.contracts.store import StoreError
from callendar.store.place import FilePlace


class FileHold:
    """A file held. The lock cannot be lost while its process lives."""

    async def keep(self) -> None:
        """There is nothing to see to."""
        await anyio.sleep_forever()


@contextmanager
def hold_file(place: FilePlace) -> Generator[FileHold]:
    """Hold it; a database in memory is nobody's but one's own."""
    path = place.path
    if path is None:
        yield FileHold()
        return
    lock = path.with_name(f"{path.name}.serve")
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
        yield FileHold()
    finally:
        os.close(handle)
