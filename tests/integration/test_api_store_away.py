"""A database that is locked or full: told to the caller in words of the right status, to the log once, then over."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest
from structlog.testing import capture_logs

from callendar.store.sqlite import driver
from tests.integration.api_cast import ANNA, BO, CILLA, Cast, open_cast

pytestmark = pytest.mark.anyio

BUSY_SECONDS = 0.5
WRITERS, PATIENCE_SECONDS = 40, 30
"""Three times so many would wait for a minute, one after the other."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "callendar.db"


@pytest.fixture
async def cast(path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Cast]:
    """A company on a file; other programs are waited for but a moment."""
    monkeypatch.setattr(driver, "BUSY_SECONDS", BUSY_SECONDS)
    async with open_cast(path) as cast:
        yield cast


async def test_a_locked_database_is_told_and_recovers(cast: Cast, path: Path) -> None:
    """503 `store_locked` to whoever writes, health included, while reading goes on; one line in the log when it begins
    and one when it is over; then the same request, with its key, is done once."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    lunch = {"reason": "lunch", "text": "Soup"}
    with capture_logs() as logs:
        for _ in range(3):
            refused = await cast.ask("telephonist", "PUT", f"people/{ANNA}/referral", lunch, Idempotency_Key="k1")
            assert (refused.status_code, refused.json()["error"]) == (503, "store_locked")
            assert refused.headers["Retry-After"] == "5"
            assert str(path) not in refused.text
        assert (await cast.seen("telephonist"))["state"]["kind"] == "available"
        ill = await cast.ask("telephonist", "GET", "health")
        assert (ill.status_code, ill.json()["error"]) == (503, "store_locked")
        other.execute("ROLLBACK")
        other.close()
        assert (await cast.ask("telephonist", "GET", "health")).status_code == 200
        done = [
            await cast.ask("telephonist", "PUT", f"people/{ANNA}/referral", lunch, Idempotency_Key="k1")
            for _ in range(2)
        ]
    assert [each.status_code for each in done] == [200, 200]
    assert done[0].json()["change"] == done[1].json()["change"]
    assert (await cast.seen("telephonist"))["state"]["text"] == "Soup"
    told = [each for each in logs if each["log_level"] in ("warning", "error")]
    assert [(each["event"], each.get("error", each.get("after"))) for each in told] == [
        ("store_lost", "store_locked"),
        ("store_back", "store_locked"),
    ]
    assert str(path) in told[0]["said"]


async def test_nobody_waits_for_a_lock_behind_another_who_does(cast: Cast, path: Path) -> None:
    """All who wrote while another program had the database are refused with the first, not one after the other."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    statuses: list[int] = []

    async def write(person: str) -> None:
        answer = await cast.ask("telephonist", "PUT", f"people/{person}/referral", {"reason": "lunch"})
        statuses.append(answer.status_code)

    with capture_logs() as logs, anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as group:
            for person in [ANNA, BO, CILLA] * WRITERS:
                group.start_soon(write, person)
    other.close()
    assert statuses == [503] * 3 * WRITERS
    assert [each["event"] for each in logs if each["log_level"] == "error"] == ["store_lost"]
