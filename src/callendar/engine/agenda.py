"""An agenda: for each of many people one instant at which to look at her again; one heap, one timer for all."""

from __future__ import annotations

from datetime import datetime
from heapq import heapify, heappop, heappush

from callendar.contracts.switchboard import PersonKey

SLACK = 1_000
"""Entries that may lie about beyond twice the people, before the heap is cleared of those that were moved."""


class Agenda:
    """Instants by person; moving one is cheap, and taking those that have come costs only these."""

    def __init__(self) -> None:
        self._at: dict[PersonKey, datetime] = {}
        self._heap: list[tuple[datetime, PersonKey]] = []

    def put(self, whose: PersonKey, at: datetime | None) -> None:
        """Look at her then, and at no other time; None: not at all."""
        if at is None:
            self._at.pop(whose, None)
        elif self._at.get(whose) != at:
            self._at[whose] = at
            heappush(self._heap, (at, whose))
            if len(self._heap) > 2 * len(self._at) + SLACK:
                self._heap = [(instant, each) for each, instant in self._at.items()]
                heapify(self._heap)

    def next(self) -> datetime | None:
        """The earliest instant; None if there is none."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now: datetime) -> list[PersonKey]:
        """Everybody whose instant has come, the earliest first, each once; they have none after that."""
        taken: list[PersonKey] = []
        while (at := self.next()) is not None and at <= now:
            whose = heappop(self._heap)[1]
            del self._at[whose]
            taken.append(whose)
        return taken
