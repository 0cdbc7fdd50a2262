"""Marks: `rules.md` §1, sentence by sentence."""

# Letters that look like others are what some of these are about.
# ruff: noqa: RUF001

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.domain.errors import InvalidValue
from callendar.domain.mark import (
    CANCELLED_WORDS,
    REPLY_PREFIXES,
    Order,
    build_marks,
    fold,
    order_of_categories,
    read_app_mark,
    read_subject,
)
from callendar.domain.near_mark import count_edits, find_near_mark
from callendar.domain.reason import Reason, ReasonCode
from callendar.domain.rules import Company
from tests.bookings import ACME, EXTENSIONS, company, marks, person

MARKS = marks(allowed_diverts=("+4681234",))


def reads(subject: str) -> str:
    """The order in a subject, as short as it goes."""
    return said(read_subject(subject, MARKS).order)


def said(order: Order | None) -> str:
    if order is None:
        return "none"
    words = {"refer": f"{order.reason}:", "inform": f"{order.reason};", "ignore": "*", "cancel": "cancelled"}
    number = ">refused" if order.divert_refused else f">{order.divert_to}" if order.divert_to else ""
    return words[order.kind] + number


@pytest.mark.parametrize(
    ("subject", "order", "text"),
    [
        pytest.param("m: Budget", "meeting:", "Budget", id="keyword, separator, rest"),
        pytest.param("m:", "meeting:", "", id="the rest may be empty"),
        pytest.param("m   : Budget", "meeting:", "Budget", id="optional spaces"),
        pytest.param("m:Budget", "meeting:", "Budget", id="no space after the separator"),
        pytest.param("M: Budget", "meeting:", "Budget", id="capital"),
        pytest.param("MÖTE: Lön", "meeting:", "Lön", id="capitals with diaeresis"),
        pytest.param("mo\u0308te: Lo\u0308n", "meeting:", "Lo\u0308n", id="decomposed"),
        pytest.param("ｍ： Budget", "meeting:", "Budget", id="fullwidth"),
        pytest.param("＊ Budget", "*", "Budget", id="fullwidth asterisk"),
        pytest.param("\u200bm\u200d:\u2060 Budget", "meeting:", "Budget", id="format characters"),
        pytest.param("AUSWÄRTS: Köln", "out:", "Köln", id="German capitals"),
        pytest.param("m\u2236 Budget", "meeting:", "Budget", id="ratio refers"),
        pytest.param("m; Budget", "meeting;", "Budget", id="semicolon informs"),
        pytest.param("m\u061b Budget", "meeting;", "Budget", id="Arabic semicolon informs"),
        pytest.param("m; Budget: draft", "meeting;", "Budget: draft", id="first separator decides: informs"),
        pytest.param("m: Budget; draft", "meeting:", "Budget; draft", id="first separator decides: refers"),
        pytest.param("Budget m: draft", "none", "Budget m: draft", id="a mark stands at the start"),
        pytest.param("Budget", "none", "Budget", id="no mark"),
        pytest.param("", "none", "", id="nothing at all"),
        pytest.param("m\N{TWO DOT LEADER} x", "none", "m\N{TWO DOT LEADER} x", id="no separator"),
    ],
)
def test_mark_stands_at_start(subject: str, order: str, text: str) -> None:
    """§1.1: keyword, optional spaces, separator, rest; read after NFKC, casefold and removal of format characters."""
    assert (reads(subject), read_subject(subject, MARKS).text) == (order, text)


@pytest.mark.parametrize(
    ("subject", "order"),
    [
        pytest.param("** m: x", "none", id="two asterisks are plain text"),
        pytest.param("// m: x", "none", id="two slashes are plain text"),
        pytest.param("[EXT] m: x", "meeting:", id="one tag"),
        pytest.param("[EXT]m: x", "meeting:", id="one tag without a space"),
        pytest.param("[a] [b] m: x", "none", id="not two tags"),
        pytest.param("[a m: x", "none", id="an open bracket is no tag"),
        pytest.param("[ m: x", "meeting:", id="an open bracket is a leading character"),
        pytest.param("Re: [EXT] SV: m: x", "meeting:", id="prefixes and a tag in any order"),
        pytest.param("Re Sv m: x", "meeting:", id="prefixes followed by a space"),
        pytest.param("re∶ m: x", "meeting:", id="prefix followed by a ratio"),
        pytest.param("re; m: x", "none", id="a prefix is not followed by a semicolon"),
        pytest.param("resa: x", "trip:", id="a prefix is a whole word"),
        pytest.param("re-m: x", "none", id="a prefix does not end at a hyphen"),
        pytest.param("  ! 📅 – (m: x", "meeting:", id="leading characters"),
        pytest.param("_m: x", "meeting:", id="an underscore is neither letter nor digit"),
        pytest.param("/ m: x", "none", id="a slash is not skipped"),
        pytest.param("1 m: x", "none", id="a digit is not skipped"),
        pytest.param("Re: ** m: x", "none", id="two asterisks after a prefix"),
        pytest.param("[EXT] // m: x", "none", id="two slashes after a tag"),
        pytest.param("Fwd: * x", "*", id="an asterisk after a prefix"),
        pytest.param("*m: x", "*", id="the asterisk comes before the keyword"),
        pytest.param("* cancelled: x", "*", id="the asterisk comes before a cancelled word"),
        pytest.param("Canceled: m: x", "cancelled", id="a cancelled word comes before a keyword"),
        pytest.param("Cancelled : x", "cancelled", id="spaces before the colon"),
        pytest.param("Cancelled meeting: x", "none", id="a cancelled word and more"),
        pytest.param("Cancelled; x", "none", id="a cancelled word before a semicolon"),
        pytest.param("re:", "none", id="nothing after a prefix"),
    ],
)
def test_order_of_reading(subject: str, order: str) -> None:
    """§1.2: what is plain text, what is skipped, and what then comes in which order."""
    assert reads(subject) == order


