"""What an order plans by is what is kept: planning her again changes nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from callendar.engine.plan import replan
from tests.integration.api_cast import ANNA, COMPANY, Cast, booking, open_cast

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


async def test_a_row_after_an_order_is_the_row_planned_from_what_is_kept(cast: Cast) -> None:
    """For every kind of order, undo included."""
    await cast.book(booking("m: Budget"))
    orders: list[tuple[str, str, dict[str, Any] | None]] = [
        ("PUT", "referral", {"reason": "lunch", "until": "14:30"}),
        ("PUT", "referral", {"reason": "meeting", "text": "Board"}),
        ("POST", "referrals", {"reason": "holiday", "start": "2026-12-07", "until": "2026-12-12"}),
        (
            "POST",
            "referrals",
            {
                "reason": "meeting",
                "start": "2026-11-30T13:00",
                "until": "2026-11-30T14:00",
                "repeat": "FREQ=WEEKLY;COUNT=5",
            },
        ),
        ("PUT", "referral", {"reason": "available"}),
        ("DELETE", "referral", None),
    ]
    change = ""
    for method, path, body in orders:
        answer = await cast.ask("telephonist", method, f"people/{ANNA}/{path}", body)
        assert answer.status_code < 300, answer.text
        change = answer.json()["change"]
        await stays(cast)
    answer = await cast.ask("telephonist", "POST", f"changes/{change}/undo")
    assert answer.status_code < 300, answer.text
    await stays(cast)


async def stays(cast: Cast) -> None:
    """Planned again, she has the same row."""
    held = cast.held.company(COMPANY).rows[ANNA]
    async with cast.store.change(COMPANY, [ANNA]) as tx:
        assert not await replan(tx, ANNA)
    await cast.held.refresh()
    assert cast.held.company(COMPANY).rows[ANNA] == held
