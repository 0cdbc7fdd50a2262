"""docs/reference/rules.md and reasons.md say what a company starts with."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from callendar.domain.reason import Reason
from callendar.domain.reason_table import LANGUAGES, REASONS
from callendar.domain.rules import Rules
from tests.unit.docs.pages import REFERENCE, code_in, read_rows

ENDS = {
    "none": "no end",
    "running_booking": "end of the running booking, else 60 min",
    "opening": "next opening",
    "working_opening": "next opening of a working day",
    "closing": "closing time",
}


def test_every_rule_stands_there_with_its_default() -> None:
    """Those inside `show_as` and `holidays` by their path; none left out and none made up."""
    said = {code_in(row[0])[0]: row[1] for row in read_rows(REFERENCE / "rules.md", columns=3)}
    rules = cast(dict[str, Any], msgspec.to_builtins(Rules()))
    meant: dict[str, str] = {}
    for name, value in rules.items():
        if isinstance(value, dict):
            meant[name] = "see below"
            meant |= {f"{name}.{inner}": _json(each) for inner, each in cast(dict[str, object], value).items()}
        else:
            meant[name] = _json(value)
    assert said == meant


def _json(value: object) -> str:
    return "`" + msgspec.json.encode(value).decode().replace(",", ", ") + "`"


def test_the_table_of_reasons_is_the_one_out_of_the_box() -> None:
    """Every cell, in order."""
    assert read_rows(REFERENCE / "reasons.md", columns=9) == [_row(reason) for reason in REASONS]


def _row(reason: Reason) -> list[str]:
    keywords = [", ".join(f"`{word}`" for word in reason.keywords[language]) for language in LANGUAGES]
    return [
        f"`{reason.code}`",
        reason.labels["en"],
        " · ".join(keywords),
        str(reason.phone),
        f"a {reason.when}",
        reason.icon,
        str(reason.weight),
        ENDS.get(reason.ends.kind) or f"after {reason.ends.minutes} min",
        "yes" if reason.sensitive else "no",
    ]
