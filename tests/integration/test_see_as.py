"""See as: an administrator is sent exactly what another viewer would be sent (`rules.md` §10), and it is audited."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator

import anyio
import anyio.lowlevel
import httpx2
import pytest

from callendar.engine.tokens import hash_secret
from callendar.web.room import Room
from tests.integration.api_cast import ANNA, COMPANY, WHO, Cast, booking, open_cast

pytestmark = pytest.mark.anyio
PATHS = ("people", f"people/{ANNA}", "feed")


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API, where every level differs from the next."""
    async with open_cast() as cast:
        await cast.book(booking("m: Budget"), booking("sick: Flu", start_minutes=90, uid="u2"))
        await cast.ask("telephonist", "POST", f"people/{ANNA}/referrals", {"reason": "trip", "start": "2027-01-04"})
        await cast.change(ANNA, grants={cast.token_ids["bo"]: "text", cast.token_ids["colleague"]: "time"})
        yield cast


def seen_as(path: str, viewer: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}as={viewer}"


async def test_it_is_the_bytes_that_the_other_is_sent(cast: Cast) -> None:
    """Of every role; and they differ from one another, so that equal is not merely the same for all."""
    for path in ("people", f"people?ids={ANNA}&fields=state,timetable", f"people/{ANNA}"):
        found: set[bytes] = set()
        for who in WHO:
            own = await cast.ask(who, "GET", path)
            seen = await cast.ask("administrator", "GET", seen_as(path, cast.token_ids[who]))
            assert seen.status_code == own.status_code == 200
            assert seen.content == own.content
            found.add(own.content)
        assert len(found) >= 4


async def test_the_feed_is_the_one_that_the_other_hears(cast: Cast) -> None:
    """Row for row, and it ends when the other is revoked."""
    room: Room = cast.web.state["room"]
    since = cast.held.company(COMPANY).version
    heard: dict[str, list[bytes]] = {}

    async def hear(name: str, listener: str, seen: str | None) -> None:
        secret_hash = hash_secret(cast.secrets[listener])
        viewer = await cast.store.load_viewer_by_id(COMPANY, cast.token_ids[seen or listener])
        assert viewer is not None
        heard[name] = []
        feed = room.feeds.follow(viewer, secret_hash, since, seen_as=cast.token_ids[seen] if seen else None)
        async for event in feed:
            # When to come back after a break is random for each feed.
            heard[name].append(re.sub(rb"^retry: \d+\n", b"", event))
        heard[name].append(b"ended")

    async with anyio.create_task_group() as group:
        group.start_soon(hear, "bo", "bo", None)
        group.start_soon(hear, "seen", "administrator", "bo")
        group.start_soon(hear, "administrator", "administrator", None)
        await cast.clock.settle()
        await cast.book(booking("m: Layoffs"))
        await cast.clock.advance(1)
        assert b"Layoffs" in b"".join(heard["bo"])
        assert heard["seen"] == heard["bo"]
        assert b"Layoffs" not in b"".join(heard["administrator"])
        await cast.ask("administrator", "DELETE", f"tokens/{cast.token_ids['bo']}")
        await cast.clock.advance(3)
        assert heard["seen"][-1] == heard["bo"][-1] == b"ended"
        assert heard["administrator"][-1] != b"ended"
        group.cancel_scope.cancel()


async def test_the_feed_asks_for_it_by_the_same_parameter(cast: Cast) -> None:
    """And a refusal is an answer, not a feed."""
    room: Room = cast.web.state["room"]
    answers: list[httpx2.Response] = []
    async with anyio.create_task_group() as group, cast.sent_by("administrator") as client:

        async def stop_once_open() -> None:
            while not room.feeds.open:
                await anyio.lowlevel.checkpoint()
            await cast.book(booking("m: Layoffs"))
            await cast.clock.advance(1)
            room.feeds.stop()

        since = cast.held.company(COMPANY).version
        group.start_soon(stop_once_open)
        answers.append(await client.get("feed", params={"as": cast.token_ids["bo"], "since": since}))
    assert answers[0].status_code == 200
    assert "Layoffs" in answers[0].text
    assert (await cast.ask("telephonist", "GET", seen_as("feed", cast.token_ids["bo"]))).status_code == 403


async def test_only_administrators_see_as_somebody_else(cast: Cast) -> None:
    """Not even as themselves."""
    for who in WHO.keys() - {"administrator"}:
        for path in PATHS:
            answer = await cast.ask(who, "GET", seen_as(path, cast.token_ids[who]))
            assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


async def test_who_cannot_sign_in_here_cannot_be_seen_as(cast: Cast) -> None:
    """Unknown, revoked, another company's: one answer, in words, and no row in the audit."""
    await cast.ask("administrator", "DELETE", f"tokens/{cast.token_ids['bo']}")
    before = len((await cast.ask("administrator", "GET", "audit")).json()["audit"])
    for viewer in ("t_nobody", cast.token_ids["bo"], cast.token_ids["south"]):
        for path in PATHS:
            answer = await cast.ask("administrator", "GET", seen_as(path, viewer))
            assert answer.status_code == 404
            assert answer.json()["message"].startswith(f"as: there is no user or token {viewer!r}")
    assert len((await cast.ask("administrator", "GET", "audit")).json()["audit"]) == before


async def test_seeing_as_somebody_is_audited(cast: Cast) -> None:
    """Who, as whom, at whom; looking with one's own eyes is not."""
    await cast.ask("administrator", "GET", f"people/{ANNA}")
    before = (await cast.ask("administrator", "GET", "audit")).json()["audit"]
    await cast.ask("administrator", "GET", seen_as("people", cast.token_ids["bo"]))
    await cast.ask("administrator", "GET", seen_as(f"people/{ANNA}", cast.token_ids["bo"]))
    entries = (await cast.ask("administrator", "GET", "audit")).json()["audit"]
    one, everybody = entries[: len(entries) - len(before)]
    assert {entry["action"] for entry in (one, everybody)} == {"see_as"}
    assert one["by_name"] == "Administrator"
    assert one["person"] == ANNA
    assert "person" not in everybody
    assert one["detail"] == {"as": cast.token_ids["bo"], "as_name": "Bo"}
