"""The cases of `reference/calendar-apis.md` F that timetables decide; each test carries its number.

Where that page expects otherwise `rules.md` wins (§8): 6 and 9 are for unmarked bookings in the mode `refer`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from callendar.domain.claim import UNMARKED, Claim
from callendar.domain.reason import OUT
from callendar.domain.rules import Rules
from callendar.domain.span import Days
from callendar.domain.timetable import Segment, read_soon, read_state, resolve
from callendar.domain.winning import FROM_CALENDARS
from tests.claims import ALWAYS, at, claim, resolved

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def _story(timetable: tuple[Segment, ...]) -> list[tuple[str, datetime, datetime | None]]:
    return [(each.reason or each.kind, each.start, each.end) for each in timetable]


def test_case_1_every_occurrence_has_one_edge_across_the_change_of_clocks() -> None:
    """A weekly nine o'clock is one segment a week at nine by the wall, none twice."""
    days = [date(2026, 10, 19) + timedelta(weeks=n) for n in range(3)]
    starts = [datetime(day.year, day.month, day.day, 9, tzinfo=STOCKHOLM).astimezone(UTC) for day in days]
    timetable = resolved(*(claim(f"w{n}", start, start + timedelta(hours=1)) for n, start in enumerate(starts)))
    assert [each.start for each in timetable] == starts
    assert [each.start.hour for each in timetable] == [7, 8, 8]


def _all_day_out_with_a_meeting() -> tuple[Claim, Claim]:
    out = claim("out", at("00:00"), at("00:00", 1), whence=UNMARKED, reason=OUT, weight=55, all_day=True)
    return out, claim("m", "10:00", "11:00", whence=UNMARKED, weight=30)


def test_case_6_a_meeting_inside_an_all_day_absence_does_not_end_it() -> None:
    """It stays all day; back at its end."""
    (segment,) = resolved(*_all_day_out_with_a_meeting())
    assert (segment.reason, segment.end, segment.back_at) == (OUT, at("00:00", 1), at("00:00", 1))


def test_case_9_overlapping_meeting_and_out_of_office() -> None:
    """One transition each, and back when the last ends."""
    timetable = resolved(
        claim("m", "10:00", "11:00", whence=UNMARKED, weight=30),
        claim("o", "10:30", "12:00", whence=UNMARKED, weight=55, reason=OUT),
    )
    assert _story(timetable) == [("meeting", at("10:00"), at("10:30")), ("out", at("10:30"), at("12:00"))]
    assert [(each.back_at, each.then) for each in timetable] == [(at("12:00"), OUT), (at("12:00"), None)]


def test_case_10_back_to_back_is_one_continuous_state() -> None:
    """No flash of available at the edge; a gap within the grace moves the announced return only."""
    touching = resolved(claim("a", "10:00", "11:00"), claim("b", "11:00", "12:00"))
    assert _story(touching) == [("meeting", at("10:00"), at("12:00"))]
    first, second = resolved(claim("a", "10:00", "11:00"), claim("b", "11:03", "12:00"))
    assert first.back_at == at("12:00")
    assert read_state((first, second), None, at("11:01")).kind == "available"


def test_case_11_a_meeting_across_midnight_is_one() -> None:
    """One segment, and back the next day."""
    (segment,) = resolved(claim("n", "22:00", at("02:00", 1)))
    assert (segment.start, segment.end, segment.back_at) == (at("22:00"), at("02:00", 1), at("02:00", 1))


def test_case_12_a_booking_of_days_is_active_when_the_window_starts_inside_it() -> None:
    """Overlap decides, not the start."""
    trip = claim("t", "13:00", at("10:00", 3))
    timetable = resolve([trip], hours=ALWAYS, rules=Rules(), known_until=None, start=at("00:00", 2))
    assert read_state(timetable, None, at("00:00", 2)).kind == "referred"
    assert timetable[0].start == at("13:00")


def test_case_17_a_running_one_takes_the_new_end() -> None:
    """The series' time is changed under way: read again, it ends where it now ends, at once if past."""
    before, after = claim("m", "10:00", "11:00"), claim("m", "10:00", "10:20")
    assert read_state(resolved(before), None, at("10:30")).kind == "referred"
    assert read_state(resolved(after), None, at("10:30")).kind == "available"


def test_case_26_and_27_edges_come_from_the_timetable_alone() -> None:
    """Throttled or silent for hours: what is held is read at any instant, with nothing replayed."""
    timetable = resolved(
        claim("a", "10:00", "11:00"), claim("b", "13:00", "14:00", "busy"), known_until=at("00:00", 30)
    )
    clocks = ("09:59", "10:00", "10:59", "11:00", "13:00", "14:00")
    assert [read_state(timetable, at("00:00", 30), at(clock)).kind for clock in clocks] == [
        "available",
        "referred",
        "referred",
        "available",
        "busy",
        "available",
    ]


def test_case_34_a_booking_already_under_way_acts_on_arrival() -> None:
    """Created ten seconds before its start, or after it: read now, it is there."""
    late = resolved(claim("m", "10:00", "11:00"))
    assert read_state(late, None, at("10:00")).kind == "referred"
    assert read_state(late, None, at("10:40")).since == at("10:00")
    assert read_soon(late, None, at("10:00") - timedelta(seconds=10)) is not None


def test_case_35_shortened_or_deleted_while_active() -> None:
    """It ends at the new end, at once if past; deleted, the next true claim shows."""
    other = claim("other", "10:00", "12:00", "busy")
    assert read_state(resolved(claim("m", "10:00", "10:45"), other), None, at("10:44")).kind == "referred"
    assert read_state(resolved(claim("m", "10:00", "10:45"), other), None, at("10:45")).kind == "busy"
    assert read_state(resolved(other), None, at("10:30")).kind == "busy"


def test_case_36_a_restart_only_computes() -> None:
    """Resolved anew from the same claims, the timetable is equal: nothing is sent again for it."""
    claims = [claim("a", "10:00", "11:00"), *_all_day_out_with_a_meeting()]
    assert resolved(*claims) == resolved(*reversed(claims))


def test_case_40_all_day_across_a_change_of_clocks_has_no_gap_or_overlap() -> None:
    """Each day midnight to midnight, 23 or 25 hours: a week of them is one segment."""
    for first, hours in ((date(2026, 3, 27), 23), (date(2026, 10, 23), 25)):
        spans = [Days(first + timedelta(days=n), first + timedelta(days=n + 1)).in_zone(STOCKHOLM) for n in range(5)]
        assert spans[2].end - spans[2].start == timedelta(hours=hours)
        (segment,) = resolved(*(claim(f"d{n}", each.start, each.end, all_day=True) for n, each in enumerate(spans)))
        assert (segment.start, segment.end, segment.all_day) == (spans[0].start, spans[-1].end, True)


def test_case_23_a_source_that_fails_makes_nobody_available_by_error() -> None:
    """Known bookings run to their ends, then unknown, not available (`rules.md` §9)."""
    assert "calendar" in FROM_CALENDARS
    timetable = resolved(claim("m", "10:00", "11:00"), known_until=at("10:30"))
    assert read_state(timetable, at("10:30"), at("10:29")).kind == "referred"
    assert read_state(timetable, at("10:30"), at("11:30")).kind == "unknown"
