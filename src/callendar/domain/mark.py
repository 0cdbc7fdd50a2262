"""The order that leads a subject: keyword + `:` or `;` (`rules.md` §1)."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal
from unicodedata import category, is_normalized, normalize

from msgspec import Struct, structs

from callendar.domain.errors import InvalidValue
from callendar.domain.person import Person
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import Company

REPLY_PREFIXES: Final = ("re", "sv", "vs", "aw", "fw", "fwd", "vb", "vl", "wg", "tr")
CANCELLED_WORDS: Final = (
    "canceled",
    "cancelled",
    "inställt",
    "inställd",
    "avlyst",
    "aflyst",
    "peruutettu",
    "abgesagt",
)

# All of these are matched against folded text.
_MAY_ORDER = re.compile(r"[:;*]")
_HIDDEN = re.compile(r"\s//")
_SKIPPED = re.compile(r"(?:[^\w*/\[]|_)+")
_REPLY = re.compile(rf"(?:{'|'.join(REPLY_PREFIXES)})(?=[:\s])")
_CANCELLED = re.compile(rf"(?:{'|'.join(CANCELLED_WORDS)})\s*:")
_LED = re.compile(r"([^\W_](?:[^\W_]|[-\s])*)([:;])")
_DIVERT = re.compile(r">(\+?[0-9]+)[,.;:]?(?=\s|\Z)")
_DIVERT_TRIED = re.compile(r">\S")
_APP_MARK = re.compile(r"([^\W_](?:[^\W_]|[-\s])*)([:;])(?:\s*>(\+?[0-9]+))?")
_SEPARATORS = str.maketrans({"\N{RATIO}": ":", "\N{ARABIC SEMICOLON}": ";"})


class Order(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a mark commands, however it was given.

    `refer`, `inform`: with `reason`. `ignore`: the `*`. `cancel`: a cancelled word leads the subject.
    """

    kind: Literal["refer", "inform", "ignore", "cancel"]
    reason: ReasonCode | None = None
    keyword: str | None = None
    """As it stands in the table, for the why line; None for `ignore`."""
    divert_to: str | None = None
    """The number after `>`, only if it is allowed."""
    divert_refused: bool = False
    """A `>number` stood there that is not allowed; the why line says so."""
    given_by: Literal["app", "subject", "category"] = "subject"


class Keyword(Struct, frozen=True, kw_only=True, gc=False):
    """One keyword and the reason it orders; `folded` is the form that is compared (§1.1, §1.3)."""

    folded: str
    text: str
    reason: ReasonCode
    weight: int


class Marks(Struct, frozen=True, kw_only=True, gc=False):
    """What the person of a calendar may order: handed to every reader (`design.md` §6, contract Source).

    `keywords` maps the folded form to its keyword, the person's own having replaced the company's.
    """

    keywords: dict[str, Keyword]
    diverts: frozenset[str]
    """Extensions of the company and `allowed_diverts`, digits with an optional leading `+`."""


class SubjectReading(Struct, frozen=True, kw_only=True, gc=False):
    """A subject, read: its order, and the text as it may be shown.

    `text` is the subject without order, `>number` and whatever `//` hides; may be empty.
    `kept` is the subject as it may be stored: whole but for what `//` hides, so that a later change of keywords can
    read it again.
    """

    order: Order | None
    text: str
    kept: str


def fold(text: str) -> str:
    """Text as it is compared: NFKC, casefolded, without format characters (Cf); folding twice changes nothing."""
    if text.isascii():
        return text.lower()
    bare = normalize("NFKC", "".join(letter for letter in text if category(letter) != "Cf"))
    return normalize("NFKC", bare.casefold())


def build_marks(company: Company, person: Person, extensions: frozenset[str]) -> Marks:
    """What a person may order in her calendars: the company's keywords in all languages, her own before them (§1.3).

    A keyword that could never be read (digits alone, a reply prefix) is left out, as is one whose reason is gone.
    """
    keywords: dict[str, Keyword] = {}
    own = person.keywords if company.rules.personal_keywords else {}
    for reason in company.reasons:
        for words in reason.keywords.values():
            for word in words:
                folded = _fold_keyword(word)
                if folded:
                    keyword = Keyword(folded=folded, text=word, reason=reason.code, weight=reason.weight)
                    keywords.setdefault(folded, keyword)
    for reason in company.reasons if own else ():
        for word in own.get(reason.code, ()):
            folded = _fold_keyword(word)
            if folded:
                keywords[folded] = Keyword(folded=folded, text=word, reason=reason.code, weight=reason.weight)
    allowed = company.rules.allowed_diverts
    return Marks(keywords=keywords, diverts=extensions if extensions.issuperset(allowed) else extensions.union(allowed))


def read_subject(subject: str, marks: Marks) -> SubjectReading:
    """Read a subject's order and what of it may be shown and kept. Never raises; hidden text is in neither."""
    folded, kept = _cut_hidden(subject)
    shown = kept.strip()
    place = find_order(folded) if _MAY_ORDER.search(folded) else None
    if place is None:
        return SubjectReading(order=None, text=shown, kept=kept)
    if folded.startswith("*", place):
        order, end = Order(kind="ignore"), place + 1
    elif cancelled := _CANCELLED.match(folded, place):
        order, end = Order(kind="cancel"), cancelled.end()
    elif led := _LED.match(folded, place):
        keyword = marks.keywords.get(" ".join(led[1].split()))
        if keyword is None:
            return SubjectReading(order=None, text=shown, kept=kept)
        order, end = _read_divert(_order(keyword, led[2], "subject"), folded, led.end(), marks)
    else:
        return SubjectReading(order=None, text=shown, kept=kept)
    return SubjectReading(order=order, text=kept[_unfold(kept, folded, end) :].strip(), kept=kept)


