"""What a viewer may not see is not in the bytes: every role, level and way of setting it, on every route that can
speak of a person (`rules.md` §10). What is expected is worked out here from the rules' words, not by `privacy`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Any, Literal

import msgspec
import pytest
from msgspec import Struct, structs

from callendar.domain.booking import Booking
from callendar.domain.mark import Order
from callendar.domain.reason import MEETING, Reason, ReasonCode
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Level
from callendar.engine.plan import replan
from callendar.engine.tokens import create_token
from tests.clock import START
from tests.integration.api_cast import ANNA, BO, CILLA, COMPANY, WHO, Cast, booking, calendar_id, open_cast, wire
from tests.integration.wire_cast import hear, read_lists, read_person, same, write_and_undo

pytestmark = pytest.mark.anyio

PLAIN = Reason(
    code=ReasonCode("qplain"),
    labels={"en": "XPlainLabel"},
    keywords={"en": ("qplainkey",)},
    color="#111aaa",
    icon="x-plain",
)
SECRET = Reason(
    code=ReasonCode("xsecret"),
    labels={"en": "XSecretLabel"},
    keywords={"en": ("xsecretkey",)},
    color="#222bbb",
    icon="x-secret",
    sensitive=True,
)
NEXT = structs.replace(PLAIN, code=ReasonCode("xnext"), labels={"en": "XNextLabel"}, keywords={"en": ("xnextkey",)})
NUMBER = "0709988776"
ACTING = ("anna", "telephonist", "delegate")
LEVELS: tuple[Level, ...] = ("time", "reason", "text")


class Planted(Struct, frozen=True, kw_only=True):
    """Words, and who may be sent them."""

    words: tuple[str, ...]
    told: Callable[[str, Level], bool]
    """Of a viewer and the level that he has."""


def reasoned(who: str, level: Level) -> bool:
    return who == "anna" or level != "time"


def worded(who: str, level: Level) -> bool:
    return who == "anna" or level == "text"


def sensitive(who: str, level: Level) -> bool:
    return who == "anna" or (who == "telephonist" and level != "time")


def concerning(who: str, level: Level) -> bool:
    return who == "administrator" or (who in ACTING and reasoned(who, level))


PLANTED = (
    Planted(words=("XPlainLabel", "qplain", "#111aaa", "xnext", NUMBER), told=reasoned),
    Planted(words=("XSetter", "origin"), told=lambda who, level: reasoned(who, level) or who == "administrator"),
    Planted(words=('"planned":true',), told=lambda who, level: reasoned(who, level) or who == "delegate"),
    Planted(words=("XPlainText", "XBusyText", "XHandText", "xmarkword"), told=worded),
    Planted(words=("XSecretLabel", "xsecret"), told=sensitive),
    Planted(words=("XSecretText",), told=lambda who, level: sensitive(who, level) and worded(who, level)),
    Planted(words=("x-uid",), told=lambda who, _level: who in ACTING),
    Planted(
        words=("XFault", "Anna's calendar"),
        told=concerning,
    ),
    Planted(words=("xownword",), told=lambda who, _level: who in ("anna", "administrator")),
    Planted(words=("suggestion",), told=lambda who, _level: who == "anna"),
    Planted(words=("XPrivate", "XCategory", "planted-secret", "secret-path"), told=lambda _who, _level: False),
)
"""To administrators the audit tells who gave an order and how, which is what it is for; a delegate, who may change
planned referrals, is told which they are. Keys of claims are for those who may silence them."""


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API, with reasons that are words of their own."""
    async with open_cast() as cast:
        company = await cast.store.load_company(COMPANY)
        rules = structs.replace(company.rules, mode="busy", allowed_diverts=(NUMBER,))
        await cast.store.save_company(structs.replace(company, reasons=(*REASONS, PLAIN, SECRET, NEXT), rules=rules))
        await cast.held.refresh()
        yield cast


