"""`GET /people/{id}/timetable.ics`: a person's timetable for programs that subscribe, as one viewer sees it."""
# The library that reads it declares its types in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import icalendar
import pytest

from callendar.domain.mark import Order
from callendar.domain.privacy import view_of
from callendar.domain.reason import MEETING
from callendar.domain.rules import Level
from tests.integration.api_cast import ANNA, BO, COMPANY, WHO, Cast, booking, open_cast

pytestmark = pytest.mark.anyio
PATH = f"people/{ANNA}/timetable.ics"
PRIVATE = booking(
    "m: Planted",
    start_minutes=240,
    uid="u3",
    sensitivity="private",
    private_order=Order(kind="refer", reason=MEETING, keyword="m"),
)
"""A subject that no source would have kept is not shown even so."""
KEYS = f"people/{ANNA}/timetable-keys"


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """Anna has a meeting with a text, a sensitive absence, and a private booking."""
    async with open_cast() as cast:
        await cast.book(
            booking("m: Budget"),
            booking("sick: Flu", start_minutes=120, uid="u2"),
            PRIVATE,
        )
        yield cast


async def fetched(cast: Cast, url: str, **headers: str) -> httpx2.Response:
    """As a calendar program does, which has nothing but the address."""
    async with cast.browser() as program:
        return await program.get(url, headers=headers)


