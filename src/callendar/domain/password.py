"""Passwords that people choose: one form of what was typed, and what is too easy to guess."""

from __future__ import annotations

import unicodedata

from callendar.domain.errors import InvalidValue

LEAST_LETTERS = 10
MOST_LETTERS = 200
MOST_BYTES = 800
LEAST_DIFFERENT = 5
"""Different letters in one password."""
ROWS = (
    "abcdefghijklmnopqrstuvwxyzåäö",
    "01234567890123456789",
    "qwertyuiopåasdfghjklöäzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
"""Letters as they lie on a keyboard or in the alphabet; a password is no stretch of one, in either direction."""
EASY = ("password", "passw0rd", "lösenord", "callendar", "calendar", "welcome", "letmein", "changeme", "secret")
"""Words that leave too little when they are taken out."""


def one_form(typed: str) -> str:
    """The password as it is hashed, however it was typed: spaces of any kind are spaces, letters are composed (NFC).

    Raises:
        InvalidValue: It is empty, too long, or has control characters. The message does not quote it.

    Source: RFC 8265 section 4.2 (OpaqueString).
    """
    if len(typed) > MOST_LETTERS:
        raise InvalidValue(f"password: it has {len(typed)} letters; {MOST_LETTERS} are the most")
    spaced = "".join(" " if unicodedata.category(each) == "Zs" else each for each in typed)
    formed = unicodedata.normalize("NFC", spaced)
    if not formed:
        raise InvalidValue("password: it is empty; type one")
    if any(unicodedata.category(each) in ("Cc", "Cs", "Cn") for each in formed):
        raise InvalidValue("password: it has characters that no keyboard types; leave out line ends and the like")
    if len(formed.encode()) > MOST_BYTES:
        raise InvalidValue(f"password: it is longer than {MOST_BYTES} bytes; take a shorter one")
    return formed


def check_new_password(typed: str, *, email: str, name: str) -> str:
    """A password that somebody chooses, in its one form.

    Raises:
        InvalidValue: It is too short, or easy to guess; the message does not quote it.
    """
    password = one_form(typed)
    if len(password) < LEAST_LETTERS:
        raise InvalidValue(f"password: it has {len(password)} letters; {LEAST_LETTERS} are the least")
    plain = _plain(password)
    if len(set(plain)) < LEAST_DIFFERENT:
        raise InvalidValue("password: it repeats the same few letters; take several words that do not belong together")
    if any(plain in row or plain[::-1] in row for row in ROWS):
        raise InvalidValue("password: its letters follow one another on the keyboard; take several words instead")
    own = sorted({_plain(each) for each in (email, email.partition("@")[0], name)} - {""}, key=len, reverse=True)
    left = plain
    for word in (*own, *EASY):
        left = left.replace(word, "")
    if len(left) < LEAST_LETTERS // 2:
        raise InvalidValue("password: it is the name, the address or a word that is tried first; take another")
    return password


def _plain(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if not each.isspace())
