"""Timetables and how they are read (`rules.md` §6, §7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callendar.domain.hours import Hours
from callendar.domain.rules import PublicHolidays, Rules
from callendar.domain.timetable import Segment, Soon, State, merge, read_next_free, read_soon, read_state, resolve
from tests.claims import ALWAYS, OFFICE, RIGA_LIKE, at, claim, resolved

OFFICE_HOURS = Hours(OFFICE, PublicHolidays(), RIGA_LIKE)
"""08:00 to 17:00 there is 06:00 to 15:00 UTC."""


def test_what_ended_before_the_start_is_left_out() -> None:
    """A timetable begins with its window; what still holds keeps its real start."""
    claims = [claim("old", "08:00", "09:00"), claim("on", "08:00", "11:00", "busy"), claim("new", "12:00", "13:00")]
    timetable = resolve(claims, hours=ALWAYS, rules=Rules(), known_until=None, start=at("09:00"))
    assert [(each.claims, each.start) for each in timetable] == [(("on",), at("09:00")), (("new",), at("12:00"))]


def test_an_open_end_is_null() -> None:
    """§6: open end = null; such a segment has neither back_at nor not_before nor next_free."""
    (segment,) = resolved(claim("a", "10:00", None), known_until=at("12:00"))
    assert (segment.end, segment.back_at, segment.not_before, segment.next_free) == (None, None, None, None)


def test_merge_keeps_what_the_first_says_and_joins_keys() -> None:
    """Neighbours that became equal are one: back_at and next_free of the first, keys without doubles."""
    one = Segment(start=at("10:00"), end=at("11:00"), kind="busy", next_free=at("12:00"), keys="a\nb")
    two = Segment(start=at("11:00"), end=None, kind="busy", all_day=True, keys="b\nc")
    (merged,) = merge([one, two])
    assert (merged.end, merged.next_free, merged.claims, merged.all_day) == (None, at("12:00"), ("a", "b", "c"), False)


class TestState:
    """Reading at an instant."""

    def test_half_open(self) -> None:
        """§6: start in, end out."""
        timetable = resolved(claim("a", "10:00", "11:00"))
        assert read_state(timetable, None, at("10:00")).kind == "referred"
        assert read_state(timetable, None, at("11:00")).kind == "available"

    def test_edges_between_neighbours_never_flash_available(self) -> None:
        """§6: at the edge the next segment shows already."""
        timetable = resolved(claim("a", "10:00", "11:00", text="A"), claim("b", "11:00", "12:00", text="B"))
        assert read_state(timetable, None, at("11:00")).segment == timetable[1]

    def test_a_note_reads_as_available_and_stands_beside_it(self) -> None:
        """§6: nothing is lit; it does not interrupt being available."""
        timetable = resolved(
            claim("a", "08:00", "09:00"), claim("n", "10:00", "11:00", "note"), claim("b", "12:00", "13:00", "busy")
        )
        assert read_state(timetable, None, at("10:30")) == State(
            kind="available", segment=timetable[1], since=at("09:00"), until=at("12:00")
        )

    def test_a_gap_lasts_from_end_to_start(self) -> None:
        """Since the end of the last segment until the start of the next; None where there is none."""
        timetable = resolved(claim("a", "08:00", "09:00"), claim("b", "12:00", "13:00", "busy"))
        assert read_state(timetable, None, at("10:00")) == State(kind="available", since=at("09:00"), until=at("12:00"))
        assert read_state(timetable, None, at("14:00")) == State(kind="available", since=at("13:00"))
        assert read_state((), None, at("14:00")) == State(kind="available")

    @pytest.mark.parametrize("kind", ["referred", "informed", "busy"])
    def test_a_segment_is_what_it_is(self, kind: str) -> None:
        """Kind, since and until are the segment's."""
        timetable = resolved(claim("a", "10:00", "11:00", kind))  # type: ignore[arg-type]
        expected = State(kind=kind, segment=timetable[0], since=at("10:00"), until=at("11:00"))  # type: ignore[arg-type]
        assert read_state(timetable, None, at("10:30")) == expected

    def test_unknown_replaces_gaps_notes_and_claims_from_calendars(self) -> None:
        """§6: past known_until *unknown* replaces them; claims by hand stay."""
        timetable = resolved(
            claim("book", "10:00", "11:00"),
            claim("note", "11:00", "12:00", "note"),
            claim("auto", "12:00", "13:00", origin="autoreply"),
            claim("hand", "14:00", "15:00", origin="app", planned=True),
            known_until=at("10:30"),
        )
        clocks = ("10:29", "10:30", "11:30", "12:30", "13:30", "14:30", "15:30")
        assert [read_state(timetable, at("10:30"), at(clock)).kind for clock in clocks] == [
            "referred",
            *("unknown",) * 4,
            "referred",
            "unknown",
        ]

    def test_without_calendars_nothing_is_unknown(self) -> None:
        """`known_until` is null without calendars: gaps are available for ever."""
        assert read_state((), None, at("10:00", 900)).kind == "available"


