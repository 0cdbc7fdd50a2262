"""What much there is to reckon with does to the loop: nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from callendar.domain.booking import Booking
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.domain.span import Span
from callendar.domain.timetable import MOST_KEYS
from callendar.engine import aside as room
from callendar.engine.aside import LIGHT, aside, weight_of
from callendar.engine.explain import causes_of, why_now
from callendar.engine.plan import MOST_SEGMENTS, plan
from tests.clock import START

ANNA = Person(id=PersonId("anna"), company_id=CompanyId("acme"), name="Anna")
COMPANY = Company(id=CompanyId("acme"), name="Acme", zone="UTC", rules=Rules(mode="refer"), reasons=REASONS)


def bookings(count: int, *, every_minutes: float, minutes: float, subject: str) -> list[Booking]:
    step = timedelta(minutes=every_minutes)
    return [
        Booking(
            when=Span(START + step * n, START + step * n + timedelta(minutes=minutes)),
            uid=f"u{n}",
            subject=subject.format(n),
        )
        for n in range(count)
    ]


@pytest.mark.anyio
async def test_little_is_reckoned_at_once_and_much_beside_the_loop() -> None:
    """Exactly what a full calendar has is little; who reckons is another thread beyond that."""
    here = threading.get_ident()
    assert await aside(LIGHT, threading.get_ident) == here
    assert await aside(LIGHT + 1, threading.get_ident) != here


@pytest.mark.anyio
async def test_what_is_raised_aside_is_raised_here() -> None:
    """As if it had been called."""
    with pytest.raises(ValueError, match="no number"):
        await aside(LIGHT + 1, _refuse)


def _refuse() -> None:
    raise ValueError("no number")


def test_bookings_and_repeats_weigh() -> None:
    """So that the causes of a hostile calendar are never light."""
    assert weight_of(causes_of(bookings(300, every_minutes=1, minutes=1, subject="m: x"), ANNA, START)) == 300
    assert room.REPEAT > 0


def test_a_row_has_at_most_so_many_segments_and_is_known_until_there() -> None:
    """What is left out is not taken for free time."""
    causes = causes_of(bookings(MOST_SEGMENTS + 50, every_minutes=15, minutes=10, subject="m: {}"), ANNA, START)
    row = plan(causes, COMPANY).row
    assert len(row.timetable) == MOST_SEGMENTS
    assert row.known_until == START + timedelta(minutes=15 * MOST_SEGMENTS)


def test_very_many_that_look_alike_are_one_segment_with_few_keys() -> None:
    """And why she is away is told at its end too, where the keys kept are long over."""
    causes = causes_of(bookings(3000, every_minutes=1, minutes=30, subject="m: the same"), ANNA, START)
    (segment,) = plan(causes, COMPANY).row.timetable
    assert len(segment.claims) == MOST_KEYS
    assert segment.end == START + timedelta(minutes=2999 + 30)
    assert why_now(causes, COMPANY, START + timedelta(minutes=2900)).startswith("m: in a booking")
