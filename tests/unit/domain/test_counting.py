"""What a booking does, with a mark and without: `rules.md` §1.7, §1.8 and §2, sentence by sentence."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from callendar.domain.booking import Booking
from callendar.domain.mark import Order
from callendar.domain.rules import ShowAsTable
from callendar.domain.span import Span
from tests.bookings import (
    app_mark,
    at,
    booking,
    calendar,
    claim_of,
    company,
    days,
    derived,
    does,
    judged,
    others,
    person,
)

EVERYTHING = ShowAsTable(
    busy="counts",
    oof="counts",
    tentative="counts",
    unanswered="counts",
    elsewhere="counts",
    free="counts",
    unknown="counts",
)

# marks that count (§1.7) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        pytest.param(booking("h: x", has_organizer=True, is_organizer=True), "referred holiday", id="organizer"),
        pytest.param(others("h: x", "organizer"), "referred holiday", id="her answer says organizer"),
        pytest.param(booking("h: x"), "referred holiday", id="no organizer"),
        pytest.param(booking("h: x", response="unanswered"), "referred holiday", id="no organizer, unanswered"),
        pytest.param(others("m: x"), "referred meeting", id="accepted, shareable"),
        pytest.param(others("m: x", "tentative"), "referred meeting", id="tentatively accepted, shareable"),
        pytest.param(others("course; x"), "informed course", id="accepted, shareable, informs"),
        pytest.param(others("h: x"), "nothing", id="accepted, not shareable"),
        pytest.param(others("m: x", "unanswered"), "nothing", id="unanswered"),
        pytest.param(others("m: x", "none"), "nothing", id="no answer of hers found"),
        pytest.param(others("m: x", "declined"), "nothing", id="declined"),
        pytest.param(others("m: x", "delegated"), "nothing", id="delegated"),
        pytest.param(booking("m: x", response="declined"), "nothing", id="no organizer, declined"),
        pytest.param(others("m: x", "declined", is_organizer=True), "nothing", id="organizer, declined"),
        pytest.param(booking("m: x", cancelled=True), "nothing", id="cancelled"),
        pytest.param(booking("m: x", special="working_location"), "nothing", id="working location"),
        pytest.param(booking("m: x", special="birthday"), "nothing", id="birthday"),
    ],
)
def test_a_mark_counts_where_she_gave_it(given: Booking, outcome: str) -> None:
    """§1.7: she is the organizer, there is none, or she accepted; in others' meetings only what is shareable."""
    assert does(given, rules={"notes": False}) == outcome


@pytest.mark.parametrize("show_as", ["free", "tentative", "elsewhere", "unknown", "busy", "oof"])
@pytest.mark.parametrize("mode", ["keywords", "busy", "refer"])
def test_a_mark_counts_whatever_the_booking_shows_in_every_mode(show_as: str, mode: str) -> None:
    """§1.7: free, tentative, elsewhere, unknown; all-day and private too. §2: in every mode."""
    assert does(booking("h: x", show_as=show_as), mode=mode) == "referred holiday"
    assert does(booking("h: x", days(), show_as=show_as), mode=mode) == "referred holiday"
    private = booking(
        private_order=Order(kind="refer", reason=HOLIDAY, keyword="h"), sensitivity="private", show_as=show_as
    )
    assert does(private, mode=mode) == "referred holiday"
    assert does(booking("h; x", show_as=show_as), mode=mode) == "informed holiday"


HOLIDAY = company().reason("holiday").code


@pytest.mark.parametrize(
    ("owned", "switch", "outcome"),
    [
        pytest.param(True, None, "referred", id="hers"),
        pytest.param(False, None, "nothing", id="shared with her"),
        pytest.param(False, True, "referred", id="shared, switched on"),
        pytest.param(True, False, "nothing", id="hers, switched off"),
    ],
)
@pytest.mark.parametrize(
    "given",
    [
        pytest.param(booking("m: x"), id="subject"),
        pytest.param(booking("x", categories=("m",)), id="category"),
        pytest.param(booking(private_order=Order(kind="refer", reason=HOLIDAY), sensitivity="private"), id="private"),
    ],
)
def test_a_mark_counts_only_in_calendars_she_owns(
    given: Booking, owned: bool, switch: bool | None, outcome: str
) -> None:
    """§1.7: not in one shared with her or subscribed; there is a switch per calendar."""
    one = derived(calendars=[(calendar(owned=owned, marks=switch), [given])], rules={"notes": False})
    assert (one.claims[0].kind if one.claims else "nothing") == outcome


