"""Which zone a time is in: the chain of `calendar-apis.md` D6."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callendar.formats import zones
from callendar.formats.fault import Faults
from callendar.formats.lines import parse_components
from callendar.formats.windows_zones import PLACES
from callendar.formats.zones import Zones, find_zone
from tests.unit.formats.reading import calendar, event, read, specimen, times

NINE_IN = {"Europe/Stockholm": "08:00", "America/New_York": "14:00", "Asia/Tokyo": "00:00", "Europe/Helsinki": "07:00"}
NONSENSE = "\r\n".join(
    (
        "BEGIN:VTIMEZONE",
        "TZID:Nowhere",
        "BEGIN:STANDARD",
        "DTSTART:x",
        "TZOFFSETTO:+5744",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    )
)
HOSTILE = "\r\n".join(
    (
        "BEGIN:VTIMEZONE",
        "TZID:Nowhere",
        "BEGIN:STANDARD",
        "DTSTART:16010101T000000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "RRULE:FREQ=SECONDLY",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    )
)


def nine(tzid: str, *components: str, head: tuple[str, ...] = (), **how: str) -> tuple[str, tuple[str, ...]]:
    """When nine o'clock on 24 November is, UTC, and the faults."""
    start = f"DTSTART{tzid}:20261124T090000"
    found = read(calendar(*components, event(start), head=head), **how)  # pyright: ignore[reportArgumentType]
    ((begins, _),) = times(found)
    return begins[-5:], found.faults


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("europe/stockholm", "Europe/Stockholm"),
        ("America/Los Angeles", "America/Los_Angeles"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("W. Europe Standard Time 1", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/mozilla.org/20070129_1/America/New_York", "America/New_York"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(GMT+01.00) Sarajevo, Skopje, Warsaw, Zagreb", "Europe/Sarajevo"),
        ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC) Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC+09:00) Amsterdam", None),
        ("Customized Time Zone", None),
        ("tzone://Microsoft/Custom", None),
        ("Factory", None),
        ("../../etc/passwd", None),
        ("Europe", None),
        ("", None),
    ],
)
def test_names_that_mean_a_zone_by_themselves(name: str, zone: str | None) -> None:
    """IANA, Windows, behind a vendor's prefix, as Windows shows it; an offset must fit its place."""
    found = find_zone(name)
    assert (found.key if found else None) == zone


def test_every_place_is_a_zone() -> None:
    """The table of places names zones that there are."""
    assert all(ZoneInfo(zone) for zone in PLACES.values())


def test_a_known_name_stands_before_the_files_own_description() -> None:
    """What the file says of Europe/Stockholm is not asked."""
    wrong = HOSTILE.replace("Nowhere", "Europe/Stockholm")
    assert nine(";TZID=Europe/Stockholm", wrong) == ("08:00", ())


def test_an_unknown_name_is_read_by_the_files_description() -> None:
    """Outlook's customized zone, one rule from 1601."""
    found = read(specimen("outlook-customized-zone"))
    assert times(found) == [("2026-11-24 08:00", "2026-11-24 09:00")]
    assert found.faults == ()


@pytest.mark.parametrize(
    "description",
    ["", NONSENSE, HOSTILE, HOSTILE.replace("SECONDLY", "YEARLY;\\nTH=10")],
    ids=["none", "nonsense", "hostile", "a-line-break-in-its-rule"],
)
@pytest.mark.parametrize(
    ("head", "how", "expected"),
    [
        pytest.param(("X-WR-TIMEZONE:Asia/Tokyo",), {"calendar_zone": "America/New_York"}, "Asia/Tokyo", id="feed"),
        pytest.param(("X-WR-TIMEZONE:Moon",), {"calendar_zone": "America/New_York"}, "America/New_York", id="server"),
        pytest.param((), {"zone": "Europe/Helsinki"}, "Europe/Helsinki", id="person"),
        pytest.param(("X-WR-TIMEZONE:UTC",), {"zone": "Europe/Helsinki"}, "Europe/Helsinki", id="never-utc"),
    ],
)
def test_case_31_an_unknown_zone_is_guessed_aloud(
    description: str, head: tuple[str, ...], how: dict[str, str], expected: str
) -> None:
    """The calendar's own zone, the server's, the person's; never UTC; and it is told."""
    begins, faults = nine(";TZID=Nowhere", description, head=head, **how)
    assert begins == NINE_IN[expected]
    assert f'the time zone "Nowhere" is not known; its times are read as {expected}' in faults


