"""What looks like a mark and is none, so that its writer can be asked once (`rules.md` §1.9)."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from callendar.domain.mark import REPLY_PREFIXES, Keyword, Marks, find_order, fold_subject
from callendar.domain.reason import ReasonCode

LONG_WORD: Final = 6
"""From so many letters on two edits are near."""
MOST_LETTERS: Final = 12

# fmt: off
STOP_LIST: Final = frozenset((
    # What people write before a colon and mean as it stands: short words, days and months, weeks and places.
    "ha", "he", "hej", "hey", "hi", "ho", "hr", "ma", "me", "mi", "mm", "mr", "ms", "my", "må",
    "fre", "free", "fri", "oct", "ort", "our", "rest", "uge", "uke", "use", "vad", "var", "wed", "web",
))
URL_SCHEMES: Final = frozenset((
    "callto", "cid", "data", "file", "ftp", "ftps", "geo", "http", "https", "im", "mailto", "maps", "sip", "sips",
    "sms", "tel", "urn",
))
# fmt: on

_MEANT: Final = STOP_LIST | URL_SCHEMES | frozenset(REPLY_PREFIXES)
_WORD = re.compile(r"([^\W\d_]+)\s*[:;](?!//)")


class NearMark(Struct, frozen=True, gc=False):
    """A word that leads a subject, as compared, and the keyword that may have been meant, as it stands in the table."""

    word: str
    suggestion: str
    reason: ReasonCode
    """The keyword's."""


def find_near_mark(subject: str, marks: Marks) -> NearMark | None:
    """The nearest keyword to a word that leads a subject like a mark but is none; of equally near ones the heaviest.

    One edit away (insertion, deletion, substitution, swap of neighbours), two for words from six letters, with the
    same first letter. A word of the stop list, a reply prefix or the scheme of an address is meant as it stands.
    """
    if ":" not in (folded := fold_subject(subject)) and ";" not in folded:
        return None
    place = find_order(folded)
    found = None if place is None else _WORD.match(folded, place)
    if found is None:
        return None
    word = found[1]
    if len(word) > MOST_LETTERS or word in marks.keywords or word in _MEANT:
        return None
    most = 2 if len(word) >= LONG_WORD else 1
    near = [
        (edits, -keyword.weight, keyword.folded, keyword)
        for keyword in marks.keywords.values()
        if (edits := _near(word, keyword, most)) <= most
    ]
    if not near:
        return None
    nearest = min(near, key=lambda each: each[:3])[3]
    return NearMark(word, nearest.text, nearest.reason)


def count_edits(one: str, other: str) -> int:
    """Damerau's distance: letters inserted, left out, exchanged, or swapped with their neighbour.

    No letter is edited twice (the restricted distance).
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, theirs in enumerate(other, 1):
            edits = min(above[column] + 1, current[-1] + 1, above[column - 1] + (letter != theirs))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == theirs:
                edits = min(edits, before[column - 2] + 1)
            current.append(edits)
        before, above = above, current
    return above[-1]


def _near(word: str, keyword: Keyword, most: int) -> int:
    if keyword.folded[0] != word[0] or abs(len(keyword.folded) - len(word)) > most:
        return most + 1
    return count_edits(word, keyword.folded)