@pytest.mark.parametrize("prefix", REPLY_PREFIXES)
def test_reply_prefixes_are_skipped(prefix: str) -> None:
    """§1.2: reply prefixes, whole words followed by `:` or a space."""
    assert [reads(f"{prefix.upper()}: m: x"), reads(f"{prefix} m; x")] == ["meeting:", "meeting;"]


@pytest.mark.parametrize("word", CANCELLED_WORDS)
def test_case_19_a_cancelled_word_cancels(word: str) -> None:
    """§1.2: a cancelled word, in any case, after a reply prefix too, makes the booking cancelled."""
    assert {reads(f"{word.upper()}: Budget"), reads(f"Re: {word} : m: Budget")} == {"cancelled"}


@pytest.mark.parametrize(
    ("subject", "order"),
    [
        pytest.param("sick child: x", "sick_child:", id="an inner space"),
        pytest.param("Sick \t  child : x", "sick_child:", id="a run counts as one"),
        pytest.param("osa-aika: x", "part_time:", id="a hyphen"),
        pytest.param("osa aika: x", "none", id="a space is no hyphen"),
        pytest.param("10:30 standup", "none", id="digits alone"),
        pytest.param("metting: x", "none", id="no keyword"),
        pytest.param("kurs: x", "course:", id="a keyword of two languages"),
        pytest.param("tjänsteresa: x", "trip:", id="the second keyword of a reason"),
    ],
)
def test_keywords(subject: str, order: str) -> None:
    """§1.3: letters, digits, hyphens and inner spaces; any number per reason; all languages at once."""
    assert reads(subject) == order


@pytest.mark.parametrize("word", ["10", "10 30", "1-2", "re", "FWD", "a:b", "a;b", "a*", "a>b", "a/b", " ", "", "a_b"])
def test_what_is_no_keyword_is_never_read(word: str) -> None:
    """§1.3: no `: ; * > /`, not digits alone, not a reply prefix: however it came there."""
    odd = Reason(code=ReasonCode("odd"), labels={"en": "Odd"}, keywords={"en": (word, "odd")})
    read = build_marks(Company(id=ACME, name="Acme", reasons=(odd,)), person(), frozenset())
    assert [keyword.text for keyword in read.keywords.values()] == ["odd"]
    assert read_subject(f"{word}: x", read).order is None


def test_a_keyword_with_digits_is_read() -> None:
    """§1.3: letters and digits."""
    odd = Reason(code=ReasonCode("odd"), labels={"en": "Odd"}, keywords={"en": ("A4  Print",)})
    read = build_marks(Company(id=ACME, name="Acme", reasons=(odd,)), person(), frozenset())
    assert said(read_subject("a4 print: x", read).order) == "odd:"


def test_own_keywords_come_first() -> None:
    """§1.3: a person's own keywords come before the company's, where the company lets people have some."""
    anna = person(keywords={"lunch": ("M", "fika"), "nowhere": ("x",)})
    own = build_marks(company(), anna, frozenset())
    assert said(read_subject("m: x", own).order) == "lunch:"
    assert said(read_subject("Fika: x", own).order) == "lunch:"
    assert said(read_subject("meeting: x", own).order) == "meeting:"
    assert read_subject("x: y", own).order is None
    without = build_marks(company(personal_keywords=False), anna, frozenset())
    assert said(read_subject("m: x", without).order) == "meeting:"
    assert read_subject("fika: x", without).order is None


