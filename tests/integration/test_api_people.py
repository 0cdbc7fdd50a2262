"""`GET /people` and `GET /people/{id}`: what is there, as it is written down in the outer contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from callendar.engine.plan import replan
from callendar.web.detail import DetailPart, WirePersonDetail
from callendar.web.wire import FixedPart, LivePart, WirePerson
from tests.clock import START
from tests.integration.api_cast import ANNA, COMPANY, CONNECTION, Cast, booking, calendar_id, open_cast, wire

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


async def test_the_list_has_everybody_of_the_company_by_name_and_nobody_else(cast: Cast) -> None:
    """Another company's people, with the same extensions, are not there."""
    answer = (await cast.ask("colleague", "GET", "people")).json()
    assert [person["name"] for person in answer["people"]] == ["Anna", "Bo", "Cilla"]
    south = (await cast.ask("south", "GET", "people")).json()
    assert [person["name"] for person in south["people"]] == ["Anna South"]


async def test_the_head_of_the_list_tells_its_version_time_reach_reasons_and_freshness(cast: Cast) -> None:
    """As `api.md` writes it; open round the clock there is no `opens_at`."""
    answer = (await cast.ask("colleague", "GET", "people")).json()
    assert answer["version"] == cast.held.company(COMPANY).version
    assert answer["now"] == wire(START)
    assert answer["listed_until"] == wire(START + timedelta(hours=48))
    assert answer["reasons"]["meeting"] == {
        "label": "Meeting",
        "icon": "users",
        "color": answer["reasons"]["meeting"]["color"],
    }
    assert answer["fresh"] == {CONNECTION: {"read_at": wire(START), "stale_seconds": 7200}}
    assert "opens_at" not in answer


async def test_a_marked_booking_is_a_referral_in_the_list(cast: Cast) -> None:
    """The main job: `m:` in a calendar is referred, meeting, back when it ends."""
    await cast.book(booking("m: Budget"))
    person = await cast.seen("telephonist")
    end = wire(START + timedelta(minutes=50))
    assert person["state"] == {
        "kind": "referred",
        "reason": {"code": "meeting", "label": "Meeting", "icon": "users", "color": person["state"]["reason"]["color"]},
        "text": "Budget",
        "since": wire(START - timedelta(minutes=10)),
        "until": end,
        "back_at": end,
        "diverts": True,
        "origin": "calendar",
        "planned": False,
        "claims": person["state"]["claims"],
    }
    assert person["timetable"][0]["reason"] == "meeting"
    assert person["freshness"] == {"state": "fresh", "connections": [CONNECTION]}
    assert person["next_free"] == end
    assert person["line"] == "unknown"


async def test_what_is_null_or_empty_is_left_out_and_what_is_false_is_sent(cast: Cast) -> None:
    """An available person has few fields, and `diverts` and `planned` among them."""
    person = await cast.seen("colleague")
    assert person["state"] == {"kind": "available", "diverts": False, "planned": False}
    assert "timetable" not in person
    assert "title" not in person
    assert "soon" not in person


async def test_soon_is_read_at_the_moment_of_asking(cast: Cast) -> None:
    """Minutes round up; nothing is stored for it."""
    await cast.book(booking("m: Budget", start_minutes=42))
    assert (await cast.seen("colleague"))["soon"] == {"start": wire(START + timedelta(minutes=42)), "minutes": 42}
    await cast.clock.advance(90)
    assert (await cast.seen("colleague"))["soon"]["minutes"] == 41


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("ids=p_bo,p_anna,nobody", ["Anna", "Bo"], id="ids"),
        pytest.param("department=sales", ["Anna", "Cilla"], id="department"),
        pytest.param("limit=2", ["Anna", "Bo"], id="limit"),
        pytest.param("after=p_anna&limit=1", ["Bo"], id="after"),
        pytest.param("after=p_cilla", [], id="after-the-last"),
    ],
)
async def test_a_query_chooses_among_the_people(cast: Cast, query: str, names: list[str]) -> None:
    """Each narrows the list, which stays in its order."""
    answer = (await cast.ask("colleague", "GET", f"people?{query}")).json()
    assert [person["name"] for person in answer["people"]] == names


async def test_pages_join_to_the_whole_list(cast: Cast) -> None:
    """`next_after` leads on, and is not there on the last page."""
    names: list[str] = []
    after = ""
    while True:
        answer = (await cast.ask("colleague", "GET", f"people?limit=1{after}")).json()
        names += [person["name"] for person in answer["people"]]
        if "next_after" not in answer:
            break
        after = f"&after={answer['next_after']}"
    assert names == ["Anna", "Bo", "Cilla"]


async def test_fields_leave_these_and_the_id(cast: Cast) -> None:
    """For callers that need little."""
    answer = (await cast.ask("colleague", "GET", "people?fields=name,state")).json()
    assert set(answer["people"][0]) == {"id", "name", "state"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        pytest.param("fields=name,nose", "fields", id="field"),
        pytest.param("limit=0", "limit", id="limit"),
        pytest.param("after=p_nobody", "after", id="after"),
    ],
)
async def test_a_query_that_cannot_be_names_its_field(cast: Cast, query: str, field: str) -> None:
    """400 with the field in `detail` and in the sentence."""
    answer = await cast.ask("colleague", "GET", f"people?{query}")
    assert answer.status_code == 400
    fault = answer.json()
    assert fault["error"] == "invalid"
    assert fault["detail"]["field"] == field
    assert fault["message"].startswith(field)


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_the_list_is_compressed_for_whoever_can_read_that(cast: Cast, encoding: str) -> None:
    """And says the same."""
    plain = await cast.ask("colleague", "GET", "people", accept_encoding="identity")
    answer = await cast.ask("colleague", "GET", "people", accept_encoding=encoding)
    assert answer.headers["content-encoding"] == encoding
    assert answer.content == plain.content


