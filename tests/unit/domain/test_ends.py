"""When orders by hand end and begin (`rules.md` §4.3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from callendar.domain.ends import end_of_day, resolve_end, resolve_start
from callendar.domain.errors import InvalidValue, Refused
from callendar.domain.hours import Hours
from callendar.domain.reason import Ends, Reason, ReasonCode
from callendar.domain.rules import OpenHours, PublicHolidays
from tests.claims import ALWAYS, OFFICE

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OFFICE_HOURS = Hours(OFFICE, PublicHolidays(add=(date(2026, 11, 25),)), STOCKHOLM)
"""Closed on Wednesday the 25th."""
SHOP_HOURS = Hours((*OFFICE, OpenHours(days=("sat",), opens="10:00", closes="14:00")), PublicHolidays(), STOCKHOLM)
NOON = datetime(2026, 11, 24, 11, tzinfo=UTC)
"""Tuesday noon in Stockholm."""


def wall(text: str) -> datetime:
    """A wall time in Stockholm in November 2026, as `24 13:00`."""
    day, clock = text.split()
    hour, minute = clock.split(":")
    return datetime(2026, 11, int(day), int(hour), int(minute), tzinfo=STOCKHOLM).astimezone(UTC)


def _reason(kind: str = "none", when: str = "time", minutes: int = 60) -> Reason:
    return Reason(
        code=ReasonCode("x"),
        labels={"en": "X"},
        when=when,  # type: ignore[arg-type]
        ends=Ends(kind=kind, minutes=minutes),  # type: ignore[arg-type]
    )


def _end(
    until: str | None | UnsetType,
    reason: Reason | None = None,
    *,
    now: datetime = NOON,
    hours: Hours = OFFICE_HOURS,
    booking: datetime | None = None,
) -> datetime | None:
    reason = reason or _reason()
    return resolve_end(until, reason, now=now, zone=STOCKHOLM, hours=hours, running_booking_end=booking)


@pytest.mark.parametrize(
    ("kind", "now", "end"),
    [
        ("minutes", NOON, wall("24 13:00")),
        ("closing", NOON, wall("24 17:00")),
        ("closing", wall("24 18:00"), wall("26 17:00")),
        ("opening", wall("23 12:00"), wall("24 08:00")),
        ("opening", NOON, wall("26 08:00")),
        ("working_opening", wall("27 12:00"), wall("30 08:00")),
        ("none", NOON, None),
    ],
    ids=["60 min", "closing", "the next closing", "opening", "opening past a holiday", "of a working day", "none"],
)
def test_no_end_given_is_the_reasons_own(kind: str, now: datetime, end: datetime | None) -> None:
    """No end given = the reason's own, from now."""
    assert _end(UNSET, _reason(kind), now=now) == end


def test_the_running_bookings_end_else_its_minutes() -> None:
    """A meeting set by hand ends with the booking under way, else after 60 minutes."""
    assert _end(UNSET, _reason("running_booking"), booking=wall("24 12:30")) == wall("24 12:30")
    assert _end(UNSET, _reason("running_booking")) == wall("24 13:00")
    assert _end(UNSET, _reason("running_booking"), booking=NOON) == wall("24 13:00")


def test_a_saturday_opening_is_none_of_a_working_day() -> None:
    """`gone` ends on Saturday where the shop opens, `trip` on Monday."""
    friday = wall("27 18:00")
    assert _end(UNSET, _reason("opening"), now=friday, hours=SHOP_HOURS) == wall("28 10:00")
    assert _end(UNSET, _reason("working_opening"), now=friday, hours=SHOP_HOURS) == wall("30 08:00")


@pytest.mark.parametrize("kind", ["opening", "working_opening", "closing"])
def test_none_within_14_days_is_the_next_local_midnight(kind: str) -> None:
    """Where always open, and where the next comes later than in 14 days."""
    assert _end(UNSET, _reason(kind), hours=ALWAYS) == wall("25 00:00")
    away = tuple(date(2026, 11, 24) + timedelta(days=n) for n in range(20))
    closed = Hours(OFFICE, PublicHolidays(add=away), STOCKHOLM)
    assert _end(UNSET, _reason(kind), hours=closed) == wall("25 00:00")


def test_an_explicit_null_is_no_end() -> None:
    """Whatever the reason would do by itself."""
    assert _end(None, _reason("minutes")) is None


@pytest.mark.parametrize(
    ("now", "typed", "end"),
    [
        (NOON, "13:00", wall("24 13:00")),
        (NOON, "9:05", wall("25 09:05")),
        (NOON, "11:54", wall("25 11:54")),
        (NOON, "02:00", wall("25 02:00")),
        (NOON, "24:00", wall("25 00:00")),
        (wall("25 01:00"), "03:30", wall("25 03:30")),
        (wall("25 01:00"), "23:00", wall("25 23:00")),
        (wall("25 03:59"), "04:00", wall("25 04:00")),
        (wall("25 04:01"), "03:00", wall("26 03:00")),
    ],
    ids=[
        "today",
        "passed by more than 5 minutes: the next day's",
        "passed by 6 minutes",
        "of the night to come",
        "midnight",
        "at night, of the same night",
        "at night, passed in the current day: the next day's",
        "when the day begins",
        "after the day began",
    ],
)
def test_a_time_is_of_the_persons_current_day(now: datetime, typed: str, end: datetime) -> None:
    """A time means that time in the person's current day, 04:00 to 04:00; passed by more than 5 minutes the next's."""
    assert _end(typed, now=now) == end
    assert _end(typed.replace(":", "").zfill(4), _reason(when="time"), now=now) == end


