"""Where a database is."""

from __future__ import annotations

from pathlib import Path

import pytest

from callendar.contracts.store import StoreError
from callendar.store.place import FilePlace, ServerPlace, find_place, without_password


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
    assert find_place(setting) == FilePlace(path)


@pytest.mark.parametrize(
    ("setting", "database", "said"),
    [
        pytest.param(
            "postgresql://callendar:hidden@db.example:5433/calls",
            "calls",
            "postgresql://callendar:***@db.example:5433/calls",
            id="all there",
        ),
        pytest.param("postgres://db/calls", "calls", "postgresql://db/calls", id="short kind, no user"),
        pytest.param(
            "postgresql+asyncpg://u:hidden@db/calls", "calls", "postgresql://u:***@db/calls", id="with driver"
        ),
        pytest.param(
            "postgresql:///calls?host=/run/postgresql&user=callendar",
            "calls",
            "postgresql:///calls?host=/run/postgresql&user=callendar",
            id="socket",
        ),
        pytest.param(
            "postgresql://u@a:1,b:2/calls?password=hidden&target_session_attrs=primary",
            "calls",
            "postgresql://u@a:1,b:2/calls?password=***&target_session_attrs=primary",
            id="two hosts, password as an option",
        ),
        pytest.param("postgresql://u:hid%2Fden@db/c%20d", "c d", "postgresql://u:***@db/c%20d", id="odd letters"),
        pytest.param("postgresql://u@db/?dbname=calls", "calls", "postgresql://u@db/?dbname=calls", id="as an option"),
    ],
)
def test_address_names_a_server_and_is_said_without_its_password(setting: str, database: str, said: str) -> None:
    """The driver gets all of it; whoever reads a message, a log or a place's `repr` does not."""
    place = find_place(setting)
    assert isinstance(place, ServerPlace)
    assert place.database == database
    assert "hid" not in f"{place} {place!r}".replace("***", "")
    assert str(place) == said
    assert ("hid" in place.address) == ("hid" in setting)


@pytest.mark.parametrize(
    ("setting", "mend"),
    [
        pytest.param("mysql://user:hidden@host/db", "give the path of a file, or postgresql://", id="another kind"),
        pytest.param("", "give the path of a file, or postgresql://", id="empty"),
        pytest.param("postgresql://u:hidden@db", "names no database", id="no database"),
        pytest.param("postgresql://u:hidden@db:five/calls", "cannot be read", id="port in letters"),
        pytest.param("postgresql://u:hid/den@db/calls", "%2F for /", id="slash in the password"),
        pytest.param("postgresql://u:hid#den@db/calls", "%23 for #", id="hash in the password"),
        pytest.param("postgresql://u:123/hid@db/calls", "%2F for /", id="what looks like a port in the password"),
        pytest.param("postgresql://u:hid?den@db/calls", "%3F for", id="question mark in the password"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(setting: str, mend: str) -> None:
    """Without repeating the password that may stand in it."""
    with pytest.raises(StoreError, match=mend) as refused:
        find_place(setting)
    assert "hid" not in str(refused.value)
    assert "den" not in str(refused.value)
    assert "hid" not in without_password(setting)


def test_path_is_shown_as_it_is() -> None:
    """Only an address can hold a password."""
    assert without_password("/data/a:b@c.db") == "/data/a:b@c.db"
