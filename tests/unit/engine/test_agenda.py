"""The agenda of whom to look at when."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from callendar.contracts.switchboard import PersonKey
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from callendar.engine.agenda import Agenda
from tests.clock import START

COMPANIES = [CompanyId("acme"), CompanyId("brevik")]

people = st.sampled_from([(company, PersonId(name)) for company in COMPANIES for name in "abc"])
instants = st.none() | st.integers(0, 50).map(lambda seconds: START + timedelta(seconds=seconds))


@given(st.lists(st.tuples(people, instants), max_size=60), st.integers(0, 60))
def test_the_agenda_says_what_a_plain_dictionary_says(puts: list[tuple[PersonKey, datetime | None]], at: int) -> None:
    """Only the last instant given for each person counts; those that have come are taken once, earliest first."""
    agenda = Agenda()
    plain: dict[PersonKey, datetime] = {}
    for key, instant in puts:
        agenda.put(key, instant)
        plain.pop(key, None)
        if instant is not None:
            plain[key] = instant
    now = START + timedelta(seconds=at)
    assert agenda.next() == min(plain.values(), default=None)
    taken = agenda.take(now)
    assert set(taken) == {key for key, instant in plain.items() if instant <= now}
    assert len(taken) == len(set(taken))
    assert [plain[each] for each in taken] == sorted(plain[each] for each in taken)
    assert agenda.take(now) == []


def test_moving_one_person_often_does_not_fill_the_heap() -> None:
    """What was moved is cleared away."""
    agenda = Agenda()
    for second in range(10_000):
        agenda.put((COMPANIES[0], PersonId("a")), START + timedelta(seconds=second))
    assert len(agenda._heap) < 2_000  # pyright: ignore[reportPrivateUsage]
    assert agenda.next() == START + timedelta(seconds=9_999)
