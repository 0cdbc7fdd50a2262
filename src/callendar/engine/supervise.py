"""Supervision: a job that breaks is logged and started again, later and later, and harms nobody else.

What an error says may repeat what was being read, so logs get its class and where it happened, not its words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from traceback import walk_tb
from typing import cast

from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.store import StoreAway
from callendar.engine.backoff import retry_seconds

log = get_logger()

FIRST_SECONDS = 1.0
CAP_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A job that ran so long before it broke starts anew at the shortest wait."""


async def supervised(name: str, job: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Run a job until it ends by itself or is cancelled, starting it again whenever it breaks."""
    failures = 0
    while True:
        began = clock.monotonic()
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - whatever it is, the job is started again and the others go on
            failures = 1 if clock.monotonic() - began >= STEADY_SECONDS else failures + 1
            wait = retry_seconds(failures, first_seconds=FIRST_SECONDS, cap_seconds=CAP_SECONDS, key=name)
            # Of a store that is away its own word in the log is enough.
            if not isinstance(error, StoreAway):
                log.error("job_broke", job=name, failures=failures, wait_seconds=round(wait, 1), **mishap(error))
            await clock.sleep(wait)
        else:
            return


def mishap(error: BaseException) -> dict[str, str]:
    """An error for the log: its class and the last places it went through, without its words."""
    if isinstance(error, BaseExceptionGroup):
        error = cast(BaseExceptionGroup[BaseException], error).exceptions[0]
    places = [f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{line}" for frame, line in walk_tb(error.__traceback__)][
        -3:
    ]
    return {"error": type(error).__name__, "at": " > ".join(places)}
