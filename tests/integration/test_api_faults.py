"""Everything that says no has one shape, and nobody gets in, or writes, who should not."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from callendar.web.cookie import SESSION
from tests.integration.api_cast import ANNA, Cast, open_cast

pytestmark = pytest.mark.anyio

API = "/api/v1"


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API, its console not built."""
    async with open_cast() as cast:
        yield cast


FAR_OFF = ("anna", "POST", "explain")


@pytest.mark.parametrize(
    ("who", "method", "path", "body", "status", "error"),
    [
        pytest.param("anna", "GET", "nowhere", None, 404, "not_found", id="unknown-route"),
        pytest.param("anna", "POST", "nowhere", {}, 404, "not_found", id="unknown-route-post"),
        pytest.param("anna", "GET", "people/p_1/nowhere", None, 404, "not_found", id="unknown-below"),
        pytest.param("anna", "POST", "health", {}, 405, "method_not_allowed", id="method"),
        pytest.param("anna", "PUT", "rules", {"mode": "busy"}, 403, "forbidden", id="not-administrator"),
        pytest.param("administrator", "PUT", "rules", [], 400, "invalid", id="no-object"),
        pytest.param("administrator", "POST", "tokens", {"role": "king", "name": "x"}, 400, "invalid", id="no-role"),
        pytest.param("anna", "GET", "people?limit=many", None, 400, "invalid", id="query-type"),
        pytest.param("anna", "GET", f"people/{ANNA}/explain?at=noon", None, 400, "invalid", id="no-instant"),
        pytest.param("anna", "POST", "explain", {"subject": "m: x", "start": "noon"}, 400, "invalid", id="no-moment"),
        pytest.param(*FAR_OFF, {"start": "9999-12-31", "all_day": True}, 400, "invalid", id="last-day-of-time"),
        pytest.param(*FAR_OFF, {"start": "9999-12-31T23:30:00Z"}, 400, "invalid", id="last-hour-of-time"),
        pytest.param("anna", "POST", "explain", {"subjekt": "m: x"}, 400, "invalid", id="unknown-field"),
        pytest.param("anna", "DELETE", f"people/{ANNA}/silence", None, 400, "invalid", id="no-claim"),
        pytest.param(
            "anna", "PUT", f"people/{ANNA}/silence", {"claim": "nothing"}, 404, "not_found", id="no-such-claim"
        ),
        pytest.param("colleague", "PATCH", "me", {"mode": "busy"}, 409, "no_person", id="nobody"),
    ],
)
async def test_every_refusal_has_one_shape(
    cast: Cast, who: str, method: str, path: str, body: Any, status: int, error: str
) -> None:
    """`error` is stable, `message` a sentence, `detail` for programs."""
    answer = await cast.ask(who, method, path, body)
    assert answer.status_code == status, answer.text
    fault = answer.json()
    assert set(fault) == {"error", "message", "detail"}
    assert fault["error"] == error
    assert fault["message"].endswith(".")


async def test_a_body_that_is_no_json_is_refused(cast: Cast) -> None:
    """400, in the one shape."""
    async with cast.sent_by("anna") as client:
        answer = await client.put(
            f"people/{ANNA}/referral", content=b'{"reason": ', headers={"Content-Type": "application/json"}
        )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")


async def test_a_body_that_is_too_large_is_refused(cast: Cast) -> None:
    """413."""
    answer = await cast.ask("anna", "PUT", f"people/{ANNA}/referral", {"reason": "lunch", "text": "x" * 2_000_000})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


