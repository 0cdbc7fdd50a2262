"""From causes to claims: `rules.md` §1.9, §1.10, §2, §4.4 and §6, sentence by sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.booking import Booking
from callendar.domain.cause import CalendarBookings, Causes
from callendar.domain.claim import AUTOREPLY, MARKED, UNMARKED
from callendar.domain.claiming import derive_claims
from callendar.domain.hand import AutoReply, Orders, Referral, ReferralId, Silence
from callendar.domain.mark import Order
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import OpenHours, PublicHolidays, ShowAsTable, UnknownReason
from callendar.domain.span import Span
from tests.bookings import (
    ANNA,
    MONDAY,
    app_mark,
    at,
    booking,
    calendar,
    claim_of,
    company,
    days,
    derived,
    hour,
    judged,
    others,
    person,
)

OFFICE = (OpenHours(days=("mon", "tue", "wed", "thu", "fri"), opens="08:00", closes="17:00"),)
LUNCH_BREAK = (
    OpenHours(days=("mon", "tue"), opens="08:00", closes="12:00"),
    OpenHours(days=("mon", "tue"), opens="13:00", closes="17:00"),
)
HOLIDAY = ReasonCode("holiday")
OTHERS = "its mark does not count: it is somebody else's meeting"


def spans(*bookings: Booking, **more: Any) -> list[tuple[Any, Any]]:
    """When the claims of bookings are in force, by start."""
    return sorted((each.start, each.end) for each in derived(*bookings, **more).claims)


# what a claim carries -------------------------------------------------------------------------------------------------


def test_a_marked_booking_makes_a_claim() -> None:
    """§6: the text is the subject without order, `>number` and what `//` hides; weight and reason are the mark's."""
    made = claim_of(booking("h:>123 Rome // with Bo"))
    assert made is not None
    assert (made.key, made.start, made.end) == ("b/one", at("10:00"), at("11:00"))
    assert (made.kind, made.reason, made.weight, made.whence) == ("referred", "holiday", 80, MARKED)
    assert (made.text, made.divert_to, made.origin, made.planned) == ("Rome", "123", "calendar", False)
    assert (made.on_top, made.set_by, made.all_day) == (None, None, False)


def test_an_unmarked_booking_makes_a_weaker_claim() -> None:
    """§5.3: whence is unmarked; §2: meeting with the company's weight; the text is the subject."""
    made = claim_of(booking("Budget // cuts"), mode="refer")
    assert made is not None
    assert (made.reason, made.weight, made.whence, made.text) == ("meeting", 30, UNMARKED, "Budget")


@pytest.mark.parametrize("mode", ["keywords", "busy"])
def test_notes_and_busy_have_no_reason(mode: str) -> None:
    """§6: neither has a reason, or a weight."""
    made = claim_of(booking("x"), mode=mode)
    assert made is not None
    assert (made.reason, made.weight, made.text) == (None, 0, "x")


@pytest.mark.parametrize("subject", [None, "", "  ", "m:", "m: // x"])
def test_an_empty_text_is_none(subject: str | None) -> None:
    """§6: what has no text has None."""
    made = claim_of(booking(subject), mode="refer")
    assert made is not None
    assert made.text is None


@pytest.mark.parametrize("sensitivity", ["private", "confidential"])
@pytest.mark.parametrize("mode", ["keywords", "busy", "refer"])
def test_case_20_a_private_booking_has_no_text(sensitivity: str, mode: str) -> None:
    """Case 20, §1.10: it counts by mode or by the order kept of it, and carries no text."""
    unmarked = claim_of(booking(sensitivity=sensitivity), mode=mode)
    assert unmarked is not None
    assert (unmarked.kind, unmarked.text) == ({"keywords": "note", "busy": "busy", "refer": "referred"}[mode], None)
    kept = Order(kind="inform", reason=HOLIDAY, keyword="h")
    marked = claim_of(booking(sensitivity=sensitivity, private_order=kept), mode=mode)
    assert marked is not None
    assert (marked.kind, marked.reason, marked.text) == ("informed", "holiday", None)
    assert judged(booking(sensitivity=sensitivity, private_order=kept)).why == "h; in a private booking"
    ignored = booking(sensitivity=sensitivity, private_order=Order(kind="ignore"))
    cancelled = booking(sensitivity=sensitivity, private_order=Order(kind="cancel"))
    assert claim_of(ignored, mode=mode) is claim_of(cancelled, mode=mode) is None


