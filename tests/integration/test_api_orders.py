"""Orders by hand over the API: who may give them, what is answered, undo, `Idempotency-Key` and `based_on`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import anyio
import pytest

from tests.clock import START
from tests.integration.api_cast import ANNA, BO, CILLA, COMPANY, Cast, booking, open_cast, wire

pytestmark = pytest.mark.anyio

REFERRAL = f"people/{ANNA}/referral"


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


async def order(cast: Cast, who: str, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
    """An order that is taken."""
    answer = await cast.ask(who, method, path, body, **headers)
    assert answer.is_success, answer.text
    return answer.json()


async def test_a_referral_is_answered_with_the_person_and_seen_at_once(cast: Cast) -> None:
    """`until` as a wall time of hers; the answer has the shape of `GET /people/{id}` and `change`."""
    answered = await order(cast, "telephonist", "PUT", REFERRAL, {"reason": "lunch", "until": "13:00", "text": "Thai"})
    state = answered["state"]
    assert (state["kind"], state["reason"]["code"], state["text"]) == ("referred", "lunch", "Thai")
    assert state["until"] == wire(START + timedelta(hours=4))
    assert (state["origin"], state["set_by"], state["planned"]) == ("api", "Telephonist", False)
    assert answered["change"]
    assert (await cast.seen("colleague"))["state"]["kind"] == "referred"


@pytest.mark.parametrize(
    ("body", "until"),
    [
        pytest.param({"reason": "lunch"}, START + timedelta(hours=1), id="the-reason's-own"),
        pytest.param({"reason": "lunch", "until": None}, None, id="null-is-none"),
        pytest.param({"reason": "lunch", "until": "2026-11-23T10:30:00Z"}, START + timedelta(minutes=90), id="instant"),
        pytest.param({"reason": "holiday", "until": "2026-12-01"}, START.replace(month=12, day=1, hour=0), id="date"),
    ],
)
async def test_the_end_is_what_was_asked_for(cast: Cast, body: dict[str, Any], until: Any) -> None:
    """Absent and null are two things."""
    state = (await order(cast, "anna", "PUT", REFERRAL, body))["state"]
    assert state.get("until") == (until and wire(until))


async def test_a_planned_referral_is_started_now_and_ended_now(cast: Cast) -> None:
    """§4.2: by id; of a repeated one the occurrence alone, the others stay. `now` stands alone."""
    weekly = {"reason": "course", "start": "15:00", "until": "2026-11-23T16:00:00Z", "repeat": "FREQ=DAILY"}
    planned = (await order(cast, "anna", "POST", f"people/{ANNA}/referrals", weekly))["referral"]
    mixed = await cast.ask("anna", "PATCH", f"referrals/{planned}", {"start": "now", "text": "x"})
    assert mixed.status_code == 400
    started = await order(cast, "anna", "PATCH", f"referrals/{planned}", {"start": "now"})
    assert (started["state"]["reason"]["code"], started["state"]["planned"]) == ("course", True)
    assert started["state"]["until"] == "2026-11-23T16:00:00Z"
    apart = next(each["id"] for each in started["referrals"] if each["id"] != planned)
    ended = await order(cast, "anna", "PATCH", f"referrals/{apart}", {"until": "now"})
    assert ended["state"]["kind"] == "available"
    assert "2026-11-24T15:00:00Z" in {each["start"] for each in ended["upcoming"]}


async def test_diverts_false_informs(cast: Cast) -> None:
    """The phone still rings."""
    state = (await order(cast, "anna", "PUT", REFERRAL, {"reason": "lunch", "diverts": False}))["state"]
    assert (state["kind"], state["diverts"]) == ("informed", False)


async def test_clearing_ends_the_top_one(cast: Cast) -> None:
    """An open one below shows again."""
    await order(cast, "anna", "PUT", REFERRAL, {"reason": "sick"})
    await order(cast, "anna", "PUT", REFERRAL, {"reason": "lunch"})
    assert (await order(cast, "anna", "DELETE", REFERRAL))["state"]["reason"]["code"] == "sick"
    assert (await order(cast, "anna", "DELETE", REFERRAL))["state"]["kind"] == "available"


async def test_available_silences_what_is_in_force(cast: Cast) -> None:
    """The reserved reason `available`; a later booking acts again."""
    await cast.book(booking("m: Now"), booking("m: Later", start_minutes=120, uid="later"))
    answered = await order(cast, "anna", "PUT", REFERRAL, {"reason": "available"})
    assert answered["state"]["kind"] == "available"
    assert [each["text"] for each in answered["upcoming"]] == ["Later"]


async def test_a_claim_is_silenced_and_speaks_again(cast: Cast) -> None:
    """By the key that the state names; the body of `DELETE` may also stand in the query."""
    await cast.book(booking("m: Now"))
    (key,) = (await cast.seen("anna"))["state"]["claims"]
    answered = await order(cast, "anna", "PUT", f"people/{ANNA}/silence", {"claim": key})
    assert answered["state"]["kind"] == "available"
    answered = await order(cast, "anna", "DELETE", f"people/{ANNA}/silence?claim={key}")
    assert answered["state"]["kind"] == "referred"


async def test_a_booking_is_marked_in_the_app(cast: Cast) -> None:
    """App over subject; taken away, the subject speaks again."""
    await cast.book(booking("Budget"))
    explained = (await cast.ask("anna", "GET", f"people/{ANNA}/explain")).json()
    key = explained["bookings"][0]["key"]
    marks = f"people/{ANNA}/marks"
    answered = await order(cast, "anna", "PUT", marks, {"claim": key, "mark": "m:"})
    assert answered["state"]["kind"] == "referred"
    answered = await order(cast, "anna", "DELETE", marks, {"claim": key})
    assert answered["state"]["kind"] == "available"


async def test_a_planned_referral_is_listed_changed_and_deleted(cast: Cast) -> None:
    """Its id comes with the answer."""
    body = {"reason": "course", "start": "2026-11-23T12:00:00Z", "until": "2026-11-23T15:00:00Z"}
    answer = await cast.ask("anna", "POST", f"people/{ANNA}/referrals", body)
    assert answer.status_code == 201
    planned = answer.json()["referral"]
    (listed,) = (await cast.ask("anna", "GET", f"people/{ANNA}/referrals")).json()["referrals"]
    assert (listed["id"], listed["reason"], listed["planned"]) == (planned, "course", True)
    changed = await order(cast, "anna", "PATCH", f"referrals/{planned}", {"until": "2026-11-23T16:00:00Z"})
    assert changed["referrals"][0]["until"] == "2026-11-23T16:00:00Z"
    deleted = await order(cast, "anna", "DELETE", f"referrals/{planned}")
    assert not {"referrals", "upcoming"} & deleted.keys()
    assert (await cast.ask("anna", "GET", f"people/{ANNA}/referrals")).json()["referrals"] == []


async def test_many_people_are_referred_at_once(cast: Cast) -> None:
    """One change each, in the order given."""
    answered = await order(cast, "telephonist", "POST", "referrals", {"people": [BO, ANNA], "reason": "course"})
    assert [each["person"] for each in answered["changes"]] == [BO, ANNA]
    people = (await cast.ask("colleague", "GET", "people")).json()["people"]
    assert [person["state"]["kind"] for person in people] == ["referred", "referred", "available"]


async def test_many_are_refused_as_a_whole(cast: Cast) -> None:
    """Nothing is written when one of them is not the caller's to set."""
    answer = await cast.ask("anna", "POST", "referrals", {"people": [ANNA, BO], "reason": "course"})
    assert answer.status_code == 403
    assert (await cast.seen("anna"))["state"]["kind"] == "available"


