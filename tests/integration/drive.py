"""A process that drives the demo's switchboard until it is killed.

`python -m tests.integration.drive DATABASE FILE`
"""

from __future__ import annotations

import sys
from functools import partial

import anyio

from callendar.engine.clock import SystemClock
from callendar.engine.held import HeldPeople
from callendar.engine.present import SwitchboardPlace
from callendar.engine.service import Engine
from callendar.store.open import open_store
from callendar.switchboards import demo
from tests.fakes.house import expand_nothing


async def drive(database: str, file: str) -> None:
    """Run the engine without sources."""
    clock = SystemClock()
    store = await open_store(database, clock=clock)
    place = SwitchboardPlace(name="demo", kind=demo.register(), settings={"path": file})
    engine = Engine(
        store=store, held=HeldPeople(store), clock=clock, sources={}, switchboards=[place], expand=expand_nothing
    )
    await engine.run()


if __name__ == "__main__":
    anyio.run(partial(drive, *sys.argv[1:]))
