"""A switchboard in memory, which goes on showing what it shows while nobody is connected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import anyio

from callendar.contracts.clock import Clock
from callendar.contracts.switchboard import ComingSegment, PersonKey, Shown, SwitchboardContext, SwitchboardKind


class FakeSwitchboard:
    """The device; `told` lists every state it was told, in order."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.shown: dict[PersonKey, Shown] = {}
        self.coming: dict[PersonKey, tuple[ComingSegment, ...]] = {}
        self.told: list[tuple[float, PersonKey, Shown]] = []
        self.batches: list[int] = []
        self.times_opened = 0
        self.times_closed = 0
        self.broken: Exception | None = None
        self.hangs = False

    @property
    def kind(self) -> SwitchboardKind:
        """As it registers."""
        return SwitchboardKind(name="fake", open=self._open)

    def _open(self, context: SwitchboardContext) -> FakeSwitchboard:
        self.times_opened += 1
        return self

    async def _answer(self) -> None:
        if self.hangs:
            await anyio.sleep_forever()
        if self.broken is not None:
            raise self.broken

    async def ahead(self, coming: Mapping[PersonKey, Sequence[ComingSegment]]) -> None:
        await self._answer()
        self.coming.update({key: tuple(segments) for key, segments in coming.items()})

    async def show(self, states: Mapping[PersonKey, Shown]) -> None:
        await self._answer()
        self.batches.append(len(states))
        self.shown.update(states)
        self.told += [(self.clock.monotonic(), key, state) for key, state in states.items()]

    async def reconcile(self, people: frozenset[PersonKey]) -> Mapping[PersonKey, Shown]:
        await self._answer()
        self.shown = {key: state for key, state in self.shown.items() if key in people}
        return dict(self.shown)

    async def check(self) -> Sequence[str]:
        return []

    async def close(self) -> None:
        self.times_closed += 1
