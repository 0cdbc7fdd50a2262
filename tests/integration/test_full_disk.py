"""A full disk under a running `serve`; a limit on the size of its files stands in for the disk."""

from __future__ import annotations

import resource
from pathlib import Path

import httpx2

from tests.cast import Json, until
from tests.integration.kill_trial import PEOPLE, TurningFeeds
from tests.integration.test_kill import assert_quiet, begun, running
from tests.integration.warm_serve import WarmServe

WAIT_SECONDS = 90.0


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """507 to whoever writes, 503 by health, reading goes on; no calendar is called failing. With room again, all goes
    on by itself, and the order that was refused is done once; the log tells of either end, once."""
    said = tmp_path / "said"
    with begun(str(tmp_path / "callendar.db")) as trial, WarmServe(said) as warm, running(trial, warm) as pid:
        trial.wait_served()
        until(lambda: trial.api.person(PEOPLE[0]).get("timetable"), WAIT_SECONDS, "the calendars are read")
        n = 0

        def order() -> httpx2.Response:
            headers = {"Authorization": f"Bearer {trial.api.token}", "Idempotency-Key": f"k{n}"}
            body = {"reason": "lunch", "text": f"order {n}"}
            url = f"{trial.api.url}/people/{PEOPLE[0]}/referral"
            return httpx2.put(url, json=body, headers=headers, trust_env=False, timeout=WAIT_SECONDS)

        def refused() -> Json | None:
            nonlocal n
            n += 1
            answer = order()
            assert answer.status_code in (200, 507), answer.text
            return answer.json() if answer.status_code == 507 else None

        assert order().status_code == 200
        soft, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, ((tmp_path / "callendar.db-wal").stat().st_size, most))
        fault = until(refused, WAIT_SECONDS, "an order is refused")
        assert fault["error"] == "store_full"
        assert str(tmp_path) not in fault["message"]
        health = httpx2.get(f"{trial.api.url}/health", trust_env=False, timeout=WAIT_SECONDS)
        assert (health.status_code, health.json()["error"]) == (503, "store_full")
        before = trial.api.get("/people")["version"]
        assert trial.api.state(PEOPLE[0])["text"] == f"order {n - 1}"
        for person_id in PEOPLE:
            calendars = trial.api.get(f"/people/{person_id}")["calendars"]
            assert [each for each in calendars if "failing_since" in each or "fault" in each] == []

        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, most))
        trial.wait_served()
        done = [order(), order()]
        assert [each.status_code for each in done] == [200, 200]
        assert done[0].json()["change"] == done[1].json()["change"]
        assert trial.api.state(PEOPLE[0])["text"] == f"order {n}"
        seen = trial.api.person(PEOPLE[1])["timetable"]
        until(lambda: trial.api.person(PEOPLE[1])["timetable"] != seen, WAIT_SECONDS, "a calendar is read again")
        assert trial.api.get("/people")["version"] != before
    assert_quiet(said)
    told = said.read_text()
    assert told.count("store_lost") == told.count("store_back") == 1
    assert "calendar_lost" not in told


def test_feeds_turn() -> None:
    """Two readings of one feed differ, or the trial would try nothing."""
    feeds = TurningFeeds()
    with feeds.served():
        assert httpx2.get(feeds.url, trust_env=False).text != httpx2.get(feeds.url, trust_env=False).text
