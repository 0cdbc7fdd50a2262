"""Turns: a thousand who are woken together go on a few at a time, and others get the loop in between."""

from __future__ import annotations

import asyncio


class Turns:
    """Lets so many go on in each turn of the event loop, first come, first served."""

    def __init__(self, at_once: int) -> None:
        self._room = asyncio.Semaphore(at_once)

    async def take(self) -> None:
        """Return at once while there is room in this turn of the loop, else in a later one."""
        await self._room.acquire()
        asyncio.get_running_loop().call_soon(self._room.release)