class TestSoon:
    """§7: what starts within the hour and makes her less reachable."""

    @pytest.mark.parametrize(
        ("clock", "minutes"),
        [("08:59", None), ("09:00", 60), ("09:18", 42), ("09:59", 1), ("10:00", None)],
        ids=["61 min", "60 min", "42 min", "1 min", "begun"],
    )
    def test_within_sixty_minutes(self, clock: str, minutes: int | None) -> None:
        """(0, 60] minutes before the start."""
        soon = read_soon(resolved(claim("a", "10:00", "11:00", "busy")), None, at(clock))
        assert soon == (minutes and Soon(start=at("10:00"), minutes=minutes))

    def test_minutes_round_up(self) -> None:
        """One second is a minute; 41 minutes and a second are 42."""
        timetable = resolved(claim("a", "10:00", "11:00", "busy"))
        almost = at("09:59") + timedelta(seconds=59)
        assert read_soon(timetable, None, almost) == Soon(start=at("10:00"), minutes=1)
        assert read_soon(timetable, None, at("09:19") - timedelta(seconds=1)) == Soon(start=at("10:00"), minutes=42)

    @pytest.mark.parametrize("now", [None, "note", "informed", "busy", "referred"])
    @pytest.mark.parametrize("next_kind", ["note", "informed", "busy", "referred"])
    def test_only_what_makes_her_less_reachable_than_now(self, now: str | None, next_kind: str) -> None:
        """Available, note, informed, busy, referred, falling; null while referred."""
        falling = [None, "note", "informed", "busy", "referred"]
        running = [] if now is None else [claim("now", "09:00", "09:50", now)]  # type: ignore[arg-type]
        timetable = resolved(*running, claim("next", "10:00", "11:00", next_kind, text="N"))  # type: ignore[arg-type]
        soon = read_soon(timetable, None, at("09:30"))
        assert (soon is not None) == (falling.index(next_kind) > falling.index(now))

    def test_the_first_that_does_is_told(self) -> None:
        """What does not make her less reachable is passed over."""
        timetable = resolved(
            claim("now", "09:00", "09:40", "busy"),
            claim("info", "09:40", "09:50", "informed"),
            claim("m", "10:00", "11:00"),
        )
        assert read_soon(timetable, None, at("09:30")) == Soon(start=at("10:00"), minutes=30)

    def test_not_all_day(self) -> None:
        """An all-day one is no soon."""
        assert read_soon(resolved(claim("a", "10:00", "20:00", all_day=True)), None, at("09:30")) is None

    def test_not_a_continuation(self) -> None:
        """What goes on where she was as little reachable already is none: here a holiday that starts all day long."""
        timetable = resolved(
            claim("day", "10:00", "20:00", all_day=True), claim("m", "10:15", "11:00", weight=90, text="M")
        )
        assert len(timetable) == 3
        assert read_soon(timetable, None, at("09:30")) is None

    def test_not_what_is_unknown_by_then(self) -> None:
        """Past known_until only what was set by hand starts; while unknown there is no soon."""
        book, hand = claim("b", "10:00", "11:00"), claim("h", "10:10", "11:10", origin="app", planned=True)
        assert read_soon(resolved(book, known_until=at("09:50")), at("09:50"), at("09:30")) is None
        both = resolved(book, hand, known_until=at("09:50"))
        assert read_soon(both, at("09:50"), at("09:30")) == Soon(start=at("10:10"), minutes=40)
        assert read_soon(resolved(hand, known_until=at("09:20")), at("09:20"), at("09:30")) is None


