"""Rows as they are sent: what is kept encoded is never told past its time, nor to anybody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.booking import ConnectionId
from callendar.domain.person import Extension, Person, PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer
from callendar.domain.reason import AWAY, ReasonCode
from callendar.domain.reason_table import REASONS
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId, Level, Rules
from callendar.domain.timetable import Segment
from callendar.engine.held import HeldCompany
from callendar.web.rows import LISTED, RowEncoder
from tests.clock import START

COMPANY = Company(id=CompanyId("c"), name="C", zone="UTC", rules=Rules(), reasons=REASONS)
PERSON = Person(id=PersonId("p_1"), company_id=COMPANY.id, name="Anna", extensions=(Extension(number="101"),))
MEETING, SICK = ReasonCode("meeting"), ReasonCode("sick")


def viewer(role: Role = "colleague", id_: str = "t_1") -> Viewer:
    return Viewer(id=ViewerId(id_), company_id=COMPANY.id, role=role, name=role)


def segment(start_hours: float, hours: float = 1, reason: ReasonCode = MEETING, text: str | None = "Budget") -> Segment:
    start = START + timedelta(hours=start_hours)
    end = start + timedelta(hours=hours)
    return Segment(start=start, end=end, kind="referred", reason=reason, text=text, back_at=end, next_free=end)


def row(*segments: Segment) -> Row:
    return Row(person=PERSON, timetable=segments, slid_at=START, known_until=START + timedelta(days=35))


def encoder() -> RowEncoder:
    return RowEncoder({COMPANY.id: HeldCompany(COMPANY, "epoch", 1, [])})


def sent(encoded: bytes) -> dict[str, Any]:
    return msgspec.json.decode(encoded)


def test_the_list_reaches_as_far_as_it_says() -> None:
    """A segment that starts at `listed_until` is beyond it; one that starts before is sent whole."""
    rows = encoder()
    far = LISTED.total_seconds() / 3600
    told = row(segment(1), segment(far - 0.5, hours=90), segment(far + 100))
    listed = sent(rows.encode(COMPANY, told, viewer(), START))["timetable"]
    assert [each["start"] for each in listed] == ["2026-11-23T10:00:00Z", "2026-11-25T08:30:00Z"]
    assert listed[1]["end"] == "2026-11-29T02:30:00Z"


@given(
    starts=st.lists(st.integers(0, 96), unique=True, max_size=6).map(sorted),
    looks=st.lists(st.integers(0, 60 * 60), min_size=1, max_size=6).map(sorted),
)
def test_what_is_kept_is_what_would_be_encoded_anew(starts: list[int], looks: list[int]) -> None:
    """However the clock goes on between two answers."""
    kept = encoder()
    told = row(*(segment(hour, 0.75) for hour in starts))
    for minutes in looks:
        now = START + timedelta(minutes=minutes)
        assert kept.encode(COMPANY, told, viewer(), now) == encoder().encode(COMPANY, told, viewer(), now)


def test_another_row_another_rule_book_and_another_view_are_encoded_anew() -> None:
    """Nothing stale is sent after a change."""
    rows = encoder()
    told = row(segment(-0.5, reason=SICK, text="Flu"))
    assert sent(rows.encode(COMPANY, told, viewer(), START))["state"]["reason"]["code"] == AWAY
    assert sent(rows.encode(COMPANY, told, viewer("telephonist"), START))["state"]["reason"]["code"] == SICK
    open_reasons = tuple(structs.replace(each, sensitive=False) for each in COMPANY.reasons)
    opened = structs.replace(COMPANY, reasons=open_reasons, rules_version=2)
    assert sent(rows.encode(opened, told, viewer(), START))["state"]["reason"]["code"] == SICK
    assert sent(rows.encode(opened, row(), viewer(), START))["state"]["kind"] == "available"


@pytest.mark.parametrize("level", ["time", "reason", "text"])
def test_viewers_with_one_view_are_sent_the_same_bytes(level: Level) -> None:
    """Whoever they are."""
    rows = encoder()
    company = structs.replace(COMPANY, rules=Rules(privacy=level))
    told = row(segment(-0.5), segment(3, reason=SICK))
    one, other = viewer(id_="t_1"), viewer("administrator", id_="t_2")
    assert rows.encode(company, told, one, START) == rows.encode(company, told, other, START)


@given(
    shown=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["sick", "sick_child", "leave"]), st.text(max_size=5)),
        min_size=1,
        max_size=5,
        unique_by=lambda each: each[0],
    ),
    other=st.lists(
        st.tuples(st.sampled_from(["sick", "sick_child", "leave"]), st.text(max_size=5)), min_size=5, max_size=5
    ),
    level=st.sampled_from(["time", "reason", "text"]),
)
def test_two_people_who_differ_only_in_hidden_things_give_the_same_bytes(
    shown: list[tuple[int, str, str]], other: list[tuple[str, str]], level: Level
) -> None:
    """Sensitive reasons and their texts, at every level, for a colleague (`rules.md` §10)."""
    shown = sorted(shown)
    company = structs.replace(COMPANY, rules=Rules(privacy=level))
    one = row(*(segment(hour, 1, ReasonCode(reason), text) for hour, reason, text in shown))
    two = row(
        *(
            segment(hour, 1, ReasonCode(reason), text)
            for (hour, _, _), (reason, text) in zip(shown, other, strict=False)
        )
    )
    assert encoder().encode(company, one, viewer(), START) == encoder().encode(company, two, viewer(), START)


def test_freshness_is_read_when_it_is_sent() -> None:
    """A connection that was read meanwhile needs no new row."""
    people = HeldCompany(COMPANY, "epoch", 1, [])
    rows = RowEncoder({COMPANY.id: people})
    connection = ConnectionId("c_1")
    told = structs.replace(row(), connections=(connection,))
    people.stale_seconds[connection] = 7200
    people.note_read(connection, START)
    late = START + timedelta(hours=3)
    assert sent(rows.encode(COMPANY, told, viewer(), START))["freshness"]["state"] == "fresh"
    assert sent(rows.encode(COMPANY, told, viewer(), late))["freshness"]["state"] == "stale"
    people.note_read(connection, late)
    assert sent(rows.encode(COMPANY, told, viewer(), late))["freshness"]["state"] == "fresh"


def test_two_companies_with_equal_ids_share_nothing_that_is_kept() -> None:
    """Neither encoded rows nor lines nor when connections were read, however they take turns."""
    connection = ConnectionId("c_1")
    theirs = structs.replace(COMPANY, id=CompanyId("d"))
    ours = structs.replace(row(segment(1)), connections=(connection,))
    hers = structs.replace(ours, person=structs.replace(PERSON, company_id=theirs.id, name="Berit"), timetable=())
    held = {each.id: HeldCompany(each, "epoch", 1, []) for each in (COMPANY, theirs)}
    held[COMPANY.id].lines[PERSON.id] = "talking"
    for company in held.values():
        company.stale_seconds[connection] = 7200
    held[theirs.id].note_read(connection, START)
    rows = RowEncoder(held)
    for _ in range(2):
        told = sent(rows.encode(COMPANY, ours, viewer(), START))
        assert (told["name"], told["line"], told["freshness"]["state"]) == ("Anna", "talking", "stale")
        told = sent(rows.encode(theirs, hers, viewer(), START))
        assert (told["name"], told["line"], told["freshness"]["state"]) == ("Berit", "unknown", "fresh")
        assert "timetable" not in told