async def test_one_person_has_why_and_what_is_coming(cast: Cast) -> None:
    """`state.why` in one sentence, 35 days of segments, calendars with how fresh they are."""
    await cast.book(booking("m: Budget"), booking("m: Far", start_minutes=60 * 24 * 20, uid="far"))
    await cast.clock.advance(4)
    person = (await cast.ask("telephonist", "GET", f"people/{ANNA}")).json()
    assert "read 4 s ago" in person["state"]["why"]
    assert "Budget" not in person["state"]["why"]
    assert [each["text"] for each in person["upcoming"]] == ["Budget", "Far"]
    assert [each["text"] for each in person["timetable"]] == ["Budget"]
    assert person["calendars"] == [
        {
            "id": f"k_{ANNA}",
            "name": "Anna's calendar",
            "connection": CONNECTION,
            "selected": True,
            "read_at": wire(START),
        }
    ]


async def test_a_calendar_that_fails_says_so_in_words(cast: Cast) -> None:
    """To those who may know of calendars; the person stays referred."""
    await cast.book(booking("m: Budget"))
    async with cast.store.change(COMPANY, [ANNA]) as tx:
        await tx.save_fault(calendar_id(ANNA), START, "the server wants another password; connect it again")
        await replan(tx, ANNA)
    await cast.held.refresh()
    person = (await cast.ask("anna", "GET", f"people/{ANNA}")).json()
    assert person["calendars"][0]["fault"].startswith("the server wants")
    assert person["calendars"][0]["failing_since"] == wire(START)
    assert person["freshness"]["state"] == "failing"
    assert person["state"]["kind"] == "referred"


@pytest.mark.parametrize(
    ("who", "told"),
    [
        pytest.param("anna", {"referrals", "calendars", "settings"}, id="herself"),
        pytest.param("delegate", {"referrals", "calendars"}, id="delegate"),
        pytest.param("telephonist", {"referrals", "calendars"}, id="telephonist"),
        pytest.param("administrator", {"settings"}, id="administrator"),
        pytest.param("bo", set[str](), id="colleague"),
    ],
)
async def test_each_part_of_a_person_is_for_whom_it_is_meant(cast: Cast, who: str, told: set[str]) -> None:
    """A colleague learns no more than from the list."""
    await cast.ask("anna", "PUT", f"people/{ANNA}/referral", {"reason": "lunch"})
    person = (await cast.ask(who, "GET", f"people/{ANNA}")).json()
    assert person.keys() & {"referrals", "calendars", "settings", "notices"} == told


async def test_at_level_time_not_even_the_names_of_calendars_are_told(cast: Cast) -> None:
    """To a delegate; what she has set by hand is listed all the same, as far as the level goes."""
    await cast.rule(privacy="time")
    await cast.ask("anna", "PUT", f"people/{ANNA}/referral", {"reason": "lunch", "text": "Thai"})
    person = (await cast.ask("delegate", "GET", f"people/{ANNA}")).json()
    assert "calendars" not in person
    (referral,) = person["referrals"]
    assert referral["reason"] == "away"
    assert referral.keys() & {"text", "origin", "set_by"} == set()


async def test_notices_are_told_to_the_person_alone_until_she_has_seen_them(cast: Cast) -> None:
    """`rules.md` §1.9: she is told once."""
    await cast.book(booking("metting: Budget"))
    (notice,) = (await cast.ask("anna", "GET", f"people/{ANNA}")).json()["notices"]
    assert (notice["word"], notice["suggestion"]) == ("metting", "meeting")
    assert "notices" not in (await cast.ask("telephonist", "GET", f"people/{ANNA}")).json()
    assert (await cast.ask("bo", "DELETE", f"me/notices/{notice['id']}")).status_code == 404
    assert (await cast.ask("anna", "DELETE", f"me/notices/{notice['id']}")).status_code == 204
    assert "notices" not in (await cast.ask("anna", "GET", f"people/{ANNA}")).json()


@pytest.mark.parametrize("path", ["people/p_nobody", "people/p_south_anna", "people/p_south_anna/explain"])
async def test_whoever_is_not_there_and_whoever_is_elsewhere_look_the_same(cast: Cast, path: str) -> None:
    """404, with the same words."""
    answer = await cast.ask("telephonist", "GET", path)
    assert answer.status_code == 404
    assert answer.json()["error"] == "not_found"


def fields_of(*parts: type[msgspec.Struct]) -> dict[str, Any]:
    """Fields with their types."""
    return {field.name: field.type for part in parts for field in msgspec.structs.fields(part)}


def test_the_schema_says_what_is_sent() -> None:
    """The structs of the schema have the fields of the parts that are encoded."""
    assert fields_of(WirePerson) == fields_of(FixedPart, LivePart)
    assert fields_of(WirePersonDetail) == fields_of(FixedPart, LivePart, DetailPart)
