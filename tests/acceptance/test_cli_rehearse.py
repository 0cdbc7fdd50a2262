"""`callendar rehearse` from outside: its JSON to the letter, and its words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.conftest import FeedServer
from tests.cast import Shell, render_calendar

WEEK = ("--from", "2026-11-23", "--to", "2026-11-30", "--zone", "Europe/Stockholm")
ANNA, BO = "mailto:anna@nordlys.example", "mailto:bo@elsewhere.example"

CALENDAR = render_calendar(
    ["UID:late", "SUMMARY:m: Budget // secret part", "DTSTART:20261124T090000Z", "DTEND:20261124T100000Z"],
    ["UID:day", "SUMMARY:h: Off", "DTSTART;VALUE=DATE:20261127", "DTEND;VALUE=DATE:20261128", "TRANSP:TRANSPARENT"],
    ["UID:plain", "SUMMARY:Read the tender", "DTSTART:20261123T080000Z", "DTEND:20261123T083000Z"],
    ["UID:inform", "SUMMARY:m; Do ring", "DTSTART:20261125T080000Z", "DTEND:20261125T090000Z"],
    ["UID:private", "SUMMARY:lunch: Dentist", "CLASS:PRIVATE", "DTSTART:20261126T110000Z", "DTEND:20261126T120000Z"],
    ["UID:series", "SUMMARY:m: Weekly", "RRULE:FREQ=WEEKLY", "DTSTART:20261102T100000Z", "DTEND:20261102T110000Z"],
    ["UID:broken", "SUMMARY:m: Backwards", "DTSTART:20261124T120000Z", "DTEND:20261124T110000Z"],
    ["UID:before", "SUMMARY:m: Before", "DTSTART:20261120T100000Z", "DTEND:20261120T110000Z"],
    ["UID:into", "SUMMARY:m: Night", "DTSTART:20261122T220000Z", "DTEND:20261122T233000Z"],
    ["UID:after", "SUMMARY:m: After", "DTSTART:20261129T230000Z", "DTEND:20261130T000000Z"],
)
"""In the week of 23 November; midnight in Stockholm is 23:00 UTC the day before."""


@pytest.fixture
def rehearsed(shell: Shell) -> dict[str, Any]:
    """The week rehearsed from a file."""
    (shell.folder / "anna.ics").write_text(CALENDAR)
    answer: dict[str, Any] = shell.run("rehearse", "anna.ics", *WEEK, "--json").json()
    assert [each.name for each in shell.folder.iterdir()] == ["anna.ics"], "nothing is stored"
    return answer


def test_the_json_is_as_described(rehearsed: dict[str, Any]) -> None:
    """Every field is there, explicit nulls too; only occurrences of the window, ordered, with their real ends."""
    assert list(rehearsed) == ["bookings", "timetable", "faults"]
    bookings = rehearsed["bookings"]
    fields = ["uid", "start", "end", "all_day", "show_as", "subject", "counts", "why"]
    assert all(list(each) == fields for each in bookings)
    assert all(isinstance(each["why"], str) and each["why"] for each in bookings)
    assert [tuple(each[name] for name in fields[:-1]) for each in bookings] == [
        ("into", "2026-11-22T22:00:00Z", "2026-11-22T23:30:00Z", False, "busy", "m: Night", True),
        ("plain", "2026-11-23T08:00:00Z", "2026-11-23T08:30:00Z", False, "busy", "Read the tender", False),
        ("series", "2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z", False, "busy", "m: Weekly", True),
        ("late", "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", False, "busy", "m: Budget", True),
        ("inform", "2026-11-25T08:00:00Z", "2026-11-25T09:00:00Z", False, "busy", "m; Do ring", True),
        ("private", "2026-11-26T11:00:00Z", "2026-11-26T12:00:00Z", False, "busy", None, True),
        ("day", "2026-11-27", "2026-11-28", True, "free", "h: Off", True),
    ]
    fields = ["start", "end", "kind", "reason", "diverts", "origin"]
    assert all(list(each) == fields for each in rehearsed["timetable"])
    assert [tuple(each.values()) for each in rehearsed["timetable"]] == [
        ("2026-11-22T22:00:00Z", "2026-11-22T23:30:00Z", "referred", "meeting", True, "calendar"),
        ("2026-11-23T10:00:00Z", "2026-11-23T11:00:00Z", "referred", "meeting", True, "calendar"),
        ("2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", "referred", "meeting", True, "calendar"),
        ("2026-11-25T08:00:00Z", "2026-11-25T09:00:00Z", "informed", "meeting", False, "calendar"),
        ("2026-11-26T11:00:00Z", "2026-11-26T12:00:00Z", "referred", "lunch", True, "calendar"),
        ("2026-11-26T23:00:00Z", "2026-11-27T23:00:00Z", "referred", "holiday", True, "calendar"),
    ]
    (fault,) = rehearsed["faults"]
    assert "Backwards" not in fault, "titles stand in no fault"


def test_busy_has_no_reason(shell: Shell) -> None:
    """In the mode `busy` an unmarked booking is busy, with an explicit null for its reason."""
    (shell.folder / "anna.ics").write_text(CALENDAR)
    answer = shell.run("rehearse", "anna.ics", *WEEK, "--mode", "busy", "--json").json()
    assert [each for each in answer["timetable"] if each["kind"] == "busy"] == [
        {
            "start": "2026-11-23T08:00:00Z",
            "end": "2026-11-23T08:30:00Z",
            "kind": "busy",
            "reason": None,
            "diverts": False,
            "origin": "calendar",
        }
    ]


@pytest.mark.parametrize(
    ("more", "kinds"),
    [
        pytest.param((), ["referred", "referred"], id="the organizer is she"),
        pytest.param(("--as", "anna@nordlys.example"), ["referred"], id="invited"),
        pytest.param(("--as", "x@y.example", "--as", "BO@elsewhere.example"), ["referred", "referred"], id="organizer"),
        pytest.param(("--as", "stranger@nordlys.example"), [], id="neither"),
    ],
)
def test_as_says_who_she_is(shell: Shell, more: tuple[str, ...], kinds: list[str]) -> None:
    """A mark counts where she is the organizer or has accepted, and in another's meeting only a shareable reason."""
    invited = [f"ORGANIZER:{BO}", f"ATTENDEE;PARTSTAT=ACCEPTED:{ANNA}"]
    (shell.folder / "shared.ics").write_text(
        render_calendar(
            ["UID:1", "SUMMARY:m: Plan", "DTSTART:20261124T090000Z", "DTEND:20261124T100000Z", *invited],
            ["UID:2", "SUMMARY:h: Trip", "DTSTART:20261125T090000Z", "DTEND:20261125T100000Z", *invited],
        )
    )
    answer = shell.run("rehearse", "shared.ics", *WEEK, *more, "--json").json()
    assert [each["kind"] for each in answer["timetable"]] == kinds