@pytest.mark.parametrize(
    ("head", "how", "expected"),
    [
        pytest.param(("X-WR-TIMEZONE:Asia/Tokyo",), {"calendar_zone": "America/New_York"}, "Asia/Tokyo", id="feed"),
        pytest.param((), {"calendar_zone": "Eastern Standard Time"}, "America/New_York", id="server"),
        pytest.param((), {"zone": "Europe/Helsinki"}, "Europe/Helsinki", id="person"),
    ],
)
def test_case_31_floating_times(head: tuple[str, ...], how: dict[str, str], expected: str) -> None:
    """No zone at all is no fault: it is wall time."""
    assert nine("", head=head, **how) == (NINE_IN[expected], ())


def test_a_calendar_zone_that_nobody_knows_is_told() -> None:
    """Floating times are then hers; where there are none nothing is amiss."""
    assert nine("", head=("X-WR-TIMEZONE:Moon",)) == ("08:00", ('the calendar\'s own time zone "Moon" is not known',))
    assert read(calendar(event("DTSTART:20261124T090000Z"), head=("X-WR-TIMEZONE:Moon",))).faults == ()
    assert read(calendar(event("DTSTART;VALUE=DATE:20261124"), head=("X-WR-TIMEZONE:Moon",))).faults == ()


def test_the_calendars_zone_never_moves_times_in_utc() -> None:
    """X-WR-TIMEZONE is for floating times; a Z stands, a TZID beside it does not."""
    data = calendar(event("DTSTART;TZID=Asia/Tokyo:20261124T090000Z"), head=("X-WR-TIMEZONE:America/New_York",))
    assert times(read(data)) == [("2026-11-24 09:00", "2026-11-24 09:00")]


def test_a_display_name_without_quotes_is_understood() -> None:
    """Its colon is not where the value begins."""
    assert nine(";TZID=(UTC-05:00) Eastern Time (US & Canada)") == ("14:00", ())


def test_a_description_is_followed_on_both_sides_of_its_change() -> None:
    """Summer and winter."""
    (described,) = parse_components(specimen("outlook-customized-zone"))
    zone = Zones(described, None, "Asia/Tokyo", Faults()).named("Customized Time Zone")
    assert datetime(2026, 7, 1, 12, tzinfo=zone).astimezone(UTC).hour == 10
    assert datetime(2026, 12, 1, 12, tzinfo=zone).astimezone(UTC).hour == 11


def test_descriptions_do_not_leak_from_one_file_to_the_next() -> None:
    """Two files that mean different zones by one name are each read by their own."""
    first = specimen("outlook-customized-zone")
    second = first.replace(b"+0200", b"-0400").replace(b"+0100", b"-0500")
    assert times(read(first))[0][0] == "2026-11-24 08:00"
    assert times(read(second))[0][0] == "2026-11-24 14:00"
    assert nine(";TZID=Customized Time Zone")[1]


def test_case_33_a_series_follows_the_zone_data_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a government changes its mind and the data with it, reading again gives the new instants."""
    data = calendar(event("DTSTART;TZID=Europe/Stockholm:20261124T090000", "RRULE:FREQ=WEEKLY;COUNT=2"))
    assert [begins[-5:] for begins, _ in times(read(data))] == ["08:00", "08:00"]

    def moved(_: str) -> ZoneInfo:
        return ZoneInfo("Europe/Helsinki")

    monkeypatch.setattr(zones, "find_zone", moved)
    assert [begins[-5:] for begins, _ in times(read(data))] == ["07:00", "07:00"]
