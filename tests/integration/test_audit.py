"""The trail: every write that concerns somebody else, or the company, leaves one line; one's own leaves none."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from callendar.engine.choosing import found_id
from tests.integration.api_cast import ANNA, BO, CILLA, CONNECTION, PASSWORD, Cast, booking, open_cast

pytestmark = pytest.mark.anyio

SECRET = "planted-word-4417"
ONE_BOOKING = "b/uid-1"


class Write(Struct, frozen=True):
    """A writing request, and what it is to leave in the trail: `action`, None = nothing."""

    route: str
    """As `METHOD /path/{}`; its parameters are in `path`."""
    path: str
    body: Any
    action: str | None
    who: str = "administrator"
    person: str | None = None


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """Both companies, with a user, a referral and everything else that there is to be changed."""
    async with open_cast() as opened:
        for ref in ("/Anna/", "/New/"):
            opened.system.put(ref, "1", booking(f"m: {SECRET}"))
        await opened.book(booking(f"m: {SECRET}"), booking("meting: a word that is nearly one", uid="near"))
        yield opened


async def writes(cast: Cast) -> list[Write]:
    """One of each, in an order in which all can be done."""
    user = await cast.add_user("dora@north.example")
    planned = {"reason": "lunch", "start": "2026-11-24T11:00:00Z", "until": "2026-11-24T12:00:00Z", "text": SECRET}
    made = (await cast.ask("anna", "POST", f"people/{ANNA}/referrals", planned)).json()["referral"]
    (notice,) = (await cast.ask("anna", "GET", f"people/{ANNA}")).json()["notices"]
    key = (await cast.ask("telephonist", "POST", f"people/{BO}/timetable-keys")).json()["id"]
    change = (await cast.ask("telephonist", "PUT", f"people/{BO}/referral", {"reason": "lunch"})).json()["change"]
    connection = {"kind": "caldav", "name": "Board", "settings": {"url": f"https://x.example/{SECRET}", "user": "u"}}
    t, a, n = "telephonist", "administrator", "anna"
    return [
        Write("DELETE /me/notices/{}", f"me/notices/{notice['id']}", None, None, n),
        Write("POST /changes/{}/undo", f"changes/{change}/undo", {}, "undo", t, BO),
        Write(
            "PUT /people/{}/referral",
            f"people/{ANNA}/referral",
            {"reason": "lunch", "text": SECRET},
            "referral_set",
            t,
            ANNA,
        ),
        Write("PUT /people/{}/referral", f"people/{ANNA}/referral", {"reason": "lunch"}, None, n),
        Write("DELETE /people/{}/referral", f"people/{ANNA}/referral", None, "referral_clear", t, ANNA),
        Write("POST /people/{}/referrals", f"people/{BO}/referrals", planned, "referral_plan", t, BO),
        Write(
            "POST /referrals", "referrals", {"people": [BO], "reason": "course", "text": SECRET}, "referral_set", t, BO
        ),
        Write("PATCH /referrals/{}", f"referrals/{made}", {"text": SECRET + "!"}, "referral_change", t, ANNA),
        Write("DELETE /referrals/{}", f"referrals/{made}", None, "referral_delete", t, ANNA),
        Write("PUT /people/{}/marks", f"people/{ANNA}/marks", {"claim": ONE_BOOKING, "mark": "m:"}, "mark", t, ANNA),
        Write("DELETE /people/{}/marks", f"people/{ANNA}/marks?claim={ONE_BOOKING}", None, "unmark", t, ANNA),
        Write("PUT /people/{}/silence", f"people/{ANNA}/silence", {"claim": ONE_BOOKING}, "silence", t, ANNA),
        Write("DELETE /people/{}/silence", f"people/{ANNA}/silence?claim={ONE_BOOKING}", None, "unsilence", t, ANNA),
        Write("PATCH /me", "me", {"mode": "busy"}, None, n),
        Write("POST /explain", "explain", {"subject": SECRET}, None),
        Write("POST /people/{}/timetable-keys", f"people/{BO}/timetable-keys", None, "timetable_key_add", t, BO),
        Write(
            "DELETE /people/{}/timetable-keys/{}",
            f"people/{BO}/timetable-keys/{key}",
            None,
            "timetable_key_revoke",
            t,
            BO,
        ),
        Write("PUT /rules", "rules", {"grace_minutes": 7}, "rules_change"),
        Write("POST /reasons", "reasons", {"code": "visit", "labels": {"en": "Visit"}}, "reason_add"),
        Write("PATCH /reasons/{}", "reasons/visit", {"weight": 12}, "reason_change"),
        Write("DELETE /reasons/{}", "reasons/visit", None, "reason_delete"),
        Write("POST /tokens", "tokens", {"role": "colleague", "name": "Wall"}, "token_add"),
        Write("DELETE /tokens/{}", f"tokens/{cast.token_ids['colleague']}", None, "token_revoke"),
        Write("POST /users", "users", {"email": "e@x.example", "name": "E", "role": "colleague"}, "user_add"),
        Write("PATCH /users/{}", f"users/{user}", {"person": BO}, "user_change", a, BO),
        Write("POST /users/{}/password", f"users/{user}/password", {"password": SECRET}, "password_reset", a, BO),
        Write("DELETE /users/{}", f"users/{user}", None, "user_delete", a, BO),
        Write("POST /connections", "connections", connection, "connection_add"),
        Write("POST /connections/{}/test", f"connections/{CONNECTION}/test", {}, None),
        Write("PATCH /connections/{}", f"connections/{CONNECTION}", {"name": "Cal"}, "connection_change"),
        Write(
            "POST /calendars",
            "calendars",
            {"person": CILLA, "connection": CONNECTION, "ref": found_id("/New/")},
            "calendar_add",
            a,
            CILLA,
        ),
        Write("POST /calendars/{}/sync", f"calendars/k_{CILLA}/sync", {}, None),
        Write("PATCH /calendars/{}", f"calendars/k_{CILLA}", {"selected": False}, "calendar_change", a, CILLA),
        Write("DELETE /calendars/{}", f"calendars/k_{CILLA}", None, "calendar_delete", a, CILLA),
        Write("DELETE /connections/{}", f"connections/{CONNECTION}?calendars=true", None, "connection_delete"),
        Write("POST /people", "people", {"name": "Doris"}, "person_add", a, "*"),
        Write("PATCH /people/{}", f"people/{BO}", {"title": "Boss"}, "person_change", a, BO),
        Write("DELETE /people/{}", f"people/{BO}", None, "person_delete", a, BO),
    ]


BY_SESSION = {"POST /session", "DELETE /session", "PUT /me/password"}
"""Own doing of a user; see the last test."""


async def trail(cast: Cast) -> list[dict[str, Any]]:
    return (await cast.ask("administrator", "GET", "audit?limit=1000")).json()["audit"]


async def test_every_write_for_others_leaves_one_line(cast: Cast) -> None:
    """Who, by id and name, what and for whom; no secret, subject or text. No writing route is left out."""
    walk = await writes(cast)
    routes = {
        f"{method} {path.removeprefix('/api/v1')}"
        for route in cast.web.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and route.path.startswith("/api/v1")
        for method in handler.http_methods
        if method not in ("GET", "HEAD", "OPTIONS")
        for path in [route.path]
    }
    shapes = {"/".join("{}" if part.startswith("{") else part for part in each.split("/")) for each in routes}
    assert shapes - BY_SESSION == {write.route for write in walk}
    for write in walk:
        before = await trail(cast)
        method = write.route.partition(" ")[0]
        answer = await cast.ask(write.who, method, write.path, write.body)
        assert answer.status_code < 300, (write.route, answer.text)
        new = (await trail(cast))[: -len(before)] if before else await trail(cast)
        assert [each["action"] for each in new] == ([] if write.action is None else [write.action]), write.route
        for line in new:
            assert (line["by"], line["by_name"]) == (cast.token_ids[write.who], write.who.title()), write.route
            assert write.person == "*" or line.get("person") == write.person, write.route
    told = (await cast.ask("administrator", "GET", "audit?limit=1000")).text
    assert SECRET not in told
    assert PASSWORD not in told


async def test_what_a_user_does_with_her_own_sign_in_leaves_nothing(cast: Cast) -> None:
    """Signing in and out, and another password of one's own."""
    await cast.add_user("anna@north.example", person=ANNA)
    before = await trail(cast)
    async with cast.signed_in("anna@north.example") as browser:
        answer = await browser.put("me/password", json={"current": PASSWORD, "new": "arton blå hästar till"})
        assert answer.status_code == 204, answer.text
        assert (await browser.delete("session")).status_code == 204
    assert await trail(cast) == before


async def test_the_trail_is_read_page_by_page_and_by_person(cast: Cast) -> None:
    """`next_before` leads on until there is no more; only administrators read it, only their company's."""
    for minutes in range(5):
        for person in (ANNA, BO):
            await cast.ask("telephonist", "PUT", f"people/{person}/referral", {"reason": "lunch", "text": str(minutes)})
    whole = await trail(cast)
    paged: list[dict[str, Any]] = []
    page = (await cast.ask("administrator", "GET", "audit?limit=3")).json()
    while True:
        paged += page["audit"]
        if "next_before" not in page:
            break
        page = (await cast.ask("administrator", "GET", f"audit?limit=3&before={page['next_before']}")).json()
    assert paged == whole
    hers = (await cast.ask("administrator", "GET", f"audit?person={BO}")).json()["audit"]
    assert hers == [each for each in whole if each.get("person") == BO]
    assert len(hers) == 5
    assert (await cast.ask("telephonist", "GET", "audit")).status_code == 403
    for wrong in ("limit=0", "limit=1001", "before=-1", f"before={2**63}"):
        assert (await cast.ask("administrator", "GET", f"audit?{wrong}")).status_code == 400, wrong
