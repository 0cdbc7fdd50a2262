"""What a viewer may not see is not sent: in no byte of any answer (`rules.md` §10)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from callendar.domain.booking import Booking
from callendar.domain.mark import build_marks, read_subject
from callendar.domain.rules import Level
from tests.integration.api_cast import ANNA, BO, COMPANY, Cast, booking, open_cast

pytestmark = pytest.mark.anyio

WORDS = "Planted"
SICK = ("sick", "Sick")


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


async def everything(cast: Cast, who: str, person: str = ANNA) -> str:
    """Every byte that a viewer can get about a person, the company's own table of reasons left out."""
    listed = (await cast.ask(who, "GET", f"people?ids={person}")).json()["people"]
    answers = [
        await cast.ask(who, "GET", f"people/{person}"),
        await cast.ask(who, "GET", f"people/{person}/referrals"),
        await cast.ask(who, "GET", f"people/{person}/explain"),
        await cast.ask(who, "GET", f"people?fields=state,timetable&ids={person}"),
    ]
    fourth = answers.pop().json()["people"]
    return repr(listed) + repr(fourth) + "".join(answer.text for answer in answers)


@pytest.mark.parametrize(
    ("who", "level", "told"),
    [
        pytest.param("colleague", "time", False, id="colleague-time"),
        pytest.param("colleague", "reason", False, id="colleague-reason"),
        pytest.param("colleague", "text", True, id="colleague-text"),
        pytest.param("administrator", "reason", False, id="administrator-reason"),
        pytest.param("delegate", "time", False, id="delegate-time"),
        pytest.param("delegate", "reason", False, id="delegate-reason"),
        pytest.param("delegate", "text", True, id="delegate-text"),
        pytest.param("telephonist", "time", False, id="telephonist-time"),
        pytest.param("telephonist", "reason", True, id="telephonist-reason"),
        pytest.param("anna", "time", True, id="herself"),
    ],
)
async def test_a_subject_is_found_by_those_alone_who_see_text(cast: Cast, who: str, level: Level, told: bool) -> None:
    """Telephonists see one level more."""
    await cast.rule(privacy=level)
    await cast.book(
        booking(f"m: {WORDS}Now"),
        booking(f"m: {WORDS}Later", start_minutes=200, uid="later"),
        booking(f"{WORDS}Unmarked", start_minutes=400, uid="unmarked"),
    )
    text = {"reason": "course", "text": f"{WORDS}ByHand"}
    assert (await cast.ask("anna", "PUT", f"people/{ANNA}/referral", text)).is_success
    assert (WORDS in await everything(cast, who)) == told


@pytest.mark.parametrize("who", ["colleague", "delegate", "telephonist", "administrator", "anna"])
async def test_a_private_subject_and_what_slashes_hide_are_found_by_nobody(cast: Cast, who: str) -> None:
    """Not even by the person herself; a private subject not even if a source had kept it."""
    await cast.rule(privacy="text")
    person = (await cast.store.load_causes(COMPANY, ANNA)).person
    marks = build_marks(cast.held.company(COMPANY).company, person, frozenset())
    await cast.book(
        booking(f"m: {WORDS}Private", sensitivity="private", uid="private"),
        booking(read_subject(f"m: Open //{WORDS}Hidden", marks).kept, uid="slashes"),
    )
    assert WORDS not in await everything(cast, who)


@pytest.mark.parametrize(
    ("who", "level", "told"),
    [
        pytest.param("colleague", "reason", False, id="colleague-reason"),
        pytest.param("colleague", "text", False, id="colleague-text"),
        pytest.param("delegate", "text", False, id="delegate-text"),
        pytest.param("administrator", "text", False, id="administrator-text"),
        pytest.param("telephonist", "reason", True, id="telephonist-reason"),
        pytest.param("anna", "time", True, id="herself"),
    ],
)
@pytest.mark.parametrize("how", ["booking", "by-hand"])
async def test_a_sensitive_reason_is_that_of_away_to_most(
    cast: Cast, who: str, level: Level, told: bool, how: str
) -> None:
    """Code, label, why and text alike."""
    await cast.rule(privacy=level)
    if how == "booking":
        await cast.book(booking(f"sick: {WORDS}"))
    else:
        await cast.ask("anna", "PUT", f"people/{ANNA}/referral", {"reason": "sick", "text": WORDS})
    found = await everything(cast, who)
    assert any(word in found for word in SICK) == told
    assert (WORDS in found) == told
    assert (await cast.seen(who))["state"]["reason"]["code"] == ("sick" if told else "away")


