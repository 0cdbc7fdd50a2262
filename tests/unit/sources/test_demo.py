"""Calendars that are made up are always the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.booking import Booking, Connection, ConnectionId
from callendar.domain.mark import Keyword, Marks
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import CompanyId
from callendar.domain.span import Days, Span
from callendar.sources.demo.settings import InvalidSetting, read_settings
from callendar.sources.demo.wire import make_bookings, make_etag

ZONE = ZoneInfo("Europe/Stockholm")
MARKS = Marks(
    keywords={"m": Keyword(folded="m", text="m", reason=ReasonCode("meeting"), weight=40)}, diverts=frozenset()
)
START = datetime(2026, 11, 22, 3, 17, tzinfo=UTC)
REFS = st.text("abcdefghij0123456789", min_size=1, max_size=12)


def window(days_on: int = 0, length: int = 36) -> Span:
    start = START + timedelta(days=days_on)
    return Span(start, start + timedelta(days=length))


def keyed(ref: str, span: Span) -> dict[tuple[str | None, object], Booking]:
    made = make_bookings(ref, span, ZONE, MARKS)
    return {(each.uid, each.occurrence or each.when): each for some in made.values() for each in some}


@given(ref=REFS, days_on=st.integers(0, 400))
def test_two_windows_agree_where_they_overlap(ref: str, days_on: int) -> None:
    """A booking does not change or come and go as the window slides over it."""
    span, next_span = window(days_on), window(days_on + 1)
    both = Span(next_span.start, span.end)

    def inside(booking: Booking) -> bool:
        when = booking.when.in_zone(ZONE) if isinstance(booking.when, Days) else booking.when
        return when.start < both.end and when.end > both.start

    earlier = {key: each for key, each in keyed(ref, span).items() if inside(each)}
    later = {key: each for key, each in keyed(ref, next_span).items() if inside(each)}
    assert earlier == later


@given(ref=REFS)
def test_etags_are_stable_and_keys_single(ref: str) -> None:
    """The same name gives the same calendar, on every machine and at every start; no occurrence comes twice."""
    first, second = make_bookings(ref, window(), ZONE, MARKS), make_bookings(ref, window(), ZONE, MARKS)
    assert {each: make_etag(some) for each, some in first.items()} == {
        each: make_etag(some) for each, some in second.items()
    }
    assert len(keyed(ref, window())) == sum(len(some) for some in first.values())


def test_a_calendar_stays_as_it_was_made_up() -> None:
    """A demo looks the same tomorrow as today: this one was looked at once."""
    first = min(make_bookings("person00001", window(), ZONE, MARKS)["person00001-0"], key=lambda each: str(each.when))
    start = datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert (first.sensitivity, first.when) == ("private", Span(start, start + timedelta(minutes=30)))


def test_people_differ() -> None:
    """A large company is not one person many times over."""
    weeks = {
        repr(sorted(str(booking.when) for some in made.values() for booking in some))
        for made in (make_bookings(f"person{n:05d}", window(), ZONE, MARKS) for n in range(50))
    }
    assert len(weeks) > 45


def test_private_bookings_have_no_words() -> None:
    """Made-up ones are cut down like all others."""
    made = [
        booking
        for n in range(100)
        for some in make_bookings(f"person{n:05d}", window(), ZONE, MARKS).values()
        for booking in some
        if booking.is_private
    ]
    assert made
    assert all(each.subject is None and each.private_order is not None for each in made)


@pytest.mark.parametrize("given_number", ["0", "-1", "many", "100001", "1.5"])
def test_the_number_of_calendars_is_one(given_number: str) -> None:
    """Anything else is refused in words."""
    connection = Connection(
        id=ConnectionId("c"), company_id=CompanyId("k"), kind="demo", name="x", settings={"calendars": given_number}
    )
    with pytest.raises(InvalidSetting, match="calendars"):
        read_settings(connection)
