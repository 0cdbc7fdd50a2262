"""`Idempotency-Key` and `based_on` under many writers at once: once, the same bytes for all, and nothing lost."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, NoReturn

import anyio
import httpx2
import pytest

from tests.integration.api_cast import ANNA, BO, CILLA, COMPANY, Cast, open_cast

pytestmark = pytest.mark.anyio

REFERRAL = f"people/{ANNA}/referral"
AT_ONCE = 50


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


async def all_at_once(
    cast: Cast, who: str, method: str, path: str, bodies: list[Any], keys: list[str]
) -> list[httpx2.Response]:
    """These requests, none waiting for another."""
    answers: list[httpx2.Response] = []

    async def send(body: Any, key: str) -> None:
        headers = {"Idempotency-Key": key} if key else {}
        answers.append(await cast.ask(who, method, path, body, **headers))

    async with anyio.create_task_group() as group:
        for body, key in zip(bodies, keys, strict=True):
            group.start_soon(send, body, key)
    return answers


@pytest.mark.parametrize(
    ("who", "method", "path", "body"),
    [
        pytest.param("telephonist", "PUT", REFERRAL, {"reason": "lunch"}, id="order"),
        pytest.param("administrator", "POST", "people", {"name": "Doris", "email": "doris@north.example"}, id="person"),
        pytest.param("administrator", "POST", "reasons", {"code": "visit", "labels": {"en": "Visit"}}, id="reason"),
        pytest.param("telephonist", "POST", "referrals", {"people": [ANNA, BO], "reason": "course"}, id="many"),
    ],
)
async def test_fifty_at_once_with_one_key_do_it_once(cast: Cast, who: str, method: str, path: str, body: Any) -> None:
    """And are answered with the same bytes, all of them."""
    answers = await all_at_once(cast, who, method, path, [body] * AT_ONCE, ["k"] * AT_ONCE)
    assert {each.status_code for each in answers} <= {200, 201}
    assert len({each.content for each in answers}) == 1
    audit = (await cast.ask("administrator", "GET", "audit?limit=1000")).json()["audit"]
    assert len(audit) == (2 if path == "referrals" else 1)
    later = await cast.ask(who, method, path, body, Idempotency_Key="k")
    assert later.content == answers[0].content


async def test_what_was_refused_may_be_tried_again_with_its_key(cast: Cast) -> None:
    """A refusal is not kept: once the reason is gone, the same request is done."""
    body = {"name": "Doris", "extensions": [{"number": "101"}]}
    assert (await cast.ask("administrator", "POST", "people", body, Idempotency_Key="k")).status_code == 409
    await cast.change(ANNA, extensions=())
    assert (await cast.ask("administrator", "POST", "people", body, Idempotency_Key="k")).status_code == 201


async def test_what_broke_before_its_write_may_be_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 before the commit leaves nothing behind, the key neither."""

    async def break_down(*_given: object, **_named: object) -> NoReturn:
        raise RuntimeError("planted")

    with monkeypatch.context() as patch:
        patch.setattr("callendar.web.api.company.add_person", break_down)
        answer = await cast.ask("administrator", "POST", "people", {"name": "Doris"}, Idempotency_Key="k")
        assert answer.status_code == 500
    answer = await cast.ask("administrator", "POST", "people", {"name": "Doris"}, Idempotency_Key="k")
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "again"),
    [
        pytest.param("POST", "people", {"name": "Doris"}, 409, id="person"),
        pytest.param("PATCH", f"people/{BO}", {"title": "Head"}, 409, id="change"),
        pytest.param("POST", "reasons", {"code": "visit", "labels": {"en": "Visit"}}, 409, id="reason"),
        pytest.param("DELETE", f"people/{CILLA}", None, 409, id="removal"),
        pytest.param("PUT", REFERRAL, {"reason": "lunch"}, 200, id="order"),
    ],
)
async def test_a_crash_between_write_and_answer_does_not_do_it_twice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, method: str, path: str, body: Any, again: int
) -> None:
    """The key is kept with the write itself: after a restart an order is answered by its receipt, anything else is
    told as done; nothing is done a second time."""
    who = "telephonist" if path == REFERRAL else "administrator"
    await cast.rule(colleagues_may_set=True)

    async def die(*_given: object, **_named: object) -> None:
        """The process is gone before the answer is kept."""

    before = await cast.store.load_counter(COMPANY)
    with monkeypatch.context() as patch:
        patch.setattr("callendar.web.once.Once._keep", die)
        await cast.ask(who, method, path, body, Idempotency_Key="k")
    await cast.held.refresh()
    written = await cast.store.load_counter(COMPANY)
    assert written > before or path == "reasons"
    answer = await cast.ask(who, method, path, body, Idempotency_Key="k")
    assert answer.status_code == again, answer.text
    if again == 409:
        assert answer.json()["error"] == "already_done"
    assert await cast.store.load_counter(COMPANY) == written


