"""Keywords as a company and a person may have them (`rules.md` §1.3)."""

from __future__ import annotations

import pytest
from msgspec import structs

from callendar.domain.mark import build_marks, read_subject
from callendar.domain.person import Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId
from callendar.engine.invalid import InvalidField
from callendar.engine.keywords import check_company_keywords, check_keyword, check_own_keywords

COMPANY = Company(id=CompanyId("c"), name="C", reasons=REASONS)


def test_the_table_out_of_the_box_is_allowed() -> None:
    """Every keyword belongs to one reason."""
    check_company_keywords(REASONS)


@pytest.mark.parametrize("keyword", ["m", "part time", "möte", "e-mail", "3d", "käse", "会议"])
def test_a_keyword_that_is_allowed_is_read(keyword: str) -> None:
    """What is accepted here stands for its reason in a subject."""
    lunch = next(each for each in REASONS if each.code == "lunch")
    own = structs.replace(COMPANY, reasons=(structs.replace(lunch, keywords={"en": (check_keyword(keyword, "x"),)}),))
    marks = build_marks(own, Person(id=PersonId("p"), company_id=COMPANY.id, name="P"), frozenset())
    order = read_subject(f"{keyword}: soup", marks).order
    assert order is not None
    assert order.reason == "lunch"


@pytest.mark.parametrize(
    "keyword", ["", "  ", "a:b", "a;b", "*", "a>1", "a/b", "10", "1 0", "re", "SV", "a.b", "\u200b"]
)
def test_a_keyword_that_could_not_be_read_is_refused(keyword: str) -> None:
    """Separators, digits alone, reply prefixes, other signs."""
    with pytest.raises(InvalidField) as refused:
        check_keyword(keyword, "keywords.en")
    assert refused.value.field == "keywords.en"


def test_a_run_of_spaces_counts_as_one() -> None:
    """It is kept as one."""
    assert check_keyword(" part   time ", "x") == "part time"


def test_one_keyword_has_one_reason() -> None:
    """However it is written; languages of one reason may share it."""
    lunch = next(each for each in REASONS if each.code == "lunch")
    taken = structs.replace(lunch, keywords={"en": ("MÖTE",)})
    with pytest.raises(InvalidField, match="meeting"):
        check_company_keywords((*(each for each in REASONS if each.code != "lunch"), taken))


@pytest.mark.parametrize(
    "own",
    [{"nap": ("nap",)}, {"lunch": ("10",)}, {"lunch": ("soup",), "trip": ("Soup",)}],
    ids=["no-such-reason", "digits", "two-reasons"],
)
def test_own_keywords_are_checked_alike(own: dict[str, tuple[str, ...]]) -> None:
    """They may take a company's keyword, not name two reasons."""
    check_own_keywords({"lunch": ("m",)}, COMPANY)
    with pytest.raises(InvalidField):
        check_own_keywords(own, COMPANY)