@pytest.mark.parametrize(
    ("given", "outcome", "text"),
    [
        pytest.param(others("h: x"), "busy", "h: x", id="not shareable"),
        pytest.param(others("* x", "none"), "busy", "* x", id="an asterisk not accepted"),
        pytest.param(others("m: x", "declined"), "nothing", None, id="declined"),
        pytest.param(others("h: x", show_as="free"), "nothing", None, id="shown free"),
    ],
)
def test_a_mark_that_does_not_count_leaves_the_booking_unmarked(given: Booking, outcome: str, text: str | None) -> None:
    """§1.7: as if unmarked, its text too; and the why says so without naming the mark."""
    made = claim_of(given, mode="busy")
    assert (made.kind if made else "nothing", made.text if made else None) == (outcome, text)
    why = judged(given, mode="busy").why
    assert "its mark does not count" in why
    assert "h:" not in why


def test_an_unheard_mark_is_told() -> None:
    """§1.7 and B8: in a calendar whose marks do not count the why says that."""
    one = derived(calendars=[(calendar(owned=False), [booking("sick: x")])], mode="busy")
    assert one.judged[0].why == "a booking shown busy (its mark does not count: no mark in this calendar does)"


@pytest.mark.parametrize("response", ["accepted", "tentative", "organizer"])
def test_asterisk_ignores(response: str) -> None:
    """§1.4: ignored altogether; §1.7: in somebody else's meeting when accepted."""
    given = others("* x", response)
    assert (does(given, mode="refer"), judged(given, mode="refer").why) == ("nothing", "ignored by its *")


@pytest.mark.parametrize("owned", [True, False])
def test_case_19_a_cancelled_word_cancels_in_any_calendar(owned: bool) -> None:
    """Case 19, §1.2: the organizer's "Canceled:" copy is not busy although it is shown so, whosever the calendar."""
    given = others("Canceled: Budget", "none")
    one = derived(calendars=[(calendar(owned=owned), [given])], mode="refer")
    assert (one.claims, one.judged[0].booking.cancelled) == ((), True)
    assert one.judged[0].why == "cancelled, so it never counts"
    assert does(given, mode="refer", app_marks=[app_mark("m:")]) == "nothing", "never, nor with a mark"


@pytest.mark.parametrize(
    ("given", "divert_to"),
    [
        pytest.param(booking("m:>123 x"), "123", id="no organizer"),
        pytest.param(booking("m:>123 x", has_organizer=True, is_organizer=True), "123", id="organizer"),
        pytest.param(others("m:>123 x"), None, id="somebody else's"),
        pytest.param(booking("m:>999 x"), None, id="no extension"),
    ],
)
def test_divert_is_the_organizers(given: Booking, divert_to: str | None) -> None:
    """§1.5: obeyed only when she is the organizer or there is none; otherwise it refers and the why says so."""
    made = claim_of(given)
    assert made is not None
    assert (made.kind, made.reason, made.text, made.divert_to) == ("referred", "meeting", "x", divert_to)
    assert ("without its >number" in judged(given).why) == (divert_to is None)


def test_a_private_bookings_number_is_looked_up_again() -> None:
    """§1.5: a number that was allowed when the private booking was read, and is no longer, is not diverted to."""
    order = Order(kind="refer", reason=HOLIDAY, keyword="h", divert_to="999")
    made = claim_of(booking(private_order=order, sensitivity="private"))
    assert made is not None
    assert (made.kind, made.divert_to) == ("referred", None)


# marks by category and in the app (§1.8) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "categories", "marks", "outcome"),
    [
        pytest.param("x", ("Lunch",), (), "referred lunch", id="category"),
        pytest.param("m; x", ("Lunch",), (), "informed meeting", id="subject over category"),
        pytest.param("* x", ("Lunch",), (), "nothing", id="asterisk over category"),
        pytest.param("** x", ("Lunch",), (), "referred lunch", id="plain text bears no order"),
        pytest.param("m: x", ("Lunch",), ("h:",), "referred holiday", id="app over subject"),
        pytest.param("m: x", (), ("*",), "nothing", id="app ignores"),
        pytest.param("* x", (), ("m:",), "referred meeting", id="app over asterisk"),
        pytest.param("x", ("Lunch",), ("m;",), "informed meeting", id="app over category"),
        pytest.param("x", (), ("h:", "m:"), "referred meeting", id="the later given stands"),
        pytest.param("h: x", ("Lunch",), ("fika:",), "referred holiday", id="a keyword that is gone"),
    ],
)
def test_app_over_subject_over_category(
    subject: str, categories: tuple[str, ...], marks: tuple[str, ...], outcome: str
) -> None:
    """§1.8: in this order."""
    given = booking(subject, categories=categories)
    assert does(given, app_marks=[app_mark(mark) for mark in marks]) == outcome