async def test_undo_restores_what_stood_before(cast: Cast) -> None:
    """And is a change that can be undone in its turn."""
    await order(cast, "anna", "PUT", REFERRAL, {"reason": "sick"})
    change = (await order(cast, "telephonist", "PUT", REFERRAL, {"reason": "lunch"}))["change"]
    undone = await order(cast, "telephonist", "POST", f"changes/{change}/undo")
    assert undone["state"]["reason"]["code"] == "sick"
    assert (await order(cast, "telephonist", "POST", f"changes/{undone['change']}/undo"))["state"]["reason"][
        "code"
    ] == "lunch"


async def test_undo_is_refused_after_another_change_and_after_ten_minutes(cast: Cast) -> None:
    """409 with what stands; 409 `too_late`."""
    change = (await order(cast, "anna", "PUT", REFERRAL, {"reason": "sick"}))["change"]
    await order(cast, "anna", "PUT", REFERRAL, {"reason": "lunch"})
    answer = await cast.ask("anna", "POST", f"changes/{change}/undo")
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert answer.json()["detail"]["person"]["state"]["reason"]["code"] == "lunch"
    change = (await order(cast, "anna", "DELETE", REFERRAL))["change"]
    await cast.clock.advance(601)
    answer = await cast.ask("anna", "POST", f"changes/{change}/undo")
    assert (answer.status_code, answer.json()["error"]) == (409, "too_late")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anna", 200),
        ("delegate", 200),
        ("telephonist", 200),
        ("bo", 403),
        ("colleague", 403),
        ("administrator", 403),
        ("south", 404),
    ],
)
async def test_who_may_set_a_person(cast: Cast, who: str, status: int) -> None:
    """Herself, her delegates and telephonists; to another company she is not there."""
    answer = await cast.ask(who, "PUT", REFERRAL, {"reason": "lunch"})
    assert answer.status_code == status
    assert (await cast.seen("anna"))["state"]["kind"] == ("referred" if status == 200 else "available")