@pytest.mark.parametrize(
    ("subject", "order", "text"),
    [
        pytest.param("m:>123 Bo", "meeting:>123", "Bo", id="an extension"),
        pytest.param("m:>123", "meeting:>123", "", id="nothing after it"),
        pytest.param("m:>+4681234 Bo", "meeting:>+4681234", "Bo", id="an allowed number"),
        pytest.param("m:>123, Bo", "meeting:>123", "Bo", id="a comma after it"),
        pytest.param("ｍ：＞１２３ Bo", "meeting:>123", "Bo", id="fullwidth"),
        pytest.param("m:>999 Bo", "meeting:>refused", "Bo", id="no extension"),
        pytest.param("m:>+123 Bo", "meeting:>refused", "Bo", id="with a plus it is another number"),
        pytest.param("m:>123-45 Bo", "meeting:>refused", ">123-45 Bo", id="not digits"),
        pytest.param("m:>reception", "meeting:>refused", ">reception", id="no number"),
        pytest.param("m: >123 Bo", "meeting:", ">123 Bo", id="not directly after the colon"),
        pytest.param("m;>123 Bo", "meeting;", "Bo", id="after a semicolon"),
        pytest.param("m;>999 Bo", "meeting;", "Bo", id="after a semicolon it is not even looked at"),
    ],
)
def test_divert(subject: str, order: str, text: str) -> None:
    """§1.5: `>number` directly after `:` diverts there, if it is an extension or allowed; after `;` it is ignored."""
    assert (reads(subject), read_subject(subject, MARKS).text) == (order, text)


@pytest.mark.parametrize(
    ("subject", "text", "kept"),
    [
        pytest.param("m: Budget // cuts", "Budget", "m: Budget", id="after a space"),
        pytest.param("m: // cuts", "", "m:", id="everything"),
        pytest.param("Budget // cuts", "Budget", "Budget", id="without a mark"),
        pytest.param("Budget \u200b/\u200b/ cuts", "Budget", "Budget", id="format characters between"),
        pytest.param("Budget\u00a0／／ cuts", "Budget", "Budget", id="fullwidth after a hard space"),
        pytest.param("Cafe\u0301 // cuts", "Cafe\u0301", "Cafe\u0301", id="decomposed"),
        pytest.param("m: see https://a.example", "see https://a.example", "m: see https://a.example", id="an address"),
        pytest.param("m: a//b", "a//b", "m: a//b", id="not after a space"),
        pytest.param("// a // b", "// a", "// a", id="plain text"),
        pytest.param("** a // b", "** a", "** a", id="plain text with asterisks"),
    ],
)
def test_slashes_hide_the_rest(subject: str, text: str, kept: str) -> None:
    """§1.6: `//` after a space hides the rest of the subject from everybody, from what is kept too."""
    reading = read_subject(subject, MARKS)
    assert (reading.text, reading.kept) == (text, kept)


@pytest.mark.parametrize(
    ("categories", "order"),
    [
        pytest.param(("Meeting",), "meeting:", id="equal to a keyword"),
        pytest.param(("Sick  Child",), "sick_child:", id="runs of spaces"),
        pytest.param(("Lunch", "URLAUB", "m"), "holiday:", id="the heaviest reason"),
        pytest.param(("m:",), "none", id="with a separator it is none"),
        pytest.param(("Project m",), "none", id="a word of it is none"),
        pytest.param((), "none", id="none"),
    ],
)
def test_categories(categories: tuple[str, ...], order: str) -> None:
    """§1.8: a category equal to a keyword refers; of several the heaviest reason; their order does not matter."""
    assert {said(order_of_categories(c, MARKS)) for c in (categories, categories[::-1])} == {order}


@pytest.mark.parametrize(
    ("mark", "order"),
    [
        pytest.param("m:", "meeting:", id="refers"),
        pytest.param(" Sick  child ;", "sick_child;", id="informs"),
        pytest.param("m:>123", "meeting:>123", id="diverts"),
        pytest.param("*", "*", id="ignores"),
    ],
)
def test_app_mark(mark: str, order: str) -> None:
    """§1.8: a mark may be given in the app."""
    read = read_app_mark(mark, MARKS)
    assert (said(read), read.given_by) == (order, "app")


@pytest.mark.parametrize("mark", ["", "m", "m: Budget", "metting:", "**", "m:>999", "m:>x", "canceled:", "//"])
def test_what_is_no_app_mark_is_refused(mark: str) -> None:
    """A mark in the app that would not do what it says is refused in words."""
    with pytest.raises(InvalidValue, match=re.escape(repr(mark))):
        read_app_mark(mark, MARKS)


