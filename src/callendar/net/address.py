"""Which address a name stands for, and whether it may be connected to: the one checked is the one connected to.

The name itself stays what the certificate is checked against and what the server is told.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import cast

import anyio
import anyio.to_thread
import httpcore2
from anyio.lowlevel import RunVar

from callendar.contracts.source import Unreachable
from callendar.net.stream import Stream

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, best first; raises OSError when it has none."""

_CARRYING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""IPv6 addresses whose last four bytes are an IPv4 one: NAT64, and the old compatible form."""
_LOCAL = (IPv6Network("64:ff9b:1::/48"), IPv6Network("fec0::/10"))
"""Local by their standards (RFC 8215, 3879), which the library takes for global."""
_TRY_SECONDS = 4.0
"""How long one of several addresses of a name is tried before the next."""


_RESOLVING = RunVar[anyio.CapacityLimiter]("callendar.resolving")
_RESOLVED_AT_ONCE = 64
"""Names whose server of names does not answer hold a thread each, until the machine gives up."""


async def resolve_name(host: str, port: int) -> list[str]:
    """As the machine resolves names; each address once."""
    try:
        turns = _RESOLVING.get()
    except LookupError:
        turns = anyio.CapacityLimiter(_RESOLVED_AT_ONCE)
        _RESOLVING.set(turns)
    found = await anyio.to_thread.run_sync(
        partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM), abandon_on_cancel=True, limiter=turns
    )
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the world rather than to this machine or its networks.

    IPv6 addresses that carry an IPv4 one are what that is.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inside is None and any(ip in network for network in _CARRYING):
            inside = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
        if any(ip in network for network in _LOCAL):
            return False
    return ip.is_global and not ip.is_multicast


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects names for the connection pool, after looking at what they stand for.

    A server out in the world may not send us into a private network, whatever is allowed: see `sent_by`.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        resolve: Resolve = resolve_name,
        backend: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._backend = backend or cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())
        self._in_the_world: set[str] = set()
        self._private: set[str] = set()
        """Hosts by what they were last connected at."""
        self._sent_by: ContextVar[str | None] = ContextVar("sent_by", default=None)

    @contextmanager
    def sent_by(self, host: str, *, to: str) -> Generator[None]:
        """A server at this host has sent us elsewhere; what is connected to in the block is that.

        Raises:
            Unreachable: It lies in the world, and points to where only private ones are.
        """
        out_there = host in self._in_the_world
        if out_there and to in self._private:
            raise Unreachable(_lured(host))
        token = self._sent_by.set(host if out_there else None)
        try:
            yield
        finally:
            self._sent_by.reset(token)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to one of the name's addresses, each tried in turn.

        Raises:
            Unreachable: The name has no address, or none that may be connected to.
            httpcore2.ConnectError, httpcore2.ConnectTimeout: None of them answers.
        """
        try:
            with anyio.fail_after(timeout):
                addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"there is no server called {host}; check the address, or this machine's DNS") from error
        sender = self._sent_by.get()
        may_be_private = self._allow_private and sender is None
        allowed = [each for each in addresses if may_be_private or is_public(each)]
        if not allowed and sender is not None and self._allow_private:
            raise Unreachable(_lured(sender))
        if not allowed:
            raise Unreachable(
                f"{host} lies in a private network, where calendars may not be here; "
                "an administrator may allow it by the setting private_networks"
            )
        (self._in_the_world if all(map(is_public, allowed)) else self._private).add(host)
        for address in allowed[:-1]:
            try:
                return await self._connect(address, port, min(timeout or _TRY_SECONDS, _TRY_SECONDS), socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._connect(allowed[-1], port, timeout, socket_options)

    async def _connect(
        self, address: str, port: int, seconds: float | None, options: Iterable[httpcore2.SOCKET_OPTION] | None
    ) -> httpcore2.AsyncNetworkStream:
        return Stream(await self._backend.connect_tcp(address, port, timeout=seconds, socket_options=options))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Never: calendars lie on servers."""
        raise Unreachable("a calendar cannot be read from a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Between tries of the pool."""
        await anyio.sleep(seconds)


def _lured(host: str) -> str:
    return f"{host} points into a private network, where a server out in the world has no business; check the address"