def test_a_private_bookings_order_whose_reason_is_gone() -> None:
    """§1.7: an order that cannot be obeyed leaves the booking as if unmarked."""
    kept = Order(kind="refer", reason=ReasonCode("gone for good"), keyword="x")
    given = booking(sensitivity="private", private_order=kept)
    made = claim_of(given, mode="busy")
    assert made is not None
    assert made.kind == "busy"
    assert (
        judged(given, mode="busy").why
        == "a booking shown busy (its mark does not count: its reason is no longer there)"
    )


def test_whole_days_are_the_persons() -> None:
    """Case 4, case 32, §8: all-day spans are joined with the person's configured zone; 25 hours in autumn."""
    stockholm = person(zone="Europe/Stockholm")
    made = claim_of(booking("h: x", days(), show_as="free"), whose=stockholm)
    assert made is not None
    assert (made.start, made.end, made.all_day) == (at("23:00", -1), at("23:00"), True)
    assert spans(booking("h: x", days(-29)), whose=stockholm) == [(at("22:00", -30), at("23:00", -29))]


def test_a_company_without_the_reason_meant_is_told() -> None:
    """A rule book that lacks `meeting` cannot refer unmarked bookings; it is said, never guessed."""
    bare = structs.replace(company("refer"), reasons=())
    inside = (CalendarBookings(calendar=calendar(), bookings=(booking("x"),)),)
    with pytest.raises(UnknownReason, match="meeting"):
        derive_claims(Causes(person=person(), slid_at=MONDAY, calendars=inside), bare)


# every booking is judged (B8) -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "mode", "why"),
    [
        (booking("m: x"), "keywords", "m: in a booking"),
        (booking("MÖTE; x"), "keywords", "möte; in a booking"),
        (booking("m:>123 x"), "keywords", "m:>123 in a booking"),
        (booking("m:>9 x"), "keywords", "m: without its >number, which is not allowed, in a booking"),
        (others("m:>123 x"), "busy", "m: without its >number, as this is somebody else's meeting, in a booking"),
        (booking("x", categories=("Urlaub",)), "keywords", "the category urlaub on a booking"),
        (booking("* x"), "busy", "ignored by its *"),
        (booking("x"), "busy", "a booking shown busy"),
        (booking("x", show_as="oof"), "refer", "a booking shown out of office"),
        (booking("x"), "keywords", "no mark, so only a note: a booking shown busy"),
        (booking("x", show_as="free"), "busy", "shown free, which does not count"),
        (booking("x", show_as="elsewhere"), "busy", "shown working elsewhere, which does not count"),
        (booking("x", show_as="unknown"), "busy", "shown neither busy nor free, which does not count"),
        (
            booking("x", days(), show_as="tentative"),
            "busy",
            "all day and shown tentative; whole days count only when shown busy or out of office",
        ),
        (others("x", "declined"), "busy", "declined, so it never counts"),
        (others("x", "delegated"), "busy", "delegated to somebody else, so it never counts"),
        (others("x", "unanswered"), "busy", "not answered yet, which does not count"),
        (booking("m: x", cancelled=True), "busy", "cancelled, so it never counts"),
        (booking("Inställt: x"), "busy", "cancelled, so it never counts"),
        (booking("m: x", hour("10:00", 0)), "busy", "it has no length, so it never counts"),
        (booking("m: x", special="birthday"), "busy", "a birthday never counts"),
        (booking("m: x", special="working_location"), "busy", "a working location never counts"),
        (others("h: x"), "busy", f"a booking shown busy ({OTHERS}, where few reasons count)"),
        (others("h: x", "none"), "busy", f"a booking shown busy ({OTHERS}, which was not accepted)"),
        (
            others("m: x", "declined"),
            "busy",
            "its mark does not count: the booking was declined; declined, so it never counts",
        ),
    ],
)
def test_each_booking_says_in_one_sentence_why(given: Booking, mode: str, why: str) -> None:
    """B8: each state says in one sentence why, and each skipped booking why not; never with the subject in it."""
    assert judged(given, mode=mode).why == why


def test_unanswered_that_counts_says_so() -> None:
    """B8: by the company's setting."""
    table = {"show_as": ShowAsTable(unanswered="counts")}
    assert judged(others("x", "unanswered"), mode="busy", rules=table).why == "a booking not answered yet"


def test_every_booking_is_judged_also_those_that_do_nothing() -> None:
    """B8: with key, calendar, whether it counts, kind and order, by start."""
    told = derived(
        booking("x", hour("12:00"), uid="c", show_as="free"),
        booking("m: x", hour("09:00"), uid="a"),
        booking("y", hour("10:00"), uid="b"),
    ).judged
    assert [(each.key, each.calendar_id, each.counts, each.kind) for each in told] == [
        ("b/a", "own", True, "referred"),
        ("b/b", "own", False, "note"),
        ("b/c", "own", False, None),
    ]
    assert [each.order and each.order.keyword for each in told] == ["m", None, None]


