"""A connection that is let go of also when it is cancelled amid the TLS handshake, and ends a flood of answers."""

from __future__ import annotations

import re
import ssl
from typing import Any

import anyio
import httpcore2

MOST_INTERIM = 100
"""Heads of interim answers (RFC 9110 §15.2) in one piece of what came; a server sends one or two in all."""
_INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d")


class Stream(httpcore2.AsyncNetworkStream):
    """A stream of the connection pool; all goes on to the one it is made over.

    httpcore2 closes a connection whose handshake fails, but not one whose handshake is cut off because the time for the
    whole answer is up: a server that takes connections and never speaks would cost a socket at every poll. And it takes
    all interim answers of a piece without a turn for others: some thousand of them would hold up the loop.
    """

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore2's signature
        """What has come, so many bytes at most; empty at the end. Raises `RemoteProtocolError` for a flood."""
        data = await self._stream.read(max_bytes, timeout)
        if len(_INTERIM.findall(data)) > MOST_INTERIM:
            raise httpcore2.RemoteProtocolError("nothing but interim answers")
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore2's signature
        """Send all of it."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """Let go of it."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
    ) -> httpcore2.AsyncNetworkStream:
        """The same, encrypted; closed when that does not come about, for whatever reason."""
        try:
            return Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        """Of the socket, by httpcore2's names."""
        return self._stream.get_extra_info(info)
