"""Hold: one `serve` to a file; a second is refused in words."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from callendar.contracts.store import StoreError
from callendar.store.place import find_place


@contextmanager
def hold(url_or_path: str | Path) -> Generator[None]:
    """Hold a SQLite file for as long as the block runs; others may still open and write it.

    The lock is the operating system's on a file beside it, and ends with the process however that ends.

    Raises:
        StoreError: Somebody else holds it, or the lock's file cannot be made.
    """
    path = find_place(url_or_path).path
    if path is None:
        yield
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
        yield
    finally:
        os.close(handle)
