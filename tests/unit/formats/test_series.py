"""Series, exceptions and single bookings in time; numbers are those of the cases in `calendar-apis.md` F."""

from datetime import date, timedelta

import pytest

from callendar.domain.booking import Booking
from callendar.domain.span import Days, Span
from callendar.formats import calendar_object
from tests.unit.formats.reading import YEAR, at, calendar, event, one, read, specimen, times

STOCKHOLM = "TZID=Europe/Stockholm"


def keys(bookings: tuple[Booking, ...]) -> set[str]:
    return {str(booking.occurrence) for booking in bookings}


def test_case_1_weekly_stays_at_nine_across_changes_of_clocks() -> None:
    """09:00 in Stockholm is 08:00Z in winter and 07:00Z in summer, each date once."""
    found = read(
        calendar(event(f"DTSTART;{STOCKHOLM}:20260101T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")), window=YEAR
    ).bookings
    hours = {booking.when.start: booking.when.start.hour for booking in found if isinstance(booking.when, Span)}
    assert len(hours) == len(found) == 53
    assert hours[at(2026, 3, 26, 8)] == 8
    assert hours[at(2026, 4, 2, 7)] == 7
    assert hours[at(2026, 10, 29, 8)] == 8


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("20260329T021500", "20260329T024500", ("01:15", "01:45"), id="case-2-both-in-the-gap"),
        pytest.param("20260329T023000", "20260329T031500", ("01:30", "02:15"), id="case-2-never-negative"),
        pytest.param("20261025T023000", "20261025T024500", ("00:30", "00:45"), id="case-3-the-first-of-two"),
        pytest.param("20261025T013000", "20261025T033000", ("23:30", "02:30"), id="case-3-lasts-three-hours"),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Stockholm", "Customized Time Zone"])
def test_cases_2_and_3_nights_of_changing_clocks(start: str, end: str, expected: tuple[str, str], zone: str) -> None:
    """As the case says, in a zone that everybody knows and in one that the file describes itself."""
    definition = specimen("outlook-customized-zone").decode().partition("BEGIN:VEVENT")[0].partition("BEGIN:VTIME")
    data = calendar(definition[1] + definition[2], event(f"DTSTART;TZID={zone}:{start}", f"DTEND;TZID={zone}:{end}"))
    (found,) = times(read(data, window=YEAR))
    assert (found[0][-5:], found[1][-5:]) == expected


def test_case_3_an_offset_that_the_source_gives_is_used() -> None:
    """The second 02:30 of the autumn night, as UTC."""
    data = calendar(event("DTSTART:20261025T013000Z", "DTEND:20261025T020000Z"))
    assert times(read(data, window=YEAR)) == [("2026-10-25 01:30", "2026-10-25 02:00")]


def test_duration_elapses_while_days_are_nominal() -> None:
    """PT24H over the autumn night ends an hour earlier on the clock than P1D."""
    exact = calendar(event(f"DTSTART;{STOCKHOLM}:20261024T120000", "DURATION:PT24H"))
    nominal = calendar(event(f"DTSTART;{STOCKHOLM}:20261024T120000", "DURATION:P1D"))
    assert times(read(exact, window=YEAR)) == [("2026-10-24 10:00", "2026-10-25 10:00")]
    assert times(read(nominal, window=YEAR)) == [("2026-10-24 10:00", "2026-10-25 11:00")]


def test_case_4_all_day_keeps_its_dates() -> None:
    """Made in Tokyo, read in Stockholm: the same dates."""
    data = calendar(
        event("DTSTART;VALUE=DATE:20261124", "DTEND;VALUE=DATE:20261126"), head=("X-WR-TIMEZONE:Asia/Tokyo",)
    )
    assert one(read(data)).when == Days(date(2026, 11, 24), date(2026, 11, 26))


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param("DTSTART;TZID=Asia/Tokyo:20261124T000000", "DTEND;TZID=Asia/Tokyo:20261125T000000", id="its-zone"),
        pytest.param("DTSTART:20261123T230000Z", "DTEND:20261124T230000Z", id="utc-of-the-calendars-zone"),
    ],
)
def test_case_4_outlooks_all_day_flag(start: str, end: str) -> None:
    """X-MICROSOFT-CDO-ALLDAYEVENT makes a day of what goes from midnight to midnight."""
    booking = one(read(calendar(event(start, end, "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"))))
    assert booking.when == Days(date(2026, 11, 24), date(2026, 11, 25))


