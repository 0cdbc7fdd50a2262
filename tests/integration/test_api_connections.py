"""What administrators connect: calendar systems, tried before they are saved, and the calendars read over them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest

from callendar.contracts.source import SignInNeeded, Unreachable
from tests.integration.api_cast import ANNA, BO, CILLA, COMPANY, CONNECTION, Cast, booking, calendar_id, open_cast, wire

pytestmark = pytest.mark.anyio

SECRET = "planted-word-9271"
BODY = {
    "kind": "caldav",
    "name": "Board",
    "settings": {"url": f"https://cloud.example/{SECRET}/", "user": "anna", "password": SECRET},
}


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API, and a calendar system that offers two calendars."""
    async with open_cast() as cast:
        for ref in ("/Anna/", "/Board/"):
            cast.system.put(ref, "1")
        yield cast


async def ask(cast: Cast, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    """As the administrator; the answer has this status, and no secret stands in it."""
    answer = await cast.ask("administrator", method, path, body, **headers)
    assert answer.status_code == status, answer.text
    assert SECRET not in answer.text
    assert "planted-secret" not in answer.text
    assert "secret-path" not in answer.text
    return answer.json() if answer.content else None


async def listed(cast: Cast, person: str = ANNA) -> list[tuple[str, int]]:
    """A person's calendars with their places."""
    return [
        (each["name"], each["order"]) for each in (await ask(cast, "GET", f"calendars?person={person}"))["calendars"]
    ]


async def test_kinds_say_what_they_ask_for(cast: Cast) -> None:
    """So that a program can ask for it."""
    (kind,) = (await ask(cast, "GET", "kinds"))["kinds"]
    assert kind["kind"] == "caldav"
    assert [(each["name"], each["secret"], each["required"]) for each in kind["settings"]] == [
        ("url", False, True),
        ("user", False, False),
        ("password", True, False),
    ]


async def test_a_connection_is_tried_saved_and_shown_without_its_secrets(cast: Cast) -> None:
    """The host alone of its address; what it offers is told with it."""
    cast.system.clock_offset_seconds = 4.0
    made = await ask(cast, "POST", "connections", BODY, 201)
    assert (made["server"], made["settings"], made["has_secret"]) == ("cloud.example", {"user": "anna"}, True)
    assert (made["calendars"], made["in_use"], made["failing"], made["poll_seconds"]) == (0, 0, 0, 60)
    assert made["tried"]["clock_offset_seconds"] == 4.0
    assert [each["name"] for each in made["tried"]["calendars"]] == ["/Anna/", "/Board/"]
    assert cast.system.opened[-1].secret == SECRET
    del made["tried"]
    assert await ask(cast, "GET", f"connections/{made['id']}") == made
    assert [each["name"] for each in (await ask(cast, "GET", "connections"))["connections"]] == ["Board", "Calendars"]


async def test_what_does_not_answer_is_not_saved(cast: Cast) -> None:
    """422 with the source's words."""
    cast.system.refusing = SignInNeeded("cloud.example does not accept user and password; check both")
    fault = await ask(cast, "POST", "connections", BODY, 422)
    assert (fault["error"], fault["message"]) == (
        "sign_in_needed",
        "Cloud.example does not accept user and password; check both.",
    )
    cast.system.refusing = SignInNeeded("http://cloud.example/ does not accept user and password; check both")
    fault = await ask(cast, "POST", "connections", BODY, 422)
    assert fault["message"].startswith("http://cloud.example/ does not"), "an address is as it was given"
    assert len((await ask(cast, "GET", "connections"))["connections"]) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"kind": "fax"}, "kind", id="kind"),
        pytest.param({"settings": {"user": "anna"}}, "settings.url", id="missing"),
        pytest.param({"settings": {"url": "x.example", "pin": SECRET}}, "settings.pin", id="unknown"),
        pytest.param({"settings": {"url": "x.example", "password": SECRET * 200}}, "settings.password", id="too-long"),
        pytest.param({"poll_seconds": 0}, "poll_seconds", id="poll"),
        pytest.param({"name": " "}, "name", id="name"),
        pytest.param({"settings": SECRET}, None, id="no-settings"),
        pytest.param({"settings": {"url": [SECRET]}}, None, id="type"),
        pytest.param({"password": SECRET}, None, id="misplaced"),
    ],
)
async def test_a_connection_that_cannot_be_is_refused_by_field(
    cast: Cast, changed: dict[str, Any], field: str | None
) -> None:
    """Nothing is tried or saved, and no value of a setting stands in the refusal."""
    fault = await ask(cast, "POST", "connections", BODY | changed, 400)
    if field is not None:
        assert fault["detail"]["field"] == field
    assert not cast.system.opened
    assert len((await ask(cast, "GET", "connections"))["connections"]) == 1


