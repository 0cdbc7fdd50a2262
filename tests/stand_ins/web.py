"""A web server on loopback that answers whatever a test tells it to, down to the bytes on the wire."""

from __future__ import annotations

import inspect
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus

import anyio
import anyio.abc
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSListener
from msgspec import Struct


class Asked(Struct, frozen=True, kw_only=True):
    """A request as it came in."""

    method: str
    target: str
    """Path and query, as sent."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    connection: int
    """Counted from 1."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Reply(Struct, frozen=True, kw_only=True):
    """What is answered."""

    status: int = 200
    headers: Mapping[str, str] = {}
    body: bytes = b""
    raw: bytes | None = None
    """Sent as it is, instead of all the above."""
    after_seconds: float = 0
    hangs_up: bool = False
    """The connection is closed afterwards."""
    endless: bytes = b""
    """Sent after the rest, again and again, until the client hangs up."""
    every_seconds: float = 0
    """Between two of those."""

    def render(self) -> bytes:
        if self.raw is not None:
            return self.raw
        told = {"Content-Length": str(len(self.body)), **self.headers}
        if self.status in (204, 304):
            told.pop("Content-Length")
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return f"HTTP/1.1 {self.status} {_phrase(self.status)}\r\n{head}\r\n".encode() + self.body


Answering = Callable[[Asked], Reply | Awaitable[Reply]]


class WebServer:
    """A running server, and what it was asked."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.url = ""
        """With a slash at its end."""
        self.asked: list[Asked] = []
        self.connections = 0
        self._running = anyio.CancelScope()
        self._stopped = anyio.Event()

    async def run(self, listener: anyio.abc.Listener[anyio.abc.ByteStream]) -> None:
        """Serve until stopped."""
        with self._running:
            async with listener:
                await listener.serve(self.serve)
        self._stopped.set()

    async def stop(self) -> None:
        """Hang up on everybody and listen no more."""
        self._running.cancel()
        await self._stopped.wait()

    async def serve(self, stream: anyio.abc.ByteStream) -> None:
        """One connection, kept alive as long as the client likes."""
        self.connections += 1
        number = self.connections
        buffered = BufferedByteReceiveStream(stream)
        async with stream:
            try:
                while await self._serve_one(stream, buffered, number):
                    pass
            except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError, anyio.ClosedResourceError):
                return

    async def _serve_one(self, stream: anyio.abc.ByteStream, buffered: BufferedByteReceiveStream, number: int) -> bool:
        head = (await buffered.receive_until(b"\r\n\r\n", 100_000)).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await buffered.receive_exactly(int(headers.get("content-length", "0")))
        asked = Asked(method=method, target=target, headers=headers, body=body, connection=number)
        self.asked.append(asked)
        reply = self.answer(asked)
        if inspect.isawaitable(reply):
            reply = await reply
        if reply.after_seconds:
            await anyio.sleep(reply.after_seconds)
        await stream.send(reply.render())
        while reply.endless:
            await stream.send(reply.endless)
            await anyio.sleep(reply.every_seconds)
        return not reply.hangs_up


@asynccontextmanager
async def serving(answer: Answering, *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[WebServer]:
    """Run a server on a free port for as long as the block lasts."""
    server = WebServer(answer)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/"
    async with anyio.create_task_group() as tasks:
        served = listener if tls is None else TLSListener(listener, tls, standard_compatible=False)
        tasks.start_soon(server.run, served)
        try:
            yield server
        finally:
            tasks.cancel_scope.cancel()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Odd"
