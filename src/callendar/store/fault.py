"""Faults of the database, told in words with the mend. Values never stand in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from callendar.contracts.store import Conflict, NotFound, StoreError
from callendar.store.place import Place

_WORDS = {
    "SQLITE_BUSY": "{place} is locked by another program; end that, or wait until it is done, and try again",
    "SQLITE_LOCKED": "{place} is locked by another program; end that, or wait until it is done, and try again",
    "SQLITE_FULL": "the disk that holds {place} is full; free some space, nothing already answered is lost",
    "SQLITE_READONLY": "{place} cannot be written; give the user that runs Callendar the right to write to it and to "
    "its folder",
    "SQLITE_CANTOPEN": "{place} cannot be opened; see that its folder exists and that the user that runs Callendar may "
    "write there",
    "SQLITE_PERM": "{place} may not be opened; give the user that runs Callendar the right to read and write it",
    "SQLITE_NOTADB": "{place} is not a database of Callendar's; name another file, or move this one away",
    "SQLITE_CORRUPT": "{place} is damaged; restore a backup",
    "SQLITE_IOERR": "the disk that holds {place} fails to read or write; look at the disk, then restart",
}


def tell(error: Exception, place: Place) -> StoreError:
    """The error of ours that stands for one of the driver's."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return NotFound("what was to be kept names a company, person, connection or calendar that is not there")
    if name.startswith("SQLITE_CONSTRAINT"):
        return Conflict("something with this id is kept already")
    for prefix, words in _WORDS.items():
        if name.startswith(prefix):
            return StoreError(words.format(place=place))
    return StoreError(f"{place} could not be used: {name or type(error).__name__}; look at the log and the disk")


@contextmanager
def told(place: Place) -> Generator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except DBAPIError as error:
        raise tell(error.orig if isinstance(error.orig, Exception) else error, place) from error
    except sqlite3.Error as error:
        raise tell(error, place) from error
