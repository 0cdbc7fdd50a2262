"""The engine as one thing to start and stop: the rows held in memory, sync, the slide, re-planning, and a presenter for
each switchboard. Sync and present meet only in the store (`design.md` §2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import anyio

from callendar.contracts.clock import Clock
from callendar.contracts.expand import Expander
from callendar.contracts.source import SourceContext, SourceKind
from callendar.contracts.store import Store
from callendar.domain.rules import CompanyId
from callendar.engine.held import HeldPeople
from callendar.engine.present import Presenter, SwitchboardPlace
from callendar.engine.replanning import Progress, Replanning
from callendar.engine.slide import Slide
from callendar.engine.supervise import supervised
from callendar.engine.sync import Sync


class Engine:
    """Runs until cancelled. Nothing is constructed here that reaches outside: all of that is handed in.

    Args:
        held: The rows held in memory; opened and kept fresh by this engine.
        sources: Kinds of sources by the name under which connections ask for them.
        switchboards: Those to be driven.
        expand: Handed to every source.
        allow_private_networks: Whether sources may connect to addresses in private networks.
    """

    def __init__(
        self,
        *,
        store: Store,
        held: HeldPeople,
        clock: Clock,
        sources: Mapping[str, SourceKind],
        switchboards: Sequence[SwitchboardPlace],
        expand: Expander,
        allow_private_networks: bool = True,
    ) -> None:
        self._held = held
        self._clock = clock
        self.sync = Sync(
            store=store,
            held=held,
            clock=clock,
            sources=sources,
            context=SourceContext(expand=expand, clock=clock, allow_private_networks=allow_private_networks),
        )
        self.slide = Slide(store=store, held=held, clock=clock, read_now=self.sync.read_person_now)
        self._replanning = Replanning(store=store, held=held, clock=clock, slide=self.slide.slide)
        self._presenters = [Presenter(place, held=held, clock=clock) for place in switchboards]

    @property
    def replanning(self) -> Mapping[CompanyId, Progress]:
        """How far the companies are whose rows are being planned again."""
        return self._replanning.progress

    async def run(self, *, ready: anyio.Event | None = None) -> None:
        """Run everything until cancelled; what breaks is started again by itself.

        Args:
            ready: Set once all rows are held, so that they can be served.
        """
        await self._held.open()
        async with anyio.create_task_group() as group:
            jobs = [
                ("held", self._held.run),
                ("sync", self.sync.run),
                ("slide", self.slide.run),
                ("replanning", self._replanning.run),
                *((f"switchboard {n}", presenter.run) for n, presenter in enumerate(self._presenters)),
            ]
            for name, job in jobs:
                group.start_soon(supervised, name, job, self._clock, name=name)
            if ready is not None:
                ready.set()
