"""Turns of the loop: who goes on when many are woken at once."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from callendar.web.turns import Turns

pytestmark = pytest.mark.anyio


async def test_a_few_go_on_in_each_turn_in_the_order_in_which_they_came() -> None:
    """And somebody else gets the loop in between."""
    turns, woken = Turns(8), anyio.Event()
    went: list[int] = []

    async def go(number: int) -> None:
        await woken.wait()
        await turns.take()
        went.append(number)

    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(go, number)
        await anyio.wait_all_tasks_blocked()
        woken.set()
        seen = 0
        while len(went) < 100:
            await anyio.lowlevel.checkpoint()
            assert len(went) - seen <= 8
            seen = len(went)
    assert went == list(range(100))