async def test_colleagues_may_set_if_the_company_says_so(cast: Cast) -> None:
    """The setting is off by default."""
    await cast.rule(colleagues_may_set=True)
    assert (await order(cast, "bo", "PUT", REFERRAL, {"reason": "lunch"}))["state"]["kind"] == "referred"


async def test_what_others_have_done_by_hand_is_unknown_to_those_who_may_not_set(cast: Cast) -> None:
    """404 for their referrals and changes, as for what is not there."""
    body = {"reason": "course", "start": "2026-11-23T12:00:00Z", "until": "2026-11-23T15:00:00Z"}
    planned = await order(cast, "anna", "POST", f"people/{ANNA}/referrals", body)
    theirs = [
        await cast.ask("bo", "DELETE", f"referrals/{planned['referral']}"),
        await cast.ask("bo", "PATCH", f"referrals/{planned['referral']}", {"reason": "lunch"}),
        await cast.ask("bo", "POST", f"changes/{planned['change']}/undo"),
    ]
    nothing = [
        await cast.ask("bo", "DELETE", "referrals/r_0"),
        await cast.ask("bo", "PATCH", "referrals/r_0", {"reason": "lunch"}),
        await cast.ask("bo", "POST", "changes/ch_0/undo"),
    ]
    assert [answer.status_code for answer in theirs + nothing] == [404] * 6
    assert (await cast.ask("bo", "GET", f"people/{ANNA}/referrals")).status_code == 403


async def test_a_key_sent_twice_does_it_once(cast: Cast) -> None:
    """The same change is answered, even after it was undone by hand in between."""
    body = {"reason": "lunch"}
    first = await order(cast, "anna", "PUT", REFERRAL, body, Idempotency_Key="k1")
    await order(cast, "anna", "DELETE", REFERRAL)
    again = await order(cast, "anna", "PUT", REFERRAL, body, Idempotency_Key="k1")
    assert again["change"] == first["change"]
    assert (await cast.seen("anna"))["state"]["kind"] == "available"


async def test_a_key_sent_twice_at_once_does_it_once(cast: Cast) -> None:
    """The second waits for the first."""
    body = {"reason": "course", "start": "2026-11-23T12:00:00Z", "until": "2026-11-23T15:00:00Z"}
    changes: list[str] = []

    async def plan() -> None:
        answered = await order(cast, "anna", "POST", f"people/{ANNA}/referrals", body, Idempotency_Key="k1")
        changes.append(answered["change"])

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(plan)
    assert len(set(changes)) == 1
    assert len((await cast.ask("anna", "GET", f"people/{ANNA}/referrals")).json()["referrals"]) == 1


async def test_a_key_answers_for_a_referral_that_its_request_has_deleted(cast: Cast) -> None:
    """Sent again, the deletion is answered as the first time, and not that there is no such referral."""
    body = {"reason": "holiday", "start": f"{START + timedelta(days=3):%Y-%m-%d}"}
    made = await order(cast, "anna", "POST", f"people/{ANNA}/referrals", body)
    path = f"referrals/{made['referral']}"
    first = await order(cast, "anna", "DELETE", path, None, Idempotency_Key="k1")
    again = await order(cast, "anna", "DELETE", path, None, Idempotency_Key="k1")
    assert again["change"] == first["change"]
    for who, key in (("anna", "k2"), ("colleague", "k1")):
        refused = await cast.ask(who, "DELETE", path, Idempotency_Key=key)
        assert (refused.status_code, refused.json()["error"]) == (404, "not_found")


