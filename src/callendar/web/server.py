"""The HTTP server: uvicorn inside our own task group, told to stop in our order."""

from __future__ import annotations

import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from ssl import SSLContext
from typing import Any

import anyio
import uvicorn
from litestar import Litestar
from msgspec import Struct

from callendar.domain.errors import CallendarError
from callendar.web.protocol import Protocol
from callendar.web.site import end_feeds
from callendar.web.tls import tls_context

GRACE_SECONDS = 2
BACKLOG = 2048


class Listen(Struct, frozen=True, kw_only=True):
    """Where to listen, and how."""

    host: str
    port: int
    tls_cert: str | None = None
    tls_key: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    public_url: str | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        scheme = "https" if self.tls_cert else "http"
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return self.public_url or f"{scheme}://{host}:{self.port}"


class CannotListen(CallendarError):
    """The address or port is not to be had; the message says the mend."""

    code = "cannot_listen"


class Server:
    """Serves until SIGINT or SIGTERM: feeds end first, then requests under way get two seconds."""

    def __init__(self, web: Litestar, listen: Listen) -> None:
        self._web = web
        self._listen = listen
        self._server = _QuietServer(
            uvicorn.Config(
                web,
                host=listen.host,
                port=listen.port,
                ssl_context_factory=_tls_of(listen),
                proxy_headers=bool(listen.trusted_proxies),
                forwarded_allow_ips=list(listen.trusted_proxies),
                http=Protocol,
                timeout_graceful_shutdown=GRACE_SECONDS,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=True,
            )
        )

    async def run(self, ready: Callable[[str], Awaitable[None]]) -> None:
        """Serve until a signal comes.

        Raises:
            CannotListen: The port is taken, or the address not this machine's.
            CannotSpeakTls: The certificate or its key cannot be used.
        """
        raise_open_files()
        with self._bind() as listening:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._stop_on_signal)
                tasks.start_soon(self._say_ready, ready)
                await self._server.serve(sockets=[listening])
                tasks.cancel_scope.cancel()

    def _bind(self) -> socket.socket:
        """Bound by ourselves: the server's own way is to print and exit."""
        self._server.config.load()
        return listening_on(self._listen, "--port or --host")

    async def _say_ready(self, ready: Callable[[str], Awaitable[None]]) -> None:
        while not self._server.started:  # noqa: ASYNC110 - uvicorn offers no event for it
            await anyio.sleep(0.02)
        await ready(self._listen.url)

    def stop(self) -> None:
        """Stop as a signal does; the second time without waiting for anybody."""
        if self._server.should_exit:
            self._server.force_exit = True
        end_feeds(self._web)
        self._server.should_exit = True

    async def _stop_on_signal(self) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                self.stop()


def _tls_of(listen: Listen) -> Callable[[uvicorn.Config, Callable[[], SSLContext]], SSLContext] | None:
    """How the server gets its TLS; None = without."""
    cert, key = listen.tls_cert, listen.tls_key
    if cert is None or key is None:
        return None
    return lambda _config, _usual: tls_context(cert, key)


class MetricsServer:
    """Serves metrics on a port of their own, until cancelled."""

    def __init__(self, metrics: Any, host: str, port: int) -> None:
        self._listen = Listen(host=host, port=port)
        self._server = _QuietServer(
            uvicorn.Config(metrics, log_config=None, access_log=False, server_header=False, lifespan="off")
        )

    async def run(self) -> None:
        """Serve.

        Raises:
            CannotListen: The port is taken, or the address not this machine's.
        """
        with listening_on(self._listen, "metrics_port or metrics_host") as listening:
            self._server.config.load()
            try:
                await self._server.serve(sockets=[listening])
            finally:
                self._server.should_exit = True


def listening_on(listen: Listen, mend: str) -> socket.socket:
    """A socket that listens there; raises `CannotListen`."""
    host, port = listen.host, listen.port
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=BACKLOG
        )
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}:{port}: it is taken, or not this machine's; give another by {mend}"
        ) from error


def raise_open_files() -> None:
    """Let this process have as many open files as it may: each feed is one, and 1,024 are soon used up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class _QuietServer(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Ours are in place already."""
        yield