def only_hidden_differs(level: str) -> list[tuple[Booking, ...]]:
    """Three people's calendars that a colleague at that level cannot tell apart."""
    if level == "time":
        subjects = ("m: Budget", "lunch: Thai", "sick: Flu")
    elif level == "reason":
        subjects = ("m: Budget", "m: Dismissals", "m: ")
    elif level == "sensitive":
        subjects = ("sick: Flu", "sick child: Fever", "leave: Move", "away: Nap")
    else:
        subjects = ("sick: Flu", "sick child: Fever", "leave: Move")
    return [(booking(subject),) for subject in subjects]


@pytest.mark.parametrize("who", ["colleague", "administrator"])
@pytest.mark.parametrize("level", ["time", "reason", "sensitive", "text"])
async def test_people_who_differ_only_in_hidden_things_give_the_same_bytes(cast: Cast, who: str, level: str) -> None:
    """In the list and alone; versions aside, which only count. `sensitive`: at level `reason`, by the reason hidden."""
    await cast.rule(privacy="reason" if level == "sensitive" else level)
    seen: set[str] = set()
    for bookings in only_hidden_differs(level):
        await cast.book(*bookings)
        listed = (await cast.ask(who, "GET", f"people?ids={ANNA}")).json()["people"]
        alone = await cast.ask(who, "GET", f"people/{ANNA}")
        seen.add(repr(listed) + alone.text)
    assert len(seen) == 1


async def test_a_grant_lets_one_viewer_see_more(cast: Cast) -> None:
    """Before the person's own level, which is before the company's."""
    await cast.book(booking(f"m: {WORDS}"))
    await cast.change(ANNA, privacy="time", grants={cast.token_ids["bo"]: "text"})
    assert WORDS in await everything(cast, "bo")
    assert WORDS not in await everything(cast, "colleague")
    assert "meeting" not in repr(await cast.seen("colleague"))


async def test_below_reason_nothing_tells_a_hand_from_a_calendar(cast: Cast) -> None:
    """At level `time` origin, who set it and why are not sent."""
    await cast.rule(privacy="time")
    await cast.ask("anna", "PUT", f"people/{ANNA}/referral", {"reason": "lunch"})
    person: dict[str, Any] = (await cast.ask("colleague", "GET", f"people/{ANNA}")).json()
    assert person["state"].keys() & {"origin", "set_by", "why", "text", "claims"} == set()
    assert person["state"]["reason"]["code"] == "away"


async def test_keys_of_claims_are_for_those_who_may_silence(cast: Cast) -> None:
    """Not for a colleague."""
    await cast.book(booking("m: Budget"))
    assert "claims" in (await cast.seen("delegate"))["state"]
    assert "claims" not in (await cast.seen("colleague"))["state"]


@pytest.mark.parametrize(("who", "status"), [("anna", 200), ("delegate", 200), ("telephonist", 200), ("bo", 403)])
async def test_who_may_ask_why(cast: Cast, who: str, status: int) -> None:
    """The person, her delegates, telephonists."""
    assert (await cast.ask(who, "GET", f"people/{ANNA}/explain")).status_code == status


async def test_secrets_of_connections_are_sent_to_nobody(cast: Cast) -> None:
    """Not the password, and not the address, which may be a secret itself."""
    answers = [await cast.ask("administrator", "GET", path) for path in ("connections", "calendars", "tokens")]
    assert [answer.status_code for answer in answers] == [200] * 3
    found = "".join(answer.text for answer in answers)
    assert "planted-secret" not in found
    assert "secret-path" not in found
    assert not any(secret in found for secret in cast.secrets.values())


async def test_keywords_grants_and_delegates_are_the_person_s_and_administrators(cast: Cast) -> None:
    """Nobody else is sent them."""
    await cast.change(BO, keywords={"lunch": ("plantedword",)}, grants={"t_planted": "text"})
    for who, told in (("bo", True), ("administrator", True), ("colleague", False), ("telephonist", False)):
        answer = await cast.ask(who, "GET", f"people/{BO}")
        assert ("plantedword" in answer.text, "t_planted" in answer.text) == (told, told)
