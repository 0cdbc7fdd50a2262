"""What every answer says to browsers, whatever it answers."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from callendar.web.policy import POLICY
from tests.integration.api_cast import Cast, open_cast

pytestmark = pytest.mark.anyio

ANSWERS = [
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/?ticket=wrong", 403),
    ("GET", "/nowhere", 404),
    ("GET", "/assets/nothing.js", 404),
    ("GET", "/api/v1/health", 200),
    ("GET", "/api/v1/openapi.json", 200),
    ("GET", "/api/v1/me", 401),
    ("GET", "/api/v1/nowhere", 404),
    ("POST", "/api/v1/health", 405),
    ("POST", "/api/v1/session", 400),
    ("OPTIONS", "/api/v1/people", 204),
]


@pytest.fixture(scope="module")
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API, its console not built."""
    async with open_cast() as opened:
        yield opened


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_the_policy_goes_with_every_answer(cast: Cast, method: str, path: str, status: int) -> None:
    """Files, answers, refusals, what the framework says by itself; HSTS by HTTPS alone; the API's are not kept."""
    async with cast.browser() as browser:
        plain = await browser.request(method, path)
        secure = await browser.request(method, f"https://callendar.test{path}")
    for answer in (plain, secure):
        assert answer.status_code == status, answer.text
        assert {name: answer.headers.get(name) for name in POLICY} == POLICY
        assert "server" not in answer.headers
        if path.startswith("/api/"):
            assert "no-store" in answer.headers["cache-control"]
    assert "strict-transport-security" not in plain.headers
    assert secure.headers["strict-transport-security"] == "max-age=31536000"


async def test_where_browsers_come_by_https_the_policy_says_so_behind_a_proxy() -> None:
    """By the setting `public_url`, though the proxy speaks plain HTTP to us and says nothing."""
    async with open_cast(public_url="https://callendar.example") as cast, cast.browser() as browser:
        answer = await browser.get("/api/v1/health")
    assert "strict-transport-security" in answer.headers
