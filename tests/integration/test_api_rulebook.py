"""What administrators keep: rules, reasons, people, tokens; and what people change of themselves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from callendar.domain.rules import Rules
from tests.integration.api_cast import ANNA, BO, COMPANY, Cast, booking, open_cast

pytestmark = pytest.mark.anyio

OUT_OF_THE_BOX = msgspec.json.decode(msgspec.json.encode(Rules()))


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


async def test_everybody_reads_the_rules(cast: Cast) -> None:
    """Every setting with its default, nulls too: they are settings."""
    answer = await cast.ask("colleague", "GET", "rules")
    assert answer.json() == OUT_OF_THE_BOX


async def test_rules_sent_are_replaced_and_the_others_stay(cast: Cast) -> None:
    """Inside `show_as` and `holidays` likewise."""
    await cast.ask("administrator", "PUT", "rules", {"grace_minutes": 7, "show_as": {"tentative": "counts"}})
    answer = await cast.ask("administrator", "PUT", "rules", {"holidays": {"country": "SE"}, "mode": "busy"})
    assert answer.status_code == 200, answer.text
    rules = (await cast.ask("colleague", "GET", "rules")).json()
    assert rules == answer.json()
    assert (rules["grace_minutes"], rules["mode"], rules["privacy"]) == (7, "busy", "reason")
    assert (rules["show_as"]["tentative"], rules["show_as"]["busy"]) == ("counts", "counts")
    assert rules["holidays"]["country"] == "SE"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"mood": "busy"}, "mood", id="unknown"),
        pytest.param({"show_as": {"sleeping": "counts"}}, "show_as.sleeping", id="unknown-inside"),
        pytest.param({"mode": "lazy"}, "mode", id="choice"),
        pytest.param({"grace_minutes": "5"}, "grace_minutes", id="type"),
        pytest.param({"grace_minutes": -1}, "grace_minutes", id="range"),
        pytest.param({"stale_minutes": 0}, "stale_minutes", id="zero"),
        pytest.param({"shareable": ["nap"]}, "shareable", id="no-such-reason"),
        pytest.param({"allowed_diverts": ["12a"]}, "allowed_diverts", id="no-number"),
        pytest.param({"hours": [{"days": ["mon"], "from": "8", "to": "17:00"}]}, "hours", id="wall-time"),
        pytest.param({"hours": [{"days": ["monday"], "from": "08:00", "to": "17:00"}]}, "hours.0.days.0", id="weekday"),
        pytest.param({"holidays": {"country": "XX"}}, "holidays", id="country"),
        pytest.param(
            {"hours": [{"days": ["mon"], "from": "08:00", "to": "17:00"}], "holidays": {"country": "XX"}},
            "holidays",
            id="country-beside-hours",
        ),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_by_name(cast: Cast, body: dict[str, Any], field: str) -> None:
    """Field, value and mend; nothing is changed."""
    answer = await cast.ask("administrator", "PUT", "rules", body)
    assert answer.status_code == 400
    fault = answer.json()
    assert fault["detail"]["field"] == field
    assert "value" in fault["detail"]
    assert fault["message"].startswith(f"{field}:")
    assert (await cast.ask("colleague", "GET", "rules")).json() == OUT_OF_THE_BOX


async def test_a_word_that_cannot_be_is_refused_with_those_that_can(cast: Cast) -> None:
    """However deep it stands."""
    answer = await cast.ask("administrator", "PUT", "rules", {"mode": "lazy"})
    assert answer.json()["message"] == "mode: there is no 'lazy'; give one of busy, keywords, refer."
    hours = {"hours": [{"days": ["monday"], "from": "08:00", "to": "17:00"}]}
    answer = await cast.ask("administrator", "PUT", "rules", hours)
    assert "hours.0.days.0: there is no 'monday'; give one of " in answer.json()["message"]
    assert "mon" in answer.json()["message"].partition("give one of ")[2].split(", ")


async def test_everybody_reads_the_reasons(cast: Cast) -> None:
    """The table out of the box, in its order."""
    reasons = (await cast.ask("colleague", "GET", "reasons")).json()["reasons"]
    assert [reason["code"] for reason in reasons[:3]] == ["meeting", "lunch", "gone"]
    assert reasons[0]["label"] == "Meeting"
    assert reasons[0]["keywords"]["en"] == ["m", "meeting"]


async def test_a_company_has_reasons_of_its_own(cast: Cast) -> None:
    """Added, used, changed, and deleted once nobody is referred by it."""
    body = {"code": "gym", "labels": {"en": "Gym", "sv": "Gymmet"}, "keywords": {"en": ["gym"]}, "weight": 15}
    answer = await cast.ask("administrator", "POST", "reasons", body)
    assert answer.status_code == 201, answer.text
    referred = await cast.ask("anna", "PUT", f"people/{ANNA}/referral", {"reason": "gym"})
    assert referred.json()["state"]["reason"]["label"] == "Gym"
    used = await cast.ask("administrator", "DELETE", "reasons/gym")
    assert (used.status_code, used.json()["error"]) == (409, "in_use")
    changed = await cast.ask("administrator", "PATCH", "reasons/gym", {"labels": {"en": "Workout"}, "color": "#00aa00"})
    assert (changed.json()["labels"], changed.json()["color"]) == ({"en": "Workout", "sv": "Gymmet"}, "#00aa00")
    await cast.ask("anna", "POST", f"changes/{referred.json()['change']}/undo")
    assert (await cast.ask("administrator", "DELETE", "reasons/gym")).status_code == 204
    assert (await cast.ask("administrator", "DELETE", "reasons/gym")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"keywords": {"en": ["meeting"]}}, "keywords.en", id="another's-keyword"),
        pytest.param({"keywords": {"sv": ["MÖTE"]}}, "keywords.sv", id="another's-folded"),
        pytest.param({"keywords": {"en": ["a:b"]}}, "keywords.en", id="separator"),
        pytest.param({"keywords": {"en": ["10"]}}, "keywords.en", id="digits"),
        pytest.param({"keywords": {"en": ["re"]}}, "keywords.en", id="reply-prefix"),
        pytest.param({"labels": {"en": ""}}, "labels.en", id="no-label"),
        pytest.param({"labels": {"xx": "X"}}, "labels", id="language"),
        pytest.param({"color": "red"}, "color", id="colour"),
        pytest.param({"weight": -1}, "weight", id="weight"),
        pytest.param({"phone": 1}, "phone", id="another's-digits"),
        pytest.param({"when": "never"}, "when", id="when"),
    ],
)
async def test_a_reason_that_cannot_be_is_refused_by_name(cast: Cast, body: dict[str, Any], field: str) -> None:
    """One keyword belongs to one reason of a company (`rules.md` §1.3)."""
    answer = await cast.ask("administrator", "PATCH", "reasons/lunch", body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]["field"] == field


@pytest.mark.parametrize("code", ["meeting", "out", "away"])
async def test_reasons_that_the_rules_name_are_not_deleted(cast: Cast, code: str) -> None:
    """409."""
    assert (await cast.ask("administrator", "DELETE", f"reasons/{code}")).status_code == 409


WRITES: list[tuple[str, str, dict[str, str] | None]] = [
    ("PUT", "rules", {}),
    ("POST", "reasons", {"code": "gym"}),
    ("PATCH", "reasons/lunch", {}),
    ("DELETE", "reasons/lunch", None),
    ("GET", "tokens", None),
    ("POST", "tokens", {"role": "administrator", "name": "x"}),
    ("DELETE", "tokens/t_1", None),
    ("POST", "people", {"name": "X"}),
    ("PATCH", f"people/{ANNA}", {"title": "X"}),
    ("DELETE", f"people/{ANNA}", None),
    ("GET", "connections", None),
    ("GET", "calendars", None),
]


@pytest.mark.parametrize("who", ["anna", "telephonist"])
@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=[f"{method} {path}" for method, path, _ in WRITES])
async def test_only_administrators_keep_the_company(cast: Cast, who: str, method: str, path: str, body: Any) -> None:
    """403 for everybody else, a person herself too."""
    assert (await cast.ask(who, method, path, body)).status_code == 403


async def test_a_token_is_shown_once_and_revoked(cast: Cast) -> None:
    """Its secret works till then, and stands in no list."""
    made = (
        await cast.ask("administrator", "POST", "tokens", {"role": "colleague", "name": "App", "person": ANNA})
    ).json()
    cast.secrets["new"] = made["token"]
    me = (await cast.ask("new", "GET", "me")).json()
    assert (me["id"], me["role"], me["person"]) == (made["id"], "colleague", ANNA)
    listed = await cast.ask("administrator", "GET", "tokens")
    assert made["token"] not in listed.text
    assert (await cast.ask("administrator", "DELETE", f"tokens/{made['id']}")).status_code == 204
    assert (await cast.ask("new", "GET", "me")).status_code == 401
    tokens = (await cast.ask("administrator", "GET", "tokens")).json()["tokens"]
    assert [each["id"] for each in tokens if "revoked_at" in each] == [made["id"]]


async def test_a_token_for_a_person_elsewhere_is_refused(cast: Cast) -> None:
    """404, as for nobody."""
    body = {"role": "colleague", "name": "App", "person": "p_south_anna"}
    assert (await cast.ask("administrator", "POST", "tokens", body)).status_code == 404


async def test_people_are_added_changed_and_removed(cast: Cast) -> None:
    """At once there for everybody."""
    body = {"name": "Doris", "extensions": [{"number": "104"}], "email": "doris@x.example", "department": "Sales"}
    answer = await cast.ask("administrator", "POST", "people", body)
    assert answer.status_code == 201, answer.text
    doris = answer.json()["id"]
    assert (await cast.seen("colleague", doris))["zone"] == "UTC"
    changed = await cast.ask("administrator", "PATCH", f"people/{doris}", {"title": "Boss", "department": None})
    assert (changed.json()["title"], "department" in changed.json()) == ("Boss", False)
    assert (await cast.ask("administrator", "DELETE", f"people/{doris}")).status_code == 204
    assert (await cast.ask("administrator", "GET", f"people/{doris}")).status_code == 404


async def test_what_is_set_of_a_person_is_read_back_by_administrators(cast: Cast) -> None:
    """All of it under `settings`, and under none once it is emptied; others are not told."""
    given: dict[str, Any] = {
        "external_id": "17",
        "addresses": ["a@x.example"],
        "hours": [{"days": ["mon"], "from": "08:00", "to": "12:00"}],
        "mode": "busy",
        "keywords": {"lunch": ["gröt"]},
        "privacy": "time",
        "delegates": [cast.token_ids["bo"]],
        "grants": {cast.token_ids["colleague"]: "text"},
    }
    answer = await cast.ask("administrator", "PATCH", f"people/{ANNA}", {**given, "names": ["Ann"]})
    assert answer.status_code == 200, answer.text
    shown = (await cast.ask("administrator", "GET", f"people/{ANNA}")).json()
    assert (shown["settings"], shown["names"]) == (given, ["Ann"])
    assert "settings" not in (await cast.ask("telephonist", "GET", f"people/{ANNA}")).json()
    lists = {"addresses", "delegates"}
    emptied: dict[str, Any] = {
        name: [] if name in lists else {} if name in ("keywords", "grants") else None for name in given
    }
    answer = await cast.ask("administrator", "PATCH", f"people/{ANNA}", emptied)
    assert answer.status_code == 200, answer.text
    assert (await cast.ask("administrator", "GET", f"people/{ANNA}")).json()["settings"] == {}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        pytest.param({"extensions": [{"number": "102"}]}, 409, "extensions", id="another's-extension"),
        pytest.param({"email": "BO@co_north.example"}, 409, "email", id="another's-address"),
        pytest.param({"extensions": [{"number": "1o1"}]}, 400, "extensions", id="no-number"),
        pytest.param({"zone": "Europe/Atlantis"}, 400, "zone", id="zone"),
        pytest.param({"zone": "../etc/passwd"}, 400, "zone", id="zone-path"),
        pytest.param({"email": "anna"}, 400, "email", id="no-address"),
        pytest.param({"name": " "}, 400, "name", id="no-name"),
        pytest.param({"hours": [{"days": ["mon"], "from": "99:00", "to": "17:00"}]}, 400, "99:00", id="hours"),
        pytest.param({"keywords": {"nap": ["nap"]}}, 400, "keywords", id="no-such-reason"),
        pytest.param({"nose": "long"}, 400, "nose", id="unknown"),
    ],
)
async def test_a_person_that_cannot_be_is_refused(cast: Cast, body: dict[str, Any], status: int, field: str) -> None:
    """The sentence names what is wrong; extensions and addresses are one person's in a company."""
    answer = await cast.ask("administrator", "PATCH", f"people/{ANNA}", body)
    assert answer.status_code == status, answer.text
    assert field in answer.json()["message"]