@pytest.mark.parametrize("typed", ["12:00", "11:56", "11:55", "1155"])
def test_a_time_just_passed_is_refused_in_words(typed: str) -> None:
    """Passed by up to 5 minutes: refused, as the next day's is hardly meant."""
    with pytest.raises(Refused, match=f"{typed} has just passed"):
        _end(typed)


def test_the_day_begins_with_four_itself() -> None:
    """At 04:03, 04:00 is of the day that has begun, and just passed."""
    with pytest.raises(Refused, match="just passed"):
        _end("04:00", now=wall("24 04:03"))


@pytest.mark.parametrize(
    "until", ["2026-11-24T11:00:00Z", "2026-11-24T10:59:59Z", "2026-11-24T12:00", "2026-11-24", "2026-11-01"]
)
def test_an_end_not_after_now_is_refused(until: str) -> None:
    """Refused in words, in the person's time."""
    with pytest.raises(Refused, match="is not after 2026-11-24 12:00; give a later one"):
        _end(until)


@pytest.mark.parametrize(
    ("until", "end"),
    [
        ("2026-11-24T14:00:00Z", wall("24 15:00")),
        ("2026-11-24T16:00:00.9+02:00", wall("24 15:00")),
        ("2026-11-24T15:00", wall("24 15:00")),
    ],
    ids=["UTC", "with an offset, cut to seconds", "the person's wall time"],
)
def test_an_instant(until: str, end: datetime) -> None:
    """RFC 3339; without an offset it is in the person's zone (§8)."""
    assert _end(until) == end


@pytest.mark.parametrize(
    ("until", "hours", "end"),
    [
        ("2026-11-26", OFFICE_HOURS, wall("26 08:00")),
        ("2026-11-25", OFFICE_HOURS, wall("26 08:00")),
        ("2026-11-28", OFFICE_HOURS, wall("30 08:00")),
        ("2026-11-26", ALWAYS, wall("26 00:00")),
    ],
    ids=["opening", "past a public holiday", "past a weekend", "always open: local midnight"],
)
def test_a_date_means_the_first_opening_at_or_after_it(until: str, hours: Hours, end: datetime) -> None:
    """Its local midnight where always open."""
    assert _end(until, hours=hours) == end


def test_a_date_before_todays_opening_is_today() -> None:
    """At six in the morning, today means this morning's opening."""
    assert _end("2026-11-24", now=wall("24 06:00")) == wall("24 08:00")


@pytest.mark.parametrize(
    ("typed", "end"),
    [
        ("1126", datetime(2026, 11, 26, 7, tzinfo=UTC)),
        ("1120", datetime(2027, 11, 22, 7, tzinfo=UTC)),
        ("0229", datetime(2028, 2, 29, 7, tzinfo=UTC)),
    ],
    ids=["this year", "past: next year", "a day that only leap years have"],
)
def test_mmdd_in_the_past_is_next_year(typed: str, end: datetime) -> None:
    """Four digits of a reason of days."""
    assert _end(typed, _reason(when="day")) == end


def test_a_time_with_a_colon_is_a_time_for_a_reason_of_days_too() -> None:
    """`when` only says what four digits mean."""
    assert _end("13:00", _reason(when="day")) == wall("24 13:00")


@pytest.mark.parametrize(
    ("until", "when"),
    [
        ("25:00", "time"),
        ("1260", "time"),
        ("24:01", "time"),
        ("1301", "day"),
        ("0230", "day"),
        ("2026-02-30", "day"),
        ("9999-12-31", "day"),
        ("9999-12-31T23:59:59-12:00", "time"),
        ("tomorrow", "time"),
        ("", "time"),
        ("\u0661\u0663:\u0660\u0660", "time"),
    ],
)
def test_what_cannot_be_read_is_refused(until: str, when: str) -> None:
    """An InvalidValue, never a crash."""
    with pytest.raises(InvalidValue):
        _end(until, _reason(when=when))


def test_a_time_across_the_change_of_clocks() -> None:
    """§8: wall time; a time that does not exist moves forward, one that comes twice is the first."""
    before_spring = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert _end("02:30", now=before_spring) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    before_autumn = datetime(2026, 10, 24, 21, tzinfo=UTC)
    assert _end("02:30", now=before_autumn) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "instant"),
    [
        ("2026-12-01T08:00:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("2026-12-01", datetime(2026, 11, 30, 23, tzinfo=UTC)),
        ("13:00", wall("24 13:00")),
        ("11:58", wall("24 11:58")),
        ("11:00", wall("25 11:00")),
    ],
    ids=["instant", "date: its midnight", "today", "a moment ago", "passed: the next day's"],
)
def test_where_a_planned_one_starts(start: str, instant: datetime) -> None:
    """Wall times typed for a person are in her zone (§8)."""
    assert resolve_start(start, now=NOON, zone=STOCKHOLM) == instant


@pytest.mark.parametrize("start", ["soon", "1200", "2026-13-01", "26:00"])
def test_a_start_that_cannot_be_read_is_refused(start: str) -> None:
    """An InvalidValue that says how to write it."""
    with pytest.raises(InvalidValue):
        resolve_start(start, now=NOON, zone=STOCKHOLM)


@given(
    zone=st.sampled_from(sorted(available_timezones())).map(ZoneInfo),
    at=st.datetimes(datetime(1980, 1, 1), datetime(2037, 1, 1)).map(lambda each: each.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_a_persons_day_ends_at_four_and_soon(zone: ZoneInfo, at: datetime) -> None:
    """The day ends after the instant, within 27 hours wherever clocks change, and at 04:00 where that exists.

    Half a day may be skipped or come twice (Pacific/Apia, Kwajalein).
    """
    end = end_of_day(at, zone)
    assert at < end <= at + timedelta(hours=49)
    assert end.astimezone(zone).hour in {4, 5}
    assert end_of_day(end, zone) > end