def test_a_category_in_somebody_elses_meeting() -> None:
    """§1.8: 7 applies to categories; where the subject's order does not count, one by category may."""
    assert does(others("x", categories=("h",)), rules={"notes": False}) == "nothing"
    assert does(others("h: x", categories=("m",))) == "referred meeting"


@pytest.mark.parametrize("response", ["none", "unanswered", "declined"])
def test_the_app_asks_nothing_of_organizer_response_or_calendar(response: str) -> None:
    """§1.8: given by her, so 7 asks nothing about these; nor does 5 about the number."""
    one = derived(
        calendars=[(calendar(owned=False), [others("x", response)])], app_marks=[app_mark("h:>123")], mode="keywords"
    )
    (made,) = one.claims
    assert (made.kind, made.reason, made.divert_to, made.whence) == ("referred", "holiday", "123", 0)
    assert one.judged[0].why == "h:>123 given in the app to a booking"


def test_the_app_marks_an_occurrence_or_a_series() -> None:
    """§1.8: for one occurrence or a series; the occurrence's own stands before the series'."""
    given = [booking("x", Span(at("10:00", day), at("11:00", day)), occurrence=at("10:00", day)) for day in (0, 1)]
    series = app_mark("lunch:", "one", series=True)
    single = app_mark("*", "b/one/2026-11-24T10:00:00Z")
    assert [each.reason for each in derived(*given, app_marks=[series]).claims] == ["lunch", "lunch"]
    assert [each.start for each in derived(*given, app_marks=[single, series]).claims] == [at("10:00")]


# unmarked bookings (§2) -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "outcomes"),
    [
        pytest.param("keywords", ("note", "note", "nothing"), id="keywords"),
        pytest.param("busy", ("busy", "busy", "nothing"), id="busy"),
        pytest.param("refer", ("referred meeting", "referred out", "nothing"), id="refer"),
    ],
)
def test_mode_of_unmarked(mode: str, outcomes: tuple[str, ...]) -> None:
    """§2: keywords: nothing but a note; busy: those that count; refer: reason meeting, or out when shown so."""
    assert tuple(does(booking("x", show_as=shown), mode=mode) for shown in ("busy", "oof", "free")) == outcomes


def test_notes_may_be_off() -> None:
    """§6: `note` is a setting; it does not count."""
    assert does(booking("x"), rules={"notes": False}) == "nothing"
    assert (judged(booking("x")).counts, judged(booking("x")).kind) == (False, "note")


def test_a_persons_own_mode_where_allowed() -> None:
    """§2: company default; a person's own where allowed."""
    anna = person(mode="refer")
    assert does(booking("x"), whose=anna) == "referred meeting"
    assert does(booking("x"), whose=anna, rules={"personal_mode": False}) == "note"


@pytest.mark.parametrize(
    ("show_as", "out_of_the_box", "everything", "all_day", "all_day_everything"),
    [
        ("busy", "busy", "busy", "busy", "busy"),
        ("oof", "busy", "busy", "busy", "busy"),
        ("tentative", "nothing", "busy", "nothing", "nothing"),
        ("elsewhere", "nothing", "busy", "nothing", "nothing"),
        ("free", "nothing", "busy", "nothing", "nothing"),
        ("unknown", "nothing", "busy", "nothing", "nothing"),
    ],
)
def test_show_as(show_as: str, out_of_the_box: str, everything: str, all_day: str, all_day_everything: str) -> None:
    """§2: show-as decides, by settings; all-day unmarked counts only when shown busy or out of office."""
    all_set: dict[str, Any] = {"show_as": EVERYTHING}
    assert does(booking("x", show_as=show_as), mode="busy") == out_of_the_box
    assert does(booking("x", show_as=show_as), mode="busy", rules=all_set) == everything
    assert does(booking("x", days(), show_as=show_as), mode="busy") == all_day
    assert does(booking("x", days(), show_as=show_as), mode="busy", rules=all_set) == all_day_everything


