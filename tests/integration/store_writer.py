"""A process that writes to a store until it is ended: `python -m tests.integration.store_writer DATABASE NAME ROUNDS`.

Every round applies a reading whose objects all carry the round's number, sets a referral, saves Anna's row, and only
then prints the number: what was printed has been kept.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from itertools import count

import anyio

from callendar.store.open import open_store
from tests.clock import START, HandClock
from tests.contracts.store_cast import (
    ANNA,
    CALENDAR,
    LATER,
    PLANNED_WITH,
    TELEPHONIST,
    booking,
    cast,
    read,
    reading,
    referral,
    row,
)

OBJECTS = 20
NORTH = cast()


async def write(database: str, name: str, rounds: int) -> None:
    """Write so many rounds, without end if 0."""
    store = await open_store(database, clock=HandClock())
    for number in count(1):
        objects = {f"o{each}": read(booking(f"{name} {number}"), etag=str(number)) for each in range(OBJECTS)}
        async with store.change(NORTH.id, [ANNA]) as tx:
            before = (await tx.load_causes(ANNA)).orders
            await tx.apply_reading(CALENDAR, reading(objects, complete=True, cursor=f"{name} {number}"), LATER)
            await tx.save_referral(referral(f"{name} {number}"))
            moved = row(NORTH.anna, number % 7)
            await tx.save_row(moved, PLANNED_WITH)
            at = START + timedelta(seconds=number)
            await tx.record_change(f"{name} {number}", ANNA, at, TELEPHONIST, before)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        if number == rounds:
            break
    await store.close()


if __name__ == "__main__":
    anyio.run(write, sys.argv[1], sys.argv[2], int(sys.argv[3]))
