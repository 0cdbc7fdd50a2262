"""Versions of one occurrence in a calendar, copies of one meeting in several: `rules.md` §2, sentence by sentence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.booking import Booking, Calendar, CalendarId
from callendar.domain.cause import CalendarBookings
from callendar.domain.mark import Order
from callendar.domain.occurrence import Occurrence, booking_key, find_occurrences, latest_versions
from callendar.domain.reason import MEETING
from callendar.domain.span import Days, Span
from tests.bookings import at, booking, calendar, days, derived, hour, marks, others

MARKS = marks()
OWN, OTHER = calendar("own"), calendar("other")
SHARED = calendar("shared", owned=False)
EARLY, LATE = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


def found(*calendars: tuple[Calendar, list[Booking]], zone: str = "UTC") -> list[Occurrence]:
    """In the order of her list."""
    read = [CalendarBookings(calendar=each, bookings=tuple(inside)) for each, inside in calendars]
    return find_occurrences(read, MARKS, ZoneInfo(zone))


def merged(one: Booking, other: Booking, first: Calendar = OWN, second: Calendar = OTHER) -> Occurrence:
    """Two copies of one meeting."""
    (only,) = found((first, [one]), (second, [other]))
    return only


# keys -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param(booking(uid="u"), "b/u", id="single: the UID alone"),
        pytest.param(booking(uid="u", occurrence=at("10:00")), "b/u/2026-11-23T10:00:00Z", id="original start"),
        pytest.param(booking(uid="u", occurrence=date(2026, 11, 23)), "b/u/2026-11-23", id="original day"),
        pytest.param(booking(uid="u/2026-11-23"), "b/u%2F2026-11-23", id="a UID that looks like an occurrence"),
        pytest.param(booking(uid=None), "f/own/2026-11-23T10:00:00Z", id="no UID: calendar and start"),
        pytest.param(booking(when=days(), uid=None), "f/own/2026-11-23", id="no UID, whole day"),
    ],
)
def test_key(given: Booking, key: str) -> None:
    """§2, §4.4: UID + original start; of a single booking the UID alone; without a UID calendar + start."""
    assert booking_key(given, CalendarId("own")) == key


def test_a_moved_occurrence_keeps_its_key() -> None:
    """Case 13: the occurrence key is that of the old slot."""
    moved = booking(uid="u", when=hour("15:00"), occurrence=at("10:00"))
    assert booking_key(moved, OWN.id) == booking_key(booking(uid="u", occurrence=at("10:00")), OWN.id)


def test_case_14_moved_onto_the_day_of_another() -> None:
    """Case 14: two occurrences of a series on one day, even at one time, are two bookings."""
    one = booking(uid="u", occurrence=at("10:00"))
    other = booking(uid="u", occurrence=at("10:00", 1), when=hour())
    assert [each.key for each in found((OWN, [one, other]))] == ["b/u/2026-11-23T10:00:00Z", "b/u/2026-11-24T10:00:00Z"]


# versions within one calendar -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        pytest.param({"sequence": 1, "updated": LATE}, {"sequence": 2, "updated": EARLY}, id="higher SEQUENCE"),
        pytest.param({"sequence": 1, "updated": EARLY}, {"sequence": 1, "updated": LATE}, id="later update"),
        pytest.param({"updated": None}, {"updated": EARLY}, id="any update"),
    ],
)
def test_the_newer_version_replaces_the_other_whole(older: dict[str, Any], newer: dict[str, Any]) -> None:
    """§2: the higher SEQUENCE, then the later update."""
    old = booking("m: x", hour("09:00"), sensitivity="confidential", response="declined", **older)
    new = booking("y", hour("12:00"), **newer)
    assert latest_versions([old, new]) == latest_versions([new, old]) == [new]


def test_case_21_a_keyword_added_acts_at_once() -> None:
    """Case 21: the subject alone changed; the newer version decides."""
    before, after = booking("Budget", updated=EARLY), booking("m: Budget", updated=LATE)
    assert [each.kind for each in derived(before).claims] == ["note"]
    assert [each.kind for each in derived(before, after).claims] == ["referred"]


def test_blocks_of_equal_times_in_one_calendar_are_one() -> None:
    """Two availability-only blocks of equal times are one, the strongest; of other times they are two."""
    blocks = [booking(uid=None, show_as=shown) for shown in ("tentative", "oof", "busy", "free")]
    (one,) = found((OWN, blocks))
    assert one.booking.show_as == "oof"
    long = booking(uid=None, when=hour("10:00", 90))
    assert [(each.key, each.span) for each in found((OWN, [*blocks, long]))] == [
        ("f/own/2026-11-23T10:00:00Z", hour("10:00", 90)),
        ("f/own/2026-11-23T10:00:00Z+2", hour()),
    ]


# copies in several calendars ------------------------------------------------------------------------------------------


def test_case_30_one_meeting_in_two_calendars_is_one_booking() -> None:
    """Case 30: merged by UID + start; accepted in one and declined in the other counts as accepted; one referral."""
    one = derived(
        calendars=[(OWN, [others("m: Budget", "declined")]), (OTHER, [others("m: Budget", "accepted")])], mode="refer"
    )
    assert [(each.kind, each.text) for each in one.claims] == [("referred", "Budget")]
    assert len(one.judged) == 1


def test_other_occurrences_and_other_meetings_stay_apart() -> None:
    """§2: the key decides; equal times of two UIDs do not merge."""
    series = booking(uid="u", occurrence=at("10:00"))
    assert len(found((OWN, [series]), (OTHER, [booking(uid="u"), booking(uid="v")]))) == 3


@pytest.mark.parametrize("given_order", ["m: x", "m; x", "* x"])
def test_a_copy_with_an_order_stands_before_one_without(given_order: str) -> None:
    """§2: a copy with an order, then the calendar first in her list: text, show-as, organizer come from it."""
    plain = booking("plain", show_as="oof", has_organizer=True)
    ordered = booking(given_order, show_as="free")
    one = merged(plain, ordered)
    assert one.calendar == OTHER
    assert (one.booking.subject, one.booking.show_as, one.booking.has_organizer) == (given_order, "free", False)
    assert merged(ordered, plain).calendar == OWN


def test_a_category_is_an_order_too() -> None:
    """§1.8, §2: a copy that is marked by category stands before one without an order."""
    assert merged(booking("plain"), booking("x", categories=("m",))).category is not None


def test_without_orders_the_first_calendar_in_her_list_stands() -> None:
    """§2: then the calendar first in her list."""
    one = merged(booking("first", show_as="oof"), booking("second", show_as="busy"))
    assert (one.calendar, one.subject, one.booking.show_as) == (OWN, "first", "oof")


def test_a_copy_from_a_calendar_whose_marks_do_not_count_has_no_order() -> None:
    """§2: it neither stands before nor refers."""
    one = merged(booking("m: shared"), booking("plain"), SHARED, OWN)
    assert (one.calendar, one.order, one.subject) == (SHARED, None, "m: shared")
    assert merged(booking("plain"), booking("m: own"), SHARED, OWN).calendar == OWN


def test_the_strictest_sensitivity() -> None:
    """§2: and of a private booking no text is left, while its order is obeyed."""
    kept = Order(kind="refer", reason=MEETING, keyword="m")
    one = merged(booking("m: Budget"), booking(sensitivity="confidential", private_order=kept))
    assert (one.booking.sensitivity, one.booking.subject, one.subject, one.text) == ("confidential", None, None, None)
    assert one.order == one.booking.private_order == kept
    assert merged(booking("x"), booking("x", sensitivity="personal")).subject == "x"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"sequence": 0, "updated": LATE}, {"sequence": 1, "updated": EARLY}, id="SEQUENCE"),
        pytest.param({"updated": EARLY}, {"updated": LATE}, id="update"),
    ],
)
def test_times_and_cancellation_come_from_the_newest(one: dict[str, Any], other: dict[str, Any]) -> None:
    """§2: times with all-day, and cancellation, from the highest SEQUENCE, then the latest update."""
    old, new = booking("m: x", cancelled=True, **one), booking("y", days(), **other)
    for copy in (merged(old, new), merged(new, old)):
        assert (copy.booking.when, copy.booking.all_day, copy.booking.cancelled) == (days(), True, False)
        assert copy.order is not None
        assert copy.span == Span(at("00:00"), at("00:00", 1))


def test_case_19_a_cancelled_word_in_the_newest_copy_cancels() -> None:
    """Case 19: whether by its status or by a word in its subject, the newest copy decides."""
    assert merged(booking("m: x"), booking("Canceled: x", sequence=1)).booking.cancelled
    assert not merged(booking("m: x", sequence=1), booking("Canceled: x")).booking.cancelled


def test_the_best_answer() -> None:
    """§2: organizer > accepted > none > tentative > unanswered > declined."""
    answers = ["organizer", "accepted", "none", "tentative", "unanswered", "declined"]
    for place, better in enumerate(answers):
        for worse in answers[place:]:
            one = merged(others("x", worse), others("x", better))
            assert one.booking.response == better


def test_an_availability_only_copy_merges_by_equal_times() -> None:
    """§2: no UID; whichever calendar comes first. Of several meetings it is the one first in her list."""
    block = booking(uid=None)
    for calendars in ([(OWN, [block]), (OTHER, [booking("m: x")])], [(OWN, [booking("m: x")]), (OTHER, [block])]):
        (one,) = found(*calendars)
        assert (one.key, one.text, one.booking.uid) == ("b/one", "x", "one")
    two = found((OWN, [booking("x", uid="b"), booking("y", uid="a")]), (OTHER, [block]))
    assert [each.key for each in two] == ["b/a", "b/b"]
    assert len(found((OWN, [block]), (OTHER, [block]))) == 1
    assert len(found((OWN, [block]), (OTHER, [booking("x", hour("10:00", 61))]))) == 2


def test_an_availability_only_copy_of_a_whole_day() -> None:
    """§2: equal times are those in the person's zone, where a server writes whole days as midnight to midnight."""
    zone = "Europe/Stockholm"
    block = booking(uid=None, when=Days(date(2026, 3, 29), date(2026, 3, 30)).in_zone(ZoneInfo(zone)))
    whole = booking("h: x", Days(date(2026, 3, 29), date(2026, 3, 30)))
    (one,) = found((OWN, [whole]), (OTHER, [block]), zone=zone)
    assert (one.booking.all_day, one.key) == (True, "b/one")


