"""Users: signing in, what a session may, and what administrators do with users."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from callendar.web.cookie import DEVICE, SESSION
from tests.integration.api_cast import ANNA, BO, COMPANY, OTHER, PASSWORD, Cast, open_cast

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """Both companies."""
    async with open_cast() as opened:
        yield opened


async def test_a_user_signs_in_and_out(cast: Cast) -> None:
    """The answer and `/me` say who she is; the cookie is the browser's alone; afterwards it opens nothing."""
    user = await cast.add_user("anna@north.example", person=ANNA)
    async with cast.signed_in("Anna@North.Example ") as browser:
        me = (await browser.get("me")).json()
        assert (me["id"], me["email"], me["role"], me["person"]) == (user, "anna@north.example", "colleague", ANNA)
        assert me["may"] == {
            "administer": False,
            "refer_everybody": False,
            "choose_mode": True,
            "choose_keywords": True,
            "change_password": True,
        }
        secret = browser.cookies[SESSION]
        answer = await browser.delete("session")
        assert (answer.status_code, SESSION in browser.cookies, DEVICE in browser.cookies) == (204, False, True)
        browser.cookies.set(SESSION, secret, domain="callendar.test")
        assert (await browser.get("me")).status_code == 401


async def test_an_order_of_a_user_is_given_in_her_role(cast: Cast) -> None:
    """By session: `app` for herself, `telephonist`, `delegate`; by token always `api`."""
    await cast.add_user("anna@north.example", person=ANNA)
    await cast.add_user("tora@north.example", "telephonist")
    delegate = await cast.add_user("dag@north.example")
    await cast.change(ANNA, delegates=(delegate,))
    for email, origin in (("anna", "app"), ("tora", "telephonist"), ("dag", "delegate")):
        async with cast.signed_in(f"{email}@north.example") as browser:
            answer = await browser.put(f"people/{ANNA}/referral", json={"reason": "lunch"})
            assert answer.status_code == 200, answer.text
            assert (answer.json()["state"]["origin"], answer.json()["state"]["set_by"]) == (origin, email.title())
            refused = await browser.put(f"people/{BO}/referral", json={"reason": "lunch"})
            assert refused.status_code == (200 if email == "tora" else 403)


