"""The feed over a real server on loopback: what a browser's EventSource would hear."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn

from callendar.engine.clock import SystemClock
from callendar.engine.people import PersonPatch, change_person
from callendar.store.open import open_store
from callendar.web.protocol import Protocol
from callendar.web.room import Room
from callendar.web.site import end_feeds
from tests.integration.api_cast import ANNA, BO, COMPANY, Cast, open_cast

pytestmark = pytest.mark.anyio

DEADLINE_SECONDS = 10
CROWD = 200


@asynccontextmanager
async def serving(cast: Cast) -> AsyncGenerator[tuple[uvicorn.Server, str]]:
    """The web behind uvicorn; yields the server and its address."""
    server = uvicorn.Server(
        uvicorn.Config(cast.web, port=0, http=Protocol, log_config=None, timeout_graceful_shutdown=2)
    )
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve)
        with anyio.fail_after(DEADLINE_SECONDS):
            while not server.started:  # noqa: ASYNC110 - uvicorn sets no event
                await anyio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield server, f"http://127.0.0.1:{port}/api/v1/"
        finally:
            end_feeds(cast.web)
            server.should_exit = True


@pytest.fixture
async def cast(tmp_path: Path) -> AsyncGenerator[Cast]:
    """A company on a file, by the machine's clock."""
    async with open_cast(tmp_path / "callendar.db", clock=SystemClock()) as cast:
        yield cast


def client_of(cast: Cast, address: str, who: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=address, headers={"Authorization": f"Bearer {cast.secrets[who]}"}, timeout=DEADLINE_SECONDS
    )


async def next_event(lines: AsyncIterator[str], name: str) -> tuple[str | None, Any]:
    """Id and data of the next event of that name."""
    fields: dict[str, str] = {}
    with anyio.fail_after(DEADLINE_SECONDS):
        async for line in lines:
            if line:
                field, _, value = line.partition(": ")
                fields[field] = value
            elif fields.get("event") == name:
                return fields.get("id"), json.loads(fields["data"])
            else:
                fields = {}
    raise AssertionError(f"the feed ended before {name}")


async def test_an_order_is_heard_by_whoever_listens(cast: Cast) -> None:
    """As text/event-stream, not compressed, from the version of the list on."""
    async with serving(cast) as (_, address), client_of(cast, address, "telephonist") as client:
        version = (await client.get("people")).json()["version"]
        async with client.stream("GET", "feed", params={"since": version}) as feed:
            assert feed.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in feed.headers
            lines = feed.aiter_lines()
            assert "now" in (await next_event(lines, "time"))[1]
            await client.put(f"people/{ANNA}/referral", json={"reason": "lunch"})
            id_, data = await next_event(lines, "people")
        assert id_ == data["version"]
        assert data["people"][0]["state"]["reason"]["code"] == "lunch"
        headers = {"Last-Event-ID": version}
        async with client.stream("GET", "feed", headers=headers) as feed:
            assert (await next_event(feed.aiter_lines(), "people"))[1]["version"] == id_


async def test_a_listener_who_does_not_read_holds_up_nobody(cast: Cast) -> None:
    """Others hear every change, and the slow one costs no queue: reading again, it hears what stands."""
    async with (
        serving(cast) as (_, address),
        client_of(cast, address, "telephonist") as client,
        client.stream("GET", "feed") as slow,
        client.stream("GET", "feed") as quick,
    ):
        lines, slow_lines = quick.aiter_lines(), slow.aiter_lines()
        await next_event(lines, "time")
        for n in range(20):
            await client.put(f"people/{ANNA}/referral", json={"reason": "lunch", "text": f"{n} " + "x" * 190})
            await hear_text(lines, f"{n} ")
        await hear_text(slow_lines, "19 ")


async def hear_text(lines: AsyncIterator[str], beginning: str) -> None:
    """Return once the first person's state has a text that begins so."""
    text = ""
    while not text.startswith(beginning):
        text = (await next_event(lines, "people"))[1]["people"][0]["state"]["text"]