# looks like a mark (§1.9) ---------------------------------------------------------------------------------------------


def near(given: Booking, **more: Any) -> list[tuple[str, str, str]]:
    return list(derived(given, **more).near_marks)


def test_what_looks_like_a_mark_is_told() -> None:
    """§1.9: with the nearest keyword; it is no mark."""
    assert near(booking("Lnuch: x")) == [("b/one", "lnuch", "lunch")]
    assert judged(booking("Lnuch: x"), mode="busy").kind == "busy"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(booking("lunch: x"), id="a mark"),
        pytest.param(booking("x lnuch: x"), id="not at the start"),
        pytest.param(booking("lnuch: x", categories=("m",)), id="marked by category"),
        pytest.param(booking(sensitivity="private"), id="private"),
        pytest.param(booking("lnuch: x", sensitivity="private"), id="private, though its subject came along"),
        pytest.param(booking("lnuch: x", cancelled=True), id="cancelled"),
        pytest.param(booking("lnuch: x", special="birthday"), id="a birthday"),
        pytest.param(others("holidya: x"), id="somebody else's, where the keyword would not count"),
        pytest.param(others("lnuch: x", "none"), id="somebody else's, not accepted"),
    ],
)
def test_where_no_mark_would_count_nothing_is_told(given: Booking) -> None:
    """§1.9: from private bookings unknown marks are neither kept nor told, nor where a mark would not count (§1.7)."""
    assert near(given) == []


def test_nothing_is_told_in_calendars_whose_marks_do_not_count_or_once_marked() -> None:
    """§1.7, §1.8: nor when a mark was given in the app."""
    assert derived(calendars=[(calendar(owned=False), [booking("lnuch: x")])]).near_marks == ()
    assert near(booking("lnuch: x"), app_marks=[app_mark("*")]) == []


# silences and orders by hand (§4) -------------------------------------------------------------------------------------


def test_silenced_claims_are_quiet() -> None:
    """§4.4: matched by key at every planning."""
    given = Silence(person_id=ANNA, key="b/one", given=at("10:30"), in_force=True)
    assert spans(booking("m: x"), silences=[given]) == [(at("10:00"), at("10:30"))]
    coming = Silence(person_id=ANNA, key="b/one", given=at("08:00"), in_force=False)
    assert spans(booking("m: x"), booking("y", uid="two"), silences=[coming]) == [(at("10:00"), at("11:00"))]


def test_orders_by_hand_are_claims_too() -> None:
    """§4.1: beside those of the calendars, above them."""
    by_hand = Referral(
        id=ReferralId("r_1"), person_id=ANNA, reason=ReasonCode("lunch"), start=at("10:00"), end=at("12:00"), accepted=1
    )
    one = derived(booking("m: x"), orders=Orders(referrals=(by_hand,)))
    assert [(each.key, each.on_top) for each in one.claims] == [("b/one", None), ("r_1", 1)]


# automatic replies ----------------------------------------------------------------------------------------------------


def test_an_automatic_reply_is_a_referral() -> None:
    """§2: where the company says so, reason `out`, for its span, open if it has no end; none that ends at its start."""
    replies = (
        AutoReply(mailbox="a@x", start=at("12:00"), end=at("12:00", 2)),
        AutoReply(mailbox="b@x", start=at("12:00")),
        AutoReply(mailbox="c@x", start=at("12:00"), end=at("12:00")),
    )
    one = derived(autoreplies=replies, rules={"autoreply": True})
    assert [(each.key, each.end) for each in one.claims] == [
        ("a/a@x/2026-11-23T12:00:00Z", at("12:00", 2)),
        ("a/b@x/2026-11-23T12:00:00Z", None),
    ]
    first = one.claims[0]
    assert (first.kind, first.reason, first.weight, first.whence) == ("referred", "out", 55, AUTOREPLY)
    assert first.origin == "autoreply"
    assert derived(autoreplies=replies).claims == ()


# office_hours_only ----------------------------------------------------------------------------------------------------

IN_OFFICE: dict[str, Any] = {"office_hours_only": True, "hours": OFFICE}