async def plant(cast: Cast) -> None:
    """Something in every place that words can be hidden in; all of it Anna's."""
    await cast.book(
        booking("qplainkey: XPlainText", uid="x-uid-1"),
        booking("xnextkey: XPlainText", start_minutes=50, uid="x-uid-2"),
        booking("xsecretkey: XSecretText", start_minutes=200, uid="x-uid-3"),
        booking("XBusyText", start_minutes=300, uid="x-uid-4"),
        booking("xsecretkey; XSecretText", start_minutes=400, uid="x-uid-5", categories=("XCategory",)),
        booking("xmarkword: XBusyText", start_minutes=500, uid="x-uid-6"),
        booking(
            "XPrivate",
            start_minutes=600,
            uid="x-uid-7",
            sensitivity="confidential",
            categories=("XCategory",),
            private_order=Order(kind="refer", reason=PLAIN.code, keyword="qplainkey"),
        ),
    )
    person = (await cast.store.load_causes(COMPANY, ANNA)).person
    await cast.change(ANNA, keywords={"lunch": ("xownword", "xmarkwort")}, delegates=person.delegates)
    async with cast.store.change(COMPANY, [ANNA]) as tx:
        await tx.save_fault(calendar_id(ANNA), START - timedelta(minutes=5), "XFault: mend it")
        await replan(tx, ANNA)
    await cast.held.refresh()
    token, cast.secrets["setter"] = await create_token(cast.store, COMPANY, "telephonist", "XSetter", None, START)
    cast.token_ids["setter"] = token.id
    now = {"reason": "qplain", "until": wire(START + timedelta(minutes=20)), "text": "XHandText", "divert_to": NUMBER}
    later = {"reason": "qplain", "start": wire(START + timedelta(days=4)), "until": None, "text": "XHandText"}
    hidden = {
        "reason": "xsecret",
        "start": wire(START + timedelta(days=3)),
        "until": wire(START + timedelta(days=3, hours=1)),
        "text": "XSecretText",
    }
    for method, path, body in (("PUT", "referral", now), ("POST", "referrals", hidden), ("POST", "referrals", later)):
        answer = await cast.ask("setter", method, f"people/{ANNA}/{path}", body)
        assert answer.is_success, answer.text


def level_of(who: str, base: Level) -> Level:
    """What a viewer has when this is his grant, the person's or the company's level: telephonists one more."""
    plus = 1 if who == "telephonist" else 0
    return LEVELS[min(LEVELS.index(base) + plus, 2)]


async def set_level(cast: Cast, where: Literal["company", "person", "grant"], level: Level) -> None:
    """Set it there, and something else in every place that counts for less."""
    opposite: Level = "time" if level == "text" else "text"
    ids = cast.token_ids.values()
    await cast.rule(privacy=level if where == "company" else opposite)
    persons: dict[str, Level | None] = {"company": None, "person": level, "grant": opposite}
    await cast.change(ANNA, privacy=persons[where], grants=dict.fromkeys(ids, level) if where == "grant" else {})


@pytest.mark.parametrize("level", LEVELS)
async def test_nothing_hidden_is_in_any_byte(cast: Cast, level: Level) -> None:
    """And what is not hidden is, somewhere, so that the words are known to be there to be found."""
    await set_level(cast, "company", level)
    since = cast.held.company(COMPANY).version
    await plant(cast)
    for who in WHO:
        told = await read_lists(cast, who) | await read_person(cast, who)
        told["feed"] = await hear(cast, who, since)
        told |= await write_and_undo(cast, who)
        told["feed again"] = await hear(cast, who, since)
        check(told, who, level)


@pytest.mark.parametrize("where", ["person", "grant"])
async def test_wherever_the_level_is_set_it_is_the_one_that_counts(
    cast: Cast, where: Literal["person", "grant"]
) -> None:
    """The viewer's grant before the person's level, that before the company's."""
    await plant(cast)
    for level in LEVELS:
        await set_level(cast, where, level)
        for who in WHO:
            paths = (f"people/{ANNA}", f"people/{ANNA}/explain", f"people/{ANNA}/timetable.ics", "audit", "calendars")
            told = {path: (await cast.ask(who, "GET", path)).content for path in paths}
            told["listed"] = msgspec.json.encode(await cast.seen(who))
            check(told, who, level)


async def test_deleting_a_reason_does_not_tell_whose_it_is(cast: Cast) -> None:
    """Administrators see as colleagues: that it is in use is all they are told."""
    await plant(cast)
    await cast.change(BO, keywords={"lunch": ("soup",)})
    await cast.ask("telephonist", "PUT", f"people/{CILLA}/referral", {"reason": "sick"})
    for code in ("xsecret", "qplain", "lunch", "sick"):
        answer = await cast.ask("administrator", "DELETE", f"reasons/{code}")
        assert (answer.status_code, answer.json()["error"]) == (409, "in_use")
        assert answer.json()["message"].startswith("Somebody ")
        assert not any(name in answer.text for name in ("Anna", "Bo", "Cilla"))


def check(told: dict[str, bytes], who: str, level: Level) -> None:
    for planted in PLANTED:
        expected = planted.told(who, level_of(who, level))
        for word in planted.words:
            found = [route for route, body in told.items() if word.encode() in body]
            assert bool(found) == expected, (who, level_of(who, level), word, found)