def test_outlooks_all_day_flag_on_a_meeting_is_not_believed() -> None:
    """What does not go from midnight to midnight stays timed."""
    data = calendar(event("DTSTART:20261124T100000Z", "DTEND:20261124T110000Z", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"))
    assert one(read(data)).when == Span(at(2026, 11, 24, 10), at(2026, 11, 24, 11))


def test_an_outlook_series_of_days_with_an_exception() -> None:
    """Dates of a series that is flagged all-day are days, and so is what an exception replaces."""
    flagged = "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    data = calendar(
        event(
            f"DTSTART;{STOCKHOLM}:20261123T000000",
            f"DTEND;{STOCKHOLM}:20261124T000000",
            "RRULE:FREQ=DAILY;COUNT=3",
            flagged,
        ),
        event(
            f"RECURRENCE-ID;{STOCKHOLM}:20261124T000000",
            f"DTSTART;{STOCKHOLM}:20261126T000000",
            f"DTEND;{STOCKHOLM}:20261127T000000",
            flagged,
        ),
    )
    found = read(data)
    assert times(found) == [("2026-11-23", "2026-11-24"), ("2026-11-25", "2026-11-26"), ("2026-11-26", "2026-11-27")]
    assert keys(found.bookings) == {"2026-11-23", "2026-11-24", "2026-11-25"}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ["DTSTART:20261124T100000Z"], ("2026-11-24 10:00", "2026-11-24 10:00"), id="case-7-timed-has-no-length"
        ),
        pytest.param(["DTSTART;VALUE=DATE:20261124"], ("2026-11-24", "2026-11-25"), id="a-date-is-a-day"),
        pytest.param(
            ["DTSTART:20261124T100000Z", "DTEND:20261124T110000Z", "DURATION:PT3H"],
            ("2026-11-24 10:00", "2026-11-24 11:00"),
            id="dtend-before-duration",
        ),
        pytest.param(["DTSTART;VALUE=DATE:20261124", "DURATION:P2D"], ("2026-11-24", "2026-11-26"), id="days"),
        pytest.param(
            ["DTSTART;VALUE=DATE:20261124", "DURATION:PT36H"], ("2026-11-24", "2026-11-26"), id="hours-of-days-round-up"
        ),
        pytest.param(
            ["DTSTART;TZID=Asia/Tokyo:20261124T190000", f"DTEND;{STOCKHOLM}:20261124T180000"],
            ("2026-11-24 10:00", "2026-11-24 17:00"),
            id="a-flight",
        ),
    ],
)
def test_ends(lines: list[str], expected: tuple[str, str]) -> None:
    """DTEND, DURATION, both, neither."""
    assert times(read(calendar(event(*lines)))) == [expected]


def test_a_day_that_ends_on_itself_lasts_that_day() -> None:
    """Some exporters write DTEND as the last day."""
    assert times(read(specimen("exporter-day-ending-on-itself"))) == [("2026-11-24", "2026-11-25")]


@pytest.mark.parametrize("name", ["DTEND:20261124T090000Z", "DURATION:-PT1H"], ids=["dtend", "duration"])
def test_case_8_an_end_before_the_start_is_a_fault_of_that_booking(name: str) -> None:
    """Others of the same object are applied; the fault says when, not what."""
    data = calendar(
        event("DTSTART:20261124T100000Z", name, "SUMMARY:Secret plan"),
        event("DTSTART:20261124T120000Z", "DURATION:PT1H", uid="two"),
    )
    found = read(data)
    assert times(found) == [("2026-11-24 12:00", "2026-11-24 13:00")]
    assert len(found.faults) == 1
    assert "2026-11-24 10:00" in found.faults[0]
    assert "Secret" not in found.faults[0]


def test_case_11_a_meeting_across_midnight_is_one() -> None:
    """22:00 to 02:00, found from either day."""
    data = calendar(event(f"DTSTART;{STOCKHOLM}:20261124T220000", f"DTEND;{STOCKHOLM}:20261125T020000"))
    for day in (24, 25):
        window = Span(at(2026, 11, day, 0), at(2026, 11, day, 23))
        assert times(read(data, window=window)) == [("2026-11-24 21:00", "2026-11-25 01:00")]