async def test_the_token_of_a_removed_person_ends(cast: Cast) -> None:
    """At once."""
    assert (await cast.ask("bo", "GET", "me")).status_code == 200
    await cast.ask("administrator", "DELETE", f"people/{BO}")
    assert (await cast.ask("bo", "GET", "me")).status_code == 401


async def test_a_person_chooses_mode_and_keywords_where_the_company_lets_her(cast: Cast) -> None:
    """`PATCH /me`; her calendar is read by them at once."""
    await cast.book(booking("gröt: budget"))
    answer = await cast.ask("anna", "PATCH", "me", {"mode": "busy", "keywords": {"lunch": ["gröt"]}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["mode"] == "busy"
    assert (await cast.seen("anna"))["state"]["reason"]["code"] == "lunch"
    await cast.rule(personal_mode=False, personal_keywords=False)
    for body in ({"mode": "refer"}, {"keywords": {"lunch": ["soup"]}}):
        assert (await cast.ask("anna", "PATCH", "me", body)).status_code == 400


async def test_what_if_is_answered_and_nothing_stored(cast: Cast) -> None:
    """`POST /explain`."""
    n = cast.held.company(COMPANY).n
    answer = await cast.ask("colleague", "POST", "explain", {"subject": "m: budget", "show_as": "free"})
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["counts"], said["kind"], said["reason"], said["diverts"]) == (True, "referred", "meeting", True)
    plain = (
        await cast.ask("colleague", "POST", "explain", {"subject": "budget", "start": "2026-11-23", "all_day": True})
    ).json()
    assert (plain["counts"], plain["diverts"]) == (False, False)
    assert plain["why"]
    assert cast.held.company(COMPANY).n == n


async def test_why_names_winners_losers_and_bookings(cast: Cast) -> None:
    """`GET /people/{id}/explain`, at an instant."""
    await cast.book(booking("m: Budget"), booking("lunch: Thai", uid="lunch"), booking("Reading", uid="reading"))
    said = (await cast.ask("anna", "GET", f"people/{ANNA}/explain?at=2026-11-23T09:00:00+00:00")).json()
    assert [(claim["reason"], claim["wins"]) for claim in said["claims"] if "reason" in claim] == [
        ("meeting", True),
        ("lunch", False),
    ]
    assert {each["subject"]: each["counts"] for each in said["bookings"]} == {
        "m: Budget": True,
        "lunch: Thai": True,
        "Reading": False,
    }
    assert all(each["why"] for each in said["bookings"])
