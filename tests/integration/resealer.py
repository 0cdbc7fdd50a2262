"""A process that gives a database one new key after the other until it is killed.

`python -m tests.integration.resealer DATABASE`
"""

from __future__ import annotations

import sys
from functools import partial

import anyio

from callendar.engine.clock import SystemClock
from callendar.store.open import open_store


async def reseal_for_ever(database: str) -> None:
    """Say so once it has begun."""
    store = await open_store(database, clock=SystemClock())
    drop = False
    while True:
        await store.reseal(drop=drop)
        sys.stdout.write("resealed\n")
        sys.stdout.flush()
        drop = not drop


if __name__ == "__main__":
    anyio.run(partial(reseal_for_ever, *sys.argv[1:]))