@pytest.mark.parametrize("rule", [[], ["RRULE:FREQ=WEEKLY"]], ids=["single", "series"])
def test_case_12_a_booking_under_way_when_the_window_starts(rule: list[str]) -> None:
    """Monday 13:00 to Thursday 10:00, the window starts on Wednesday; it keeps its real start and end."""
    data = calendar(event("DTSTART:20261123T130000Z", "DTEND:20261126T100000Z", *rule))
    window = Span(at(2026, 11, 25), at(2026, 11, 27))
    assert times(read(data, window=window)) == [("2026-11-23 13:00", "2026-11-26 10:00")]


def test_the_window_is_half_open() -> None:
    """What ends as it starts, or starts as it ends, is outside; without length at its start it is inside."""
    window = Span(at(2026, 11, 24, 10), at(2026, 11, 24, 12))
    for start, end, inside in (
        ("0900", "1000", False),
        ("1000", "1000", True),
        ("1159", "1300", True),
        ("1200", "1300", False),
    ):
        data = calendar(event(f"DTSTART:20261124T{start}00Z", f"DTEND:20261124T{end}00Z"))
        assert bool(read(data, window=window).bookings) is inside


def moved(to: str) -> bytes:
    """Daily at 09:00 from Monday; Tuesday's moved."""
    return calendar(
        event(f"DTSTART;{STOCKHOLM}:20261123T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"),
        event(f"RECURRENCE-ID;{STOCKHOLM}:20261124T090000", f"DTSTART;{STOCKHOLM}:{to}", "DURATION:PT2H", "SEQUENCE:1"),
    )


def test_case_13_an_exception_moved_to_another_day() -> None:
    """The old slot is free, the new one taken, the key the same; also from a window that sees only one of them."""
    found = read(moved("20261201T130000"))
    assert ("2026-11-24 08:00", "2026-11-24 09:00") not in times(found)
    assert ("2026-12-01 12:00", "2026-12-01 14:00") in times(found)
    assert str(at(2026, 11, 24, 8)) in keys(found.bookings)
    old = read(moved("20261201T130000"), window=Span(at(2026, 11, 24), at(2026, 11, 25)))
    assert old.bookings == ()
    new = read(moved("20261201T130000"), window=Span(at(2026, 12, 1), at(2026, 12, 2)))
    assert one(new).occurrence == at(2026, 11, 24, 8)


def test_case_14_an_exception_moved_onto_another_ones_day() -> None:
    """Two bookings at the same time, with keys of their own."""
    found = read(moved("20261125T090000"))
    assert [begins for begins, _ in times(found)].count("2026-11-25 08:00") == 2
    assert len(keys(found.bookings)) == 4


@pytest.mark.parametrize(
    "without",
    [
        pytest.param(f"EXDATE;{STOCKHOLM}:20261124T090000", id="same-zone"),
        pytest.param("EXDATE:20261124T080000Z", id="utc"),
        pytest.param("EXDATE;TZID=Europe/London:20261124T080000", id="another-zone"),
        pytest.param("EXDATE:20261124T090000", id="floating"),
        pytest.param("EXDATE;VALUE=DATE:20261124", id="that-local-day"),
        pytest.param("EXDATE;VALUE=DATE:20261231,20261124", id="several"),
    ],
)
def test_case_15_one_date_taken_out(without: str) -> None:
    """EXDATE frees one slot, however it is written."""
    data = calendar(event(f"DTSTART;{STOCKHOLM}:20261123T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", without))
    assert [begins for begins, _ in times(read(data))] == ["2026-11-23 08:00", "2026-11-25 08:00"]


def test_case_15_a_cancelled_date_says_so() -> None:
    """A cancelled exception stands for its slot and is cancelled."""
    data = calendar(
        event(f"DTSTART;{STOCKHOLM}:20261123T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"),
        event(f"RECURRENCE-ID;{STOCKHOLM}:20261124T090000", f"DTSTART;{STOCKHOLM}:20261124T090000", "STATUS:CANCELLED"),
    )
    cancelled = [booking.occurrence for booking in read(data).bookings if booking.cancelled]
    assert cancelled == [at(2026, 11, 24, 8)]
    assert len(read(data).bookings) == 3


