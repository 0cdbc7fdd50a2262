"""What is counted and told of requests: metrics without a name in them, and an id from the request to the log."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, NoReturn

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from callendar.web.metrics import METRICS, create_metrics
from tests.integration.api_cast import ANNA, COMPANY, Cast, booking, open_cast

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


async def scrape(cast: Cast) -> str:
    """As Prometheus does."""
    app: Any = create_metrics(cast.web.state["room"])
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://metrics.test") as client:
        return (await client.get("/metrics")).text


async def test_metrics_are_well_formed_and_count_what_happened(cast: Cast) -> None:
    """As Prometheus' own parser reads them; requests by route, orders by origin, refusals by error."""
    await cast.ask("telephonist", "PUT", f"people/{ANNA}/referral", {"reason": "lunch"})
    await cast.ask("bo", "GET", "tokens")
    families: dict[str, Any] = {each.name: each for each in text_string_to_metric_families(await scrape(cast))}
    assert set(METRICS) <= set(families)
    samples: dict[Any, float] = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families.values()
        for sample in family.samples
    }
    route = "/api/v1/people/{person_id}/referral"
    asked = (("method", "PUT"), ("route", route), ("status", "200"))
    assert samples["callendar_http_requests_total", asked] == 1
    assert samples["callendar_orders_total", (("origin", "api"),)] == 1
    assert samples["callendar_refusals_total", (("error", "forbidden"),)] == 1
    assert samples["callendar_people", ()] == 4
    assert samples["callendar_build_info", (("version", "test"),)] == 1


async def test_no_name_of_anybody_stands_in_the_metrics(cast: Cast) -> None:
    """No company, person, title, address or path."""
    await cast.book(booking("m: Planted-title"))
    await cast.ask("bo", "GET", f"people/{ANNA}")
    await cast.ask("bo", "GET", "nowhere/planted-path")
    text = "\n".join(line for line in (await scrape(cast)).splitlines() if line.startswith("callendar_"))
    assert "callendar_http_requests_total" in text
    for planted in ("Planted", "planted", ANNA, "Anna", COMPANY, "dav.example"):
        assert planted not in text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param("trace-1.a", True, id="plain"),
        pytest.param("two words", False, id="not-plain"),
        pytest.param("x" * 65, False, id="long"),
        pytest.param("", False, id="empty"),
    ],
)
async def test_a_request_has_an_id_from_end_to_end(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, given: str, kept: bool
) -> None:
    """Taken over where it is plain; in the answer, in what is told of a mishap, and in the log, with who asked."""

    async def break_down(*_given: object) -> NoReturn:
        raise RuntimeError("planted")

    monkeypatch.setattr(cast.store, "load_causes", break_down)
    with capture_logs(processors=[merge_contextvars]) as lines:
        answer = await cast.ask("anna", "GET", f"people/{ANNA}", X_Request_Id=given)
    request_id = answer.headers["x-request-id"]
    assert (request_id == given) is kept
    assert answer.json()["detail"] == {"request": request_id}
    (line,) = [each for each in lines if each["event"] == "request_broke"]
    assert line["request"] == request_id
    assert (line["company"], line["viewer"]) == (COMPANY, cast.token_ids["anna"])
    ids = {(await cast.ask("anna", "GET", "me")).headers["x-request-id"] for _ in range(2)}
    assert len(ids) == 2
