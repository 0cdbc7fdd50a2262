"""Any calendar rehearsed is what a slow, obvious reading of `rules.md` says (`tests/rehearsal_oracle.py`)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.mark import build_marks
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId
from callendar.domain.span import Span, start_of_day
from callendar.engine.rehearse import rehearse
from callendar.formats.calendar_object import How, read_object
from callendar.formats.feed import split_feed
from tests import rehearsal_oracle as oracle

COMPANY = Company(id=CompanyId("co"), name="Nordlys", reasons=REASONS)
ZONES = ("Europe/Stockholm", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu")
CHANGES_OF_CLOCKS = (date(2026, 3, 28), date(2026, 10, 24), date(2026, 11, 23), date(2026, 12, 31))
HOURS = (0, 4, 8, 9, 9, 10, 22, 23)
ANSWERS = ("ACCEPTED", "TENTATIVE", "DECLINED", "DELEGATED", "NEEDS-ACTION")
MINUTES = (0, 30, 60, 60, 90, 300)


def _full_width(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def _with_joiner(text: str) -> str:
    return text[:1] + "\N{WORD JOINER}" + text[1:]


def _spread(text: str) -> str:
    return text.replace(" ", "  ")


WORDS = (*oracle.KEYWORDS, *oracle.CANCELLED, "standup", "10", "mm", "möte idag", "re")
LOOKS = (str, str, str.upper, str.title, _full_width, _spread, _with_joiner)
SEPARATORS = (":", ":", ":", " :", ";", ";", "\N{RATIO}", "\N{ARABIC SEMICOLON}", "\N{FULLWIDTH COLON}", " ")
CORES = ("{}", "{}", "{}", "{}", "* {}", "*", "**{}", "//{}", "/{}", "standup")
BEFORE = ("[EXT] ", "Re: ", "SV:", "fw ", "- ", "(", "\N{SLICE OF PIZZA} ", "_", "\N{ZERO WIDTH SPACE}")
AFTER = (
    "",
    " budget",
    ">123",
    " talk // hush",
    "// no",
    " a/b",
    " x: y",
    " \N{FULLWIDTH SOLIDUS}\N{FULLWIDTH SOLIDUS} z",
)


@st.composite
def subjects(draw: st.DrawFn) -> str:
    """Marks in every language and form, what nearly is one, and what goes before and after."""
    marked = draw(st.sampled_from(LOOKS))(draw(st.sampled_from(WORDS))) + draw(st.sampled_from(SEPARATORS))
    before = "".join(draw(st.lists(st.sampled_from(BEFORE), max_size=3)))
    return before + draw(st.sampled_from(CORES)).format(marked) + draw(st.sampled_from(AFTER))


@st.composite
def words(draw: st.DrawFn) -> list[str]:
    """What an event says beside its times, each of it or not."""
    may_say = (
        ("CLASS:", ("PUBLIC", "PRIVATE", "CONFIDENTIAL", "X-ODD")),
        ("TRANSP:", ("OPAQUE", "TRANSPARENT")),
        ("X-MICROSOFT-CDO-BUSYSTATUS:", tuple(oracle.SHOWN)),
        ("STATUS:", ("CONFIRMED", "CONFIRMED", "TENTATIVE", "CANCELLED")),
        ("CATEGORIES:", ("red", "Lunch", "M", "red,sick", "holiday,course")),
        ("ORGANIZER:mailto:", ("anna@example.org", "bo@example.org")),
        ("ATTENDEE;PARTSTAT=", tuple(f"{answer}:MAILTO:Cecilia@example.org" for answer in ANSWERS)),
    )
    said = [name + value for name, values in may_say for value in draw(st.lists(st.sampled_from(values), max_size=1))]
    return ["SUMMARY:" + draw(subjects()).replace(";", "\\;"), *said]


@st.composite
def events(draw: st.DrawFn, uid: str, base: date) -> list[str]:
    """A booking or a series of any kind, perhaps with one occurrence moved, renamed or cancelled."""
    all_day = draw(st.integers(0, 3)) == 0
    zone = draw(st.sampled_from((":{}Z", ":{}", ";TZID=Asia/Tokyo:{}", ";TZID=America/New_York:{}")))
    minutes = draw(st.integers(1, 3)) * 1440 if all_day else draw(st.sampled_from(MINUTES))

    def moment(name: str, at: datetime) -> str:
        return f"{name};VALUE=DATE:{at:%Y%m%d}" if all_day else name + zone.format(f"{at:%Y%m%dT%H%M%S}")

    def event(at: datetime, *more: str) -> list[str]:
        times = moment("DTSTART", at), moment("DTEND", at + timedelta(minutes=minutes))
        return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *times, *draw(words()), *more, "END:VEVENT"]

    day = base + timedelta(days=draw(st.integers(-3, 4)))
    start = datetime.combine(day, time(draw(st.sampled_from(HOURS)), draw(st.sampled_from((0, 15)))))
    count = draw(st.sampled_from((1, 1, 3, 6)))
    if count == 1:
        return event(start)
    series = event(start, f"RRULE:FREQ=DAILY;COUNT={count}")
    if draw(st.booleans()):
        return series
    original = start + timedelta(days=draw(st.integers(0, 2)))
    moved = original + timedelta(days=draw(st.integers(-1, 1)), hours=0 if all_day else draw(st.integers(-1, 1)))
    return [*series, *event(moved, moment("RECURRENCE-ID", original))]


@st.composite
def calendars(draw: st.DrawFn) -> tuple[bytes, date]:
    """Up to five events around one day."""
    base = draw(st.sampled_from(CHANGES_OF_CLOCKS))
    lines = [line for number in range(draw(st.integers(1, 5))) for line in draw(events(f"u{number}", base))]
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//", *lines, "END:VCALENDAR", ""]
    return "\r\n".join(text).encode(), base


@given(
    calendar=calendars(),
    days=st.sampled_from((1, 3)),
    zone=st.sampled_from(ZONES),
    mode=st.sampled_from(("keywords", "busy", "refer")),
    addresses=st.sampled_from(((), ("anna@example.org",), ("cecilia@example.org",))),
)
def test_a_rehearsal_is_what_a_slow_reading_of_the_rules_says(
    calendar: tuple[bytes, date],
    days: int,
    zone: str,
    mode: Literal["keywords", "busy", "refer"],
    addresses: tuple[str, ...],
) -> None:
    """Marks, what counts, rank and timetable, for every field that `rehearse --json` prints but why."""
    data, first = calendar
    until = first + timedelta(days=days)
    bookings, timetable = _rehearsed(data, first, until, zone, mode, addresses)
    expected, painted = oracle.rehearse(data, first, until, ZoneInfo(zone), mode, addresses)
    assert sorted(bookings, key=repr) == sorted(expected, key=repr)
    assert timetable == painted


def _rehearsed(
    data: bytes,
    first: date,
    until: date,
    zone: str,
    mode: Literal["keywords", "busy", "refer"],
    addresses: tuple[str, ...],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    whose = Person(id=PersonId("p"), company_id=COMPANY.id, name="Anna", zone=zone, addresses=addresses)
    window = Span(start_of_day(first, whose.zone_info), start_of_day(until, whose.zone_info))
    marks = build_marks(COMPANY, whose, frozenset())
    how = How(window=window, zone=zone, addresses=whose.all_addresses, marks=marks)
    read = [read_object(each.data, how) for each in split_feed(data).objects.values()]
    assert [fault for each in read for fault in each.faults] == []
    found = [booking for each in read for booking in each.bookings]
    printed = msgspec.json.encode(rehearse(found, (), company=COMPANY, person=whose, mode=mode, window=window))
    answer: dict[str, list[dict[str, Any]]] = msgspec.json.decode(printed)
    assert all(line.pop("why") for line in answer["bookings"])
    return answer["bookings"], answer["timetable"]