async def test_whoever_leaves_is_forgotten(cast: Cast) -> None:
    """No feed stays open for a browser that is gone."""
    room: Room = cast.web.state["room"]
    async with serving(cast) as (_, address), client_of(cast, address, "telephonist") as client:
        async with client.stream("GET", "feed") as feed:
            await next_event(feed.aiter_lines(), "time")
            assert room.feeds.open == 1
        with anyio.fail_after(DEADLINE_SECONDS):
            while room.feeds.open:  # noqa: ASYNC110 - the server sets no event
                await anyio.sleep(0.01)


async def test_a_revoked_token_s_feed_is_closed(cast: Cast) -> None:
    """The browser asks again, and is told 401."""
    async with serving(cast) as (_, address), client_of(cast, address, "bo") as client:
        async with client.stream("GET", "feed") as feed:
            lines = feed.aiter_lines()
            await next_event(lines, "time")
            async with client_of(cast, address, "administrator") as administrator:
                await administrator.delete(f"tokens/{cast.token_ids['bo']}")
            with anyio.fail_after(DEADLINE_SECONDS):
                assert [line async for line in lines if line.startswith("event")] == []
        assert (await client.get("feed")).status_code == 401


async def test_stopping_ends_feeds_first(cast: Cast) -> None:
    """They end by themselves, while the server still runs, so that it need not wait for them."""
    async with (
        serving(cast) as (_, address),
        client_of(cast, address, "telephonist") as client,
        client.stream("GET", "feed") as feed,
    ):
        lines = feed.aiter_lines()
        await next_event(lines, "time")
        end_feeds(cast.web)
        with anyio.fail_after(DEADLINE_SECONDS):
            assert [line async for line in lines if line.startswith("event")] == []


async def test_a_change_by_another_process_is_heard(cast: Cast, tmp_path: Path) -> None:
    """Somebody at the command line writes into the same file."""
    async with (
        open_other(tmp_path / "callendar.db") as other,
        serving(cast) as (_, address),
        client_of(cast, address, "telephonist") as client,
        anyio.create_task_group() as group,
    ):
        group.start_soon(cast.held.run)
        async with client.stream("GET", "feed") as feed:
            lines = feed.aiter_lines()
            await next_event(lines, "time")
            await other()
            _, data = await next_event(lines, "people")
        assert data["people"][0]["title"] == "Written elsewhere"
        group.cancel_scope.cancel()


@asynccontextmanager
async def open_other(path: Path) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    """Another store over the same file, and a write through it."""
    clock = SystemClock()
    store = await open_store(path, clock=clock)

    async def write() -> None:
        await change_person(store, COMPANY, ANNA, PersonPatch(title="Written elsewhere"), clock.now())

    try:
        yield write
    finally:
        await store.close()


