"""Where a database is."""

from __future__ import annotations

from pathlib import Path

import pytest

from callendar.contracts.store import StoreError
from callendar.store.place import find_place


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        pytest.param("/data/c.db", Path("/data/c.db"), id="path"),
        pytest.param("sqlite:////data/c.db", Path("/data/c.db"), id="url"),
        pytest.param("sqlite+aiosqlite:////data/c.db", Path("/data/c.db"), id="url with driver"),
        pytest.param("sqlite:///c.db", Path.cwd() / "c.db", id="relative"),
        pytest.param(Path("/data/a b?.db"), Path("/data/a b?.db"), id="odd letters"),
        pytest.param(":memory:", None, id="memory"),
    ],
)
def test_setting_names_a_place(setting: str | Path, path: Path | None) -> None:
    """A path, a URL, or memory."""
    assert find_place(setting).path == path


@pytest.mark.parametrize("setting", ["mysql://user:hidden@host/db", ""])
def test_what_cannot_be_used_is_refused_in_words(setting: str) -> None:
    """Without repeating the password that may stand in it."""
    with pytest.raises(StoreError, match="give the path of a file") as refused:
        find_place(setting)
    assert "hidden" not in str(refused.value)
