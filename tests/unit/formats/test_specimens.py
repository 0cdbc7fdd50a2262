"""Each specimen, cut as a feed and read: when, how it shows, and what was told."""

import pytest

from callendar.formats.feed import split_feed
from tests.unit.formats.reading import SPECIMENS, read, specimen, times

EXPECTED: dict[str, tuple[list[tuple[str, str]], set[str], int]] = {
    "exchange-zone-by-display-name": ([("2026-11-24 08:00", "2026-11-24 09:00")], {"busy"}, 0),
    "exporter-day-ending-on-itself": ([("2026-11-24", "2026-11-25")], {"busy"}, 0),
    "exporter-end-before-start": ([("2026-11-24 11:00", "2026-11-24 12:00")], {"busy"}, 1),
    "google-utc-with-a-zone-of-its-own": (
        [
            ("2026-11-24 08:00", "2026-11-24 09:00"),
            ("2026-11-25 08:00", "2026-11-25 09:00"),
            ("2026-12-02 08:00", "2026-12-02 09:00"),
        ],
        {"busy"},
        0,
    ),
    "icloud-day-taken-out-of-a-timed-series": (
        [("2026-11-23 22:30", "2026-11-23 23:30"), ("2026-11-25 22:30", "2026-11-25 23:30")],
        {"busy"},
        0,
    ),
    "nextcloud-one-date-cancelled": (
        [
            ("2026-11-23 13:00", "2026-11-23 14:00"),
            ("2026-11-24 13:00", "2026-11-24 14:00"),
            ("2026-11-25 13:00", "2026-11-25 14:00"),
        ],
        {"busy"},
        0,
    ),
    "outlook-customized-zone": ([("2026-11-24 08:00", "2026-11-24 09:00")], {"busy"}, 0),
    "outlook-published-feed-without-subjects": (
        [("2026-11-24 12:00", "2026-11-24 13:00"), ("2026-11-26", "2026-11-28")],
        {"busy", "oof"},
        0,
    ),
    "thunderbird-zone-behind-a-prefix": ([("2026-11-24 11:00", "2026-11-24 12:00")], {"busy"}, 0),
    "zimbra-free-busy-only": (
        [
            ("2026-11-24 08:00", "2026-11-24 09:00"),
            ("2026-11-24 10:00", "2026-11-24 11:00"),
            ("2026-11-25 00:00", "2026-11-26 00:00"),
        ],
        {"busy", "tentative", "oof"},
        0,
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_specimen(name: str) -> None:
    """As its table says."""
    results = [read(cut.data) for cut in split_feed(specimen(name)).objects.values()]
    when, shown, faults = EXPECTED[name]
    assert sorted(time for result in results for time in times(result)) == when
    assert {booking.show_as for result in results for booking in result.bookings} == shown
    assert sum(len(result.faults) for result in results) == faults


def test_the_hostile_specimen() -> None:
    """Case 38: every second since 1970; five thousand bookings and one fault."""
    found = read(specimen("hostile-every-second"))
    assert len(found.bookings) == 5_000
    assert len(found.faults) == 1


def test_the_cancelled_date_is_cancelled() -> None:
    """One of Nextcloud's three."""
    found = read(specimen("nextcloud-one-date-cancelled"))
    assert [booking.cancelled for booking in sorted(found.bookings, key=lambda booking: str(booking.occurrence))] == [
        False,
        True,
        False,
    ]


def test_no_specimen_is_forgotten() -> None:
    """Every calendar of the folder that is named here stands there, so that none is tested by accident only."""
    there = {path.stem for path in SPECIMENS.glob("*.ics")}
    assert {*EXPECTED, "hostile-every-second"} <= there
