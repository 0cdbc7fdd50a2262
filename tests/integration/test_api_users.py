"""Users: signing in, what a session may, and what administrators do with users."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from callendar.web.cookie import DEVICE, SESSION
from tests.integration.api_cast import ANNA, BO, PASSWORD, Cast, open_cast

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
    assert {tuple(answer.headers.multi_items()) for answer in answers} == {tuple(answers[0].headers.multi_items())}
