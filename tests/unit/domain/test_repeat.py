"""Repeats of planned referrals (`rules.md` §4.2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.errors import InvalidValue
from callendar.domain.repeat import check_repeat, expand_repeat
from callendar.domain.span import Span
from tests.claims import MONDAY, at

STOCKHOLM = ZoneInfo("Europe/Stockholm")
UTC_ZONE = ZoneInfo("UTC")


def _wall(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=STOCKHOLM).astimezone(UTC)


def _expand(repeat: str, first: Span, days: int = 400, zone: ZoneInfo = STOCKHOLM) -> list[tuple[datetime, datetime]]:
    return list(expand_repeat(repeat, first, zone, Span(first.start, first.start + timedelta(days=days))))


def test_nine_stays_nine_across_the_change_of_clocks() -> None:
    """F1: repeated in the person's wall time; UTC shifts by an hour, autumn and spring."""
    first = Span(_wall(2026, 10, 19, 9, 0), _wall(2026, 10, 19, 10, 0))
    starts = [start for start, _ in _expand("FREQ=WEEKLY;BYDAY=MO;COUNT=24", first)]
    assert {start.astimezone(STOCKHOLM).strftime("%a %H:%M") for start in starts} == {"Mon 09:00"}
    assert {start.hour for start in starts} == {7, 8}


def test_a_start_that_does_not_exist_moves_forward() -> None:
    """F2: 02:15 to 02:45 in the night of spring begins at 03:15 and lasts as long."""
    first = Span(_wall(2026, 3, 28, 2, 15), _wall(2026, 3, 28, 2, 45))
    _, (start, end), _ = _expand("FREQ=DAILY;COUNT=3", first)
    assert start.astimezone(STOCKHOLM).strftime("%d %H:%M") == "29 03:15"
    assert end - start == timedelta(minutes=30)


def test_a_start_that_comes_twice_is_the_first_and_hours_are_by_the_clock() -> None:
    """F3: 02:30 in the night of autumn is the first; 01:30 to 03:30 lasts its two hours."""
    first = Span(_wall(2026, 10, 24, 2, 30), _wall(2026, 10, 24, 4, 30))
    _, (start, end) = _expand("FREQ=DAILY;COUNT=2", first)
    assert start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert end - start == timedelta(hours=2)


def test_days_are_by_the_calendar() -> None:
    """Friday 12:00 to Monday 08:00 ends at 08:00 across a change of clocks too."""
    first = Span(_wall(2026, 10, 16, 12, 0), _wall(2026, 10, 19, 8, 0))
    ends = [end.astimezone(STOCKHOLM) for _, end in _expand("FREQ=WEEKLY;BYDAY=FR;COUNT=3", first)]
    assert [end.strftime("%a %d %H:%M") for end in ends] == ["Mon 19 08:00", "Mon 26 08:00", "Mon 02 08:00"]


