"""Which claim shows (`rules.md` §5), and how pieces are joined (§6)."""

from __future__ import annotations

from itertools import permutations

import pytest

from callendar.domain.claim import AUTOREPLY, MARKED, UNMARKED, Claim
from callendar.domain.winning import rank_of
from tests.claims import at, claim, resolved

PAIRS = {
    "for now by hand, though it only informs, stands before a referral": (
        claim("b", "10:00", "11:00", "informed", on_top=1, origin="app"),
        claim("a", "10:00", "11:00", weight=90),
    ),
    "of two for now the one on top, whatever follows": (
        claim("b", "10:00", "11:00", "informed", on_top=2, origin="app", weight=10),
        claim("a", "10:00", None, on_top=1, origin="app", weight=90),
    ),
    "referred before informed": (
        claim("b", "10:00", "11:00", whence=AUTOREPLY),
        claim("a", "10:00", "11:00", "informed", whence=MARKED, weight=90),
    ),
    "informed before busy": (claim("b", "10:00", "11:00", "informed"), claim("a", "10:00", "12:00", "busy")),
    "busy before note": (claim("b", "10:00", "11:00", "busy"), claim("a", "10:00", "12:00", "note")),
    "marked before unmarked": (
        claim("b", "10:00", "11:00", whence=MARKED, weight=10),
        claim("a", "10:00", "11:00", whence=UNMARKED, weight=90),
    ),
    "unmarked before automatic reply": (
        claim("b", "10:00", "11:00", whence=UNMARKED, weight=10),
        claim("a", "10:00", "11:00", whence=AUTOREPLY, weight=90, origin="autoreply"),
    ),
    "planned by hand ranks as marked: the heavier reason decides": (
        claim("b", "10:00", "11:00", weight=80),
        claim("a", "10:00", "12:00", weight=30, origin="app", planned=True),
    ),
    "the later end": (claim("b", "10:00", "12:00"), claim("a", "09:00", "11:00")),
    "open ends latest": (claim("b", "10:00", None), claim("a", "09:00", "11:00")),
    "the earlier start": (claim("b", "09:00", "11:00"), claim("a", "10:00", "11:00")),
    "the smaller key": (claim("a", "10:00", "11:00"), claim("b", "10:00", "11:00")),
}


@pytest.mark.parametrize(("first", "second"), PAIRS.values(), ids=PAIRS.keys())
def test_rank(first: Claim, second: Claim) -> None:
    """§5, one criterion after the other: the first of each pair shows, though the next criteria say otherwise."""
    assert rank_of(first) < rank_of(second)
    (segment,) = [each for each in resolved(first, second) if each.start <= at("10:30") < (each.end or at("23:00"))]
    assert segment.claims[0] in {first.key, second.key}
    assert first.key in segment.claims


def test_informing_speaks_for_its_own_booking_only() -> None:
    """§5: another booking that refers still does."""
    timetable = resolved(claim("a", "10:00", "12:00", "informed", weight=90), claim("b", "10:30", "11:00"))
    assert [(each.kind, each.start, each.end) for each in timetable] == [
        ("informed", at("10:00"), at("10:30")),
        ("referred", at("10:30"), at("11:00")),
        ("informed", at("11:00"), at("12:00")),
    ]


def test_the_winners_words_apply_never_a_losers() -> None:
    """§5: text, divert_to and reason are the winner's, absent ones too."""
    (segment,) = resolved(
        claim("a", "10:00", "11:00", weight=80, reason="holiday"),
        claim("b", "10:00", "11:00", weight=30, text="Budget", divert_to="123"),
    )
    assert (segment.reason, segment.text, segment.divert_to) == ("holiday", None, None)


def test_when_a_claim_ends_the_next_true_one_shows() -> None:
    """§5: nothing is saved and restored; the losing booking that ended meanwhile does not come back."""
    timetable = resolved(
        claim("top", "10:00", "12:00", reason="lunch", on_top=1, origin="app"),
        claim("gone", "10:00", "11:00", text="Gone"),
        claim("long", "10:00", "13:00", text="Long"),
    )
    assert [(each.claims, each.end) for each in timetable] == [(("top",), at("12:00")), (("long",), at("13:00"))]


DIFFERENT = {
    "kind": {"kind": "informed"},
    "reason": {"reason": "course"},
    "divert_to": {"divert_to": "123"},
    "text": {"text": "Other"},
    "origin": {"origin": "app"},
    "planned": {"planned": True},
    "set_by": {"set_by": "Eva"},
}


def test_neighbours_that_agree_are_one_segment() -> None:
    """§6, F10: back to back and alike, one continuous state, no "available" flash."""
    (segment,) = resolved(claim("a", "10:00", "11:00", text="B"), claim("b", "11:00", "12:00", text="B"))
    assert (segment.start, segment.end, segment.claims) == (at("10:00"), at("12:00"), ("a", "b"))
    assert segment.back_at == at("12:00")


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_neighbours_that_differ_are_two(other: dict[str, str]) -> None:
    """§6: one segment only when kind, reason, divert_to, text, origin, planned and set_by agree."""
    assert len(resolved(claim("a", "10:00", "11:00"), claim("b", "11:00", "12:00", **other))) == 2  # type: ignore[arg-type]


def test_all_day_only_if_every_part_is() -> None:
    """§6: `all_day` is true only if every part is."""
    (mixed,) = resolved(claim("a", "10:00", "11:00", all_day=True), claim("b", "11:00", "12:00"))
    (whole,) = resolved(claim("a", "10:00", "11:00", all_day=True), claim("b", "11:00", "12:00", all_day=True))
    assert (mixed.all_day, whole.all_day) == (False, True)


def test_a_gap_of_one_minute_is_available_for_that_minute() -> None:
    """§6: no absence is claimed that is not there, though back_at goes on past the gap."""
    first, second = resolved(claim("a", "10:00", "11:00"), claim("b", "11:01", "12:00"))
    assert (first.end, second.start) == (at("11:00"), at("11:01"))
    assert first.back_at == at("12:00")


def test_order_of_input_is_nothing() -> None:
    """Ties down to the key: any order gives the same."""
    claims = [claim(key, "10:00", "11:00", text=key) for key in "abc"]
    assert {resolved(*order) for order in permutations(claims)} == {resolved(*claims)}
    assert resolved(*claims)[0].text == "a"


def test_past_known_until_a_claim_by_hand_stays_whatever_a_calendar_says() -> None:
    """§6: past `known_until` claims from calendars are unknown, so a heavier booking no longer hides a referral."""
    timetable = resolved(
        claim("book", "10:00", "14:00", weight=90, reason="sick"),
        claim("hand", "10:00", "13:00", weight=30, origin="app", planned=True),
        known_until=at("12:00"),
    )
    assert [(each.claims, each.start, each.end) for each in timetable] == [
        (("book",), at("10:00"), at("12:00")),
        (("hand",), at("12:00"), at("13:00")),
        (("book",), at("13:00"), at("14:00")),
    ]


def test_a_segment_keeps_its_real_start_and_end() -> None:
    """§6: known_until cuts nothing, nor does the start of the timetable."""
    (segment,) = resolved(claim("book", "10:00", "14:00"), known_until=at("12:00"))
    assert (segment.start, segment.end) == (at("10:00"), at("14:00"))