@pytest.mark.parametrize(
    ("subject", "suggestion"),
    [
        pytest.param("meting: x", "meeting", id="one letter left out"),
        pytest.param("lnuch: x", "lunch", id="swapped neighbours"),
        pytest.param("Lunchh ; x", "lunch", id="one letter too many, before a semicolon"),
        pytest.param("holydai: x", "holiday", id="two edits from six letters"),
        pytest.param("mote: x", "möte", id="without its dots"),
        pytest.param("[EXT] Re: lnuch: x", "lunch", id="after a tag and a prefix"),
        pytest.param("lncuj: x", None, id="two edits below six letters"),
        pytest.param("xunch: x", None, id="another first letter"),
        pytest.param("lunch: x", None, id="a keyword"),
        pytest.param("lnuch x", None, id="no separator"),
        pytest.param("my lnuch: x", None, id="two words"),
        pytest.param("lunch2: x", None, id="not letters alone"),
        pytest.param("lnuch:// x", None, id="two slashes after it"),
        pytest.param("lnuch: // x", "lunch", id="what is hidden is not looked at"),
        pytest.param("sv: x", None, id="a reply prefix"),
        pytest.param("http: x", None, id="a URL scheme"),
        pytest.param("mr: x", None, id="in the stop list"),
        pytest.param("free: x", None, id="an English word next to a German keyword"),
        pytest.param("besprechungen: x", None, id="thirteen letters"),
        pytest.param("** lnuch: x", None, id="plain text"),
        pytest.param("* lnuch: x", None, id="an order stands there"),
    ],
)
def test_looks_like_a_mark(subject: str, suggestion: str | None) -> None:
    """§1.9: one word of letters, a separator, and one edit from a keyword with the same first letter."""
    near = find_near_mark(subject, MARKS)
    assert (near and near.suggestion) == suggestion
    assert near is None or read_subject(subject, MARKS).order is None, "it is no mark"


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "abc", 3),
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("abcd", "acbx", 2),
        ("ca", "abc", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_edits(one: str, other: str, edits: int) -> None:
    """Insertions, deletions, substitutions and swaps of neighbours are counted, the same in both directions."""
    assert count_edits(one, other) == count_edits(other, one) == edits


# properties -----------------------------------------------------------------------------------------------------------

_pieces = st.sampled_from(
    [
        *"mh:;*>/[] _-123é\u0301\u200b：；＊／\u2a74ßİ\ufb01\u00b4\u1100\u1161",
        "//",
        " //",
        "re:",
        "[x]",
        "sick child",
        "**",
        "m:",
    ]
)
subjects = st.lists(_pieces | st.characters(), max_size=24).map("".join) | st.text(max_size=40)


@given(subjects)
def test_reading_never_raises_and_says_the_same_of_what_is_kept(subject: str) -> None:
    """What is kept reads as the whole did, is the beginning of it, and keeping it again changes nothing."""
    reading = read_subject(subject, MARKS)
    assert read_subject(reading.kept, MARKS) == reading
    assert subject.startswith(reading.kept)
    assert reading.kept.endswith(reading.text) or reading.kept.rstrip().endswith(reading.text)


@given(subjects, st.sampled_from([" //", "\t//", "\u3000／／", " /\u200b/"]), st.text(max_size=10))
def test_hidden_text_never_leaks(subject: str, slashes: str, hidden: str) -> None:
    """§1.6: nothing behind the slashes is in the text, in what is kept, or changes the order."""
    reading = read_subject(subject + slashes + "SECRET" + hidden, MARKS)
    assert "SECRET" not in reading.text
    assert "SECRET" not in reading.kept
    assert reading == read_subject(subject + slashes, MARKS)
    near = find_near_mark(subject + slashes + "SECRET" + hidden, MARKS)
    assert near == find_near_mark(subject + slashes, MARKS)


@given(st.sampled_from(sorted(MARKS.keywords)), st.sampled_from(":;"), subjects)
def test_every_keyword_orders_its_reason(keyword: str, separator: str, rest: str) -> None:
    """§1.1: whatever follows the separator, the keyword decides; the text is a part of what follows."""
    reading = read_subject(f"{keyword}{separator} {rest}", MARKS)
    assert reading.order is not None
    assert reading.order.reason == MARKS.keywords[keyword].reason
    assert reading.order.kind == {":": "refer", ";": "inform"}[separator]
    assert reading.text in rest


@given(subjects)
def test_folding_twice_changes_nothing(text: str) -> None:
    """What is compared is folded once for all."""
    assert fold(fold(text)) == fold(text)


def test_diverts_are_extensions_and_allowed_numbers() -> None:
    """§1.5: an extension of the company or among `allowed_diverts`."""
    assert MARKS.diverts == EXTENSIONS | {"+4681234"}


def test_reading_a_long_hostile_subject_is_quick() -> None:
    """Ten thousand brackets, or letters that fold to several, cost no more than a moment."""
    assert reads("[" * 10_000 + "m: x") == "meeting:"
    assert reads("m: " + "\ufb01" * 2_000 + " // x") == "meeting:"
