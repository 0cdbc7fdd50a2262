"""What every switchboard promises (`contracts/switchboard.py`), whichever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.contracts.switchboard import ComingSegment, Shown, Switchboard, SwitchboardContext
from callendar.domain.person import PersonId
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import CompanyId
from callendar.switchboards import demo
from callendar.switchboards.demo.wire import Ahead, Show, parse_lines, render_lines
from tests.clock import START, HandClock
from tests.fakes.switchboard import FakeSwitchboard

pytestmark = pytest.mark.anyio

ACME = CompanyId("acme")
ANNA, BO = (ACME, PersonId("anna")), (ACME, PersonId("bo"))
OTHER_ANNA = (CompanyId("brevik"), PersonId("anna"))
REFERRED = Shown(
    kind="referred",
    reason=ReasonCode("meeting"),
    until=START + timedelta(hours=1),
    back_at=START + timedelta(hours=2),
    divert_to="123",
)
AVAILABLE = Shown(kind="available")
COMING = ComingSegment(start=START, end=None, kind="referred", reason=ReasonCode("sick"), divert_to=None, back_at=None)

Connect = Callable[[], Switchboard]
"""Connects to the same switchboard again."""


@pytest.fixture(params=["demo", "fake"])
def connect(request: pytest.FixtureRequest, tmp_path: Path) -> Connect:
    clock = HandClock()
    if request.param == "demo":
        settings = {"path": str(tmp_path / "made" / "switchboard.log")}
        return lambda: demo.register().open(SwitchboardContext(settings=settings, clock=clock))
    fake = FakeSwitchboard(clock)
    return lambda: fake.kind.open(SwitchboardContext(settings={}, clock=clock))


async def test_what_was_shown_last_is_what_it_shows(connect: Connect) -> None:
    """Also to whoever connects later."""
    board = connect()
    await board.show({ANNA: REFERRED, BO: REFERRED})
    await board.show({BO: AVAILABLE})
    assert await board.reconcile(frozenset((ANNA, BO))) == {ANNA: REFERRED, BO: AVAILABLE}
    await board.close()
    assert await connect().reconcile(frozenset((ANNA, BO))) == {ANNA: REFERRED, BO: AVAILABLE}


async def test_people_of_two_companies_with_equal_ids_are_two(connect: Connect) -> None:
    """One is referred, changed and forgotten without the other."""
    board = connect()
    await board.show({ANNA: REFERRED, OTHER_ANNA: AVAILABLE})
    assert await board.reconcile(frozenset((ANNA, OTHER_ANNA))) == {ANNA: REFERRED, OTHER_ANNA: AVAILABLE}
    assert await board.reconcile(frozenset((OTHER_ANNA,))) == {OTHER_ANNA: AVAILABLE}
    assert await connect().reconcile(frozenset((ANNA, OTHER_ANNA))) == {OTHER_ANNA: AVAILABLE}


async def test_showing_twice_changes_nothing(connect: Connect) -> None:
    """Nor does writing the same future twice."""
    board = connect()
    for _ in range(2):
        await board.ahead({ANNA: [COMING]})
        await board.show({ANNA: REFERRED})
    assert await board.reconcile(frozenset((ANNA,))) == {ANNA: REFERRED}


async def test_a_new_switchboard_shows_nothing(connect: Connect) -> None:
    """And nothing is wrong with it."""
    board = connect()
    assert await board.reconcile(frozenset((ANNA,))) == {}
    assert await board.check() == []


async def test_whoever_is_not_asked_for_is_forgotten(connect: Connect) -> None:
    """For good: asked for again, nothing is shown of her."""
    board = connect()
    await board.show({ANNA: REFERRED, BO: REFERRED})
    assert await board.reconcile(frozenset((BO,))) == {BO: REFERRED}
    assert await board.reconcile(frozenset((ANNA, BO))) == {BO: REFERRED}


async def test_the_demo_writes_a_line_for_each_thing_it_is_told(tmp_path: Path) -> None:
    """With the instant, as JSON."""
    path = tmp_path / "switchboard.log"
    board = demo.register().open(SwitchboardContext(settings={"path": str(path)}, clock=HandClock()))
    await board.ahead({ANNA: [COMING]})
    await board.show({ANNA: AVAILABLE})
    ahead, shown = (json.loads(line) for line in path.read_text().splitlines())
    segment = {"kind": "referred", "reason": "sick", "divert_to": None, "back_at": None}
    segment |= {"start": "2026-11-23T09:00:00Z", "end": None}
    assert ahead == {
        "event": "ahead",
        "at": "2026-11-23T09:00:00Z",
        "company": "acme",
        "person": "anna",
        "segments": [segment],
    }
    assert shown["event"] == "show"
    assert shown["shown"]["kind"] == "available"


async def test_the_demo_outlives_a_line_cut_off_by_a_kill(tmp_path: Path) -> None:
    """What stood before it holds, and what is written after it is read again."""
    path = tmp_path / "switchboard.log"

    def connect() -> Switchboard:
        return demo.register().open(SwitchboardContext(settings={"path": str(path)}, clock=HandClock()))

    await connect().show({ANNA: REFERRED, BO: REFERRED})
    path.write_bytes(path.read_bytes()[:-30])
    board = connect()
    assert await board.reconcile(frozenset((ANNA, BO))) == {ANNA: REFERRED}
    await board.show({BO: AVAILABLE})
    assert await connect().reconcile(frozenset((ANNA, BO))) == {ANNA: REFERRED, BO: AVAILABLE}


async def test_the_demo_cuts_a_long_file_down_to_what_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each person the last state and the last future."""
    monkeypatch.setattr("callendar.switchboards.demo.adapter.COMPACT_BYTES", 10_000)
    path = tmp_path / "switchboard.log"
    board = demo.register().open(SwitchboardContext(settings={"path": str(path)}, clock=HandClock()))
    await board.ahead({ANNA: [COMING]})
    for _ in range(200):
        await board.show({ANNA: REFERRED, BO: AVAILABLE})
    for _ in range(2):
        assert await board.reconcile(frozenset((ANNA, BO))) == {ANNA: REFERRED, BO: AVAILABLE}
    assert [type(line) for line in parse_lines(path.read_bytes())] == [Ahead, Show, Show]


async def test_the_demo_says_where_it_cannot_write(tmp_path: Path) -> None:
    """And what to do."""
    board = demo.register().open(SwitchboardContext(settings={"path": str(tmp_path)}, clock=HandClock()))
    (complaint,) = await board.check()
    assert str(tmp_path) in complaint
    assert "name another file" in complaint


shown = st.builds(
    Shown,
    kind=st.sampled_from(["available", "busy", "informed", "referred", "unknown"]),
    reason=st.none() | st.text().map(ReasonCode),
    until=st.none() | st.integers(0, 10**6).map(lambda seconds: START + timedelta(seconds=seconds)),
    divert_to=st.none() | st.text(),
)


@given(
    st.lists(
        st.builds(
            Show, at=st.just(START), company=st.text().map(CompanyId), person=st.text().map(PersonId), shown=shown
        )
    )
)
def test_lines_of_the_demo_are_read_as_they_were_written(lines: list[Show]) -> None:
    """Whatever stands in them: names and reasons with line ends, too."""
    assert parse_lines(render_lines(lines)) == lines