def test_a_url_is_rehearsed_in_words(shell: Shell, feeds: FeedServer) -> None:
    """Without `--json` two tables: what would have been, and why each booking counts or not; faults last."""
    url = feeds.offer("/anna.ics", CALENDAR)
    said = shell.run("rehearse", url, *WEEK).out
    assert "Timetable (Europe/Stockholm)" in said
    assert "Tue 24 Nov 10:00" in said
    assert "Holiday" in said
    assert "(private)" in said
    assert "Dentist" not in said
    assert "secret part" not in said
    assert "Fault:" in said


def test_what_cannot_be_read_is_refused(shell: Shell, feeds: FeedServer) -> None:
    """Exit status 1 and one line with the mend; nothing on standard output."""
    (shell.folder / "letter.ics").write_text("Dear diary")
    (shell.folder / "empty.ics").write_text("")
    (shell.folder / "anna.ics").write_text(CALENDAR)
    missing, letter, _, _, zone, mode, order, day = shell.refused_all(
        ("rehearse", "missing.ics", *WEEK, "--json"),
        ("rehearse", "letter.ics", *WEEK, "--json"),
        ("rehearse", "empty.ics", *WEEK, "--json"),
        ("rehearse", f"{feeds.url}/nothing.ics", *WEEK, "--json"),
        ("rehearse", "anna.ics", "--zone", "Mars/Base"),
        ("rehearse", "anna.ics", *WEEK, "--mode", "sleep"),
        ("rehearse", "anna.ics", "--from", "2026-11-30", "--to", "2026-11-23"),
        ("rehearse", "anna.ics", "--from", "Monday"),
    )
    assert "missing.ics" in missing
    assert "letter.ics" in letter
    assert "Mars/Base" in zone
    assert "sleep" in mode
    assert "--to" in order
    assert "Monday" in day
