"""The HTTP client against servers on loopback, down to the bytes on the wire."""

from __future__ import annotations

import gc
import gzip
import ssl
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import anyio
import httpcore2
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from callendar.contracts.source import Unreachable, Unreadable
from callendar.net import CheckedNetwork, Credentials, HttpClient, Limits, parse_url
from callendar.net.client import target_of
from tests.clock import START, HandClock
from tests.stand_ins.web import Asked, Reply, WebServer, serving

pytestmark = pytest.mark.anyio

OK = Reply(body=b"hello")


@asynccontextmanager
async def client(
    *,
    network: CheckedNetwork | None = None,
    credentials: Credentials | None = None,
    limits: Limits | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[HttpClient]:
    """A client, closed at the end."""
    http = HttpClient(
        clock=HandClock(),
        network=network or CheckedNetwork(allow_private=True),
        credentials=credentials,
        limits=limits,
        ssl_context=tls,
    )
    try:
        yield http
    finally:
        await http.close()


async def get(http: HttpClient, server: WebServer, path: str = "") -> bytes:
    """A body."""
    return (await http.send("GET", parse_url(server.url + path))).body


async def test_connections_are_kept_between_requests() -> None:
    """Polls do not connect anew."""
    async with serving(lambda asked: OK) as server, client() as http:
        for _ in range(5):
            assert await get(http, server) == b"hello"
        assert server.connections == 1


async def test_a_connection_that_the_server_dropped_is_replaced() -> None:
    """A server that closes idle connections is no failure."""
    async with serving(lambda asked: Reply(body=b"hello", hangs_up=True)) as server, client() as http:
        for _ in range(3):
            assert await get(http, server) == b"hello"


async def test_a_body_behind_a_304_costs_one_more_connection_and_no_failure() -> None:
    """Bytes that nobody awaits are what the next answer seems to begin with: asked again on a fresh connection."""
    behind = Reply(raw=b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n<html>not modified, I said</html>")

    def answer(asked: Asked) -> Reply:
        return behind if asked.path == "/odd" else OK

    async with serving(answer) as server, client() as http:
        for _ in range(3):
            assert (await http.send("GET", parse_url(f"{server.url}odd"))).status == 304
            assert await get(http, server) == b"hello"


async def test_a_broken_answer_is_tried_once_more_and_not_for_ever() -> None:
    """Two tries, then it is unreachable."""
    async with serving(lambda asked: Reply(raw=b"rubbish\r\n\r\n", hangs_up=True)) as server, client() as http:
        with pytest.raises(Unreachable, match="broke off"):
            await get(http, server)
        assert len(server.asked) == 2


async def test_a_second_answer_that_is_whole_counts() -> None:
    """The first connection breaks amid the body, the second does not."""
    cut = Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhel", hangs_up=True)

    def answer(asked: Asked) -> Reply:
        return cut if asked.connection == 1 else OK

    async with serving(answer) as server, client() as http:
        assert await get(http, server) == b"hello"


async def test_a_small_packet_cannot_become_a_huge_body() -> None:
    """The limit counts what was unpacked."""
    packed = Reply(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"0" * 50_000_000))
    async with serving(lambda asked: packed) as server, client() as http:
        with pytest.raises(Unreadable, match="more than 20 MB"):
            await get(http, server)


async def test_a_compressed_body_is_unpacked() -> None:
    """As it was asked for."""
    packed = Reply(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"hello"))
    async with serving(lambda asked: packed) as server, client() as http:
        assert await get(http, server) == b"hello"
        assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"


async def test_an_endless_body_ends_at_the_limit() -> None:
    """Without a length, and for ever."""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    endless = Reply(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 40, after_seconds=0)
    async with serving(lambda asked: endless) as server, client(limits=Limits(max_bytes=1_000_000)) as http:
        with pytest.raises(Unreadable):
            await get(http, server)


async def test_time_is_counted_in_all() -> None:
    """A server that never answers, and one that redirects slowly, both end in time."""
    limits = Limits(total_seconds=0.3)
    async with serving(lambda asked: Reply(after_seconds=60)) as server, client(limits=limits) as http:
        with anyio.fail_after(5), pytest.raises(Unreachable):
            await get(http, server)
    slow = Reply(status=302, headers={"Location": "/"}, after_seconds=0.1)
    async with serving(lambda asked: slow) as server, client(limits=limits) as http:
        with anyio.fail_after(5), pytest.raises(Unreachable):
            await get(http, server)


@pytest.mark.parametrize("hops", [0, 1, 5, 6])
async def test_five_redirects_are_followed(hops: int) -> None:
    """And no sixth; the method and the body stay."""

    def answer(asked: Asked) -> Reply:
        left = int(asked.path.strip("/"))
        return Reply(status=308, headers={"Location": f"/{left - 1}"}) if left else Reply(body=asked.body)

    async with serving(answer) as server, client() as http:
        ask = http.send("PROPFIND", parse_url(f"{server.url}{hops}"), body=b"<propfind/>")
        if hops > 5:
            with pytest.raises(Unreachable, match="more than 5 times"):
                await ask
        else:
            found = await ask
            assert found.body == b"<propfind/>"
            assert found.url.path == "/0"
        assert {each.method for each in server.asked} == {"PROPFIND"}


@pytest.mark.parametrize("location", ["ftp://files.example/x", "file:///etc/passwd", "javascript:alert(1)"])
async def test_a_redirect_to_no_server_is_not_followed(location: str) -> None:
    """Least of all to a file."""
    away = Reply(status=302, headers={"Location": location})
    async with serving(lambda asked: away) as server, client() as http:
        with pytest.raises(Unreachable, match="no address"):
            await get(http, server)