async def test_a_listener_who_is_stuck_is_dropped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """His buffers are full and stay so: he is cut off, others hear every change meanwhile."""
    monkeypatch.setattr("callendar.web.protocol.PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr("callendar.web.protocol.SEND_BUFFER_BYTES", 4096)
    room: Room = cast.web.state["room"]
    async with serving(cast) as (_, address), client_of(cast, address, "telephonist") as client:
        with stuck_listener(address, cast.secrets["bo"]):
            async with client.stream("GET", "feed") as quick:
                lines = quick.aiter_lines()
                await next_event(lines, "time")
                with anyio.fail_after(60):
                    n = 0
                    while room.feeds.open > 1 or n == 0:
                        n += 1
                        names = tuple(f"{n}-{each} " + "x" * 150 for each in range(50))
                        await cast.change(ANNA, names=names)
                        _, data = await next_event(lines, "people")
                        assert data["people"]
            assert n < 500


@contextmanager
def stuck_listener(address: str, secret: str) -> Generator[None]:
    """Somebody who opens the feed and never reads a byte of it."""
    url = httpx2.URL(address)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect((url.host, url.port))
        stuck.sendall(f"GET /api/v1/feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\r\n".encode())
        yield


async def test_an_answer_that_nobody_takes_is_given_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not feeds alone: whoever asks for much and reads nothing holds no connection for ever."""
    monkeypatch.setattr("callendar.web.protocol.PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr("callendar.web.protocol.SEND_BUFFER_BYTES", 4096)
    async with serving(cast) as (server, address):
        url = httpx2.URL(address)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stuck.connect((url.host, url.port))
            stuck.sendall(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
            with anyio.fail_after(30):
                while not server.server_state.connections:  # noqa: ASYNC110 - the server sets no event
                    await anyio.sleep(0.01)
                while server.server_state.connections:  # noqa: ASYNC110 - the server sets no event
                    await anyio.sleep(0.01)


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param("", id="nothing"),
        pytest.param("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n", id="half-a-head"),
        pytest.param("PUT /api/v1/rules HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{", id="half-a-body"),
        pytest.param("GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\nGET /api", id="half-the-next"),
    ],
)
async def test_a_request_that_is_never_whole_is_given_up(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    """Nobody uses up the connections there are by beginning to ask; a listener is heard out and stays."""
    monkeypatch.setattr("callendar.web.protocol.PATIENCE_SECONDS", 0.5)
    async with (
        serving(cast) as (server, address),
        client_of(cast, address, "telephonist") as client,
        client.stream("GET", "feed") as feed,
    ):
        lines = feed.aiter_lines()
        await next_event(lines, "time")
        url = httpx2.URL(address)
        with socket.create_connection((url.host, url.port)) as slow:
            slow.sendall(begun.encode())
            with anyio.fail_after(30):
                while len(server.server_state.connections) < 2:  # noqa: ASYNC110 - the server sets no event
                    await anyio.sleep(0.01)
                while len(server.server_state.connections) > 1:  # noqa: ASYNC110 - the server sets no event
                    await anyio.sleep(0.01)
        await cast.change(ANNA, title="Still heard")
        _, data = await next_event(lines, "people")
        assert data["people"]


async def test_a_last_event_stands_before_a_parameter(cast: Cast) -> None:
    """A browser that connects anew still has the old address, and the newer version in the header."""
    async with serving(cast) as (_, address), client_of(cast, address, "telephonist") as client:
        old = (await client.get("people")).json()["version"]
        await client.put(f"people/{ANNA}/referral", json={"reason": "lunch"})
        new = (await client.get("people")).json()["version"]
        headers = {"Last-Event-ID": new}
        async with client.stream("GET", "feed", params={"since": old}, headers=headers) as feed:
            lines = feed.aiter_lines()
            await client.put(f"people/{BO}/referral", json={"reason": "lunch"})
            _, data = await next_event(lines, "people")
        assert [each["id"] for each in data["people"]] == [BO]


async def test_hundreds_hear_a_change_and_resume_at_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is told to begin anew; when all come back to a service that remembers nothing, the store is not asked by
    each of them."""
    room: Room = cast.web.state["room"]
    asked = 0
    load = cast.store.load_rows_since

    async def counted(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        return await load(*given)

    async with serving(cast) as (_, address), client_of(cast, address, "telephonist") as client:
        version = (await client.get("people")).json()["version"]
        heard: list[str] = []

        async def listen() -> None:
            heard.append(await hear_people(address, cast.secrets["telephonist"], version))

        async with anyio.create_task_group() as group:
            for _ in range(CROWD):
                group.start_soon(listen)
            with anyio.fail_after(60):
                while room.feeds.open < CROWD:  # noqa: ASYNC110 - nothing sets an event
                    await anyio.sleep(0.02)
            assert heard == []
            await client.put(f"people/{ANNA}/referral", json={"reason": "lunch"})
        held = cast.held.company(COMPANY)
        assert heard == [held.version] * CROWD
        heard.clear()
        held.recent.clear()
        held.oldest = held.n
        monkeypatch.setattr(cast.store, "load_rows_since", counted)
        async with anyio.create_task_group() as group:
            for _ in range(CROWD):
                group.start_soon(listen)
        assert heard == [held.version] * CROWD
        assert asked < CROWD / 5


async def hear_people(address: str, secret: str, since: str) -> str:
    """The version of the first `people` event after a version; nothing tells to begin anew before it."""
    url = httpx2.URL(address)
    head = f"GET /api/v1/feed?since={since} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n\r\n"
    with anyio.fail_after(60):
        async with await anyio.connect_tcp(url.host, url.port or 80) as stream:
            await stream.send(head.encode())
            raw = b""
            while (found := re.search(rb"event: people\nid: (\S+)\n", raw)) is None:
                raw += await stream.receive()
                assert b"event: reset" not in raw
    return found[1].decode()
