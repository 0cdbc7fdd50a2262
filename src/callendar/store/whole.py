"""Whole: what goes to a driver is finished, whoever is cancelled meanwhile."""

from __future__ import annotations

from asyncio import CancelledError, create_task, wait
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """Do it to its end; a cancellation that comes meanwhile is raised afterwards.

    A driver's thread goes on with what it was given whether or not anybody still waits. Whoever left before would hand
    its connection, in the middle of a statement, to whoever comes next.
    """
    task = create_task(work)
    cancelled: CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await wait({task})
            except CancelledError as error:
                cancelled = error
    if cancelled is not None:
        task.exception()  # looked at, so that nobody complains that it was not
        raise cancelled
    return task.result()