def summaries(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    calendar: Any = icalendar.Calendar.from_ical(answer.content)
    return [str(event["SUMMARY"]) for event in calendar.events]


@pytest.mark.parametrize(
    ("who", "level", "expected"),
    [
        pytest.param("colleague", "time", ["Away", "Away", "Away"], id="colleague-time"),
        pytest.param("colleague", "reason", ["Meeting", "Away", "Meeting"], id="colleague-reason"),
        pytest.param("administrator", "text", ["Meeting (Budget)", "Away", "Meeting"], id="administrator-text"),
        pytest.param("telephonist", "reason", ["Meeting (Budget)", "Sick (Flu)", "Meeting"], id="telephonist-reason"),
        pytest.param("anna", "time", ["Meeting (Budget)", "Sick (Flu)", "Meeting"], id="herself"),
    ],
)
async def test_it_is_cut_down_to_what_the_reader_may_see(
    cast: Cast, who: str, level: Level, expected: list[str]
) -> None:
    """With a token or with a key made by it, byte for byte the same; nothing hidden stands in any byte of it."""
    await cast.rule(privacy=level)
    answer = await cast.ask(who, "GET", PATH)
    assert summaries(answer) == expected
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-cache"
    for hidden, word in (("Budget", "(Budget)"), ("Flu", "(Flu)"), ("Sick", "Sick (Flu)")):
        assert (hidden in answer.text) == any(word in each for each in expected)
    assert "Planted" not in answer.text
    assert "uid-1" not in answer.text
    made = (await cast.ask(who, "POST", KEYS)).json()
    by_key = await fetched(cast, made["url"])
    assert by_key.content == answer.content
    assert by_key.headers["etag"] == answer.headers["etag"]


async def test_a_key_sees_what_its_maker_may_see_when_it_is_used(cast: Cast) -> None:
    """Not what she could see when she made it."""
    url = (await cast.ask("colleague", "POST", KEYS)).json()["url"]
    assert summaries(await fetched(cast, url))[0] == "Meeting"
    await cast.rule(privacy="time")
    assert summaries(await fetched(cast, url))[0] == "Away"
    await cast.change(ANNA, grants={cast.token_ids["colleague"]: "text"})
    assert summaries(await fetched(cast, url))[0] == "Meeting (Budget)"


async def test_asking_again_costs_nothing_until_something_is_different(cast: Cast) -> None:
    """304 to whoever holds it, in every way of saying so; an edge that passes changes nothing, and neither does a
    difference that the reader may not see."""
    first = await cast.ask("colleague", "GET", PATH)
    etag = first.headers["etag"]
    await cast.clock.advance(3600)
    for held in (etag, etag.removeprefix("W/"), f'"other", {etag}', "*"):
        again = await cast.ask("colleague", "GET", PATH, If_None_Match=held)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    later = booking("sick: Flu", start_minutes=120, uid="u2"), PRIVATE
    await cast.book(booking("m: Layoffs"), *later)
    assert (await cast.ask("colleague", "GET", PATH, If_None_Match=etag)).status_code == 304
    await cast.book(booking("lunch: Layoffs"), *later)
    assert summaries(await cast.ask("colleague", "GET", PATH, If_None_Match=etag))[0] == "Lunch"


async def test_it_is_asked_for_by_head_too(cast: Cast) -> None:
    """The headers, without a body."""
    whole = await cast.ask("colleague", "GET", PATH)
    head = await cast.ask("colleague", "HEAD", PATH)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", whole.headers["etag"])


async def test_a_key_opens_that_calendar_and_nothing_else(cast: Cast) -> None:
    """Not another person's, no other route, not as a token; wrong ones and people who are not there look alike."""
    key = (await cast.ask("anna", "POST", KEYS)).json()["key"]
    refused = [
        await fetched(cast, f"/api/v1/people/{BO}/timetable.ics?key={key}"),
        await fetched(cast, f"/api/v1/people/p_nobody/timetable.ics?key={key}"),
        await fetched(cast, f"/api/v1/people/p_south_anna/timetable.ics?key={key}"),
        await fetched(cast, f"/api/v1/{PATH}?key=calk_wrong"),
        await fetched(cast, f"/api/v1/{PATH}?key="),
    ]
    assert {(answer.status_code, answer.text) for answer in refused} == {(404, refused[0].text)}
    for path in ("people", f"people/{ANNA}", KEYS, "me"):
        assert (await fetched(cast, f"/api/v1/{path}?key={key}")).status_code == 401
        assert (await fetched(cast, f"/api/v1/{path}", Authorization=f"Bearer {key}")).status_code == 401
    assert (await fetched(cast, f"/api/v1/{PATH}")).status_code == 401
    assert (await cast.ask("south", "GET", PATH)).status_code == 404


async def test_a_revoked_key_opens_nothing(cast: Cast) -> None:
    """Revoked itself, with its maker's token, or with the person; another key goes on."""
    stays = (await cast.ask("telephonist", "POST", KEYS)).json()
    made = (await cast.ask("bo", "POST", KEYS)).json()
    assert (await cast.ask("bo", "DELETE", f"{KEYS}/{made['id']}")).status_code == 204
    assert (await fetched(cast, made["url"])).status_code == 404
    made = (await cast.ask("bo", "POST", KEYS)).json()
    await cast.ask("administrator", "DELETE", f"tokens/{cast.token_ids['bo']}")
    assert (await fetched(cast, made["url"])).status_code == 404
    assert (await fetched(cast, stays["url"])).status_code == 200
    await cast.ask("administrator", "DELETE", f"people/{ANNA}")
    assert (await fetched(cast, stays["url"])).status_code == 404


async def test_keys_are_listed_and_revoked_by_whom_they_concern(cast: Cast) -> None:
    """All of them by herself and administrators, one's own by everybody; never with their secrets."""
    made = {who: (await cast.ask(who, "POST", KEYS)).json() for who in WHO}
    for who in WHO:
        answer = await cast.ask(who, "GET", KEYS)
        listed = {each["id"] for each in answer.json()["keys"]}
        everybodys = {each["id"] for each in made.values()}
        assert listed == (everybodys if who in ("anna", "administrator") else {made[who]["id"]})
        assert not any(each["key"] in answer.text for each in made.values())
    for other in (f"{KEYS}/{made['anna']['id']}", f"people/{BO}/timetable-keys/{made['bo']['id']}", f"{KEYS}/tk_no"):
        assert (await cast.ask("bo", "DELETE", other)).status_code == 404
    assert (await cast.ask("anna", "DELETE", f"{KEYS}/{made['bo']['id']}")).status_code == 204
    assert (await fetched(cast, made["bo"]["url"])).status_code == 404
    audit = (await cast.ask("administrator", "GET", "audit")).json()["audit"]
    actions = [(each["action"], each["by_name"], each["detail"]["key"]) for each in audit if "key" in each["detail"]]
    assert actions[0] == ("timetable_key_revoke", "Anna", made["bo"]["id"])
    assert ("timetable_key_add", "Telephonist", made["telephonist"]["id"]) in actions
    assert not any(name == "Anna" and action.endswith("add") for action, name, _ in actions)


async def test_there_is_a_limit_to_keys(cast: Cast) -> None:
    """Refused in words."""
    for _ in range(20):
        assert (await cast.ask("bo", "POST", KEYS)).status_code == 201
    answer = await cast.ask("bo", "POST", KEYS)
    assert (answer.status_code, answer.json()["error"]) == (422, "too_many_keys")
    assert (await cast.ask("colleague", "POST", KEYS)).status_code == 201


async def test_what_is_rendered_is_that_of_the_view(cast: Cast) -> None:
    """Viewers with one view share one rendering; nobody is handed another's."""
    views = {
        who: view_of(viewer, cast.held.company(COMPANY).rows[ANNA].person, cast.held.company(COMPANY).company)
        for who in WHO
        if (viewer := await cast.store.load_viewer_by_id(COMPANY, cast.token_ids[who])) is not None
    }
    bodies = {who: (await cast.ask(who, "GET", PATH)).content for who in WHO}
    again = {who: (await cast.ask(who, "GET", PATH)).content for who in reversed(WHO)}
    assert bodies == again
    for one in WHO:
        for other in WHO:
            assert views[one] != views[other] or bodies[one] == bodies[other]
