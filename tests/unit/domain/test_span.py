"""Stretches of time, and where a day begins (`rules.md` §8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.errors import InvalidValue
from callendar.domain.span import Days, Span, start_of_day, to_instant

HOUR = timedelta(hours=1)
FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2037, 12, 30, tzinfo=UTC)


@cache
def _transitions(zone: ZoneInfo) -> list[datetime]:
    """Every change of a zone's offset from 1970 to 2037, found by halving half a week."""
    found: list[datetime] = []
    step = timedelta(hours=84)
    at = FIRST
    while at < LAST:
        low, high = at, at + step
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                if middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset():
                    low = middle
                else:
                    high = middle
            found.append(high)
        at += step
    return found


zones = st.sampled_from(sorted(available_timezones())).map(ZoneInfo)


def _check(day: date, zone: ZoneInfo) -> None:
    begin = start_of_day(day, zone)
    local = begin.astimezone(zone)
    before = (begin - timedelta(seconds=1)).astimezone(zone)
    assert local.date() >= day, "the day has begun"
    assert before.date() < day, "a second before it had not"
    if local.date() != day:
        assert begin == start_of_day(day + timedelta(days=1), zone), "a day that was skipped has no instant"


@given(zone=zones, data=st.data())
def test_a_day_begins_at_its_first_instant_around_every_change_of_clocks(zone: ZoneInfo, data: st.DataObject) -> None:
    """In any zone, on the days around any of its changes: it has begun, and a second before it had not."""
    changes = _transitions(zone)
    at = data.draw(st.sampled_from(changes)) if changes else FIRST
    for off in (-1, 0, 1):
        _check(at.astimezone(zone).date() + timedelta(days=off), zone)


@given(zone=zones, day=st.dates(date(1971, 1, 1), date(2037, 12, 1)))
def test_days_follow_one_another_without_gap_or_overlap(zone: ZoneInfo, day: date) -> None:
    """F40: each day ends where the next begins, so that a week of all-day bookings is one stretch."""
    week = [Days(day + timedelta(days=n), day + timedelta(days=n + 1)).in_zone(zone) for n in range(7)]
    assert all(one.end == other.start for one, other in pairwise(week))
    assert Days(day, day + timedelta(days=7)).in_zone(zone) == Span(week[0].start, week[-1].end)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Europe/Stockholm", date(2026, 11, 23), datetime(2026, 11, 22, 23, tzinfo=UTC)),
        ("America/Sao_Paulo", date(2017, 10, 15), datetime(2017, 10, 15, 3, tzinfo=UTC)),
        ("America/Havana", date(2025, 11, 2), datetime(2025, 11, 2, 4, tzinfo=UTC)),
        ("America/Toronto", date(1919, 3, 31), datetime(1919, 3, 31, 4, 30, tzinfo=UTC)),
        ("America/St_Johns", date(2010, 11, 7), datetime(2010, 11, 7, 2, 30, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
    ids=[
        "an ordinary midnight",
        "no midnight: the gap begins with it",
        "midnight comes twice: the first",
        "no midnight: the gap began the evening before",
        "midnight comes twice, a minute of the day before between",
        "a day that was skipped",
        "the day after it",
    ],
)
def test_where_midnight_is_odd(zone: str, day: date, begins: datetime) -> None:
    """§8: where midnight does not exist the first instant of the day, where it comes twice the first of the two."""
    assert start_of_day(day, ZoneInfo(zone)) == begins


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 23), 24)],
    ids=["spring", "autumn", "usual"],
)
def test_a_day_with_a_change_of_clocks_has_23_or_25_hours(day: date, hours: int) -> None:
    """§8, F40."""
    span = Days(day, day + timedelta(days=1)).in_zone(ZoneInfo("Europe/Stockholm"))
    assert span.end - span.start == hours * HOUR


def test_a_naive_datetime_is_refused() -> None:
    """§8: instants are aware."""
    with pytest.raises(InvalidValue, match="has no zone"):
        to_instant(datetime(2026, 11, 23))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-12:00"], ids=["before", "after"])
def test_an_instant_outside_the_calendar_is_refused(text: str) -> None:
    """In UTC it would lie before the year 1, or after 9999."""
    with pytest.raises(InvalidValue, match="too far off"):
        to_instant(datetime.fromisoformat(text))


def test_an_instant_is_utc_in_whole_seconds() -> None:
    """§8: aware UTC, seconds."""
    moment = datetime(2026, 11, 23, 10, 0, 0, 999_999, tzinfo=ZoneInfo("Europe/Stockholm"))
    assert to_instant(moment).isoformat() == "2026-11-23T09:00:00+00:00"
