"""Open: a store from what a setting names."""

from __future__ import annotations

import os
from pathlib import Path

from callendar.contracts.clock import Clock
from callendar.contracts.store import Store, StoreError
from callendar.store import schema
from callendar.store.connect import Connections
from callendar.store.place import KEPT, FilePlace, Place, find_place
from callendar.store.store import SqlStore
from callendar.store.wake import Wake


async def open_store(url_or_path: str | Path, *, clock: Clock) -> Store:
    """Open a database, made or brought to this release's schema where needed.

    Args:
        url_or_path: A file's path, `sqlite:///PATH`, `:memory:`, or `postgresql://…`.

    Raises:
        StoreError: In words with the mend: not ours, a newer release's, locked, damaged, not to be written or reached.
    """
    place = find_place(url_or_path)
    wake = Wake(place)
    connections = Connections(place, wake)
    try:
        epoch = await _find_epoch(place, connections)
        await wake.open()
    except BaseException:
        await connections.close()
        raise
    return SqlStore(connections, wake, epoch=epoch, clock=clock)


async def migrate(url_or_path: str | Path) -> None:
    """Bring a database to this release's schema; what `open_store` does by itself. Raises as it does."""
    place = find_place(url_or_path)
    connections = Connections(place, Wake(place))
    try:
        await _find_epoch(place, connections)
    finally:
        await connections.close()


async def _find_epoch(place: Place, connections: Connections) -> str:
    if isinstance(place, FilePlace):
        if place.path is None:
            async with connections.write() as writer:
                writer.wrote = True
                return await schema.make_anew(writer.connection)
        _make_file(place, place.path)
    async with connections.read() as connection:
        epoch = await schema.find_epoch(place, connection)
    return epoch or await schema.migrate(place)


def _make_file(place: Place, path: Path) -> None:
    """An empty file that only its owner may read: bookings and secrets will stand in it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError as error:
        raise StoreError(f"{place} cannot be made: there is no folder {path.parent}; make it first") from error
    except IsADirectoryError as error:
        raise StoreError(f"{place} is a folder; name a file in it") from error
    except PermissionError as error:
        raise StoreError(
            f"{place} cannot be written; give the user that runs Callendar the right to write to it and to its folder"
        ) from error
    except OSError as error:
        raise StoreError(f"{place} cannot be opened: {error.strerror}") from error
    names = os.fstat(handle).st_nlink
    os.close(handle)
    if names > 1:
        _refuse_second_name(path)


def _refuse_second_name(path: Path) -> None:
    """SQLite keeps what was written last beside the name by which a file was opened: by two names it is torn apart."""
    for twin in path.parent.iterdir():
        # A restore was ended between its last two steps; this is what it would have replaced.
        if twin.name.startswith(path.name + KEPT) and twin.samefile(path):
            twin.unlink()
    if path.stat().st_nlink > 1:
        raise StoreError(
            f"{path} has a second name on its disk (a hard link), and a database that is used by two names is damaged; "
            "remove the other one, or make it a copy"
        )