def test_a_block_does_not_merge_within_its_own_calendar() -> None:
    """§2: copies stand in two calendars; within one a block and a meeting of equal times are two."""
    assert len(found((OWN, [booking("x"), booking(uid=None)]))) == 2


# properties -----------------------------------------------------------------------------------------------------------


@st.composite
def some_bookings(draw: st.DrawFn) -> list[Booking]:
    """Few UIDs, times and versions, so that they meet."""
    made: list[Booking] = []
    for _ in range(draw(st.integers(0, 6))):
        private = draw(st.integers(0, 4)) == 0
        uid = draw(st.sampled_from(("a", "b", None)))
        made.append(
            booking(
                None
                if private
                else draw(st.sampled_from(("m: x", "h; y // z", "* z", "plain", "Canceled: m: q", None))),
                draw(st.sampled_from((hour("09:00"), hour("09:00", 30), hour("10:00", 0), days()))),
                uid=uid,
                occurrence=draw(st.sampled_from((None, at("09:00")))) if uid else None,
                sequence=draw(st.integers(0, 1)),
                updated=draw(st.sampled_from((None, EARLY, LATE))),
                show_as=draw(st.sampled_from(("busy", "oof", "free", "tentative"))),
                sensitivity=draw(st.sampled_from(("private", "confidential"))) if private else "normal",
                private_order=Order(kind="inform", reason=MEETING, keyword="m")
                if private and draw(st.booleans())
                else None,
                categories=() if private else draw(st.sampled_from(((), ("lunch",)))),
                cancelled=draw(st.integers(0, 4)) == 0,
                has_organizer=draw(st.booleans()),
                response=draw(st.sampled_from(("organizer", "accepted", "none", "unanswered", "declined"))),
            )
        )
    return made


