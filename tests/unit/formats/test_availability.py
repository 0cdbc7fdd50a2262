"""Calendars that tell when, and nothing else (feature A13)."""

import pytest

from callendar.domain.booking import ShowAs
from callendar.domain.span import Span
from tests.unit.formats.reading import at, calendar, one, read, times


def block(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VFREEBUSY", "UID:fb", "DTSTAMP:20261120T000000Z", *lines, "END:VFREEBUSY", ""))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("FREEBUSY:", "busy"),
        ("FREEBUSY;FBTYPE=BUSY:", "busy"),
        ("FREEBUSY;FBTYPE=busy-unavailable:", "oof"),
        ("FREEBUSY;FBTYPE=BUSY-TENTATIVE:", "tentative"),
        ("FREEBUSY;FBTYPE=FREE:", "free"),
        ("FREEBUSY;FBTYPE=X-ODD:", "busy"),
    ],
)
def test_types(line: str, expected: ShowAs) -> None:
    """FBTYPE becomes show-as; there is no UID, no occurrence and no subject."""
    booking = one(read(calendar(block(f"{line}20261124T100000Z/20261124T110000Z"))))
    assert booking.show_as == expected
    assert (booking.uid, booking.occurrence, booking.subject) == (None, None, None)
    assert booking.when == Span(at(2026, 11, 24, 10), at(2026, 11, 24, 11))
    assert booking.updated == at(2026, 11, 20)


def test_several_periods() -> None:
    """With ends or lengths; those outside the window are left out, broken ones told."""
    found = read(
        calendar(
            block(
                "FREEBUSY:20261124T100000Z/PT30M,20261125T100000Z/20261125T120000Z",
                "FREEBUSY:20200101T000000Z/PT1H,20261124T100000Z/20261124T090000Z,nonsense",
            )
        )
    )
    assert times(found) == [("2026-11-24 10:00", "2026-11-24 10:30"), ("2026-11-25 10:00", "2026-11-25 12:00")]
    assert len(found.faults) == 2


def test_too_many_periods_are_cut_off() -> None:
    """With one fault."""
    found = read(calendar(block(f"FREEBUSY:{','.join(['20261124T100000Z/PT1M'] * 30)}")), max_bookings=10)
    assert len(found.bookings) == 10
    assert len(found.faults) == 1
