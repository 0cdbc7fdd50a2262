"""Lookups of who holds a secret: one question to the store for all who ask at once."""

from __future__ import annotations

from collections.abc import Mapping

import anyio

from callendar.contracts.clock import Clock
from callendar.contracts.store import Store, StoreError
from callendar.domain.privacy import Viewer


class Lookups:
    """Asks the store one question at a time; whoever comes meanwhile is asked for in the next one."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._next = _Round()
        self._asking = anyio.Lock()

    async def find(self, secret_hash: bytes) -> Viewer | None:
        """Who holds it, as the store says in an answer to a question asked after this call; None if nobody does.

        Raises:
            StoreError: The store could not say.
        """
        ours = self._next
        ours.wanted.add(secret_hash)
        async with self._asking:
            # Whoever was to ask may have left meanwhile.
            if ours.found is None and ours.error is None:
                await self._ask(ours)
        if ours.error is not None:
            raise ours.error
        return (ours.found or {}).get(secret_hash)

    async def _ask(self, ours: _Round) -> None:
        if ours is self._next:
            self._next = _Round()
        try:
            ours.found = await self._store.load_viewers(ours.wanted, self._clock.now())
        except StoreError as error:
            ours.error = error


class _Round:
    """One question."""

    def __init__(self) -> None:
        self.wanted: set[bytes] = set()
        self.found: Mapping[bytes, Viewer] | None = None
        self.error: StoreError | None = None
