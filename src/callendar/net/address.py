"""Which address a name stands for, and whether it may be connected to: the one checked is the one connected to.

The name itself stays what the certificate is checked against and what the server is told.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import cast

import anyio
import httpcore2

from callendar.contracts.source import Unreachable

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, best first; raises OSError when it has none."""

_NAT64 = IPv6Network("64:ff9b::/96")
_TRY_SECONDS = 4.0
"""How long one of several addresses of a name is tried before the next."""


async def resolve_name(host: str, port: int) -> list[str]:
    """As the machine resolves names; each address once."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the world rather than to this machine or its networks.

    IPv6 addresses that carry an IPv4 one are what that is.
    """
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inside is None and ip in _NAT64:
            inside = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(str(inside))
    return ip.is_global and not ip.is_multicast


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects names for the connection pool, after looking at what they stand for."""

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
        allowed = [each for each in addresses if self._allow_private or is_public(each)]
        if not allowed:
            raise Unreachable(
                f"{host} lies in a private network, where calendars may not be here; "
                "an administrator may allow it by the setting private_networks"
            )
        for address in allowed[:-1]:
            try:
                return await self._connect(address, port, min(timeout or _TRY_SECONDS, _TRY_SECONDS), socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._connect(allowed[-1], port, timeout, socket_options)

    async def _connect(
        self, address: str, port: int, seconds: float | None, options: Iterable[httpcore2.SOCKET_OPTION] | None
    ) -> httpcore2.AsyncNetworkStream:
        return await self._backend.connect_tcp(address, port, timeout=seconds, socket_options=options)

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