@pytest.mark.parametrize(
    ("repeat", "days"),
    [
        ("FREQ=WEEKLY", [0, 7, 14, 21]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2", [0, 14]),
        ("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", [0, 2, 7]),
        ("freq=daily;until=20261126", [0, 1, 2, 3]),
        ("FREQ=DAILY;UNTIL=20261125T080000Z", [0, 1, 2]),
        ("FREQ=DAILY;UNTIL=20261125T075959Z", [0, 1]),
        ("FREQ=DAILY;UNTIL=20261125T090000", [0, 1, 2]),
        ("FREQ=MONTHLY;BYDAY=-1MO;BYMONTH=11,12", [7]),
        ("FREQ=MONTHLY;BYMONTHDAY=23,24", [0, 1]),
    ],
)
def test_rules(repeat: str, days: list[int]) -> None:
    """RFC 5545: the day of the first is 0; UNTIL is included, as a date all of its day."""
    first = Span(_wall(2026, 11, 23, 9, 0), _wall(2026, 11, 23, 10, 0))
    found = [(start - first.start).days for start, _ in _expand(repeat, first, days=27)]
    assert found == days


def test_only_what_touches_the_window() -> None:
    """Overlap decides, not the start: one that began before the window and goes on is there (F12)."""
    first = Span(at("20:00", -30), at("08:00", -29))
    window = Span(at("00:00"), at("00:00", 2))
    found = list(expand_repeat("FREQ=DAILY", first, UTC_ZONE, window))
    assert [start for start, _ in found] == [at("20:00", -1), at("20:00"), at("20:00", 1)]


def test_a_first_one_in_the_second_of_two_hours_keeps_its_instant() -> None:
    """02:30 for the second time in the night of autumn: the instant given stands, those after are by the wall."""
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    (start, end), (following, _) = _expand("FREQ=DAILY;COUNT=2", Span(second, second + timedelta(hours=1)))
    assert (start, end) == (second, second + timedelta(hours=1))
    assert following.astimezone(STOCKHOLM).strftime("%H:%M") == "02:30"


@pytest.mark.parametrize(
    ("repeat", "said"),
    [
        ("", "an empty part"),
        ("FREQ=SECONDLY", "FREQ=SECONDLY cannot be followed"),
        ("FREQ=HOURLY", "FREQ=HOURLY cannot be followed"),
        ("BYDAY=MO", "has no FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0 cannot be followed"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1 cannot be followed"),
        ("FREQ=DAILY;COUNT=99999999", "COUNT=99999999 cannot be followed"),
        ("FREQ=DAILY;FREQ=DAILY", "names FREQ twice"),
        ("FREQ=DAILY;BYHOUR=1,2,3", "cannot have BYHOUR"),
        ("FREQ=DAILY\nEXDATE=20261123", "FREQ=DAILY\nEXDATE=20261123 cannot be followed"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX cannot be followed"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH=13 cannot be followed"),
        ("FREQ=MONTHLY;BYMONTHDAY=--1", "BYMONTHDAY=--1 cannot be followed"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL=TOMORROW cannot be followed"),
        ("FREQ=DAILY;UNTIL=20261399", "UNTIL=20261399 names no day"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20261224", "not both"),
        ("FREQ=WEEKLY;BYDAY=TU", "does not give the referral's own start, Mon 2026-11-23 01:00"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "does not give the referral's own start"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-1", "does not give the referral's own start"),
        ("FREQ=DAILY;BYSETPOS=3", "does not give the referral's own start"),
        ("FREQ=DAILY;UNTIL=20201224", "does not give the referral's own start"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_the_mend(repeat: str, said: str) -> None:
    """An InvalidValue before it is kept; hostile rules (F38) are refused without being followed."""
    with pytest.raises(InvalidValue) as refused:
        check_repeat(repeat, MONDAY, at("10:00"), STOCKHOLM)
    assert said in str(refused.value)


def test_a_repeat_without_an_end_is_refused() -> None:
    """A referral that repeats needs an end."""
    with pytest.raises(InvalidValue, match="needs an end"):
        check_repeat("FREQ=DAILY", MONDAY, None, STOCKHOLM)


@pytest.mark.parametrize("repeat", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH;WKST=SU", "FREQ=MONTHLY;BYDAY=4MO"])
def test_a_good_repeat_is_let_through(repeat: str) -> None:
    """One that gives its own start."""
    check_repeat(repeat, MONDAY, at("10:00"), UTC_ZONE)


parts = st.lists(
    st.sampled_from(
        (
            "FREQ=DAILY",
            "FREQ=WEEKLY",
            "FREQ=MONTHLY",
            "FREQ=YEARLY",
            "INTERVAL=7",
            "INTERVAL=2",
            "BYDAY=MO",
            "BYDAY=-1MO,4MO",
            "BYDAY=TU,5MO",
            "BYMONTH=11",
            "BYMONTH=2,11",
            "BYMONTHDAY=23,-1",
            "BYMONTHDAY=31",
            "BYSETPOS=1",
            "BYSETPOS=-366",
            "COUNT=3",
            "UNTIL=20270101",
            "WKST=SU",
            "X=1",
            "",
        )
    ),
    min_size=1,
    max_size=5,
).map(";".join)


@given(repeat=parts, hours=st.integers(1, 200))
def test_any_repeat_is_refused_or_followed_in_order(repeat: str, hours: int) -> None:
    """Never a crash or an endless search; what is let through starts with its own start, at its own wall time."""
    end = MONDAY + timedelta(hours=hours)
    try:
        check_repeat(repeat, MONDAY, end, STOCKHOLM)
    except InvalidValue:
        return
    found = _expand(repeat, Span(MONDAY, end))
    assert found[0] == (MONDAY, end)
    assert [start for start, _ in found] == sorted({start for start, _ in found})
    assert {start.astimezone(STOCKHOLM).strftime("%H:%M") for start, _ in found} == {"01:00"}
    assert all(start < end for start, end in found)
    assert len(found) <= 401
