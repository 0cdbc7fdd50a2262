"""Passwords: one form of what was typed, and what is refused."""

from __future__ import annotations

import pytest

from callendar.domain.errors import InvalidValue
from callendar.domain.password import check_new_password, one_form


def test_however_it_is_typed_it_is_the_same_password() -> None:
    """Composed or not, with whatever space; letters are not folded (RFC 8265 §4.2)."""
    assert one_form("ha\u0308star\u00a0i\u3000ba\u030as") == "h\u00e4star i b\u00e5s"
    assert one_form("Ångström") != one_form("ångström")


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("", id="nothing"),
        pytest.param("x" * 201, id="too-many-letters"),
        pytest.param("\U0001d160" * 200, id="too-many-bytes"),
        pytest.param("a line\nand another", id="control"),
    ],
)
def test_what_no_keyboard_types_is_no_password(typed: str) -> None:
    """The refusal does not quote it."""
    with pytest.raises(InvalidValue) as refused:
        one_form(typed)
    assert not typed or typed not in str(refused.value)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("nine lett", id="short"),
        pytest.param("abababababab", id="few-letters"),
        pytest.param("qwertyuiopå", id="keyboard"),
        pytest.param("9876543210", id="backwards"),
        pytest.param("Anna Svensson", id="name"),
        pytest.param("anna.s@nordlys.example", id="address"),
        pytest.param("ANNASVENSSON12", id="name-with-a-tail"),
        pytest.param("Password2026", id="tried-first"),
    ],
)
def test_what_is_tried_first_is_refused(typed: str) -> None:
    """In words that do not quote it."""
    with pytest.raises(InvalidValue) as refused:
        check_new_password(typed, email="anna.s@nordlys.example", name="Anna Svensson")
    assert typed not in str(refused.value)


def test_a_few_words_are_a_password() -> None:
    """Nothing but length is asked of it; name and address may be in it beside enough else."""
    for typed in ("sjutton gröna hästar", "anna.s with seventeen horses"):
        assert check_new_password(typed, email="anna.s@nordlys.example", name="Anna Svensson") == typed
