"""The agenda of whom to look at when."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.person import PersonId
from callendar.engine.agenda import Agenda
from tests.clock import START

people = st.sampled_from([PersonId(name) for name in "abcde"])
instants = st.none() | st.integers(0, 50).map(lambda seconds: START + timedelta(seconds=seconds))


@given(st.lists(st.tuples(people, instants), max_size=60), st.integers(0, 60))
def test_the_agenda_says_what_a_plain_dictionary_says(puts: list[tuple[PersonId, datetime | None]], at: int) -> None:
    """Only the last instant given for each person counts; those that have come are taken once, earliest first."""
    agenda = Agenda()
    plain: dict[PersonId, datetime] = {}
    for person_id, instant in puts:
        agenda.put(person_id, instant)
        plain.pop(person_id, None)
        if instant is not None:
            plain[person_id] = instant
    now = START + timedelta(seconds=at)
    assert agenda.next() == min(plain.values(), default=None)
    taken = agenda.take(now)
    assert set(taken) == {person_id for person_id, instant in plain.items() if instant <= now}
    assert len(taken) == len(set(taken))
    assert [plain[each] for each in taken] == sorted(plain[each] for each in taken)
    assert agenda.take(now) == []


def test_moving_one_person_often_does_not_fill_the_heap() -> None:
    """What was moved is cleared away."""
    agenda = Agenda()
    for second in range(10_000):
        agenda.put(PersonId("a"), START + timedelta(seconds=second))
    assert len(agenda._heap) < 2_000  # pyright: ignore[reportPrivateUsage]
    assert agenda.next() == START + timedelta(seconds=9_999)
