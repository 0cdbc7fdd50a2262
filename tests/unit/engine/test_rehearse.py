"""Rehearsals: what takes part in the window, and with which ends (`api.md`, Command line)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from callendar.domain.booking import Booking, ShowAs
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId
from callendar.domain.span import Days, Span, start_of_day
from callendar.engine.rehearse import Rehearsal, rehearse

STOCKHOLM = ZoneInfo("Europe/Stockholm")
COMPANY = Company(id=CompanyId("co"), name="Nordlys", reasons=REASONS)
ANNA = Person(id=PersonId("p_anna"), company_id=COMPANY.id, name="Anna", zone="Europe/Stockholm")


def _days(uid: str, first: int, until: int, subject: str, show_as: ShowAs = "busy") -> Booking:
    when = Days(date(2026, 4, first), date(2026, 4, until))
    return Booking(when=when, uid=uid, subject=subject, show_as=show_as)


def _on_the_third_of_april(*bookings: Booking) -> Rehearsal:
    window = Span(start_of_day(date(2026, 4, 3), STOCKHOLM), start_of_day(date(2026, 4, 4), STOCKHOLM))
    return rehearse(bookings, (), company=COMPANY, person=ANNA, mode="busy", window=window)


def test_the_timetable_has_all_of_what_takes_part() -> None:
    """Only occurrences that overlap the window take part, with their real ends: no piece of them is cut off, neither
    days before the window nor after it."""
    rehearsed = _on_the_third_of_april(
        _days("long", 1, 9, "hike", show_as="oof"), _days("in it", 2, 4, "sick: flu"), _days("outside", 6, 7, "sick: x")
    )
    assert [each.uid for each in rehearsed.bookings] == ["long", "in it"]
    assert [(each.start, each.end, each.kind) for each in rehearsed.timetable] == [
        (datetime(2026, 3, 31, 22, tzinfo=UTC), datetime(2026, 4, 1, 22, tzinfo=UTC), "busy"),
        (datetime(2026, 4, 1, 22, tzinfo=UTC), datetime(2026, 4, 3, 22, tzinfo=UTC), "referred"),
        (datetime(2026, 4, 3, 22, tzinfo=UTC), datetime(2026, 4, 8, 22, tzinfo=UTC), "busy"),
    ]


def test_what_touches_the_window_with_an_edge_only_takes_no_part() -> None:
    """`--to` is exclusive, and what ends as the window begins is over."""
    assert _on_the_third_of_april(_days("before", 2, 3, "a"), _days("after", 4, 5, "b")).bookings == []
