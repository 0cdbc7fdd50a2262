"""Opening hours and public holidays (`rules.md` §8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.errors import InvalidValue
from callendar.domain.hours import WEEKDAYS, Hours, company_hours, hours_of
from callendar.domain.person import Person, PersonId
from callendar.domain.rules import Company, CompanyId, OpenHours, PublicHolidays, Rules, Weekday
from tests.claims import ALWAYS, OFFICE, RIGA_LIKE, at

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OFFICE_HOURS = Hours(OFFICE, PublicHolidays(add=(date(2026, 11, 25),)), RIGA_LIKE)
"""06:00 to 15:00 UTC, Monday to Friday but Wednesday."""


def _hours(*each: tuple[str, str, str], zone: ZoneInfo = RIGA_LIKE, add: tuple[date, ...] = ()) -> Hours:
    weekly = tuple(
        OpenHours(days=tuple(day for day in WEEKDAYS if day in days), opens=opens, closes=closes)
        for days, opens, closes in each
    )
    return Hours(weekly, PublicHolidays(add=add), zone)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        (at("05:59"), False),
        (at("06:00"), True),
        (at("14:59"), True),
        (at("15:00"), False),
        (at("10:00", 2), False),
        (at("10:00", 5), False),
    ],
    ids=["before", "opening", "last minute", "closing", "public holiday", "Saturday"],
)
def test_open_is_half_open_wall_time(instant: datetime, is_open: bool) -> None:
    """Weekly wall times in the zone; closed all of a public holiday."""
    assert OFFICE_HOURS.is_open(instant) is is_open
    assert (OFFICE_HOURS.opens_at(instant) is None) is is_open


def test_openings_and_closings_come_strictly_after() -> None:
    """ "The next such instant after now"."""
    assert OFFICE_HOURS.next_opening(at("05:59")) == at("06:00")
    assert OFFICE_HOURS.next_opening(at("06:00")) == at("06:00", 1)
    assert OFFICE_HOURS.next_closing(at("14:59")) == at("15:00")
    assert OFFICE_HOURS.next_closing(at("15:00")) == at("15:00", 1)


def test_a_public_holiday_has_no_opening() -> None:
    """An opening is a start of opening hours on a day that is no public holiday."""
    assert OFFICE_HOURS.next_opening(at("15:00", 1)) == at("06:00", 3)
    assert OFFICE_HOURS.opens_at(at("10:00", 2)) == at("06:00", 3)


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param(("mon tue wed thu fri", "00:00", "24:00"), id="day and night on working days"),
        pytest.param(("mon wed fri", "20:00", "04:00"), id="a night that a public holiday begins"),
    ],
)
def test_what_a_public_holiday_closed_is_open_again_at_its_end(hours: tuple[str, str, str]) -> None:
    """Also where hours go on from it: nobody is told a later opening while it is open."""
    wednesday, thursday = at("10:00", 2), at("22:00", 2)
    going_on = _hours(hours, add=(date(2026, 11, 25),))
    assert not going_on.is_open(thursday - timedelta(minutes=1))
    assert going_on.is_open(thursday)
    assert going_on.opens_at(wednesday) == thursday
    assert going_on.reopening(wednesday) == thursday


def test_a_working_day_is_monday_to_friday_and_no_public_holiday() -> None:
    """A shop that opens on Saturday has an opening there, but none of a working day."""
    shop = _hours(("mon tue wed thu fri sat sun", "08:00", "17:00"), add=(date(2026, 11, 30),))
    assert shop.next_opening(at("16:00", 4)) == at("06:00", 5)
    assert shop.next_working_opening(at("16:00", 4)) == at("06:00", 8)


def test_several_a_day() -> None:
    """Two openings and two closings a day."""
    hours = _hours(("mon", "08:00", "12:00"), ("mon", "13:00", "17:00"))
    assert [hours.is_open(at(clock)) for clock in ("09:00", "10:30", "12:00")] == [True, False, True]
    assert hours.next_closing(at("09:00")) == at("10:00")
    assert hours.opens_at(at("10:30")) == at("11:00")


def test_hours_that_touch_are_one() -> None:
    """8-12 and 12-17: one opening, one closing."""
    hours = _hours(("mon", "12:00", "17:00"), ("mon", "08:00", "12:00"))
    assert hours.next_closing(at("06:00")) == at("15:00")
    assert hours.next_opening(at("06:00")) == at("06:00", 7)


def test_past_midnight() -> None:
    """`to` at or before `from` means the next day's; Sunday's night reaches into Monday."""
    night = _hours(("fri sun", "22:00", "06:00"))
    assert night.is_open(at("03:59")), "Monday morning, from Sunday"
    assert not night.is_open(at("04:00"))
    assert night.next_opening(at("04:00")) == at("20:00", 4)
    assert night.next_closing(at("21:00", 4)) == at("04:00", 5)
    assert night.next_opening(at("21:00", 4)) == at("20:00", 6), "midnight is no opening"
    assert night.next_opening(at("21:00", 6)) == at("20:00", 11), "nor is that between Sunday and Monday"


def test_a_night_shift_is_closed_for_the_public_holiday_in_it() -> None:
    """A public holiday is closed from its midnight; hours that a holiday began go on after it, without an opening."""
    night = _hours(("tue wed thu", "22:00", "06:00"), add=(date(2026, 11, 25),))
    assert night.next_closing(at("21:00", 1)) == at("22:00", 1)
    assert not night.is_open(at("21:00", 2))
    assert night.is_open(at("22:00", 2))
    assert night.next_opening(at("22:00", 1)) == at("20:00", 3)


def test_always_open_has_neither_opening_nor_closing() -> None:
    """Without hours, and just so with hours all round the clock."""
    for hours in (ALWAYS, _hours(("mon tue wed thu fri sat sun", "00:00", "24:00"))):
        assert hours.always_open
        assert hours.is_open(at("03:00", 6))
        assert hours.next_opening(at("03:00")) is None
        assert hours.next_working_opening(at("03:00")) is None
        assert hours.next_closing(at("03:00")) is None
        assert hours.opens_at(at("03:00")) is None


def test_wall_times_follow_the_clocks() -> None:
    """F1: 08:00 stays 08:00 across the change; a night of seven hours ends by the wall."""
    office = Hours(OFFICE, PublicHolidays(), STOCKHOLM)
    assert office.next_opening(datetime(2026, 10, 23, 12, tzinfo=UTC)) == datetime(2026, 10, 26, 7, tzinfo=UTC)
    assert office.next_opening(datetime(2026, 3, 27, 12, tzinfo=UTC)) == datetime(2026, 3, 30, 6, tzinfo=UTC)
    night = _hours(("sat", "22:00", "05:00"), zone=STOCKHOLM)
    assert night.next_closing(datetime(2026, 3, 28, 22, tzinfo=UTC)) == datetime(2026, 3, 29, 3, tzinfo=UTC)


def test_an_opening_in_the_gap_of_spring_moves_forward() -> None:
    """02:30 does not exist on 29 March 2026 in Stockholm: it opens at 03:30."""
    odd = _hours(("sun", "02:30", "05:00"), zone=STOCKHOLM)
    assert odd.next_opening(datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("holidays", "day", "is_one"),
    [
        (PublicHolidays(), date(2026, 12, 25), False),
        (PublicHolidays(country="SE"), date(2026, 12, 25), True),
        (PublicHolidays(country="SE"), date(2026, 6, 19), True),
        (PublicHolidays(country="SE"), date(2026, 12, 24), True),
        (PublicHolidays(country="SE"), date(2026, 12, 31), True),
        (PublicHolidays(country="SE"), date(2026, 11, 22), False),
        (PublicHolidays(country="NO"), date(2026, 5, 17), True),
        (PublicHolidays(country="DE"), date(2026, 1, 6), False),
        (PublicHolidays(country="DE", region="BY"), date(2026, 1, 6), True),
        (PublicHolidays(country="SE", add=(date(2026, 5, 15),)), date(2026, 5, 15), True),
        (PublicHolidays(country="SE", remove=(date(2026, 6, 6),)), date(2026, 6, 6), False),
    ],
    ids=[
        "no country",
        "Christmas Day",
        "Midsummer Eve",
        "Christmas Eve",
        "New Year's Eve",
        "a Sunday is none",
        "another country",
        "not in all of Germany",
        "in Bavaria",
        "a day added",
        "a day removed",
    ],
)
def test_public_holidays(holidays: PublicHolidays, day: date, is_one: bool) -> None:
    """§8: by country and region, `de_facto` too, days added and removed by the company."""
    assert Hours((), holidays, STOCKHOLM).is_public_holiday(day) is is_one


@pytest.mark.parametrize(
    ("holidays", "said"),
    [(PublicHolidays(country="XX"), "XX"), (PublicHolidays(country="DE", region="XX"), "DE, region XX")],
    ids=["country", "region"],
)
def test_an_unknown_country_or_region_is_refused_with_the_mend(holidays: PublicHolidays, said: str) -> None:
    """The message names what is not known, and what to give."""
    with pytest.raises(InvalidValue, match=f"{said}; give ISO 3166"):
        Hours((), holidays, STOCKHOLM)


@pytest.mark.parametrize("wall", ["8:00", "08.00", "25:00", "24:01", "08:60", "", "aa:bb"])
def test_a_wall_time_that_is_none_is_refused(wall: str) -> None:
    """HH:MM, with 24:00 for the end of a day."""
    with pytest.raises(InvalidValue, match="is no wall time"):
        _hours(("mon", "08:00", wall))


def test_hours_cannot_begin_at_24() -> None:
    """24:00 only ends."""
    with pytest.raises(InvalidValue, match="00:00 on the next day"):
        _hours(("mon", "24:00", "08:00"))


def _company(**rules: object) -> Company:
    return Company(id=CompanyId("c"), name="Acme", zone="Europe/Stockholm", rules=Rules(**rules))  # type: ignore[arg-type]


def _person(hours: tuple[OpenHours, ...] | None, number: int = 1) -> Person:
    return Person(
        id=PersonId(f"p{number}"), company_id=CompanyId("c"), name="Anna", zone="Europe/Helsinki", hours=hours
    )


def test_the_persons_hours_else_the_companys_else_always_open() -> None:
    """§7: her own in her zone, the company's in the company's zone, without any always open."""
    nine = (OpenHours(days=("mon",), opens="09:00", closes="12:00"),)
    assert hours_of(_person(nine), _company(hours=OFFICE)).next_opening(at("00:00")) == at("07:00")
    assert hours_of(_person(None), _company(hours=OFFICE)).next_opening(at("00:00")) == at("07:00")
    assert company_hours(_company(hours=OFFICE)).next_closing(at("07:00")) == at("16:00")
    assert hours_of(_person(()), _company(hours=OFFICE)).always_open
    assert hours_of(_person(None), _company()).always_open


def test_people_with_the_same_hours_share_one_object() -> None:
    """So that 100,000 people cost one."""
    company = _company(hours=OFFICE)
    assert hours_of(_person(None, 1), company) is hours_of(_person(None, 2), company)


week = st.lists(
    st.tuples(
        st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True),
        st.integers(0, 47),
        st.integers(0, 48),
    ),
    max_size=4,
)


def _clock(half_hours: int) -> str:
    return f"{half_hours // 2:02d}:{half_hours % 2 * 30:02d}"


@given(week=week, holiday=st.integers(0, 8), minute=st.integers(0, 10 * 24 * 2))
def test_hours_against_an_oracle_that_asks_each_half_hour(
    week: list[tuple[list[Weekday], int, int]], holiday: int, minute: int
) -> None:
    """Open, opening and closing are what one finds by asking every half-hour of a fortnight."""
    off = date(2026, 11, 23) + timedelta(days=holiday)
    weekly = tuple(OpenHours(days=tuple(days), opens=_clock(a), closes=_clock(b)) for days, a, b in week)
    hours = Hours(weekly, PublicHolidays(add=(off,)), RIGA_LIKE)

    def in_hours(instant: datetime) -> bool:
        wall = instant + timedelta(hours=2)
        half = wall.hour * 2 + wall.minute // 30
        for days, opens, closes in week:
            last = closes if closes > opens else closes + 48
            if WEEKDAYS[wall.weekday()] in days and opens <= half < last:
                return True
            if WEEKDAYS[(wall.weekday() - 1) % 7] in days and opens <= half + 48 < last:
                return True
        return False

    def day_off(instant: datetime) -> bool:
        return (instant + timedelta(hours=2)).date() == off

    half_hour = timedelta(minutes=30)
    now = at("00:00") + half_hour * minute
    steps = [now + half_hour * n for n in range(1, 22 * 48)]
    always = all(in_hours(at("00:00") + half_hour * n) for n in range(7 * 48)) or not week
    assert hours.always_open == always
    if always:
        assert hours.is_open(now) == (not day_off(now))
        return
    is_open = {each: in_hours(each) and not day_off(each) for each in [now, *steps]}
    assert hours.is_open(now) == is_open[now]
    openings = (each for each in steps if in_hours(each) and not in_hours(each - half_hour) and not day_off(each))
    assert hours.next_opening(now) == next(openings, None)
    closings = (each for each in steps if not is_open[each] and is_open[each - half_hour])
    assert hours.next_closing(now) == next(closings, None)
