"""What a switchboard is told of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.booking import ConnectionId
from callendar.domain.claim import Kind
from callendar.domain.hand import Origin
from callendar.domain.person import Person, PersonId
from callendar.domain.privacy import CALLERS, redact
from callendar.domain.reason import AWAY, ReasonCode
from callendar.domain.reason_table import REASONS
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId, Level
from callendar.domain.timetable import Segment, read_state
from callendar.engine.shown import coming_segments, is_stale, next_edge, show, stale_from

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COMPANY = Company(id=CompanyId("acme"), name="Acme", reasons=REASONS)
KINDS: tuple[Kind, ...] = ("referred", "informed", "busy", "note")
ORIGINS: tuple[Origin, ...] = ("calendar", "app")
MEETING, SICK, LUNCH = ReasonCode("meeting"), ReasonCode("sick"), ReasonCode("lunch")


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def row(*segments: Segment, known_until: datetime | None = None, privacy: Level | None = None) -> Row:
    person = Person(id=PersonId("anna"), company_id=COMPANY.id, name="Anna", privacy=privacy)
    return Row(person=person, timetable=segments, known_until=known_until, slid_at=NINE)


def referred(start: float, end: float | None, reason: ReasonCode = MEETING, text: str | None = None) -> Segment:
    until = None if end is None else at(end)
    return Segment(start=at(start), end=until, kind="referred", reason=reason, back_at=until, text=text)


def test_a_gap_is_available_until_the_next_segment() -> None:
    """Notes aside."""
    note = Segment(start=at(5), end=at(10), kind="note")
    shown = show(row(note, referred(30, 60)), COMPANY, NINE)
    assert (shown.kind, shown.until, shown.reason) == ("available", at(30), None)


def test_a_referral_is_shown_with_its_reason_and_its_end() -> None:
    """As it is."""
    shown = show(row(referred(-30, 60)), COMPANY, NINE)
    assert (shown.kind, shown.reason, shown.until, shown.back_at) == ("referred", MEETING, at(60), at(60))


def test_a_sensitive_reason_is_told_as_away_and_touching_ones_become_one() -> None:
    """Two neighbours that differ only in what callers may not know are one, so that no edge betrays it."""
    two = row(referred(-30, 30, SICK, "fever"), referred(30, 60, AWAY, "dentist"))
    shown = show(two, COMPANY, NINE)
    assert (shown.reason, shown.until) == (AWAY, at(60))
    assert [(each.reason, each.start, each.end) for each in coming_segments(two, COMPANY, NINE)] == [
        (AWAY, at(-30), at(60))
    ]


def test_of_whom_only_times_are_shown_no_reason_is_told_but_calls_still_go_where_they_should() -> None:
    """At the level `time` the reason is that of away."""
    segment = Segment(start=at(-5), end=at(5), kind="referred", reason=MEETING, divert_to="123")
    shown = show(row(segment, privacy="time"), COMPANY, NINE)
    assert (shown.kind, shown.reason, shown.divert_to) == ("referred", AWAY, "123")


def test_coming_segments_are_those_of_the_next_72_hours_without_notes() -> None:
    """What ended, what begins later and what reads as available is left out."""
    hours = 60
    kept = row(
        referred(-60, 0),
        Segment(start=at(10), end=at(20), kind="note"),
        referred(71 * hours, 100 * hours),
        referred(101 * hours, 102 * hours),
    )
    assert [each.start for each in coming_segments(kept, COMPANY, NINE)] == [at(71 * hours)]


def test_coming_segments_of_calendars_end_where_these_are_no_longer_known() -> None:
    """Those by hand go on."""
    by_hand = Segment(start=at(90), end=at(120), kind="referred", reason=LUNCH, origin="app")
    kept = row(referred(-60, 60), referred(61, 70), by_hand, known_until=at(30))
    assert [(each.start, each.end) for each in coming_segments(kept, COMPANY, NINE)] == [
        (at(-60), at(30)),
        (at(90), at(120)),
    ]


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-10, at(-5)), (-5, at(5)), (0, at(5)), (5, at(20)), (20, at(30)), (30, at(40)), (40, None)],
    ids=["before", "at a start", "inside", "in a gap", "past the last start", "past what is known", "past everything"],
)
def test_the_next_edge_is_a_start_an_end_or_where_knowledge_ends(minutes: float, expected: datetime | None) -> None:
    """Strictly after the instant."""
    kept = row(referred(-5, 5), referred(20, 40), known_until=at(30))
    assert next_edge(kept, at(minutes)) == expected


@st.composite
def rows(draw: st.DrawFn) -> Row:
    """Rows with segments that touch often, some sensitive, perhaps no longer known."""
    minute = draw(st.integers(-60, 0))
    segments: list[Segment] = []
    for _ in range(draw(st.integers(0, 8))):
        minute += draw(st.sampled_from([0, 0, 1, 7]))
        length = draw(st.integers(1, 20))
        kind = draw(st.sampled_from(KINDS))
        reason = draw(st.sampled_from([MEETING, SICK, AWAY])) if kind in ("referred", "informed") else None
        origin = draw(st.sampled_from(ORIGINS))
        segments.append(Segment(start=at(minute), end=at(minute + length), kind=kind, reason=reason, origin=origin))
        minute += length
    known_until = draw(st.none() | st.integers(-30, 90).map(at))
    return row(*segments, known_until=known_until)


@given(rows(), st.integers(-70, 130))
def test_what_is_shown_is_what_the_whole_row_says(kept: Row, minutes: int) -> None:
    """Only a part of the row is looked at; reading all of it gives the same."""
    shown = show(kept, COMPANY, at(minutes))
    whole = redact(kept, CALLERS, COMPANY)
    state = read_state(whole.timetable, whole.known_until, at(minutes))
    assert (shown.kind, shown.until) == (state.kind, state.until)
    if state.kind in ("referred", "informed"):
        assert state.segment is not None
        assert shown.reason == state.segment.reason


@given(rows(), st.integers(-70, 130))
def test_nothing_changes_before_the_next_edge(kept: Row, minutes: int) -> None:
    """A timer set for it misses nothing."""
    edge = next_edge(kept, at(minutes))
    last = edge - timedelta(seconds=1) if edge is not None else at(10_000)
    assert show(kept, COMPANY, last) == show(kept, COMPANY, at(minutes))


def test_a_row_is_stale_from_the_second_that_is_foretold() -> None:
    """As long as nothing is read."""
    one, two = ConnectionId("c_1"), ConnectionId("c_2")
    kept = Row(person=row().person, connections=(one, two), slid_at=NINE)
    read_at, seconds = {one: NINE, two: at(-10)}, {one: 600, two: 3600}
    foretold = stale_from(kept, read_at, seconds)
    assert foretold is not None
    assert is_stale(kept, read_at, seconds, foretold)
    assert not is_stale(kept, read_at, seconds, foretold - timedelta(seconds=1))