async def test_an_order_for_many_goes_on_where_it_was_cut_off(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each transaction keeps how far it came; the same request does the rest, and nobody is referred twice."""
    monkeypatch.setattr("callendar.engine.orders.AT_ONCE", 1)
    body = {"people": [ANNA, BO, CILLA], "reason": "course"}
    change, seen = cast.store.change, 0

    def cut_off(company_id: Any, people: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise RuntimeError("planted: the process is gone")
        return change(company_id, people)

    with monkeypatch.context() as patch:
        patch.setattr(cast.store, "change", cut_off)
        assert (await cast.ask("telephonist", "POST", "referrals", body, Idempotency_Key="k")).status_code == 500
    await cast.held.refresh()
    answer = await cast.ask("telephonist", "POST", "referrals", body, Idempotency_Key="k")
    assert [each["person"] for each in answer.json()["changes"]] == [ANNA, BO, CILLA]
    audit = (await cast.ask("administrator", "GET", "audit")).json()["audit"]
    assert sorted(each["person"] for each in audit) == [ANNA, BO, CILLA]


async def test_a_token_s_secret_is_not_kept_for_its_key(cast: Cast) -> None:
    """Made once; whoever asks again is told so, and the secret stands nowhere in the database."""
    body = {"role": "colleague", "name": "wall board"}
    answers = await all_at_once(cast, "administrator", "POST", "tokens", [body] * 5, ["k"] * 5)
    made = [each for each in answers if each.status_code == 201]
    assert len(made) == 1
    assert {each.json()["error"] for each in answers if each.status_code != 201} == {"already_done"}
    tokens = (await cast.ask("administrator", "GET", "tokens")).json()["tokens"]
    assert [each["name"] for each in tokens].count("wall board") == 1


async def test_a_key_is_of_one_viewer_and_one_request(cast: Cast) -> None:
    """With another body it is refused; another viewer's is another."""
    first = await cast.ask("telephonist", "PUT", REFERRAL, {"reason": "lunch"}, Idempotency_Key="k")
    other = await cast.ask("telephonist", "PUT", REFERRAL, {"reason": "course"}, Idempotency_Key="k")
    assert (other.status_code, other.json()["error"]) == (409, "idempotency_key_reused")
    another = await cast.ask("anna", "PUT", REFERRAL, {"reason": "course"}, Idempotency_Key="k")
    assert another.json()["change"] != first.json()["change"]


@pytest.mark.parametrize("key", ["", " ", "x" * 201], ids=["empty", "blank", "long"])
async def test_a_key_that_is_none_is_refused(cast: Cast, key: str) -> None:
    """400; passed over it would be a promise that is not kept."""
    answer = await cast.ask("telephonist", "PUT", REFERRAL, {"reason": "lunch"}, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")


@pytest.mark.parametrize("in_body", [True, False], ids=["body", "query"])
async def test_of_many_writers_with_one_look_exactly_one_wins(cast: Cast, in_body: bool) -> None:
    """The others are told what stands, from which each may try again: no order is lost over another."""
    left = list(range(8))
    rounds = 0
    while left:
        version = (await cast.ask("telephonist", "GET", "people")).json()["version"]
        bodies = [{"reason": "lunch", "text": f"writer {n}"} for n in left]
        path = REFERRAL
        if in_body:
            bodies = [{**each, "based_on": version} for each in bodies]
        else:
            path = f"{REFERRAL}?based_on={version}"
        answers = await all_at_once(cast, "telephonist", "PUT", path, bodies, [""] * len(left))
        won = [each for each in answers if each.status_code == 200]
        assert len(won) == 1
        winner = won[0].json()["state"]["text"]
        for each in answers:
            if each.status_code != 200:
                assert each.json()["error"] == "conflict"
                assert each.json()["detail"]["person"]["state"]["text"] == winner
        left.remove(int(winner.rpartition(" ")[2]))
        rounds += 1
    assert rounds == 8
