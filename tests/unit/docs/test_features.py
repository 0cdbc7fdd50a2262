"""docs/reference/features.md: every number once, and every test that it names is there."""

from __future__ import annotations

import re

import pytest

from tests.unit.docs.pages import REFERENCE, ROOT, code_in, read_rows

ROWS = read_rows(REFERENCE / "features.md", columns=5)
NUMBERS = {"A": 13, "B": 11, "C": 10, "D": 13, "E": 13, "F": 5, "G": 9, "H": 5, "I": 6}
"""How many features each part has."""


def test_every_number_stands_there_once_in_order() -> None:
    """A1 to I6."""
    assert [row[0] for row in ROWS] == [f"{part}{n}" for part, last in NUMBERS.items() for n in range(1, last + 1)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_state_is_backed(row: list[str]) -> None:
    """What works names a test that is there; what works in part says what is missing; what is not yet names none."""
    _, feature, state, missing, proved = row
    named = code_in(proved)
    assert feature
    assert state in ("works", "partly", "not yet")
    assert bool(named) == (state != "not yet")
    assert missing or state != "partly"
    for each in named:
        path, _, name = each.partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        if path.endswith(".py"):
            assert re.search(rf"^(async )?def {re.escape(name)}\(", text, flags=re.MULTILINE), each
        else:
            assert f"'{name}'" in text, each