async def test_a_changed_connection_is_tried_again(cast: Cast) -> None:
    """Only what is given changes; if it does not answer all stays as it was."""
    path = f"connections/{CONNECTION}"
    await ask(cast, "PATCH", path, {"name": "Cloud", "poll_seconds": 30})
    assert not cast.system.opened, "neither name nor polls change what it answers"
    cast.system.refusing = Unreachable("dav.example cannot be connected to; check the address")
    await ask(cast, "PATCH", path, {"settings": {"password": SECRET}}, 422)
    cast.system.refusing = None
    changed = await ask(cast, "PATCH", path, {"settings": {"password": SECRET}})
    assert (changed["name"], changed["poll_seconds"], changed["tried"]["answers"]) == ("Cloud", 30, True)
    (kept,) = await cast.store.load_connections(COMPANY)
    assert (kept.secret, kept.settings["user"]) == (SECRET, "u")
    asked = await cast.store.take_sync_requests(COMPANY)
    assert set(asked) == {calendar_id(each) for each in (ANNA, BO, CILLA)}


async def test_a_secret_is_not_sent_to_another_server(cast: Cast) -> None:
    """With another address it has to be given anew."""
    path = f"connections/{CONNECTION}"
    fault = await ask(cast, "PATCH", path, {"settings": {"url": "https://evil.example"}}, 400)
    assert fault["detail"]["field"] == "settings.password"
    assert not cast.system.opened
    both = {"settings": {"url": "https://new.example", "password": "other"}}
    assert (await ask(cast, "PATCH", path, both))["server"] == "new.example"
    assert cast.system.opened[-1].secret == "other"


async def test_a_connection_is_tried_without_changing_it(cast: Cast) -> None:
    """What it offers, who has what, its clock; or the fault in words."""
    cast.system.clock_offset_seconds = -700.0
    said = await ask(cast, "POST", f"connections/{CONNECTION}/test")
    assert (said["answers"], said["clock_offset_seconds"]) == (True, -700.0)
    assert [(each["name"], each.get("people")) for each in said["calendars"]] == [
        ("/Anna/", [ANNA]),
        ("/Board/", None),
    ]
    cast.system.refusing = Unreachable("dav.example cannot be connected to; check the address")
    said = await ask(cast, "POST", f"connections/{CONNECTION}/test")
    assert said == {
        "answers": False,
        "fault": {
            "error": "unreachable",
            "message": "Dav.example cannot be connected to; check the address.",
            "detail": {},
        },
    }


async def test_a_failing_calendar_shows_on_its_connection(cast: Cast) -> None:
    """How many fail, since when, and why."""
    since = cast.clock.now() - timedelta(minutes=7)
    async with cast.store.change(COMPANY, [ANNA]) as tx:
        await tx.save_fault(calendar_id(ANNA), since, "dav.example does not answer; it is tried again")
    state = await ask(cast, "GET", f"connections/{CONNECTION}")
    assert (state["in_use"], state["failing"], state["failing_since"]) == (3, 1, wire(since))
    assert state["fault"] == "dav.example does not answer; it is tried again"


