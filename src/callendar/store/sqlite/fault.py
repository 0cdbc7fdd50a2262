"""Faults of SQLite, by the name that the driver gives them."""

from __future__ import annotations

from callendar.contracts.store import Conflict, NotFound, StoreAway, StoreError, StoreFull, StoreLocked
from callendar.store.place import FilePlace

_LOCKED = StoreLocked, "{place} is locked by another program; end that, or wait until it is done, and try again"
_FULL = StoreFull, "the disk that holds {place} is full; free some space, nothing already answered is lost"
_WORDS: dict[str, tuple[type[StoreError], str]] = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR_SHMSIZE": _FULL,
    "SQLITE_IOERR_WRITE": (
        StoreFull,
        "no more can be written to {place}: over a quota or limit, or the disk fails; nothing already answered is lost",
    ),
    "SQLITE_READONLY": (
        StoreAway,
        "{place} cannot be written; give the user that runs Callendar the right to write to it and to its folder",
    ),
    "SQLITE_CANTOPEN": (
        StoreAway,
        "{place} cannot be opened; see that its folder exists and that the user that runs Callendar may write there",
    ),
    "SQLITE_PERM": (
        StoreAway,
        "{place} may not be opened; give the user that runs Callendar the right to read and write it",
    ),
    "SQLITE_NOTADB": (StoreError, "{place} is not a database of Callendar's; name another file, or move this one away"),
    "SQLITE_CORRUPT": (StoreError, "{place} is damaged; restore a backup"),
    "SQLITE_ERROR": (
        StoreError,
        "{place} is not as this release knows it; restore a backup of this release's, or name another file",
    ),
    "SQLITE_IOERR": (StoreAway, "the disk that holds {place} fails to read or write; look at the disk, then restart"),
}
"""By the beginning of the driver's code, the narrower first: the reaction, and the words."""


def tell(error: BaseException, place: FilePlace) -> StoreError:
    """The error of ours that stands for one of the driver's."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return NotFound("what was to be kept names a company, person, connection or calendar that is not there")
    if name.startswith("SQLITE_CONSTRAINT"):
        return Conflict("something with this id is kept already")
    for prefix, (family, words) in _WORDS.items():
        if name.startswith(prefix):
            return family(words.format(place=place))
    return StoreError(f"{place} could not be used: {name or type(error).__name__}; look at the log and the disk")