async def test_a_key_is_for_one_request_and_one_caller(cast: Cast) -> None:
    """Another body with it is refused; another caller's key is another key; after 24 hours it is new."""
    await order(cast, "anna", "PUT", REFERRAL, {"reason": "lunch"}, Idempotency_Key="k1")
    answer = await cast.ask("anna", "PUT", REFERRAL, {"reason": "sick"}, Idempotency_Key="k1")
    assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_key_reused")
    theirs = await order(cast, "telephonist", "PUT", REFERRAL, {"reason": "sick"}, Idempotency_Key="k1")
    assert theirs["state"]["reason"]["code"] == "sick"
    await cast.clock.advance(24 * 3600 + 1)
    later = await order(cast, "anna", "PUT", REFERRAL, {"reason": "course"}, Idempotency_Key="k1")
    assert later["state"]["reason"]["code"] == "course"


@pytest.mark.parametrize("keyed", ["many", "undo"])
async def test_orders_for_many_and_undo_take_a_key_too(cast: Cast, keyed: str) -> None:
    """The same answer, nothing done twice."""
    if keyed == "many":
        path, body = "referrals", {"people": [ANNA, CILLA], "reason": "course"}
    else:
        change = (await order(cast, "telephonist", "PUT", REFERRAL, {"reason": "lunch"}))["change"]
        path, body = f"changes/{change}/undo", None
    first = await cast.ask("telephonist", "POST", path, body, Idempotency_Key="k1")
    n = cast.held.company(COMPANY).n
    second = await cast.ask("telephonist", "POST", path, body, Idempotency_Key="k1")
    assert first.is_success
    assert second.json() == first.json()
    assert cast.held.company(COMPANY).n == n


@pytest.mark.parametrize("place", ["body", "query"])
async def test_based_on_refuses_what_was_decided_on_an_old_look(cast: Cast, place: str) -> None:
    """409 with what stands, if her orders by hand changed after that version; a booking is no order."""
    version = (await cast.ask("telephonist", "GET", "people")).json()["version"]
    await cast.book(booking("m: Budget"))
    path, body = (REFERRAL, {"based_on": version}) if place == "body" else (f"{REFERRAL}?based_on={version}", {})
    await order(cast, "anna", "PUT", path, {"reason": "sick"} | body)
    answer = await cast.ask("telephonist", "PUT", path, {"reason": "lunch"} | body)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    detail = answer.json()["detail"]
    assert detail["person"]["state"]["reason"]["code"] == "sick"
    body = {"reason": "lunch", "based_on": detail["version"]}
    assert (await order(cast, "telephonist", "PUT", REFERRAL, body))["state"]["reason"]["code"] == "lunch"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param({"reason": "nap"}, "nap", id="unknown-reason"),
        pytest.param({"reason": "lunch", "until": "25:00"}, "25:00", id="no-time"),
        pytest.param({"reason": "lunch", "until": "2026-11-23T08:00:00Z"}, "", id="in-the-past"),
        pytest.param({"reason": "lunch", "divert_to": "999"}, "999", id="divert"),
        pytest.param({"reason": "lunch", "colour": "red"}, "colour", id="unknown-field"),
        pytest.param({"until": None}, "reason", id="missing"),
        pytest.param({"reason": 3}, "reason", id="wrong-type"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_in_words(cast: Cast, body: Any, words: str) -> None:
    """The value or the field at fault is named, and nothing is written."""
    answer = await cast.ask("anna", "PUT", REFERRAL, body)
    assert answer.status_code in (400, 422), answer.text
    assert words in answer.json()["message"]
    assert set(answer.json()) == {"error", "message", "detail"}
    assert (await cast.seen("anna"))["state"]["kind"] == "available"


async def test_an_order_for_somebody_else_is_audited(cast: Cast) -> None:
    """Her own are not."""
    await order(cast, "anna", "PUT", REFERRAL, {"reason": "lunch"})
    await order(cast, "telephonist", "PUT", REFERRAL, {"reason": "sick"})
    audited = await cast.store.load_audit(COMPANY, 10)
    assert [(each.by_name, each.action, each.person_id) for each in audited] == [("Telephonist", "referral_set", ANNA)]
    told = (await cast.ask("administrator", "GET", "audit")).json()["audit"]
    assert [(each["by_name"], each["action"], each["person"]) for each in told] == [
        ("Telephonist", "referral_set", ANNA)
    ]
    assert (await cast.ask("telephonist", "GET", "audit")).status_code == 403