def test_case_5_all_day_free_changes_nothing() -> None:
    """Case 5: an all-day booking shown free, such as a birthday, changes no state."""
    for mode in ("keywords", "busy", "refer"):
        assert does(booking("Midsummer", days(), show_as="free"), mode=mode) == "nothing"


def test_tentative_as_busy_is_a_meeting() -> None:
    """§2: the setting counts tentative as busy."""
    table = ShowAsTable(tentative="counts")
    assert does(booking("x", show_as="tentative"), mode="refer", rules={"show_as": table}) == "referred meeting"


def test_show_as_may_be_overridden_per_calendar() -> None:
    """§2: settings, overridable per calendar."""
    deaf = calendar(show_as=structs.replace(EVERYTHING, busy="nothing"))
    one = derived(calendars=[(deaf, [booking("x"), booking("y", uid="two", show_as="free")])], mode="busy")
    assert [each.key for each in one.claims] == ["b/two"]


@pytest.mark.parametrize(
    ("response", "show_as", "outcome", "if_unanswered_counts"),
    [
        pytest.param("declined", "busy", "nothing", "nothing", id="declined"),
        pytest.param("delegated", "busy", "nothing", "nothing", id="delegated"),
        pytest.param("unanswered", "busy", "nothing", "referred meeting", id="unanswered"),
        pytest.param("unanswered", "tentative", "nothing", "referred meeting", id="unanswered, shown tentative"),
        pytest.param("unanswered", "oof", "nothing", "referred meeting", id="unanswered counts as if shown busy"),
        pytest.param("unanswered", "free", "nothing", "nothing", id="unanswered, shown free"),
        pytest.param("none", "busy", "referred meeting", "referred meeting", id="no answer found"),
        pytest.param("none", "tentative", "nothing", "nothing", id="no answer found, shown tentative"),
        pytest.param("accepted", "busy", "referred meeting", "referred meeting", id="accepted"),
        pytest.param("tentative", "busy", "referred meeting", "referred meeting", id="tentatively, shown busy"),
        pytest.param("organizer", "oof", "referred out", "referred out", id="organizer, out"),
    ],
)
def test_response_comes_first(response: str, show_as: str, outcome: str, if_unanswered_counts: str) -> None:
    """§2: declined or delegated never; unanswered by setting; else show-as decides."""
    given = others("x", response, show_as=show_as)
    assert does(given, mode="refer") == outcome
    counting: dict[str, Any] = {"show_as": ShowAsTable(unanswered="counts")}
    assert does(given, mode="refer", rules=counting) == if_unanswered_counts


def test_case_18_declining_frees() -> None:
    """Case 18: declined after having accepted, the booking does nothing although it stays in the calendar."""
    assert [does(others("m: x", answer), mode="busy") for answer in ("accepted", "declined")] == [
        "referred meeting",
        "nothing",
    ]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"when": Span(at("10:00"), at("10:00"))}, id="case_7 zero length"),
        pytest.param({"when": Span(at("10:00"), at("09:00"))}, id="case_8 end before start"),
        pytest.param({"when": days(0, 0)}, id="no day"),
        pytest.param({"cancelled": True}, id="cancelled"),
        pytest.param({"special": "working_location"}, id="working location"),
        pytest.param({"special": "birthday"}, id="birthday"),
    ],
)
@pytest.mark.parametrize("subject", ["x", "m: x", "m; x"])
def test_never_nor_with_a_mark(given: dict[str, Any], subject: str) -> None:
    """§2: cancelled, working location, birthday, zero length: never, nor with a mark, nor with one in the app."""
    one = booking(subject, **given)
    assert does(one, mode="refer") == does(one, mode="refer", app_marks=[app_mark("m:")]) == "nothing"
    assert judged(one).why


def test_case_39_free_busy_only() -> None:
    """Case 39, A13: without text the keywords are off; the mode decides, and the claim has no text."""
    block = booking(None, uid=None)
    assert does(block, mode="keywords") == "note"
    made = claim_of(block, mode="refer")
    assert made is not None
    assert (made.reason, made.text) == ("meeting", None)
