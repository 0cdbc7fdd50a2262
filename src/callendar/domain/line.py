"""One line of text as somebody typed it: bounded, and without what would disturb whoever shows it."""

from __future__ import annotations

import unicodedata

from callendar.domain.errors import InvalidValue

MOST_LETTERS = 200


def printable(text: str) -> str:
    """The text without control characters and directional overrides, which could rewrite a terminal or a page."""
    return "".join(" " if each in "\t\r\n" else each for each in text if _is_shown(each))


def tidy_line(text: str | None, field: str, *, most: int = MOST_LETTERS) -> str | None:
    """The text as it may be kept, stripped; None when nothing is left.

    Raises:
        InvalidValue: It is longer than `most` letters; the message names the field.
    """
    tidied = printable(text or "").strip()
    if len(tidied) > most:
        raise InvalidValue(f"{field}: it has {len(tidied)} letters; {most} are the most")
    return tidied or None


def _is_shown(letter: str) -> bool:
    if letter in "\t\r\n":
        return True
    category = unicodedata.category(letter)
    return category not in ("Cc", "Cs") and not "\u202a" <= letter <= "\u202e" and not "\u2066" <= letter <= "\u2069"
