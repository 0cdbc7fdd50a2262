"""`doctor` asks under `public_url` as a browser would, and says what is wrong with the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from callendar.cli.outside import examine_public_url
from tests.cast import free_port
from tests.clock import START
from tests.integration.api_cast import open_cast
from tests.integration.test_server import make_pair, serving

pytestmark = pytest.mark.anyio


async def said(url: str, instance: str) -> list[tuple[bool, str]]:
    """What is found."""
    return [(each.well, each.said) async for each in examine_public_url(url, instance, START)]


async def test_an_authority_of_the_machine_is_trusted_throughout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that `SSL_CERT_FILE` names holds for the certificate and for what is asked after it."""
    pair = make_pair(tmp_path, "own")
    monkeypatch.setenv("SSL_CERT_FILE", pair.cert)
    async with open_cast() as cast, serving(cast, tls_cert=pair.cert, tls_key=pair.key) as url:
        assert (True, f"public_url {url} is this installation") in await said(url, cast.store.epoch)


async def test_this_installation_is_known_from_another(tmp_path: Path) -> None:
    """By what its health says; a certificate that nobody vouches for and an address where nobody listens are faults."""
    pair = make_pair(tmp_path, "own")
    async with open_cast() as cast:
        epoch = cast.store.epoch
        async with serving(cast) as url:
            assert await said(url, epoch) == [(True, f"public_url {url} is this installation")]
            ((well, words),) = await said(url, "another")
            assert (well, "another installation" in words) == (False, True)
            ((well, words),) = await said(url.replace("http:", "https:"), epoch)
            assert (well, "does not speak TLS" in words) == (False, True)
        async with serving(cast, tls_cert=pair.cert, tls_key=pair.key) as url:
            ((well, words),) = await said(url, epoch)
            assert (well, "do not trust" in words) == (False, True)
    ((well, words),) = await said(f"http://127.0.0.1:{free_port()}", epoch)
    assert (well, "does not answer" in words) == (False, True)
