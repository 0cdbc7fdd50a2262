"""The demo's Radicale where somebody else is quicker at its port."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from callendar.cli.demo import radicale as demo_radicale
from tests.cast import is_open
from tests.integration.radicale import start_radicale


@pytest.mark.anyio
async def test_a_port_taken_at_the_last_moment_is_left_to_its_taker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another CalDAV server that takes the port after it was found free is not mistaken for the demo's own."""
    with start_radicale(tmp_path / "other", {"anna": "another"}) as other:
        taken = urlsplit(other.url).port
        assert taken is not None
        free_port = demo_radicale.free_port

        def believed_free(wanted: int) -> int:
            return taken if wanted == demo_radicale.PORT else free_port(wanted)

        monkeypatch.setattr(demo_radicale, "free_port", believed_free)
        async with demo_radicale.running_radicale(tmp_path / "ours", {"anna": "hers"}) as ours:
            assert ours.url != other.url
            answer = httpx2.request("PROPFIND", ours.url, auth=("anna", "hers"), headers={"Depth": "0"})
            assert answer.status_code == 207
        assert not is_open(ours.url)
        assert is_open(other.url)