async def test_what_breaks_is_answered_without_its_words(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 tells nothing of the inside."""

    async def break_down(*_given: object) -> NoReturn:
        raise RuntimeError("planted: the subject was m: Budget")

    monkeypatch.setattr(cast.store, "load_causes", break_down)
    answer = await cast.ask("anna", "GET", f"people/{ANNA}")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal")
    assert "planted" not in answer.text


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="none"),
        pytest.param("Bearer cal_wrong", id="wrong"),
        pytest.param("Basic YTpi", id="basic"),
        pytest.param("Bearer ", id="empty"),
    ],
)
async def test_nobody_gets_in_without_a_token(cast: Cast, header: str | None) -> None:
    """401 with the scheme that is wanted."""
    async with cast.browser() as client:
        answer = await client.get(f"{API}/people", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()["error"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_health_and_the_schema_are_for_everybody(cast: Cast) -> None:
    """OpenAPI 3.1, with every route of the contract."""
    async with cast.browser() as client:
        assert (await client.get(f"{API}/health")).json()["status"] == "ok"
        schema = (await client.get(f"{API}/openapi.json")).json()
    assert schema["openapi"].startswith("3.1")
    routes = {f"{method.upper()} {path.removeprefix(API)}" for path, item in schema["paths"].items() for method in item}
    assert routes >= {
        "GET /people",
        "GET /people/{person_id}",
        "GET /feed",
        "PUT /people/{person_id}/referral",
        "DELETE /people/{person_id}/referral",
        "GET /people/{person_id}/referrals",
        "POST /people/{person_id}/referrals",
        "POST /referrals",
        "PATCH /referrals/{referral_id}",
        "DELETE /referrals/{referral_id}",
        "PUT /people/{person_id}/silence",
        "DELETE /people/{person_id}/silence",
        "PUT /people/{person_id}/marks",
        "DELETE /people/{person_id}/marks",
        "POST /changes/{change_id}/undo",
        "GET /people/{person_id}/explain",
        "POST /explain",
        "GET /rules",
        "PUT /rules",
        "GET /reasons",
        "GET /tokens",
        "GET /me",
    }


async def test_a_revoked_token_ends_at_once(cast: Cast) -> None:
    """Although lookups are kept for two seconds."""
    assert (await cast.ask("bo", "GET", "me")).status_code == 200
    await cast.ask("administrator", "DELETE", f"tokens/{cast.token_ids['bo']}")
    assert (await cast.ask("bo", "GET", "me")).status_code == 401


async def sign_in(cast: Cast, client: Any) -> None:
    """Swap a ticket of Anna's token for a session."""
    cast.tickets["planted-ticket"] = cast.token_ids["anna"]
    answer = await client.get("/?ticket=planted-ticket")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert SESSION in client.cookies


async def test_a_ticket_becomes_a_session_and_leaves_the_address(cast: Cast) -> None:
    """A cookie that scripts cannot read; it works as often as it is opened."""
    async with cast.browser() as client:
        cast.tickets["planted-ticket"] = cast.token_ids["anna"]
        for _ in range(2):
            answer = await client.get("/?ticket=planted-ticket")
            cookie = answer.headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "samesite=lax" in cookie.casefold()
            assert "secure" not in cookie.casefold()
        me = (await client.get(f"{API}/me")).json()
    assert (me["name"], me["person"]) == ("Anna", ANNA)


async def test_signing_out_ends_the_session_alone(cast: Cast) -> None:
    """The token that it came from goes on."""
    async with cast.browser() as client:
        await sign_in(cast, client)
        kept = dict(client.cookies)
        answer = await client.delete(f"{API}/session", headers={"Sec-Fetch-Site": "same-origin"})
        assert (answer.status_code, SESSION in client.cookies) == (204, False)
        client.cookies.update(kept)
        assert (await client.get(f"{API}/me")).status_code == 401
    assert (await cast.ask("anna", "GET", "me")).status_code == 200


async def test_a_session_is_sent_over_tls_alone_where_there_is_tls(cast: Cast) -> None:
    """Secure."""
    cast.tickets["planted-ticket"] = cast.token_ids["anna"]
    async with cast.browser() as client:
        answer = await client.get("https://callendar.test/?ticket=planted-ticket")
    assert "secure" in answer.headers["set-cookie"].casefold()


async def test_a_wrong_ticket_is_told_in_a_plain_sentence(cast: Cast) -> None:
    """And lets nobody in."""
    async with cast.browser() as client:
        answer = await client.get("/?ticket=guessed")
    assert answer.status_code == 403
    assert "not valid" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 200, id="same-origin"),
        pytest.param({"Origin": "http://callendar.test"}, 200, id="own-origin"),
        pytest.param({"Origin": "http://callendar.test:80"}, 200, id="own-origin-with-port"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "http://callendar.test"}, 403, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="a-neighbour"),
        pytest.param({"Origin": "http://evil.test"}, 403, id="another-origin"),
        pytest.param({"Origin": "https://callendar.test"}, 403, id="another-scheme"),
        pytest.param({"Origin": "null"}, 403, id="null"),
        pytest.param({}, 403, id="nothing"),
    ],
)
async def test_a_session_writes_from_the_console_alone(cast: Cast, headers: dict[str, str], status: int) -> None:
    """Another site cannot have a browser write; reading is not concerned."""
    async with cast.browser() as client:
        await sign_in(cast, client)
        answer = await client.put(f"{API}/people/{ANNA}/referral", json={"reason": "lunch"}, headers=headers)
        assert answer.status_code == status
        if status == 403:
            assert answer.json()["error"] == "cross_site"
        else:
            assert answer.json()["state"]["origin"] == "app"
        assert (await client.get(f"{API}/people")).status_code == 200


@pytest.mark.parametrize(
    ("who", "origin"), [("telephonist", "telephonist"), ("delegate", "delegate"), ("bo", "colleague")]
)
async def test_an_order_from_the_console_says_in_which_role(cast: Cast, who: str, origin: str) -> None:
    """By a token it is `api`."""
    await cast.rule(colleagues_may_set=True)
    cast.tickets["t"] = cast.token_ids[who]
    async with cast.browser() as client:
        await client.get("/?ticket=t")
        headers = {"Sec-Fetch-Site": "same-origin"}
        answer = await client.put(f"{API}/people/{ANNA}/referral", json={"reason": "lunch"}, headers=headers)
    assert answer.json()["state"]["origin"] == origin


async def test_without_a_console_a_plain_page_says_so(cast: Cast) -> None:
    """Not an error: programs work without it."""
    async with cast.browser() as client:
        answer = await client.get("/")
    assert answer.status_code == 200
    assert "not built" in answer.text


async def test_the_console_is_served_under_a_strict_policy(tmp_path: Path) -> None:
    """Our own files alone, in nobody's frame; those with a hash in their names are kept."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Console</title>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("export {};")
    async with open_cast(console_dir=tmp_path) as cast, cast.browser() as client:
        page = await client.get("/")
        script = await client.get("/assets/index-1a2b.js")
        outside = await client.get("/assets/../index.html")
        climbing = await client.get("/assets/%2e%2e/index.html")
    assert "Console" in page.text
    assert page.headers["cache-control"] == "no-cache"
    for answer in (page, script):
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "javascript" in script.headers["content-type"]
    assert "immutable" in script.headers["cache-control"]
    assert (outside.status_code, climbing.status_code) == (404, 404)