async def test_credentials_stay_with_their_host() -> None:
    """Sent from the first request on, and not after a redirect to another port."""
    async with serving(lambda asked: OK) as stranger:
        away = Reply(status=307, headers={"Location": stranger.url})
        async with serving(lambda asked: away) as server:
            given = Credentials(user="anna", password="hunter2", origin=parse_url(server.url))
            async with client(credentials=given) as http:
                assert await get(http, server) == b"hello"
        assert server.asked[0].headers["authorization"].startswith("Basic ")
        assert "authorization" not in stranger.asked[0].headers


class Detour(httpcore2.AsyncNetworkBackend):
    """Takes every address for that of this machine, so that a server here can stand for one out there."""

    def __init__(self) -> None:
        self._wires = cast("httpcore2.AsyncNetworkBackend", httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return await self._wires.connect_tcp("127.0.0.1", port, timeout)


def named(addresses: Mapping[str, str], *, allow_private: bool = False) -> CheckedNetwork:
    """A network in which these names have these addresses."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        return [addresses[host]]

    return CheckedNetwork(allow_private=allow_private, resolve=resolve, backend=Detour())


async def test_private_networks_are_closed_where_they_are_not_allowed() -> None:
    """By number, and by a name that stands for it; nothing is sent."""
    async with serving(lambda asked: OK) as server:
        async with client(network=CheckedNetwork(allow_private=False)) as http:
            with pytest.raises(Unreachable, match="private_networks"):
                await get(http, server)
        async with client(network=named({"calendar.example": "127.0.0.1"})) as http:
            with pytest.raises(Unreachable, match="private_networks"):
                await http.send("GET", parse_url(server.url.replace("127.0.0.1", "calendar.example")))
        assert server.connections == 0


async def test_a_redirect_into_a_private_network_is_refused() -> None:
    """The check holds for every hop: a server of the world cannot send us into ours."""
    network = named({"world.example": "9.9.9.9", "inside.example": "10.0.0.1"})
    async with serving(lambda asked: OK) as inside:
        away = Reply(status=302, headers={"Location": inside.url.replace("127.0.0.1", "inside.example")})

        def answer(asked: Asked) -> Reply:
            return away if asked.path == "/away" else OK

        async with serving(answer) as server, client(network=network) as http:
            url = server.url.replace("127.0.0.1", "world.example")
            assert (await http.send("GET", parse_url(url))).body == b"hello"
            with pytest.raises(Unreachable, match=r"inside\.example lies in a private network"):
                await http.send("GET", parse_url(f"{url}away"))
        assert inside.connections == 0


def make_certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for a name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("::5"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=str(pem))
    return server, trusting


async def test_the_name_stays_what_is_asked_for_and_checked(tmp_path: Path) -> None:
    """Connected to the address that was checked, the server still hears its name (SNI and Host), and must prove it."""
    server_tls, trusting = make_certificate(tmp_path, "calendar.example")
    heard: list[str | None] = []
    server_tls.sni_callback = lambda tls, name, context: heard.append(name)
    network = named({"calendar.example": "127.0.0.1", "other.example": "127.0.0.1"}, allow_private=True)
    async with serving(lambda asked: OK, tls=server_tls) as server:
        url = parse_url(server.url.replace("127.0.0.1", "calendar.example"))
        async with client(network=network, tls=trusting) as http:
            assert (await http.send("GET", url)).body == b"hello"
        assert heard == ["calendar.example"]
        assert server.asked[0].headers["host"] == url.netloc.decode()
        async with client(network=network, tls=trusting) as http:
            with pytest.raises(Unreachable, match=r"certificate of other\.example is not trusted"):
                await http.send("GET", url.copy_with(host="other.example"))
        async with client(network=network) as http:
            with pytest.raises(Unreachable, match="SSL_CERT_FILE"):
                await http.send("GET", url)
        with_http = httpx2.URL(str(url)).copy_with(scheme="http")
        async with client(network=network, tls=trusting) as http:
            with pytest.raises(Unreachable):
                await http.send("GET", with_http)


async def test_the_servers_clock_is_compared_with_ours() -> None:
    """Case 29: how far ahead it is, to a second; an answer out of a cache does not tell."""
    replies = [
        Reply(headers={"Date": f"{START + timedelta(seconds=90):%a, %d %b %Y %H:%M:%S GMT}"}),
        Reply(headers={"Date": f"{START - timedelta(days=3):%a, %d %b %Y %H:%M:%S GMT}", "Age": "259200"}),
        Reply(headers={"Date": "yesterday"}),
    ]
    async with serving(lambda asked: replies.pop(0)) as server, client() as http:
        assert http.clock_offset_seconds is None
        for _ in range(3):
            await get(http, server)
            assert http.clock_offset_seconds == 90


def test_a_redirect_never_leads_from_https_to_http() -> None:
    """On the same host https and our port stay; another host is named, and not asked."""
    at = parse_url("https://dav.example:8443/a?b")
    assert str(target_of(at, "http://dav.example/c/?d=1")) == "https://dav.example:8443/c/?d=1"
    assert str(target_of(at, "https://other.example/c")) == "https://other.example/c"
    with pytest.raises(Unreachable, match=r"points to http://other.example/c, which is not encrypted"):
        target_of(at, "http://other.example/c")


async def test_a_server_that_hangs_in_the_handshake_is_given_up() -> None:
    """It takes the connection and never speaks TLS; nothing is left open then (an open socket found by the collector
    would fail the test)."""
    async with await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0) as silent:
        port = silent.extra(anyio.abc.SocketAttribute.local_port)
        async with client(limits=Limits(total_seconds=0.3)) as http:
            with anyio.fail_after(10), pytest.raises(Unreachable, match="did not answer within"):
                await http.send("GET", parse_url(f"https://127.0.0.1:{port}/"))
    gc.collect()
