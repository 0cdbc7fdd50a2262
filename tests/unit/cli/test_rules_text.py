"""The rules as a text that people edit."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from callendar.cli.rules_text import MEANINGS, parse_assignments, parse_rules, place_of, render_rules
from callendar.domain.errors import InvalidValue
from callendar.domain.rules import OpenHours, PublicHolidays, Rules
from callendar.engine.invalid import InvalidField

FULL = Rules(
    mode="busy",
    allowed_diverts=("+4670123",),
    hours=(OpenHours(days=("mon", "tue"), opens="08:00", closes="17:00"),),
    holidays=PublicHolidays(country="SE", add=(date(2026, 12, 27),)),
)


@pytest.mark.parametrize("rules", [Rules(), FULL], ids=["out-of-the-box", "full"])
def test_what_is_rendered_is_read_as_the_same_rules(rules: Rules) -> None:
    """Nothing is lost on the way, and what TOML has no word for is an empty text."""
    assert msgspec.convert(parse_rules(render_rules(rules)), Rules) == rules


def test_every_rule_is_explained() -> None:
    """In the order of the rules, none left out."""
    assert list(MEANINGS) == list(Rules.__struct_fields__)


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        pytest.param("grace_minutes=10", {"grace_minutes": 10}, id="number"),
        pytest.param("mode=busy", {"mode": "busy"}, id="word"),
        pytest.param('mode="busy"', {"mode": "busy"}, id="quoted"),
        pytest.param("notes=false", {"notes": False}, id="yes-or-no"),
        pytest.param("holidays.country=SE", {"holidays": {"country": "SE"}}, id="inside"),
        pytest.param("holidays.country=", {"holidays": {"country": None}}, id="none"),
        pytest.param("holidays.add=[2026-12-24]", {"holidays": {"add": ["2026-12-24"]}}, id="date"),
        pytest.param('shareable=["trip"]', {"shareable": ["trip"]}, id="list"),
    ],
)
def test_single_rules_are_typed_without_quotes(typed: str, given: dict[str, Any]) -> None:
    """Whatever is no value of TOML is a word."""
    assert parse_assignments([typed]) == given


@pytest.mark.parametrize("typed", ["grace_minutes", "=5", "a b=1", "x.y.z=1"])
def test_what_is_no_assignment_is_refused(typed: str) -> None:
    """With an example."""
    with pytest.raises(InvalidValue, match="grace_minutes=10"):
        parse_assignments([typed])


@pytest.mark.parametrize(
    ("field", "line"),
    [
        pytest.param("mode", "line 1: ", id="top"),
        pytest.param("show_as.busy", "line 3: ", id="inside"),
        pytest.param("hours.0.from", "line 4: ", id="in-a-list"),
        pytest.param("grace_minutes", "", id="not-there"),
    ],
)
def test_an_error_names_its_line(field: str, line: str) -> None:
    """Where the text has one for it."""
    text = 'mode = "lazy"\n\nshow_as.busy = "maybe"\nhours = [{ days = ["mon"], from = "8", to = "9" }]\n'
    assert place_of(InvalidField(field, None, "no"), text) == f"{line}{field}: no"
