"""A line of text as somebody typed it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.errors import InvalidValue
from callendar.domain.line import printable, tidy_line


def test_what_would_disturb_a_terminal_or_a_page_is_left_out() -> None:
    """Control characters and directional overrides; letters of every language stay."""
    assert printable("a\x1b[31mb\x00c\u202ed\u2066e\nf") == "a[31mbcde f"
    assert printable("Åsa 中文 עברית 👩‍💼") == "Åsa 中文 עברית 👩‍💼"


def test_a_line_is_stripped_and_nothing_is_none() -> None:
    """So is one of control characters alone."""
    assert tidy_line("  Thai \n", "text") == "Thai"
    assert tidy_line(" \x00 ", "text") is None
    assert tidy_line(None, "text") is None


def test_a_line_that_is_too_long_is_refused_with_its_field_and_bound() -> None:
    """Not cut: whoever wrote it decides what goes."""
    with pytest.raises(InvalidValue, match="text: it has 201 letters; 200 are the most"):
        tidy_line("x" * 201, "text")


@given(st.text())
def test_printable_is_stable(text: str) -> None:
    """Done twice it changes nothing more."""
    assert printable(printable(text)) == printable(text)
