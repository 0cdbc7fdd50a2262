"""Claims resolved into a timetable: a person with twenty bookings."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bench.figure import Figure, seconds
from callendar.domain.booking import Booking
from callendar.domain.claiming import derive_claims
from callendar.domain.hours import hours_of
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId, OpenHours, Rules
from callendar.domain.span import Span
from callendar.domain.timetable import resolve
from callendar.engine.explain import causes_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PEOPLE = 500
BOOKINGS = 20


def bookings(seed: int) -> list[Booking]:
    """Twenty over two weeks, some of them overlapping, every second marked."""
    dice = random.Random(seed)
    made: list[Booking] = []
    for n in range(BOOKINGS):
        start = NOW + timedelta(minutes=15 * dice.randrange(14 * 96))
        end = start + timedelta(minutes=15 * dice.randint(1, 12))
        subject = f"{'m: ' if n % 2 else ''}Something to be done no {n:02d}"
        made.append(Booking(when=Span(start, end), uid=f"{n}@bench", subject=subject))
    return made


def measure() -> Iterable[Figure]:
    """Resolve alone, then with the claims derived too."""
    hours = (OpenHours(days=("mon", "tue", "wed", "thu", "fri"), opens="08:00", closes="17:00"),)
    company = Company(id=CompanyId("co"), name="bench", reasons=REASONS, rules=Rules(mode="busy", hours=hours))
    person = Person(id=PersonId("p"), company_id=company.id, name="bench")
    causes = [causes_of(bookings(seed), person, NOW) for seed in range(PEOPLE)]
    claims = [derive_claims(each, company).claims for each in causes]
    known_until = NOW + timedelta(days=35)
    start = NOW - timedelta(days=1)

    def run_resolve() -> None:
        for each in claims:
            resolve(each, hours=hours_of(person, company), rules=company.rules, known_until=known_until, start=start)

    def run_derive() -> None:
        for each in causes:
            derive_claims(each, company)

    resolved, derived = seconds(run_resolve) / PEOPLE, seconds(run_derive) / PEOPLE
    yield Figure("20 bookings' claims resolved", f"{resolved * 1000:.3f} ms, {1 / resolved:,.0f}/s", "goal 0.2 ms")
    yield Figure("20 bookings' claims derived", f"{derived * 1000:.3f} ms", f"{derived / resolved:.2f} x resolving")