async def test_a_wrong_sign_in_is_refused_alike(cast: Cast) -> None:
    """No such address, a wrong password, a disabled user, an address in two companies: the same bytes."""
    await cast.add_user("anna@north.example")
    off = await cast.add_user("off@north.example")
    await cast.ask("administrator", "PATCH", f"users/{off}", {"disabled": True})
    async with cast.browser() as browser:
        answers = [
            await browser.post("/api/v1/session", json={"email": email, "password": password})
            for email, password in (
                ("nobody@north.example", PASSWORD),
                ("anna@north.example", "wrong wrong wrong"),
                ("off@north.example", PASSWORD),
                ("anna@north.example", ""),
                ("anna@north.example", "x" * 5000),
            )
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    for answer in answers:
        del answer.headers["x-request-id"]
    assert {tuple(answer.headers.multi_items()) for answer in answers} == {tuple(answers[0].headers.multi_items())}


async def post_session(browser: Any, email: str, password: str, **headers: str) -> Any:
    """A sign-in from the page."""
    given = {"Sec-Fetch-Site": "same-origin"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await browser.post("/api/v1/session", json={"email": email, "password": password}, headers=given)


async def test_after_five_failures_strangers_wait_and_she_does_not(cast: Cast) -> None:
    """The right password waits as well, unless from a browser that has signed in before."""
    await cast.add_user("anna@north.example")
    async with cast.browser() as known, cast.browser() as stranger:
        assert (await post_session(known, "anna@north.example", PASSWORD)).status_code == 200
        for _ in range(5):
            assert (await post_session(stranger, "anna@north.example", "wrong wrong wrong")).status_code == 401
        for _ in range(2):
            refused = await post_session(stranger, "anna@north.example", PASSWORD)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
        assert (await post_session(known, "anna@north.example", PASSWORD)).status_code == 200
        await cast.clock.advance(15)
        assert (await post_session(stranger, "anna@north.example", PASSWORD)).status_code == 200


async def test_an_unknown_address_is_limited_like_a_known_one(cast: Cast) -> None:
    """So that the limit does not tell who is a user."""
    await cast.add_user("anna@north.example")
    said: list[list[tuple[int, bytes]]] = []
    for email in ("anna@north.example", "nobody@north.example"):
        async with cast.browser() as browser:
            answers = [await post_session(browser, email, "wrong wrong wrong") for _ in range(7)]
            said.append([(each.status_code, each.content) for each in answers])
    assert said[0] == said[1]
    assert said[0][-1][0] == 429


async def test_an_address_in_two_companies_needs_the_company_named(cast: Cast) -> None:
    """By name or id; without it even the right password is refused as a wrong one is."""
    await cast.add_user("both@x.example")
    await cast.add_user("both@x.example", company=OTHER, password="another one of seventeen")
    async with cast.browser() as browser:
        unnamed = await post_session(browser, "both@x.example", PASSWORD)
        wrong = await post_session(browser, "both@x.example", "wrong wrong wrong")
        assert (unnamed.status_code, unnamed.content) == (401, wrong.content)
    async with cast.signed_in("both@x.example", company=COMPANY) as browser:
        assert (await browser.get("me")).json()["company"] == COMPANY
    async with cast.signed_in("both@x.example", "another one of seventeen", company=OTHER.upper()) as browser:
        assert (await browser.get("me")).json()["company"] == OTHER


async def test_another_site_signs_nobody_in(cast: Cast) -> None:
    """Nor does a form that sends no JSON; a program without either header may."""
    await cast.add_user("anna@north.example")
    async with cast.browser() as browser:
        cross = await post_session(browser, "anna@north.example", PASSWORD, Sec_Fetch_Site="cross-site")
        assert (cross.status_code, cross.json()["error"]) == (403, "cross_site")
        body = {"email": "anna@north.example", "password": PASSWORD}
        other = await browser.post("/api/v1/session", json=body, headers={"Origin": "https://evil.example"})
        assert other.status_code == 403
        form = await browser.post("/api/v1/session", content=b'{"email": "', headers={"Content-Type": "text/plain"})
        assert form.status_code == 415
        assert not browser.cookies
        assert (await browser.post("/api/v1/session", json=body)).status_code == 200


async def test_every_sign_in_has_a_secret_of_its_own(cast: Cast) -> None:
    """The session from before ends; one that somebody planted is not taken up."""
    await cast.add_user("anna@north.example")
    async with cast.browser() as browser:
        browser.cookies.set(SESSION, "planted", domain="callendar.test")
        await post_session(browser, "anna@north.example", PASSWORD)
        first = {each.value for each in browser.cookies.jar if each.name == SESSION and each.value != "planted"}.pop()
    async with cast.browser() as browser:
        assert first is not None
        browser.cookies.set(SESSION, first, domain="callendar.test", path="/")
        await post_session(browser, "anna@north.example", PASSWORD)
        browser.cookies.clear()
        browser.cookies.set(SESSION, first, domain="callendar.test")
        assert (await browser.get("/api/v1/me")).status_code == 401


async def test_sessions_end_with_the_password_and_with_the_user(cast: Cast) -> None:
    """Her own change ends all others; a reset, disabling and removing end all."""
    user = await cast.add_user("anna@north.example")
    new = "arton blå hästar till"
    async with cast.signed_in("anna@north.example") as first, cast.signed_in("anna@north.example") as second:
        wrong = await first.put("me/password", json={"current": "wrong wrong", "new": new})
        assert (wrong.status_code, wrong.json()["error"]) == (401, "wrong_sign_in")
        weak = await first.put("me/password", json={"current": PASSWORD, "new": "anna@north.example"})
        assert weak.status_code == 400
        assert (await first.put("me/password", json={"current": PASSWORD, "new": new})).status_code == 204
        assert ((await first.get("me")).status_code, (await second.get("me")).status_code) == (200, 401)
        made = (await cast.ask("administrator", "POST", f"users/{user}/password", {})).json()["password"]
        assert (await first.get("me")).status_code == 401
    async with cast.signed_in("anna@north.example", made) as browser:
        await cast.ask("administrator", "PATCH", f"users/{user}", {"role": "administrator"})
        assert (await browser.get("me")).json()["role"] == "administrator"
        own = await browser.patch(f"users/{user}", json={"role": "colleague"})
        assert (own.status_code, own.json()["error"]) == (409, "own_user")
        assert (await browser.delete(f"users/{user}")).status_code == 409
        await cast.ask("administrator", "PATCH", f"users/{user}", {"disabled": True})
        assert (await browser.get("me")).status_code == 401


async def test_a_session_ends_after_a_week_without_use(cast: Cast) -> None:
    """And after thirty days with it."""
    await cast.add_user("anna@north.example")
    async with cast.signed_in("anna@north.example") as browser:
        for _ in range(5):
            await cast.clock.advance(6 * 86_400 - 60)
            assert (await browser.get("me")).status_code == 200
        await cast.clock.advance(400)
        assert (await browser.get("me")).status_code == 401
    async with cast.signed_in("anna@north.example") as browser:
        await cast.clock.advance(7 * 86_400)
        assert (await browser.get("me")).status_code == 401


async def test_delegates_and_grants_are_somebody_in_the_company(cast: Cast) -> None:
    """A user, a token; not one of another company. Who was there before may stay though gone."""
    user = await cast.add_user("dag@north.example")
    south = await cast.add_user("south@x.example", company=OTHER)
    for body in ({"delegates": [south]}, {"grants": {"u_nobody": "text"}}):
        answer = await cast.ask("administrator", "PATCH", f"people/{ANNA}", body)
        assert (answer.status_code, answer.json()["detail"]["field"]) == (400, next(iter(body)))
    assert (await cast.ask("administrator", "PATCH", f"people/{ANNA}", {"delegates": [user]})).status_code == 200
    await cast.ask("administrator", "DELETE", f"users/{user}")
    assert (await cast.ask("administrator", "PATCH", f"people/{ANNA}", {"title": "Boss"})).status_code == 200


async def test_who_sends_many_tokens_of_nobody_is_sent_away(cast: Cast) -> None:
    """For a minute, and only where she comes from; whoever was let in before goes on."""
    assert (await cast.ask("anna", "GET", "me")).status_code == 200
    async with cast.browser() as browser:
        for n in range(100):
            answer = await browser.get("/api/v1/me", headers={"Authorization": f"Bearer cal_{n}"})
            assert answer.status_code == 401
        refused = await browser.get("/api/v1/me", headers={"Authorization": "Bearer cal_x"})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert (await cast.ask("anna", "GET", "me")).status_code == 200
        await cast.clock.advance(60)
        answer = await browser.get("/api/v1/me", headers={"Authorization": "Bearer cal_x"})
        assert answer.status_code == 401
