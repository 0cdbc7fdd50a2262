"""The machine's clock: the only place where the service asks what time it is."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import anyio

SLICE_SECONDS = 5.0
"""The longest sleep without a look at the wall clock, which somebody may have set meanwhile."""


class SystemClock:
    """The wall clock of this machine, made UTC; delays by its monotonic clock."""

    def now(self) -> datetime:
        """The instant, aware UTC, cut to whole seconds."""
        return datetime.fromtimestamp(int(time.time()), UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards; the zero means nothing."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        await anyio.sleep(max(0.0, seconds))

    async def wait(self, event: anyio.Event, seconds: float) -> None:
        """Return when the event is set, or after so many seconds."""
        if seconds > 0:
            with anyio.move_on_after(seconds):
                await event.wait()

    async def sleep_until(self, instant: datetime) -> None:
        """Return at or after the instant, at once if it has passed; a clock set meanwhile is noticed within 5 s."""
        while (left := instant.timestamp() - time.time()) > 0:  # noqa: ASYNC110 - an instant is awaited, no event
            await anyio.sleep(min(left, SLICE_SECONDS))