class TestNextFree:
    """§7: the first gap of at least n minutes, notes aside, inside opening hours, not before back_at."""

    def test_inside_a_segment_the_segments_own(self) -> None:
        """A gap of less than 15 minutes is passed over."""
        timetable = resolved(claim("a", "10:00", "11:00", "busy"), claim("b", "11:14", "12:00", "busy"))
        assert [each.next_free for each in timetable] == [at("12:00"), at("12:00")]
        assert read_next_free(timetable, at("10:30"), minutes=15) == at("12:00")

    def test_a_gap_of_exactly_n_minutes_is_one(self) -> None:
        """At least n."""
        timetable = resolved(claim("a", "10:00", "11:00", "busy"), claim("b", "11:15", "12:00", "busy"))
        assert timetable[0].next_free == at("11:00")

    def test_the_setting_says_how_long(self) -> None:
        """`next_free_minutes`."""
        claims = claim("a", "10:00", "11:00", "busy"), claim("b", "11:30", "12:00", "busy")
        assert resolved(*claims, next_free_minutes=30)[0].next_free == at("11:00")
        assert resolved(*claims, next_free_minutes=31)[0].next_free == at("12:00")

    def test_in_a_gap_of_which_less_than_n_is_left(self) -> None:
        """Then that of the segment ending it; else null: she is free now."""
        timetable = resolved(claim("b", "10:00", "11:00"))
        assert read_next_free(timetable, at("09:45"), minutes=15) is None
        assert read_next_free(timetable, at("09:46"), minutes=15) == at("11:00")
        assert read_next_free(timetable, at("11:00"), minutes=15) is None

    def test_notes_aside(self) -> None:
        """A note is no hindrance, and inside one it reads as in a gap."""
        timetable = resolved(
            claim("a", "10:00", "11:00"), claim("n", "11:00", "12:00", "note"), claim("b", "12:00", "13:00", "busy")
        )
        assert [each.next_free for each in timetable] == [at("11:00"), None, at("13:00")]
        assert read_next_free(timetable, at("11:30"), minutes=15) is None
        assert read_next_free(timetable, at("11:50"), minutes=15) == at("13:00")

    def test_not_before_back_at(self) -> None:
        """A gap inside the chain that back_at follows is none."""
        timetable = resolved(
            claim("a", "10:00", "11:00"), claim("b", "11:20", "12:00"), grace_minutes=20, next_free_minutes=15
        )
        assert timetable[0].next_free == at("12:00")

    def test_inside_opening_hours(self) -> None:
        """What begins ten minutes before closing is free the next morning."""
        timetable = resolved(claim("a", "13:00", "14:50", "busy"), hours=OFFICE_HOURS)
        assert timetable[0].next_free == at("06:00", 1)

    def test_opening_hours_shorter_than_n_never_do(self) -> None:
        """None within 400 days: null."""
        timetable = resolved(claim("a", "13:00", "14:00", "busy"), hours=OFFICE_HOURS, next_free_minutes=600)
        assert timetable[0].next_free is None

    def test_past_known_until_null(self) -> None:
        """All of the gap has to be known."""
        busy = claim("a", "10:00", "11:00", "busy")
        assert resolved(busy, known_until=at("11:14"))[0].next_free is None
        assert resolved(busy, known_until=at("11:15"))[0].next_free == at("11:00")
