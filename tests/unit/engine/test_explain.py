"""Explaining a person to others: bookings tell no more than her row does (`rules.md` §10)."""

from __future__ import annotations

import pytest
from msgspec import UNSET, structs

from callendar.domain.booking import Booking
from callendar.domain.cause import CalendarBookings, Causes
from callendar.domain.privacy import View
from callendar.domain.rules import Company
from callendar.engine.explain import ExplainedBooking, explain_person
from tests.bookings import MONDAY, at, booking, calendar, company, person

COLLEAGUE = View(level="reason", sensitive=False, claims=False)
READER = structs.replace(COLLEAGUE, level="text")
ONLY_TIMES = structs.replace(COLLEAGUE, level="time")
TELEPHONIST = structs.replace(COLLEAGUE, sensitive=True)


def _explained(given: Booking, view: View, by: Company) -> ExplainedBooking:
    causes = Causes(
        person=person(),
        slid_at=MONDAY,
        calendars=(CalendarBookings(calendar=calendar(), bookings=(given,)),),
    )
    (one,) = explain_person(causes, by, at("10:30"), view).bookings
    return one


def _with_sensitive(code: str) -> Company:
    plain = company("refer")
    reasons = tuple(structs.replace(each, sensitive=each.sensitive or each.code == code) for each in plain.reasons)
    return structs.replace(plain, reasons=reasons)


@pytest.mark.parametrize("show_as", ["busy", "oof", "free", "elsewhere"])
def test_at_level_time_nothing_but_times_is_told_of_a_booking(show_as: str) -> None:
    """`time` is kind, diverts and times: neither how the booking is shown nor why."""
    told = _explained(booking("plan", show_as=show_as), ONLY_TIMES, company("refer"))
    assert (told.show_as, told.subject, told.why) == (UNSET, UNSET, "")


def test_an_unmarked_bookings_reason_is_told_as_that_of_its_claim() -> None:
    """In `refer` an unmarked booking refers, reason meeting, or `out` when shown out of office."""
    assert _explained(booking("plan"), COLLEAGUE, company("refer")).reason == "meeting"
    assert _explained(booking("plan", show_as="oof"), COLLEAGUE, company("refer")).reason == "out"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(booking("plan", show_as="oof"), id="unmarked, shown out of office"),
        pytest.param(booking("out: plan", show_as="oof"), id="marked"),
        pytest.param(booking(None, show_as="oof", categories=("out",)), id="by category"),
    ],
)
def test_everything_about_a_sensitive_reason_is_that_of_away(given: Booking) -> None:
    """Also of an unmarked booking whose reason the company has made sensitive, and not its show-as either."""
    by = _with_sensitive("out")
    for view in (COLLEAGUE, READER):
        told = _explained(given, view, by)
        assert (told.reason, told.why, told.show_as, told.subject) == ("away", "Away", UNSET, UNSET)
    seen = _explained(given, TELEPHONIST, by)
    assert (seen.reason, seen.show_as) == ("out", "oof")


def test_a_viewer_who_may_reads_the_subject_and_why() -> None:
    """At level `text`, but never of a private booking."""
    told = _explained(booking("m: budget"), READER, company())
    assert (told.subject, told.why, told.show_as) == ("m: budget", "m: in a booking", "busy")
