"""The server itself on loopback: TLS, and what proxies say of whoever is behind them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from msgspec import Struct

from callendar.web.server import Listen, Server
from callendar.web.tls import CannotSpeakTls, tls_context
from tests.cast import free_port
from tests.integration.api_cast import PASSWORD, Cast, open_cast

pytestmark = pytest.mark.anyio

DEADLINE_SECONDS = 20
WRONG = {"email": "nobody@north.example", "password": "wrong wrong wrong"}


class Pair(Struct, frozen=True):
    """A certificate that its own key has signed, and that key, as files."""

    cert: str
    key: str


def make_pair(folder: Path, name: str, *, password: bytes | None = None) -> Pair:
    """For 127.0.0.1, valid for an hour."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "callendar.test")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pair = Pair(str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
    Path(pair.cert).write_bytes(cert.public_bytes(pem))
    Path(pair.key).write_bytes(key.private_bytes(pem, form, kept))
    return pair


@asynccontextmanager
async def serving(cast: Cast, **given: Any) -> AsyncGenerator[str]:
    """Our own server over the web; its address."""
    listen = Listen(host="127.0.0.1", port=free_port(), **given)
    server = Server(cast.web, listen)
    ready = anyio.Event()

    async def tell(_url: str) -> None:
        ready.set()

    async with anyio.create_task_group() as group:
        group.start_soon(server.run, tell)
        with anyio.fail_after(DEADLINE_SECONDS):
            await ready.wait()
        yield listen.url
        server.stop()


async def test_by_tls_the_session_is_for_tls_alone(tmp_path: Path) -> None:
    """TLS 1.2 at least; HSTS; cookies that are Secure, HttpOnly and bound to the host; the session works by them."""
    pair = make_pair(tmp_path, "own")
    trusting = ssl.create_default_context(cafile=pair.cert)
    async with open_cast() as cast:
        await cast.add_user("anna@north.example")
        async with serving(cast, tls_cert=pair.cert, tls_key=pair.key) as url:
            assert url.startswith("https://")
            async with httpx2.AsyncClient(base_url=f"{url}/api/v1/", verify=trusting, trust_env=False) as client:
                answer = await client.post("session", json={"email": "anna@north.example", "password": PASSWORD})
                assert answer.status_code == 200, answer.text
                assert answer.headers["strict-transport-security"]
                for cookie in answer.headers.get_list("set-cookie"):
                    name, _, flags = cookie.partition("=")
                    assert name in ("__Host-callendar_session", "__Host-callendar_device")
                    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(flags.split("; ")), cookie
                assert (await client.get("me")).json()["email"] == "anna@north.example"
            old = ssl.create_default_context(cafile=pair.cert)
            # A client that knows nothing later; its own library would not even try without this.
            old.set_ciphers("ALL:@SECLEVEL=0")
            old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            with pytest.warns(DeprecationWarning, match="TLSv1_1"):
                old.maximum_version = ssl.TLSVersion.TLSv1_1
            async with httpx2.AsyncClient(verify=old, trust_env=False) as client:
                with pytest.raises(httpx2.ConnectError):
                    await client.get(f"{url}/api/v1/health")


def test_a_certificate_that_cannot_be_used_is_told_in_words(tmp_path: Path) -> None:
    """Which of the two files, and the mend; a key under a password is not asked for on a terminal."""
    own, other = make_pair(tmp_path, "own"), make_pair(tmp_path, "other")
    locked = make_pair(tmp_path, "locked", password=b"kept")
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no PEM at all")
    for cert, key, words in (
        (own.cert, other.key, ("tls_key", "is not the key", "tls_cert")),
        (own.cert, str(tmp_path / "gone.key"), ("tls_key", "gone.key", "not there")),
        (own.key, own.key, ("tls_cert", "holds none", "certificate chain")),
        (str(tmp_path), own.key, ("tls_cert", "cannot be read")),
        (str(rubbish), own.key, ("tls_cert", "rubbish.pem", "certificate chain")),
        (own.cert, str(rubbish), ("tls_key", "rubbish.pem", "private key")),
        (locked.cert, locked.key, ("tls_key", "password")),
    ):
        with pytest.raises(CannotSpeakTls) as refused:
            tls_context(cert, key)
        assert all(word in str(refused.value) for word in words), refused.value
    assert tls_context(own.cert, own.key).minimum_version == ssl.TLSVersion.TLSv1_2


async def failures(client: httpx2.AsyncClient, how_many: int, **headers: str) -> set[int]:
    """So many wrong sign-ins, each with another address, so that only whence they come is counted."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return {
        (await client.post("session", json=WRONG | {"email": f"{uuid4()}@x.example"}, headers=given)).status_code
        for _ in range(how_many)
    }


async def test_a_trusted_proxy_is_believed_and_nobody_else() -> None:
    """Whence, and whether by HTTPS: as the proxy added last; what strangers and those behind it say is not."""
    async with (
        open_cast() as cast,
        serving(cast) as url,
        httpx2.AsyncClient(base_url=f"{url}/api/v1/", trust_env=False) as client,
    ):
        spoofed = await client.get("health", headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" not in spoofed.headers
        for n in range(6):
            await failures(client, 5, X_Forwarded_For=f"203.0.113.{n}")
        assert await failures(client, 1, X_Forwarded_For="203.0.113.99") == {429}
    async with (
        open_cast() as cast,
        serving(cast, trusted_proxies=("127.0.0.0/8",)) as url,
        httpx2.AsyncClient(base_url=f"{url}/api/v1/", trust_env=False) as client,
    ):
        told = await client.get("health", headers={"X-Forwarded-Proto": "https"})
        assert "strict-transport-security" in told.headers
        for n in range(6):
            assert await failures(client, 5, X_Forwarded_For=f"203.0.113.{n}, 198.51.100.7") == {401}
        assert await failures(client, 1, X_Forwarded_For="203.0.113.99, 198.51.100.7") == {429}
        assert await failures(client, 1, X_Forwarded_For="198.51.100.8") == {401}
        assert await failures(client, 30, X_Forwarded_For="2001:db8:1:2::1") == {401}
        assert await failures(client, 1, X_Forwarded_For="2001:db8:1:2:ffff::9") == {429}
        assert await failures(client, 1, X_Forwarded_For="2001:db8:1:3::1") == {401}
