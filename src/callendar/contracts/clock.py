"""The clock that is handed in; nothing inside asks the machine."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import anyio


class Clock(Protocol):
    """Where instants come from. Tests turn one by hand."""

    def now(self) -> datetime:
        """The instant, aware UTC, cut to whole seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards, for delays and ages; the zero means nothing."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds of this clock."""
        ...

    async def wait(self, event: anyio.Event, seconds: float) -> None:
        """Return when the event is set, or after so many seconds of this clock; at once without any left."""
        ...

    async def sleep_until(self, instant: datetime) -> None:
        """Return at or after the instant; at once if it has passed. Copes with the wall clock being set."""
        ...
