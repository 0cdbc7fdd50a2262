"""The protocol: HTTP as uvicorn speaks it, but that a client who does not take what he is sent is dropped.

A stuck client costs a buffer of bounded size and nobody's time; after `PATIENCE_SECONDS` without taking what waits for
him his connection is cut, and so it is when he takes longer than that to say what he wants. One who is gone without a
word (his cable was pulled) is found out by the kernel in the same time, as events go out to him every 15 s.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_SECONDS = 60.0
SEND_BUFFER_BYTES = 128 * 1024
"""What the kernel holds for one client; without a bound it lets it grow to megabytes."""


class Protocol(H11Protocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stuck: asyncio.TimerHandle | None = None
        self._asking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Bound what is held for this client, and for how long."""
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(PATIENCE_SECONDS * 1000))
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """He has said more, perhaps all."""
        super().data_received(data)
        self._await_request()

    def pause_writing(self) -> None:
        """He takes less than there is: from now on his time runs."""
        super().pause_writing()
        if self._stuck is None:
            self._stuck = self.loop.call_later(PATIENCE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """He has taken most of it."""
        super().resume_writing()
        self._forget()

    def connection_lost(self, exc: Exception | None) -> None:
        """He is gone."""
        super().connection_lost(exc)
        self._forget()
        self._heard_out()

    def _await_request(self) -> None:
        """His time runs from when he comes, or begins the next request, until the request is whole."""
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._heard_out()
        elif self._asking is None:
            self._asking = self.loop.call_later(PATIENCE_SECONDS, self.transport.abort)

    def _heard_out(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None

    def _forget(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