@pytest.mark.parametrize(
    ("when", "parts"),
    [
        pytest.param(hour("10:00"), [(at("10:00"), at("11:00"))], id="inside"),
        pytest.param(hour("16:00", 120), [(at("16:00"), at("17:00"))], id="over closing"),
        pytest.param(hour("07:00", 120), [(at("08:00"), at("09:00"))], id="over opening"),
        pytest.param(hour("18:00"), [], id="outside"),
        pytest.param(hour("17:00"), [], id="from closing on"),
        pytest.param(
            Span(at("16:00"), at("09:00", 1)),
            [(at("16:00"), at("17:00")), (at("08:00", 1), at("09:00", 1))],
            id="over night",
        ),
        pytest.param(days(5, 2), [], id="a weekend"),
        pytest.param(days(4, 3), [(at("08:00", 4), at("17:00", 4))], id="Friday and a weekend"),
    ],
)
def test_office_hours_only(when: Any, parts: list[Any]) -> None:
    """§2: claims from calendars act only inside the person's opening hours; all parts keep the claim's key."""
    one = derived(booking("m: x", when), rules=IN_OFFICE)
    assert sorted((each.start, each.end) for each in one.claims) == parts
    assert {each.key for each in one.claims} <= {"b/one"}
    assert [each.counts for each in one.judged] == [True]


def test_office_hours_are_the_persons() -> None:
    """§2, §8: her own before the company's; without any it is always open, except on public holidays."""
    early = person(hours=(OpenHours(days=("mon",), opens="06:00", closes="10:30"),))
    assert spans(booking("m: x"), whose=early, rules=IN_OFFICE) == [(at("10:00"), at("10:30"))]
    always = person(hours=())
    closed: dict[str, Any] = {"office_hours_only": True, "holidays": PublicHolidays(add=(days(1).first,))}
    assert spans(booking("m: x", days(0, 3)), whose=always, rules=closed) == [
        (at("00:00"), at("00:00", 1)),
        (at("00:00", 2), at("00:00", 3)),
    ]


def test_office_hours_go_on_after_a_public_holiday() -> None:
    """§2: open day and night on working days, a week's claim acts again when the public holiday in it is over."""
    day_and_night = OpenHours(days=("mon", "tue", "wed", "thu", "fri"), opens="00:00", closes="24:00")
    rules: dict[str, Any] = {
        "office_hours_only": True,
        "hours": (day_and_night,),
        "holidays": PublicHolidays(add=(days(2).first,)),
    }
    assert spans(booking("h: x", days(0, 7)), rules=rules) == [
        (at("00:00"), at("00:00", 2)),
        (at("00:00", 3), at("00:00", 5)),
    ]


def test_what_is_by_hand_acts_at_any_hour() -> None:
    """§2: only claims from calendars."""
    by_hand = Referral(id=ReferralId("r_1"), person_id=ANNA, reason=ReasonCode("gone"), start=at("18:00"))
    assert spans(orders=Orders(referrals=(by_hand,)), rules=IN_OFFICE) == [(at("18:00"), None)]


def test_an_open_automatic_reply_in_office_hours_comes_to_an_end() -> None:
    """A reply without end is cut into days, and into no more than 400."""
    reply = AutoReply(mailbox="a@x", start=at("12:00"))
    parts = spans(autoreplies=(reply,), rules={**IN_OFFICE, "autoreply": True})
    assert parts[0] == (at("12:00"), at("17:00"))
    assert parts[-1][1] <= at("12:00", 400)
    assert len(parts) > 250


def test_a_booking_of_years_costs_no_more_than_its_days_to_come() -> None:
    """One that began long before is cut from the window's start on."""
    parts = spans(booking("h: x", Span(at("00:00", -20_000), at("00:00", 20_000))), rules=IN_OFFICE)
    assert len(parts) < 300
    assert parts[0] <= (at("08:00"), at("17:00"))


def test_a_silence_over_the_lunch_break() -> None:
    """§4.4: "Available" at eleven silences the booking to the end of her day, the afternoon's part too."""
    given = Silence(person_id=ANNA, key="b/one", given=at("11:00"), in_force=True)
    assert spans(
        booking("h: x", days(0, 2)), silences=[given], rules={"office_hours_only": True, "hours": LUNCH_BREAK}
    ) == [(at("08:00"), at("11:00")), (at("08:00", 1), at("12:00", 1)), (at("13:00", 1), at("17:00", 1))]


@given(st.integers(0, 200), st.integers(1, 200))
def test_office_hours_oracle(start: int, half_hours: int) -> None:
    """At every half hour the claim is in force exactly when the booking is and it is open."""
    begins = MONDAY + timedelta(minutes=30 * start)
    ends = begins + timedelta(minutes=30 * half_hours)
    parts = spans(booking("m: x", Span(begins, ends)), rules=IN_OFFICE)
    for step in range(420):
        instant = MONDAY + timedelta(minutes=30 * step)
        is_open = instant.weekday() < 5 and 8 <= instant.hour < 17
        assert any(s <= instant < e for s, e in parts) == (begins <= instant < ends and is_open)
