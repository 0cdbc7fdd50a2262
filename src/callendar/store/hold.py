"""Hold: one `serve` to a database; a second is refused in words."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from callendar.store.place import FilePlace, find_place
from callendar.store.postgresql.hold import hold_server
from callendar.store.sqlite.hold import hold_file


class Hold(Protocol):
    """A database held."""

    async def keep(self) -> None:
        """See that it stays held, until cancelled; run it beside the work.

        Raises:
            StoreError: It was lost, and somebody else has it: stop.
        """
        ...


@asynccontextmanager
async def hold(url_or_path: str | Path) -> AsyncGenerator[Hold]:
    """Hold a database for as long as the block runs; others may still open and write it. It ends with the process,
    however that ends.

    Raises:
        StoreError: Somebody else holds it, or it cannot be held, in words with the mend.
    """
    place = find_place(url_or_path)
    if isinstance(place, FilePlace):
        with hold_file(place) as held:
            yield held
    else:
        async with hold_server(place) as held:
            yield held