def calm(subject: str | None, minutes: int = 60, uid: str = "u", **more: Any) -> Booking:
    return booking(subject, start_minutes=-10, minutes=minutes, uid=uid, **more)


Variant = Callable[[Cast], Awaitable[None]]


def booked(*bookings: Booking) -> Variant:
    """Anna's calendar has these and nothing else."""

    async def lay(cast: Cast) -> None:
        await cast.book(*bookings)

    return lay


def by_hand(**body: Any) -> Variant:
    """Nothing is booked; somebody gives an order that ends as the bookings of the others do."""

    async def give(cast: Cast) -> None:
        await cast.book()
        body["until"] = wire(START + timedelta(minutes=50))
        answer = await cast.ask("anna", "PUT", f"people/{ANNA}/referral", body)
        assert answer.is_success, answer.text

    return give


SICK_LIKE = tuple(
    calm(subject)
    for subject in ("sick: Flu", "sick child: Fever", "leave: Move", "away: Nap", "xsecretkey: XSecretText")
)
ORDERED = Order(kind="refer", reason=MEETING, keyword="m")
SAME: dict[str, tuple[Level, tuple[str, ...], tuple[Variant, ...]]] = {
    "time-reasons": (
        "time",
        ("colleague", "administrator", "delegate"),
        tuple(map(booked, (calm("m: Budget"), calm("lunch: Thai"), calm("qplainkey:>102"), *SICK_LIKE))),
    ),
    "time-kinds-of-busy": (
        "time",
        ("colleague", "administrator", "delegate"),
        (
            booked(calm("Budget")),
            booked(calm("Layoffs", show_as="oof")),
            booked(calm(None, sensitivity="private")),
        ),
    ),
    "time-two-that-touch": (
        "time",
        ("colleague", "administrator"),
        (
            booked(calm("m: A", 30, "a"), booking("m: B", 20, 30, uid="b")),
            booked(calm("m: A", 30, "a"), booking("sick: B", 20, 30, uid="b")),
            booked(calm("lunch: A", 60)),
        ),
    ),
    "reason-texts": (
        "reason",
        ("colleague", "administrator", "delegate"),
        tuple(map(booked, (calm("m: Budget"), calm("m: Layoffs"), calm("m:"), calm("m: x //y")))),
    ),
    "reason-sensitive": ("reason", ("colleague", "administrator", "delegate"), tuple(map(booked, SICK_LIKE))),
    "text-sensitive": ("text", ("colleague", "administrator", "delegate"), tuple(map(booked, SICK_LIKE[:3]))),
    "text-private": (
        "text",
        ("colleague", "administrator", "telephonist"),
        (
            booked(calm(None, sensitivity="private", private_order=ORDERED)),
            booked(calm("m: X", sensitivity="confidential", private_order=ORDERED)),
        ),
    ),
    "reason-hand-texts": (
        "reason",
        ("colleague", "administrator"),
        (by_hand(reason="lunch", text="Thai"), by_hand(reason="lunch", text="Interview"), by_hand(reason="lunch")),
    ),
    "reason-hand-sensitive": (
        "reason",
        ("colleague", "administrator"),
        (by_hand(reason="sick"), by_hand(reason="leave", text="Move"), by_hand(reason="away")),
    ),
    "reason-hidden-then": (
        "reason",
        ("colleague", "administrator"),
        tuple(booked(calm("m: A"), booking(f"{then}: B", 50, 60, uid="b")) for then in ("sick", "leave", "away")),
    ),
}
"""By name: the level, the viewers, and states of Anna that none of them may tell apart."""


@pytest.mark.parametrize("name", list(SAME))
async def test_who_differs_only_in_what_is_hidden_gives_the_same_bytes(cast: Cast, name: str) -> None:
    """On every route, in lists, in the feed; versions and random ids aside, which tell that something was written
    (`docs/decisions/0012-what-may-still-be-told.md`)."""
    level, viewers, variants = SAME[name]
    await cast.rule(privacy=level)
    audit_apart = name.startswith("reason-hand")
    seen: dict[str, list[dict[str, bytes]]] = {who: [] for who in viewers}
    for lay in variants:
        await cast.book()
        since = cast.held.company(COMPANY).version
        await lay(cast)
        for who in viewers:
            told = await read_lists(cast, who) | await read_person(cast, who)
            told["feed"] = await hear(cast, who, since)
            if audit_apart:
                del told["audit"]
            seen[who].append({route: same(body) for route, body in told.items()})
    for who, each in seen.items():
        for other in each[1:]:
            differing = [route for route in other if other[route] != each[0][route]]
            assert not differing, (who, differing[0], each[0][differing[0]], other[differing[0]])
