"""Open: a store from what a setting names."""

from __future__ import annotations

import os
from pathlib import Path

from callendar.contracts.clock import Clock
from callendar.contracts.meter import Meter
from callendar.contracts.store import Store, StoreError
from callendar.store import schema
from callendar.store.connect import Connections
from callendar.store.key import KeyPlace, KeyRing, key_of, new_key
from callendar.store.place import KEPT, FilePlace, Place, find_place
from callendar.store.reseal import seal_plain
from callendar.store.seal import Seal
from callendar.store.sqlite.mount import is_mounted_alone
from callendar.store.store import SqlStore
from callendar.store.wake import Wake


async def open_store(
    url_or_path: str | Path, *, clock: Clock, keys: KeyPlace | None = None, meter: Meter | None = None
) -> Store:
    """Open a database, made or brought to this release's schema where needed.

    Args:
        url_or_path: A file's path, `sqlite:///PATH`, `:memory:`, or `postgresql://…`.
        keys: Where the keys are that secrets are sealed with; None = in a file beside a SQLite file, and none at all
            for a server.
        meter: Counts transactions.

    Raises:
        StoreError: In words with the mend: not ours, a newer release's, locked, damaged, not to be written or reached.
    """
    place = find_place(url_or_path)
    wake = Wake(place)
    connections = Connections(place, wake)
    connections.meter = meter
    seal = Seal(KeyRing(keys or _usual_keys(place)))
    try:
        epoch = await _find_epoch(place, connections)
        await seal_plain(connections, seal)
        await wake.open()
    except BaseException:
        await connections.close()
        raise
    return SqlStore(connections, wake, epoch=epoch, clock=clock, seal=seal)


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


def find_keys(text: str | None, file: str | None) -> KeyPlace | None:
    """Where the settings `secret_key` and `secret_key_file` say that the keys are; None when neither does."""
    if text is None and file is None:
        return None
    return KeyPlace(text=text, file=Path(file).absolute() if file is not None else None)


def _usual_keys(place: Place) -> KeyPlace:
    if not isinstance(place, FilePlace):
        return KeyPlace()
    if place.path is None:
        return KeyPlace(text=new_key())
    return KeyPlace(file=key_of(place.path), is_ours=True)


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
    if is_mounted_alone(path):
        raise StoreError(
            f"{path} is mounted as a file by itself, and what SQLite keeps beside it, the newest writes, would not be "
            "there under its other name; mount its folder instead"
        )


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
