"""What a list of people would change, and does."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from msgspec import structs

from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company
from callendar.engine.importing import ImportPlan, Said, plan_import, run_import
from callendar.engine.people import PersonPatch, change_person, delete_person
from tests.fakes.house import COMPANY, House, open_house

NORTH = Company(id=COMPANY, name="North", zone="UTC", reasons=REASONS)


def person(name: str, *numbers: str, **values: Any) -> Person:
    """Somebody with `NAME@x.example` as her address, and these extensions."""
    extensions = tuple(Extension(number=each) for each in numbers)
    given = Person(
        id=PersonId(name), company_id=COMPANY, name=name, email=f"{name}@x.example", extensions=extensions, zone="UTC"
    )
    return structs.replace(given, **values)


def planned(*lines: dict[str, str], people: tuple[Person, ...] = ()) -> ImportPlan:
    """What these lines, from the second on, would do."""
    said = [Said(line=line, cells=cells) for line, cells in enumerate(lines, start=2)]
    return plan_import(said, people, NORTH)


def of(who: str, /, **cells: str) -> dict[str, str]:
    """A line about somebody."""
    return {"email": f"{who}@x.example", **cells}


def told(plan: ImportPlan) -> list[tuple[int, list[tuple[str, str, str]]]]:
    """Who is changed, and how."""
    return [(each.said.line, each.differences) for each in plan.changed]


def test_matched_by_external_id_before_the_address() -> None:
    """Else by any address of hers; what matches nobody is somebody new, with neither it is refused."""
    anna = person("anna", external_id="17", addresses=("ann@x.example",))
    bo = person("bo")
    plan = planned(
        {"external_id": "17", "email": "new@x.example"},
        {"email": "BO@x.example", "external_id": "18"},
        {"external_id": "19", "name": "Cilla"},
        {"name": "Doris"},
        people=(anna, bo),
    )
    assert told(plan) == [
        (2, [("email", "anna@x.example", "new@x.example")]),
        (3, [("email", "bo@x.example", "BO@x.example"), ("external_id", "", "18")]),
    ]
    assert [(each.after.name, each.after.zone) for each in plan.added] == [("Cilla", "UTC")]
    assert [each.line for each in plan.refused] == [5]
    other = planned({"external_id": "20", "email": "ann@x.example"}, people=(anna,))
    assert "'17'" in other.refused[0].said


def test_an_empty_cell_leaves_and_a_dash_empties() -> None:
    """A column that is not there leaves too."""
    anna = person("anna", "101", department="Sales", title="Boss", names=("Ann", "Annie"))
    plan = planned(of("anna", department="", title="-", names="-", extensions=""), people=(anna,))
    assert told(plan) == [(2, [("title", "Boss", ""), ("names", "Ann, Annie", "")])]
    assert planned(of("anna", department="", name="anna"), people=(anna,)).unchanged == 1
    assert "name" in planned(of("anna", name="-"), people=(anna,)).refused[0].said


def test_extensions_and_mobile_are_columns_of_their_own() -> None:
    """Several in a cell; each keeps its kind, and the order only when something differs."""
    soft = Extension(number="102", kind="softphone", switchboard="s_1")
    mobile = Extension(number="0701", kind="mobile")
    anna = person("anna", extensions=(mobile, Extension(number="101"), soft))
    assert planned(of("anna", extensions="102 101", mobile="070-1"), people=(anna,)).unchanged == 1
    (change,) = planned(of("anna", extensions="102/103"), people=(anna,)).changed
    assert change.after.extensions == (soft, Extension(number="103"), mobile)
    (change,) = planned(of("anna", mobile="+46 70 123 (45) 67"), people=(anna,)).changed
    assert change.after.extensions[-1] == Extension(number="+46701234567", kind="mobile")
    (change,) = planned(of("anna", extensions="-", mobile="-"), people=(anna,)).changed
    assert change.after.extensions == ()
    (added,) = planned(of("bo", name="Bo", extensions="+46 8 123 45")).added
    assert added.after.extensions == (Extension(number="+46812345"),)


def test_extensions_may_move_within_the_list() -> None:
    """Between two, round in a ring, or from somebody who gives hers back."""
    people = (person("anna", "101"), person("bo", "102"), person("cilla", "103"), person("doris", "104"))
    plan = planned(
        of("anna", extensions="102"),
        of("bo", extensions="103"),
        of("cilla", extensions="101"),
        of("eva", name="Eva", extensions="104"),
        of("doris", extensions="-"),
        people=people,
    )
    assert (len(plan.changed), len(plan.added), plan.refused) == (4, 1, ())


def test_what_somebody_else_keeps_is_refused() -> None:
    """Of two lines the first has it; whoever is refused keeps what she had, which may refuse another."""
    people = (person("anna", "101"), person("bo", "102"), person("cilla", "103"))
    plan = planned(
        of("anna", extensions="102"),
        of("bo", extensions="103"),
        of("doris", name="Doris", extensions="201"),
        of("eva", name="Eva", extensions="201"),
        people=people,
    )
    assert (len(plan.changed), [each.after.name for each in plan.added]) == (0, ["Doris"])
    assert [each.line for each in plan.refused] == [2, 3, 5]
    assert "'103' is cilla's; give another" in plan.refused[1].said
    assert "'201' is Doris's on line 4" in plan.refused[2].said


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        pytest.param({"zone": "Mars/Base"}, "zone: 'Mars/Base'", id="zone"),
        pytest.param({"extensions": "1o1"}, "extensions: '1o1'", id="number"),
        pytest.param({"addresses": "nobody"}, "email: 'nobody'", id="address"),
        pytest.param({"title": "x" * 201}, "title: it has 201 letters", id="too-long"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_the_mend(cells: dict[str, str], words: str) -> None:
    """The other lines stand."""
    plan = planned(of("bo", name="Bo"), of("anna", name="Anna", **cells), of("cilla", name="Cilla"))
    assert [each.after.name for each in plan.added] == ["Bo", "Cilla"]
    assert [(each.line, words in each.said) for each in plan.refused] == [(3, True)]


def test_who_stands_there_twice_counts_once() -> None:
    """The first line, by whichever of her addresses."""
    anna = person("anna", external_id="17", addresses=("ann@x.example",))
    plan = planned(
        of("anna", title="A"),
        {"external_id": "17", "title": "B"},
        {"email": "ann@x.example", "title": "C"},
        of("bo", name="Bo"),
        of("BO", name="Bo"),
        people=(anna,),
    )
    assert ([each[0] for each in told(plan)], [each.line for each in plan.refused]) == ([2], [3, 4, 6])
    assert "line 2" in plan.refused[0].said


def test_who_is_not_in_the_list_is_named() -> None:
    """By name; somebody whose line is refused is in it."""
    plan = planned(of("bo", zone="Mars/Base"), people=(person("cilla"), person("anna"), person("bo")))
    assert [each.name for each in plan.missing] == ["anna", "cilla"]


@pytest.fixture
async def house() -> AsyncGenerator[House]:
    """A company with nobody in it."""
    async with open_house() as house:
        yield house


async def _import(house: House, plan: ImportPlan) -> tuple[list[int], tuple[int, ...]]:
    done: list[int] = []
    refused = await run_import(house.store.as_store, COMPANY, plan, house.clock.now(), done=done.append)
    return done, tuple(each.line for each in refused)


async def _everybody(house: House) -> tuple[Person, ...]:
    return tuple(row.person for row in (await house.store.as_store.load_rows(COMPANY)).rows)


@pytest.mark.anyio
async def test_written_in_transactions_of_fifty(house: House) -> None:
    """Whose extensions move between them go together; new rows are those that planning gives."""
    lines = [of(f"p{n}", name=f"P{n}", extensions=str(100 + n)) for n in range(120)]
    assert await _import(house, planned(*lines)) == ([50, 100, 120], ())
    people = await _everybody(house)
    assert len(people) == 120
    ring = [of(f"p{n}", extensions=str(100 + (n + 1) % 70)) for n in range(70)]
    plan = planned(*ring, *(of(f"p{n}", title="X") for n in range(70, 80)), people=people)
    assert (await _import(house, plan))[0] == [70, 80]
    numbers = {each.name: each.extensions[0].number for each in await _everybody(house)}
    assert (numbers["P0"], numbers["P69"], numbers["P70"]) == ("101", "100", "170")
    assert planned(*ring, people=await _everybody(house)).unchanged == 70


@pytest.mark.anyio
async def test_what_changed_after_the_look_stays(house: House) -> None:
    """Only what the line says is written over it; whoever was removed stays so."""
    await _import(house, planned(of("anna", name="Anna", title="Clerk"), of("bo", name="Bo")))
    anna, bo = await _everybody(house)
    plan = planned(of("anna", department="Sales"), of("bo", department="Sales"), people=(anna, bo))
    store, now = house.store.as_store, house.clock.now()
    await change_person(store, COMPANY, anna.id, PersonPatch(title="Boss"), now)
    await delete_person(store, COMPANY, bo.id, now)
    assert await _import(house, plan) == ([2], (3,))
    assert [(each.name, each.title, each.department) for each in await _everybody(house)] == [("Anna", "Boss", "Sales")]
