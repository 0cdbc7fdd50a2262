"""Faults of the database, told in words with the mend. Values never stand in them, nor the words of a driver."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from callendar.contracts.store import StoreAway, StoreError
from callendar.store.place import FilePlace, Place
from callendar.store.postgresql import fault as postgresql
from callendar.store.sqlite import fault as sqlite


def tell(error: BaseException, place: Place, *, committing: bool = False) -> StoreError:
    """The error of ours that stands for one of a driver's.

    Args:
        committing: It came in answer to a commit, which may have been carried out all the same.
    """
    if isinstance(place, FilePlace):
        return sqlite.tell(error, place)
    return postgresql.tell(error, place, committing=committing)


@contextmanager
def told(place: Place, *, committing: bool = False) -> Generator[None]:
    """Turn the driver's errors into ours. Only around what is asked of a driver: whatever else breaks is not its."""
    try:
        yield
    except DBAPIError as error:
        raise tell(error.orig or error, place, committing=committing) from error
    except NoConnectionFree as error:
        raise StoreAway(f"{place} is too busy: no connection to it became free in time; try again") from error
    except (sqlite3.Error, OSError) as error:
        raise tell(error, place, committing=committing) from error
