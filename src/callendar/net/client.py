"""The HTTP client that sources share: one for each connection, which keeps its sockets between polls.

It follows redirects itself, at most five, so that each is checked and no stranger is told the password.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterable, Mapping
from contextlib import asynccontextmanager
from functools import cache

import anyio
import httpcore2
import httpx2
from msgspec import Struct

from callendar import __version__
from callendar.contracts.clock import Clock
from callendar.contracts.source import SourceError, Unreachable, Unreadable
from callendar.net.address import CheckedNetwork
from callendar.net.answer import Answer, parse_http_date
from callendar.net.body import BadEncoding, TooLarge, read_body
from callendar.net.url import InvalidUrl, check_url, spoken_url

# They write whole addresses and headers, in which there may be secrets.
for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BROKEN = (httpcore2.ProtocolError, httpcore2.ReadError, httpcore2.WriteError)
"""What a connection may suffer that another one need not."""


class Limits(Struct, frozen=True, kw_only=True):
    """How much is taken of a server."""

    max_bytes: int = 20_000_000
    """Of one body, unpacked."""
    total_seconds: float = 30
    """For one answer, redirects and second try included."""
    connect_seconds: float = 10
    max_redirects: int = 5
    max_connections: int = 8
    keepalive_seconds: float = 120
    """An idle connection outlives the usual poll."""


class Credentials(Struct, frozen=True, kw_only=True):
    """A user and password, and whom they are for."""

    user: str
    password: str
    origin: httpx2.URL
    siblings: re.Pattern[str] | None = None
    """Further hosts, on https alone, that are the same service."""

    def are_for(self, url: httpx2.URL) -> bool:
        """The same host and port, or https there instead of http; or one of the siblings."""
        origin = self.origin
        if url.host == origin.host:
            if _port(url) == _port(origin) and url.scheme == origin.scheme:
                return True
            return (origin.scheme, _port(origin), url.scheme, _port(url)) == ("http", 80, "https", 443)
        return url.scheme == "https" and self.siblings is not None and bool(self.siblings.fullmatch(url.host))

    def __repr__(self) -> str:
        return "Credentials(…)"


class HttpClient:
    """Sends requests that read; each may be sent twice. Many at once; `close` when done."""

    def __init__(
        self,
        *,
        clock: Clock,
        network: CheckedNetwork,
        credentials: Credentials | None = None,
        limits: Limits | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._network = network
        self._ssl_context = ssl_context or _trusting_the_machine()
        self._credentials = credentials
        self._digest = httpx2.DigestAuth(credentials.user, credentials.password) if credentials else None
        self._wants_digest = False
        self._client = self._new_client()
        self.clock_offset_seconds: float | None = None
        """How far the server's clock was ahead of ours at its last answer, to a second; None before it told."""

    async def send(
        self, method: str, url: httpx2.URL, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """Ask, and return the answer whatever its status.

        Raises:
            Unreachable: No answer came, or not in time; or it led to where nothing may be read.
            Unreadable: It is too long, or not packed as it says.
        """
        at = url
        try:
            with anyio.fail_after(self._limits.total_seconds):
                answer = await self._send_once(method, at, headers or {}, body)
                for _ in range(self._limits.max_redirects):
                    if not _redirects(answer):
                        return answer
                    sender, at = at, target_of(at, answer.headers["location"])
                    if answer.status == 303:
                        method, body = "GET", b""
                    with self._network.sent_by(sender.host, to=at.host):
                        answer = await self._send_once(method, at, headers or {}, body)
                if not _redirects(answer):
                    return answer
        except TimeoutError as error:
            raise Unreachable(
                f"{spoken_url(at)} did not answer within {self._limits.total_seconds:g} s; it is tried again by and by"
            ) from error
        raise Unreachable(
            f"{spoken_url(url)} redirects more than {self._limits.max_redirects} times; check the address"
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _send_once(self, method: str, url: httpx2.URL, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            try:
                answer = await self._fetch(self._client, method, url, headers, body)
            except _BROKEN:
                async with self._fresh_client() as fresh:
                    answer = await self._fetch(fresh, method, url, headers, body)
            if answer.status == 401 and not self._wants_digest and self._may_digest(answer):
                self._wants_digest = True
                answer = await self._fetch(self._client, method, url, headers, body)
        except (httpcore2.TimeoutException, *_BROKEN, httpcore2.ConnectError, httpx2.HTTPError) as error:
            raise _failure(url, error) from error
        self._compare_clocks(answer)
        return answer

    async def _fetch(
        self, client: httpx2.AsyncClient, method: str, url: httpx2.URL, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        request = client.build_request(method, url.copy_with(fragment=None), headers=headers, content=body or None)
        response = await client.send(request, auth=self._auth(url), stream=True)
        try:
            encoding = response.headers.get("content-encoding", "")
            unpacked = await read_body(response.aiter_raw(), encoding, self._limits.max_bytes)
        except TooLarge:
            raise Unreadable(
                f"{spoken_url(url)} sends more than {self._limits.max_bytes // 1_000_000} MB, which is more than a "
                "calendar should hold; divide it, or have its server leave out what is past",
                item=spoken_url(url),
            ) from None
        except BadEncoding:
            raise Unreadable(
                f"{spoken_url(url)} sends a compressed answer that cannot be unpacked; it is tried again by and by",
                item=spoken_url(url),
            ) from None
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=unpacked,
            url=url,
            received=self._clock.now(),
        )

    def _auth(self, url: httpx2.URL) -> httpx2.Auth | None:
        credentials = self._credentials
        if credentials is None or not credentials.are_for(url):
            return None
        if self._wants_digest:
            return self._digest
        return httpx2.BasicAuth(credentials.user, credentials.password)

    def _may_digest(self, answer: Answer) -> bool:
        """Digest is wanted, Basic is not, and the server is the one the password is for."""
        asked = answer.headers.get("www-authenticate", "").lower()
        if self._credentials is None or not self._credentials.are_for(answer.url):
            return False
        return "digest " in asked and not re.search(r"(^|,\s*)basic\b", asked)

    def _compare_clocks(self, answer: Answer) -> None:
        told = parse_http_date(answer.headers.get("date", ""))
        if told is not None and "age" not in answer.headers:
            self.clock_offset_seconds = (told - answer.received).total_seconds()

    def _new_client(self) -> httpx2.AsyncClient:
        limits = self._limits
        return httpx2.AsyncClient(
            transport=_Pool(
                httpcore2.AsyncConnectionPool(
                    ssl_context=self._ssl_context,
                    max_connections=limits.max_connections,
                    max_keepalive_connections=limits.max_connections,
                    keepalive_expiry=limits.keepalive_seconds,
                    http2=True,
                    network_backend=self._network,
                )
            ),
            headers={"User-Agent": f"Callendar/{__version__}", "Accept-Encoding": "gzip, deflate"},
            timeout=httpx2.Timeout(limits.total_seconds, connect=limits.connect_seconds),
            follow_redirects=False,
            trust_env=False,
        )

    @asynccontextmanager
    async def _fresh_client(self) -> AsyncGenerator[httpx2.AsyncClient]:
        """One with a connection of its own, for once."""
        fresh = self._new_client()
        try:
            yield fresh
        finally:
            with anyio.CancelScope(shield=True):
                await fresh.aclose()


class _Pool(httpx2.AsyncBaseTransport):
    """httpx2 over a pool of ours, as its own transport takes no network backend. Errors are httpcore2's."""

    def __init__(self, pool: httpcore2.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(response.stream, AsyncIterable)
        return httpx2.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Stream(response),
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncGenerator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


@cache
def _trusting_the_machine() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _redirects(answer: Answer) -> bool:
    return answer.status in _REDIRECTS and "location" in answer.headers


def target_of(at: httpx2.URL, location: str) -> httpx2.URL:
    """Where a redirect leads; never from https to http. On the same host https stays, as servers behind a proxy often
    do not know that they are reached by it.

    Raises:
        Unreachable: It leads to no address of a server, or to one without encryption.
    """
    try:
        there = check_url(at.join(location))
        if (at.scheme, there.scheme) != ("https", "http"):
            return there
        if there.host == at.host:
            return at.copy_with(raw_path=there.raw_path, fragment=None)
        raise Unreachable(
            f"{spoken_url(at)} points to {spoken_url(there)}, which is not encrypted; if that is right, connect it by "
            "that address"
        )
    except (InvalidUrl, httpx2.InvalidURL, ValueError) as error:
        raise Unreachable(
            f"{spoken_url(at)} points to something that is no address of a server; check the address"
        ) from error


def _failure(url: httpx2.URL, error: Exception) -> SourceError:
    """What happened, in words; nothing of the library's own words, which may repeat what was sent."""
    where = spoken_url(url)
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None and cause not in causes:
        causes.append(cause)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return Unreachable(
                f"the certificate of {url.host} is not trusted ({cause.verify_message}); have it renewed, "
                "or name its authority's file in SSL_CERT_FILE"
            )
        if isinstance(cause, ssl.SSLError):
            return Unreachable(f"{where} does not speak TLS as it should; check whether it is http or https")
    if isinstance(error, httpcore2.TimeoutException):
        return Unreachable(f"{where} does not answer; check the address and whether a firewall lies between")
    if isinstance(error, httpcore2.ConnectError):
        return Unreachable(f"{where} cannot be connected to; check the address and that the server runs")
    return Unreachable(f"{where} broke off its answer; it is tried again by and by")
