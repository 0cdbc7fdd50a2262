"""docs/reference/settings.md says what settings.py does."""

from __future__ import annotations

from typing import cast

import msgspec

from callendar.settings import PREFIX, Settings
from tests.unit.docs.pages import REFERENCE, code_in, read_rows


def test_every_setting_stands_there_with_its_variable_and_default() -> None:
    """In the order of the program, none left out and none made up."""
    rows = [row for row in read_rows(REFERENCE / "settings.md", columns=4) if code_in(row[1])]
    assert [code_in(row[0]) for row in rows] == [[name] for name in Settings.__struct_fields__]
    assert [code_in(row[1]) for row in rows] == [[PREFIX + name.upper()] for name in Settings.__struct_fields__]
    assert [row[2] for row in rows] == [_said(value) for value in _defaults().values()]
    assert all(row[3] for row in rows)


def _defaults() -> dict[str, object]:
    return cast(dict[str, object], msgspec.to_builtins(Settings()))


def _said(value: object) -> str:
    if value is None:
        return "none"
    return f"`{value}`" if isinstance(value, str) else f"`{msgspec.json.encode(value).decode()}`"