@given(some_bookings(), st.data())
def test_versions_in_any_order_merge_alike_and_once(bookings: list[Booking], data: st.DataObject) -> None:
    """§2: the order of reading never matters, and merging what is merged changes nothing."""
    shuffled = data.draw(st.permutations(bookings))
    latest = latest_versions(bookings)
    assert sorted(map(repr, latest)) == sorted(map(repr, latest_versions(shuffled)))
    assert latest_versions(latest) == latest


@given(some_bookings(), some_bookings(), st.booleans(), st.data())
def test_bookings_in_any_order_give_the_same(
    one: list[Booking], other: list[Booking], owned: bool, data: st.DataObject
) -> None:
    """The order of bookings within a calendar never matters; all keys and all claims are told apart."""
    second = structs.replace(OTHER, owned=owned)
    first = derived(calendars=[(OWN, one), (second, other)], mode="busy")
    shuffled = [(OWN, data.draw(st.permutations(one))), (second, data.draw(st.permutations(other)))]
    assert derived(calendars=shuffled, mode="busy") == first
    assert len({each.key for each in first.judged}) == len(first.judged)
    assert len({each.key for each in first.claims}) == len(first.claims)


@given(some_bookings(), some_bookings())
def test_merging_is_idempotent(one: list[Booking], other: list[Booking]) -> None:
    """A merged booking, read again from the calendar that it stands in, is itself; but for one whose text comes from
    a copy with a cancelled word that a newer copy has overruled."""
    for each in found((OWN, one), (OTHER, other)):
        if not each.booking.cancelled and (each.booking.subject or "").startswith("Canceled"):
            continue
        (again,) = found((each.calendar, [each.booking]))
        if each.booking.uid is not None:
            assert again.key == each.key
        assert (again.booking, again.span) == (each.booking, each.span)
        if not each.booking.is_private:
            assert (again.order, again.category, again.text) == (each.order, each.category, each.text)
