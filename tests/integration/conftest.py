"""Real counterparts for the tests in here."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.integration.radicale import RadicaleServer, start_radicale

RADICALE_USERS = {"anna": "anna-1", "bo": "bo-1", "service": "service-1"}


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Generator[RadicaleServer]:
    """One Radicale for all tests; each makes calendars of its own in it."""
    with start_radicale(tmp_path_factory.mktemp("radicale"), RADICALE_USERS) as server:
        yield server
