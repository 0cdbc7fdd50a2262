"""The rules as a text that people edit: TOML with what each rule means beside it, and back."""

from __future__ import annotations

import re
import tomllib
from typing import Any, cast

import msgspec

from callendar.domain.errors import InvalidValue
from callendar.domain.rules import Rules
from callendar.engine.invalid import InvalidField

MEANINGS = {
    "mode": 'What bookings without a mark do: "keywords" (nothing), "busy" or "refer".',
    "personal_mode": "Whether people may choose their own mode.",
    "personal_keywords": "Whether people may have keywords of their own.",
    "show_as": 'Which bookings without a mark count, by how they are shown: "counts" or "nothing".',
    "notes": 'In the mode "keywords": whether a booking without a mark is told as coming soon.',
    "office_hours_only": "Whether calendars act only inside opening hours.",
    "autoreply": "Whether the mailbox's automatic reply refers.",
    "shareable": "Reasons that a mark may give in somebody else's meeting.",
    "allowed_diverts": "Numbers besides the extensions that >number may send calls to.",
    "grace_minutes": "Absences with a gap up to this are one; 0 to 120.",
    "next_free_minutes": "How long a gap must be to be told as free; 1 to 1440.",
    "stale_minutes": "From when on what was read is too old to be trusted; 1 to 10080.",
    "privacy": 'What colleagues see: "time", "reason" or "text".',
    "telephonist_plus_one": "Whether telephonists see one level more.",
    "colleagues_may_set": "Whether any colleague may refer another.",
    "hours": 'Opening hours: [{ days = ["mon", "fri"], from = "08:00", to = "17:00" }]; empty = always open.',
    "holidays": 'Public holidays: country as "SE", region, and days added and removed as 2026-12-24; "" = none.',
}
"""Of every rule, in the order of `Rules`; the whole of it stands in docs/reference/rules.md."""


def render_rules(rules: Rules) -> str:
    """The rules with a line of comment above each."""
    plain = cast(dict[str, Any], msgspec.to_builtins(rules))
    lines = ["# The rules of the company. A rule that is taken away stays as it was.", ""]
    for name, value in plain.items():
        lines += [f"# {MEANINGS[name]}"]
        if isinstance(value, dict):
            inner = cast(dict[str, Any], value)
            lines += [f"{name}.{each} = {_render(inner[each])}" for each in inner]
        else:
            lines += [f"{name} = {_render(value)}"]
        lines += [""]
    return "\n".join(lines)


def parse_rules(text: str) -> dict[str, Any]:
    """What the text says, as `RuleBook.change_rules` takes it.

    Raises:
        InvalidValue: It is no TOML; the message names the line.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidValue(f"the text is not TOML: {error}") from error
    plain = cast(dict[str, Any], msgspec.to_builtins(given))
    holidays = plain.get("holidays")
    if isinstance(holidays, dict):
        named = cast(dict[str, Any], holidays)
        plain["holidays"] = {
            name: None if value == "" and name in ("country", "region") else value for name, value in named.items()
        }
    return plain


def parse_assignments(given: list[str]) -> dict[str, Any]:
    """`name=value` pairs; a value is as in TOML, and words need no quotes."""
    lines: list[str] = []
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", name.strip()):
            raise InvalidValue(f"{each!r} is not name=value; write it as grace_minutes=10")
        try:
            tomllib.loads(f"value = {value}")
        except tomllib.TOMLDecodeError:
            value = msgspec.json.encode(value.strip()).decode()
        lines.append(f"{name.strip()} = {value}")
    return parse_rules("\n".join(lines))


def place_of(error: InvalidField, text: str) -> str:
    """The error with the line of the text that it is about, where that can be told."""
    top, _, rest = error.field.partition(".")
    inner = rest.partition(".")[0]
    for wanted in (rf"{top}\s*\.\s*{inner}\s*=", rf"{top}\s*="):
        for number, line in enumerate(text.splitlines(), start=1):
            if top and re.match(rf"\s*{wanted}", line):
                return f"line {number}: {error}"
    return str(error)


def _render(value: Any) -> str:
    """One of the few kinds of values that rules have; a text of JSON is one of TOML."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_render(each) for each in cast(list[Any], value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {_render(each)}' for name, each in cast(dict[str, Any], value).items())} }}"
    return '""' if value is None else msgspec.json.encode(value).decode()