async def test_a_connection_goes_with_its_calendars_only_when_told(cast: Cast) -> None:
    """409 otherwise; whoever had them is planned anew."""
    await cast.book(booking("m: Budget"))
    assert (await cast.seen("anna"))["state"]["kind"] == "referred"
    fault = await ask(cast, "DELETE", f"connections/{CONNECTION}", status=409)
    assert "3 people" in fault["message"]
    await ask(cast, "DELETE", f"connections/{CONNECTION}?calendars=true", status=204)
    seen = await cast.seen("anna")
    assert (seen["state"]["kind"], seen["freshness"]["state"]) == ("available", "none")
    assert (await ask(cast, "GET", "calendars"))["calendars"] == []
    await ask(cast, "GET", f"connections/{CONNECTION}", status=404)


async def test_a_person_is_given_a_calendar_that_was_found(cast: Cast) -> None:
    """At the place asked for; it is read at once. One that is not offered, or hers already, is refused."""
    board = (await ask(cast, "POST", f"connections/{CONNECTION}/test"))["calendars"][1]
    body = {"person": ANNA, "connection": CONNECTION, "ref": board["ref"], "order": 0, "name": "Board"}
    made = await ask(cast, "POST", "calendars", body, 201)
    assert (made["person"], made["order"], made["selected"], made["marks"]) == (ANNA, 0, True, True)
    assert await listed(cast) == [("Board", 0), ("Anna's calendar", 1)]
    assert await cast.store.take_sync_requests(COMPANY) == [made["id"]]
    assert (await ask(cast, "POST", "calendars", body, 409))["error"] == "taken"
    fault = await ask(cast, "POST", "calendars", body | {"ref": "nothing"}, 400)
    assert board["ref"] in fault["message"]
    assert (await ask(cast, "POST", "calendars", body | {"order": -1, "person": BO}, 400))["detail"]["field"] == "order"
    await ask(cast, "POST", "calendars", body | {"person": "p_south_anna"}, 404)
    await ask(cast, "POST", "calendars", body | {"connection": "c_other"}, 404)


async def test_a_changed_calendar_plans_its_person_at_once(cast: Cast) -> None:
    """Marks, show-as and whether it is read at all."""
    await cast.book(booking("m: Budget"))
    path = f"calendars/{calendar_id(ANNA)}"

    async def kind() -> str:
        return (await cast.seen("anna"))["state"]["kind"]

    assert (await ask(cast, "PATCH", path, {"marks": False}))["marks"] is False
    assert await kind() == "available"
    assert (await ask(cast, "PATCH", path, {"marks": None}))["marks"] is True
    assert await kind() == "referred"
    await ask(cast, "PATCH", path, {"owned": False})
    assert await kind() == "available"
    await ask(cast, "PATCH", path, {"owned": True, "selected": False})
    assert (await cast.seen("anna"))["freshness"]["state"] == "none"
    await ask(cast, "PATCH", path, {"selected": True})
    await cast.rule(mode="busy")
    await cast.book(booking("Budget", show_as="tentative"))
    assert await kind() == "available"
    shown = await ask(cast, "PATCH", path, {"show_as": {"tentative": "counts"}})
    assert (shown["show_as"]["tentative"], shown["show_as"]["busy"]) == ("counts", "counts")
    assert await kind() == "busy"
    assert "show_as" not in await ask(cast, "PATCH", path, {"show_as": None})
    for body, field in (
        ({"show_as": {"asleep": "counts"}}, "show_as.asleep"),
        ({"show_as": {"busy": "maybe"}}, "show_as.busy"),
        ({"name": ""}, "name"),
    ):
        assert (await ask(cast, "PATCH", path, body, 400))["detail"]["field"] == field
    await ask(cast, "PATCH", path, {"person": BO}, 400)


