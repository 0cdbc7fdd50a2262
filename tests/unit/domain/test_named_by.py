"""Viewers of one role whom a person does not name see her alike: what is encoded for one of them serves all."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.privacy import LEVELS, Role, Viewer, named_by, view_of
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId

COMPANY = Company(id=CompanyId("co_1"), name="One", zone="Europe/Stockholm", reasons=REASONS)
VIEWERS = [ViewerId(f"t_{number}") for number in range(4)]
levels = st.sampled_from(LEVELS)


@given(
    role=st.sampled_from(get_args(Role)),
    privacy=st.none() | levels,
    grants=st.dictionaries(st.sampled_from(VIEWERS), levels, max_size=2),
    delegates=st.sets(st.sampled_from(VIEWERS), max_size=2),
    rules=st.fixed_dictionaries(
        {"privacy": levels, "telephonist_plus_one": st.booleans(), "colleagues_may_set": st.booleans()}
    ),
    own=st.none() | st.sampled_from(VIEWERS),
)
def test_those_not_named_see_alike(
    role: Role,
    privacy: str | None,
    grants: dict[ViewerId, str],
    delegates: set[ViewerId],
    rules: dict[str, object],
    own: ViewerId | None,
) -> None:
    """Whatever the levels and rules are; one of the viewers may be the person herself."""
    anna = Person(
        id=PersonId("p_anna"),
        company_id=COMPANY.id,
        name="Anna",
        zone=COMPANY.zone,
        privacy=privacy,  # pyright: ignore[reportArgumentType] - one of the levels
        grants=grants,  # pyright: ignore[reportArgumentType]
        delegates=tuple(sorted(delegates)),
    )
    company = structs.replace(COMPANY, rules=structs.replace(COMPANY.rules, **rules))
    viewers = [
        Viewer(
            id=each,
            company_id=COMPANY.id,
            role=role,
            name=each,
            person_id=anna.id if each == own else PersonId(f"p_{each}"),
        )
        for each in VIEWERS
    ]
    alike = [each for each in viewers if each.id not in named_by(anna) and each.person_id != anna.id]
    assert len({view_of(each, anna, company) for each in alike}) <= 1