@pytest.mark.parametrize(
    "until",
    [
        pytest.param("20261124T080000Z", id="utc"),
        pytest.param("20261124T090000", id="local"),
        pytest.param("20261124", id="a-day-counts-whole"),
    ],
)
def test_case_16_a_series_cut_off(until: str) -> None:
    """The last date is in, however UNTIL is written; the series that follows has a UID of its own."""
    data = calendar(
        event(f"DTSTART;{STOCKHOLM}:20261123T090000", "DURATION:PT1H", f"RRULE:FREQ=DAILY;UNTIL={until}"),
        event(f"DTSTART;{STOCKHOLM}:20261125T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", uid="rest"),
    )
    assert [begins for begins, _ in times(read(data))] == [
        "2026-11-23 08:00",
        "2026-11-24 08:00",
        "2026-11-25 09:00",
        "2026-11-26 09:00",
    ]


@pytest.mark.parametrize(
    "until", ["20261124", "20261124T235959Z", "20261124T000000Z", "20261123T230000Z", "20261124T225959Z"]
)
def test_until_of_a_series_of_days(until: str) -> None:
    """A day, an end of that day, or the instant of a local midnight: the 24th is the last."""
    data = calendar(event("DTSTART;VALUE=DATE:20261122", f"RRULE:FREQ=DAILY;UNTIL={until}"))
    assert [begins for begins, _ in times(read(data))] == ["2026-11-22", "2026-11-23", "2026-11-24"]


def test_this_and_following() -> None:
    """RANGE=THISANDFUTURE moves and lengthens what follows; keys stay those of the rule."""
    data = calendar(
        event(f"DTSTART;{STOCKHOLM}:20261123T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"),
        event(
            f"RECURRENCE-ID;RANGE=THISANDFUTURE;{STOCKHOLM}:20261125T090000",
            f"DTSTART;{STOCKHOLM}:20261125T110000",
            "DURATION:PT2H",
            "SUMMARY:Later",
        ),
    )
    found = read(data)
    assert times(found)[2:] == [("2026-11-25 10:00", "2026-11-25 12:00"), ("2026-11-26 10:00", "2026-11-26 12:00")]
    assert {booking.subject for booking in found.bookings} == {None, "Later"}
    assert keys(found.bookings) == {str(at(2026, 11, day, 8)) for day in (23, 24, 25, 26)}


def test_an_exception_without_its_series() -> None:
    """Invited to one date only: a booking with that date's key."""
    data = calendar(event("RECURRENCE-ID:20261124T080000Z", "DTSTART:20261124T100000Z", "DURATION:PT1H"))
    assert one(read(data)).occurrence == at(2026, 11, 24, 8)


def test_a_single_booking_has_no_occurrence() -> None:
    """Its key is the UID alone; a series of one date is a series."""
    assert one(read(calendar(event("DTSTART:20261124T100000Z")))).occurrence is None
    series = read(calendar(event("DTSTART:20261124T100000Z", "RRULE:FREQ=DAILY;COUNT=1")))
    assert one(series).occurrence == at(2026, 11, 24, 10)


def test_listed_dates_and_periods() -> None:
    """RDATE adds dates, in zones of their own; a period brings its own end."""
    data = calendar(
        event(
            "DTSTART:20261123T090000Z",
            "DURATION:PT1H",
            "RDATE;TZID=Asia/Tokyo:20261125T180000",
            "RDATE;VALUE=PERIOD:20261126T090000Z/20261126T120000Z,20261127T090000Z/PT30M",
        )
    )
    assert times(read(data)) == [
        ("2026-11-23 09:00", "2026-11-23 10:00"),
        ("2026-11-25 09:00", "2026-11-25 10:00"),
        ("2026-11-26 09:00", "2026-11-26 12:00"),
        ("2026-11-27 09:00", "2026-11-27 09:30"),
    ]


def test_the_higher_sequence_then_the_later_update_stands() -> None:
    """Two versions of one component: one booking."""
    data = calendar(
        event("DTSTART:20261124T120000Z", "SEQUENCE:2", "LAST-MODIFIED:20261101T000000Z"),
        event("DTSTART:20261124T130000Z", "SEQUENCE:2", "LAST-MODIFIED:20261102T000000Z"),
        event("DTSTART:20261124T140000Z", "SEQUENCE:1", "LAST-MODIFIED:20261103T000000Z"),
    )
    assert times(read(data)) == [("2026-11-24 13:00", "2026-11-24 13:00")]
    assert one(read(data)).sequence == 2