async def test_the_order_of_a_list_stays_whole(cast: Cast) -> None:
    """From 0 without gaps, whatever is moved or removed."""
    found = (await ask(cast, "POST", f"connections/{CONNECTION}/test"))["calendars"]
    body = {"person": BO, "connection": CONNECTION}
    ids = {"Bo": calendar_id(BO)}
    for each, name in zip(found, ("A", "B"), strict=True):
        ids[name] = (await ask(cast, "POST", "calendars", body | {"ref": each["ref"], "name": name}, 201))["id"]
    assert await listed(cast, BO) == [("Bo's calendar", 0), ("A", 1), ("B", 2)]
    await ask(cast, "PATCH", f"calendars/{ids['B']}", {"order": 0})
    assert await listed(cast, BO) == [("B", 0), ("Bo's calendar", 1), ("A", 2)]
    await ask(cast, "PATCH", f"calendars/{ids['B']}", {"order": 99})
    assert await listed(cast, BO) == [("Bo's calendar", 0), ("A", 1), ("B", 2)]
    await ask(cast, "DELETE", f"calendars/{ids['A']}", status=204)
    assert await listed(cast, BO) == [("Bo's calendar", 0), ("B", 1)]
    await ask(cast, "DELETE", f"calendars/{ids['A']}", status=404)


async def test_a_calendar_is_read_when_asked(cast: Cast) -> None:
    """202: whichever process reads it has been told."""
    await ask(cast, "POST", f"calendars/{calendar_id(BO)}/sync", status=202)
    assert await cast.store.take_sync_requests(COMPANY) == [calendar_id(BO)]
    await ask(cast, "POST", "calendars/cal_none/sync", status=404)


async def test_a_write_sent_twice_is_done_once(cast: Cast) -> None:
    """With its `Idempotency-Key`; the answer is the same, and the system is asked once."""
    first = await ask(cast, "POST", "connections", BODY, 201, Idempotency_Key="k-1")
    again = await ask(cast, "POST", "connections", BODY, 201, Idempotency_Key="k-1")
    assert again == first
    assert len(cast.system.opened) == 1
    await ask(cast, "DELETE", f"connections/{first['id']}", status=204, Idempotency_Key="k-2")
    await ask(cast, "DELETE", f"connections/{first['id']}", status=204, Idempotency_Key="k-2")


async def test_every_write_leaves_an_entry_without_secrets(cast: Cast) -> None:
    """Who, what, and of a change which fields."""
    made = await ask(cast, "POST", "connections", BODY, 201)
    path = f"connections/{made['id']}"
    await ask(cast, "PATCH", path, {"settings": {"password": SECRET + "2"}, "poll_seconds": 90})
    calendar = await ask(
        cast,
        "POST",
        "calendars",
        {"person": ANNA, "connection": made["id"], "ref": made["tried"]["calendars"][1]["ref"]},
        201,
    )
    await ask(cast, "PATCH", f"calendars/{calendar['id']}", {"selected": False})
    await ask(cast, "DELETE", f"calendars/{calendar['id']}", status=204)
    await ask(cast, "DELETE", path, status=204)
    entries = (await ask(cast, "GET", "audit?limit=6"))["audit"]
    assert [(each["action"], each.get("person")) for each in reversed(entries)] == [
        ("connection_add", None),
        ("connection_change", None),
        ("calendar_add", ANNA),
        ("calendar_change", ANNA),
        ("calendar_delete", ANNA),
        ("connection_delete", None),
    ]
    assert entries[4]["detail"]["changed"] == "password, poll_seconds"
    assert all(each["by_name"] == "Administrator" for each in entries)


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "kinds", None),
    ("GET", f"connections/{CONNECTION}", None),
    ("POST", "connections", BODY),
    ("PATCH", f"connections/{CONNECTION}", {}),
    ("DELETE", f"connections/{CONNECTION}", None),
    ("POST", f"connections/{CONNECTION}/test", None),
    ("POST", "calendars", {"person": ANNA, "connection": CONNECTION}),
    ("PATCH", f"calendars/{calendar_id(ANNA)}", {}),
    ("DELETE", f"calendars/{calendar_id(ANNA)}", None),
    ("POST", f"calendars/{calendar_id(ANNA)}/sync", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
async def test_only_administrators_connect(cast: Cast, method: str, path: str, body: Any) -> None:
    """403 for everybody else, a person's own calendars too; 404 for an administrator of another company."""
    for who in ("anna", "telephonist"):
        assert (await cast.ask(who, method, path, body)).status_code == 403
    if path not in ("kinds", "connections"):
        assert (await cast.ask("south_administrator", method, path, body)).status_code == 404
