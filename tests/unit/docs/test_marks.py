"""docs/reference/marks.md: every example does what the page says."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Any

import pytest

from callendar.cli.company import new_company
from callendar.engine.explain import BookingAsk, explain_booking
from tests.unit.docs.pages import REFERENCE, code_in, read_rows

COMPANY = new_company("out of the box", "Europe/Stockholm", "en")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
EXAMPLES = [row for row in read_rows(REFERENCE / "marks.md", columns=3) if code_in(row[0])]
SWITCHES: dict[str, dict[str, Any]] = {
    "--private": {"sensitivity": "private"},
    "--all-day": {"all_day": True},
    "--invited": {"has_organizer": True},
    "--cancelled": {"cancelled": True},
    "--shared": {"owned": False},
}


def test_there_are_examples() -> None:
    """The page has not lost its tables."""
    assert len(EXAMPLES) >= 30


@pytest.mark.parametrize(
    ("subject", "options", "said"), EXAMPLES, ids=[" ".join(code_in(row[0] + row[1])) for row in EXAMPLES]
)
def test_an_example_does_what_the_page_says(subject: str, options: str, said: str) -> None:
    """By the same function as `callendar explain`, in the same words."""
    ask = _ask(code_in(subject)[0], shlex.split(" ".join(code_in(options))))
    explained = explain_booking(ask, COMPANY, None, NOW)
    reason = f", {COMPANY.reason(explained.reason).label('en').lower()}" if explained.reason else ""
    assert said == f"{explained.kind}{reason}: {explained.why}."


def _ask(subject: str, options: list[str]) -> BookingAsk:
    given: dict[str, Any] = {"subject": subject}
    words = iter(options)
    for option in words:
        if option in SWITCHES:
            given |= SWITCHES[option]
        elif option == "--category":
            given["categories"] = (*given.get("categories", ()), next(words))
        else:
            given[option.removeprefix("--").replace("-", "_")] = next(words)
    return BookingAsk(**given)