def read_app_mark(mark: str, marks: Marks) -> Order:
    """Read a mark that is given in the app: `m:`, `m;`, `m:>123`, `*`.

    Raises:
        InvalidValue: It is no mark, its keyword is not known, or its number is not allowed.
    """
    order = reread_app_mark(mark, marks)
    if order is None:
        raise InvalidValue(
            f"{mark!r} is no mark; write a keyword of this company and `:` or `;`, as in `m:`, or `*` to ignore"
        )
    if order.divert_refused:
        raise InvalidValue(
            f"{mark!r} diverts to a number that is neither an extension nor among the company's allowed_diverts"
        )
    return order


def reread_app_mark(mark: str, marks: Marks) -> Order | None:
    """A mark given in the app before, by today's keywords; None if they no longer have it."""
    folded = _read(mark).strip()
    if folded == "*":
        return Order(kind="ignore", given_by="app")
    led = _APP_MARK.fullmatch(folded)
    keyword = marks.keywords.get(" ".join(led[1].split())) if led else None
    if led is None or keyword is None:
        return None
    order, number = _order(keyword, led[2], "app"), led[3]
    return order if number is None or order.kind == "inform" else _with_divert(order, number, marks)


def order_of_categories(categories: Sequence[str], marks: Marks) -> Order | None:
    """The order of categories that equal a keyword: it refers; of several the heaviest reason (§1.8)."""
    named = [
        keyword for name in categories if (keyword := marks.keywords.get(" ".join(fold(name).split()))) is not None
    ]
    if not named:
        return None
    heaviest = min(named, key=lambda keyword: (-keyword.weight, keyword.reason, keyword.folded))
    return _order(heaviest, ":", "category")


def find_order(folded: str) -> int | None:
    """Where, in a folded subject, `*`, a cancelled word or a keyword may stand; None in plain text (§1.2)."""
    if folded.startswith(("**", "//")):
        return None
    place, last_bracket, tagged = 0, folded.rfind("]"), False
    while place < len(folded):
        if skipped := _SKIPPED.match(folded, place) or _REPLY.match(folded, place):
            place = skipped.end()
        elif folded[place] != "[":
            break
        elif place > last_bracket:
            place += 1
        elif tagged:
            return None
        else:
            place, tagged = folded.index("]", place) + 1, True
    return None if place == len(folded) or folded.startswith(("**", "//"), place) else place


def fold_subject(subject: str) -> str:
    """A subject without what `//` hides, folded, its separators made `:` and `;` (§1.1)."""
    return _cut_hidden(subject)[0]


def _read(text: str) -> str:
    folded = fold(text)
    return folded if folded.isascii() else folded.translate(_SEPARATORS)


@lru_cache(maxsize=4096)
def _fold_keyword(word: str) -> str | None:
    """A keyword's folded form; None for what can never be read as one."""
    folded = " ".join(fold(word).split())
    digits_alone = folded.replace(" ", "").replace("-", "").isdecimal()
    return None if digits_alone or folded in REPLY_PREFIXES or not _LED.fullmatch(folded + ":") else folded


def _cut_hidden(subject: str) -> tuple[str, str]:
    """A subject up to what `//` after a space hides (§1.6): folded, and as it was written."""
    folded = _read(subject)
    while hidden := _HIDDEN.search(folded):
        subject = subject[: _unfold(subject, folded, hidden.start())].rstrip()
        folded = _read(subject)
    return folded, subject


def _unfold(text: str, folded: str, place: int) -> int:
    """The place in a text that a place in its folded form comes from; folding may add letters and take away some."""
    if len(folded) == len(text) and (text.isascii() or _folds_letter_by_letter(text)):
        return place
    return bisect_right(range(1, len(text) + 1), place, key=lambda length: len(fold(text[:length])))


def _folds_letter_by_letter(text: str) -> bool:
    return is_normalized("NFKC", text) and len(text.casefold()) == len(text)


def _order(keyword: Keyword, separator: str, given_by: Literal["app", "subject", "category"]) -> Order:
    return Order(
        kind="refer" if separator == ":" else "inform",
        reason=keyword.reason,
        keyword=keyword.text,
        given_by=given_by,
    )


def _read_divert(order: Order, folded: str, end: int, marks: Marks) -> tuple[Order, int]:
    """The order with the `>number` directly after its separator, and where that ends (§1.5)."""
    number = _DIVERT.match(folded, end)
    if number is not None:
        return (order if order.kind == "inform" else _with_divert(order, number[1], marks)), number.end()
    if order.kind == "refer" and _DIVERT_TRIED.match(folded, end):
        return structs.replace(order, divert_refused=True), end
    return order, end


def _with_divert(order: Order, number: str, marks: Marks) -> Order:
    if number in marks.diverts:
        return structs.replace(order, divert_to=number)
    return structs.replace(order, divert_refused=True)
