"""When she is back (`rules.md` §7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from callendar.domain.hours import Hours
from callendar.domain.rules import OpenHours, PublicHolidays
from tests.claims import OFFICE, RIGA_LIKE, at, claim, resolved

OFFICE_HOURS = Hours(OFFICE, PublicHolidays(add=(date(2026, 11, 25),)), RIGA_LIKE)
"""06:00 to 15:00 UTC, Monday to Friday but Wednesday."""


def test_for_referred_segments_only() -> None:
    """Busy, informed and notes have `until`."""
    timetable = resolved(
        claim("a", "10:00", "11:00", "busy"), claim("b", "11:00", "12:00", "informed"), claim("c", "12:00", "13:00")
    )
    assert [each.back_at for each in timetable] == [None, None, at("13:00")]


@pytest.mark.parametrize(
    ("gap", "back"), [(0, "12:00"), (5, "12:05"), (6, "11:00")], ids=["touching", "the grace", "more than the grace"]
)
def test_referred_segments_that_touch_or_start_within_the_grace_are_followed(gap: int, back: str) -> None:
    """F10: a gap within the grace moves the announced return only; it stays available."""
    start = at("11:00") + timedelta(minutes=gap)
    first, _ = resolved(claim("a", "10:00", "11:00", text="A"), claim("b", start, start + timedelta(hours=1), text="B"))
    assert (first.end, first.back_at) == (at("11:00"), at(back))


def test_the_grace_is_a_setting() -> None:
    """`grace_minutes`, also none."""
    claims = claim("a", "10:00", "11:00"), claim("b", "11:05", "12:00")
    assert resolved(*claims, grace_minutes=0)[0].back_at == at("11:00")
    assert resolved(*claims, grace_minutes=5)[0].back_at == at("12:00")


def test_what_lies_between_is_no_matter() -> None:
    """Only referred ones are followed, over a busy minute too."""
    first, *_ = resolved(
        claim("a", "10:00", "11:00"), claim("busy", "11:00", "11:04", "busy"), claim("b", "11:04", "12:00")
    )
    assert first.back_at == at("12:00")


@pytest.mark.parametrize(
    ("end", "back"),
    [
        (at("14:55"), at("14:55")),
        (at("14:56"), at("06:00", 1)),
        (at("15:00"), at("06:00", 1)),
        (at("18:00"), at("06:00", 1)),
        (at("05:00", 1), at("06:00", 1)),
        (at("06:00", 1), at("06:00", 1)),
        (at("15:00", 1), at("06:00", 3)),
        (at("10:00", 2), at("06:00", 3)),
        (at("14:58", 4), at("06:00", 7)),
    ],
    ids=[
        "the grace before closing",
        "less than the grace before closing",
        "at closing",
        "in the evening",
        "before opening",
        "at opening",
        "before a public holiday",
        "on a public holiday, in what would be hours",
        "before a weekend",
    ],
)
def test_outside_opening_hours_the_next_opening(end: object, back: object) -> None:
    """Outside hours, on a public holiday or less than the grace before closing: go to the next opening."""
    (segment,) = resolved(claim("a", "10:00", end), hours=OFFICE_HOURS)  # type: ignore[arg-type]
    assert segment.back_at == back


def test_a_referral_that_holds_at_the_opening_goes_on() -> None:
    """ "meeting, then holiday, back Monday 8:00": until stable; `then` names the reason at the end."""
    meeting, holiday = resolved(
        claim("m", "13:00", "15:00"),
        claim("h", at("22:00", 0), at("22:00", 4), reason="holiday", weight=80, all_day=True),
        hours=OFFICE_HOURS,
    )
    assert (meeting.back_at, meeting.then) == (at("06:00", 7), "holiday")
    assert (holiday.back_at, holiday.then) == (at("06:00", 7), None)


def test_one_that_starts_after_the_opening_does_not() -> None:
    """She is back when the office opens, though a meeting follows."""
    first, _ = resolved(claim("a", "13:00", "16:00"), claim("b", at("06:10", 1), at("07:00", 1)), hours=OFFICE_HOURS)
    assert first.back_at == at("06:00", 1)


def test_an_endless_chain_is_null_but_has_a_then() -> None:
    """Endless: neither back_at nor not_before; the reason at the chain's end is told."""
    meeting, _ = resolved(claim("m", "10:00", "11:00"), claim("s", "11:00", None, reason="sick"))
    assert (meeting.back_at, meeting.not_before, meeting.then) == (None, None, "sick")


@pytest.mark.parametrize(
    ("known_until", "back", "not_before"),
    [(None, at("11:00"), None), (at("11:01"), at("11:00"), None), (at("11:00"), None, at("11:00"))],
    ids=["no calendars", "known", "not known"],
)
def test_past_known_until_null_with_not_before(known_until: object, back: object, not_before: object) -> None:
    """§7: past `known_until` null with `not_before`."""
    (segment,) = resolved(claim("a", "10:00", "11:00"), known_until=known_until)  # type: ignore[arg-type]
    assert (segment.back_at, segment.not_before) == (back, not_before)


@pytest.mark.parametrize("kind", ["referred", "busy"])
def test_an_end_of_all_days_is_none(kind: str) -> None:
    """A booking "for ever", as calendars write it, is endless; nothing is searched for past the calendar's last day."""
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    (segment,) = resolved(claim("a", "10:00", end, kind), hours=OFFICE_HOURS)  # type: ignore[arg-type]
    assert (segment.end, segment.back_at, segment.not_before, segment.next_free) == (end, None, None, None)


def test_computed_from_all_known_claims() -> None:
    """A chain of five weeks is followed to its end, whatever a list shows."""
    days = [claim(f"d{n}", at("00:00", n), at("00:00", n + 1), text=f"day {n}") for n in range(30)]
    timetable = resolved(*days, known_until=at("00:00", 35))
    assert {each.back_at for each in timetable} == {at("00:00", 30)}


def test_at_most_400_days() -> None:
    """A chain that is not stable within 400 days tells nothing."""
    days = [claim(f"d{n}", at("00:00", n), at("00:00", n + 1), text=f"day {n}") for n in range(500)]
    timetable = resolved(*days)
    assert (timetable[0].back_at, timetable[0].not_before) == (None, None)
    assert timetable[200].back_at == at("00:00", 500)


def test_where_nobody_ever_opens_it_is_null() -> None:
    """Hours that fall on public holidays only, each week of the year: no opening within 400 days."""
    mondays = tuple(date(2026, 11, 23) + timedelta(weeks=n) for n in range(70))
    never = Hours((OpenHours(days=("mon",), opens="08:00", closes="17:00"),), PublicHolidays(add=mondays), RIGA_LIKE)
    (segment,) = resolved(claim("a", "10:00", "11:00"), hours=never)
    assert (segment.back_at, segment.not_before, segment.next_free) == (None, None, None)


def test_where_always_open_a_public_holiday_is_closed_to_its_end() -> None:
    """A public holiday counts as closed; where always open she is back at the midnight after it."""
    hours = Hours((), PublicHolidays(add=(date(2026, 11, 25), date(2026, 11, 26))), RIGA_LIKE)
    (on_holiday,) = resolved(claim("a", at("10:00", 2), at("11:00", 2)), hours=hours)
    (before,) = resolved(claim("a", at("10:00", 1), at("11:00", 1)), hours=hours)
    assert on_holiday.back_at == at("22:00", 3)
    assert before.back_at == at("11:00", 1)