def test_hours_apart_by_the_zones_offset_are_not_mixed_up() -> None:
    """Two dates a day whose wall times equal each other's UTC: taking out one leaves the other."""
    data = calendar(
        event(
            f"DTSTART;{STOCKHOLM}:20261123T090000",
            "DURATION:PT15M",
            "RRULE:FREQ=DAILY;BYHOUR=9,10;COUNT=4",
            f"EXDATE;{STOCKHOLM}:20261124T100000",
        ),
        event(f"RECURRENCE-ID;{STOCKHOLM}:20261123T100000", f"DTSTART;{STOCKHOLM}:20261123T150000", "DURATION:PT15M"),
    )
    assert [begins for begins, _ in times(read(data))] == ["2026-11-23 08:00", "2026-11-23 14:00", "2026-11-24 08:00"]


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=MINUTELY;BYSECOND=0,1,2,3,4,5"], ids=["every-second", "nearly"]
)
def test_case_38_an_endless_series_costs_one_warning(rule: str) -> None:
    """It is cut off at the cap with one fault, even from long ago; another series in the object is not harmed."""
    data = calendar(
        event("DTSTART:19980101T000000Z", "DURATION:PT1S", f"RRULE:{rule}"),
        event("DTSTART:20261124T120000Z", uid="two"),
    )
    found = read(data, max_bookings=300)
    assert len(found.bookings) == 300
    assert len(found.faults) == 1
    assert "300" in found.faults[0]


def test_case_38_dates_outside_the_window_are_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A series is not walked for ever on the way to the window."""
    monkeypatch.setattr(calendar_object, "MAX_STEPS", 50)
    # A long booking makes the walk begin that much before the window.
    data = calendar(event("DTSTART:20261124T100000Z", "DURATION:PT0S", "RRULE:FREQ=SECONDLY"))
    found = read(data, window=Span(at(2026, 11, 24, 12), at(2026, 11, 24, 13)))
    assert found.bookings == ()
    assert found.faults == ("a series comes too often; it was cut off after 50 dates",)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=NEVER",
        "FREQ=DAILY;BYHOUR=noon",
        "RSCALE=CHINESE;FREQ=YEARLY",
        "FREQ=WEEKLY;UNTL=20261201",
        "FREQ=DAILY;UNTIL=x",
        "FREQ=HOURLY;INTERVAL=2;BYHOUR=1",
    ],
)
def test_a_broken_rule_leaves_the_first_date_and_is_told(rule: str) -> None:
    """The date that stands there is kept; what cannot be followed is a fault."""
    found = read(calendar(event("DTSTART:20261124T100000Z", f"RRULE:{rule}")))
    assert times(found) == [("2026-11-24 10:00", "2026-11-24 10:00")]
    assert len(found.faults) == 1


def test_case_40_days_in_a_row_across_a_change_of_clocks() -> None:
    """Each day from midnight to midnight, 23 or 25 hours, without gap or overlap."""
    data = calendar(event("DTSTART;VALUE=DATE:20261023", "RRULE:FREQ=DAILY;COUNT=5"))
    days = sorted(booking.when.first for booking in read(data, window=YEAR).bookings if isinstance(booking.when, Days))
    assert days == [date(2026, 10, 23) + timedelta(days=n) for n in range(5)]


def test_days_at_the_edges_of_the_window_are_hers() -> None:
    """A day belongs to the window if it overlaps it in her zone, however far that is from UTC."""
    data = calendar(event("DTSTART;VALUE=DATE:20261101", "RRULE:FREQ=DAILY"))
    window = Span(at(2026, 11, 24, 11), at(2026, 11, 24, 13))
    assert times(read(data, window=window, zone="Pacific/Kiritimati")) == [("2026-11-25", "2026-11-26")]
    assert times(read(data, window=window, zone="Pacific/Pago_Pago")) == [("2026-11-24", "2026-11-25")]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=MONTHLY;BYMONTH=2;BYDAY=53MO", "FREQ=MINUTELY;INTERVAL=86400;BYYEARDAY=1;BYHOUR=3"],
    ids=["the 53rd Monday of a month", "an hour that no step comes to"],
)
def test_a_rule_that_breaks_its_follower_costs_that_rule_alone(rule: str) -> None:
    """Its first date counts, and it is told of."""
    found = read(calendar(event("DTSTART:20261125T100500Z", "DURATION:PT1H", f"RRULE:{rule}")))
    assert len(found.bookings) == 1
    assert found.faults == ("a series has a rule that no date fulfils; only its first date and those listed are used",)
