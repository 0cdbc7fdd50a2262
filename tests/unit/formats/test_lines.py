"""Content lines as they come."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callendar.formats.fault import MAX_FAULTS, Faults
from callendar.formats.lines import in_windows, parse_components, split_list, unescape, unfold


def lines(*text: str) -> bytes:
    return "\n".join(("BEGIN:VCALENDAR", "BEGIN:VEVENT", *text, "END:VEVENT", "END:VCALENDAR")).encode()


def test_parameters_with_and_without_quotes() -> None:
    """Quotes go, what they hold stays, names are upper-case."""
    (root,) = parse_components(lines('ATTENDEE;cn="A;B:C";PARTSTAT=ACCEPTED:mailto:a@example.org'))
    line = root.inside[0].first("ATTENDEE")
    assert line is not None
    assert line.parameters == {"CN": "A;B:C", "PARTSTAT": "ACCEPTED"}
    assert line.value == "mailto:a@example.org"


def test_what_is_not_read_is_not_kept() -> None:
    """Bodies and places do not get past this module, nor alarms' times into their event."""
    (root,) = parse_components(
        lines("DESCRIPTION:Secret", "LOCATION:There", "BEGIN:VALARM", "DURATION:PT1M", "END:VALARM")
    )
    assert root.inside[0].properties == {}
    assert root.inside[0].inside[0].name == "VALARM"


def test_lines_that_are_none_are_passed_over() -> None:
    """No colon, no name, strange characters, an END of nothing."""
    (root,) = parse_components(lines("nonsense", ":x", "END:NOTHING", "SUMMARY;X", "\x00", "UID:one"))
    assert [component.name for component in root.inside] == ["VEVENT"]
    assert root.inside[0].word("UID") == "ONE"


def test_folds_are_taken_out() -> None:
    """A fold, a fold by a tab, a fold after a blank line."""
    (root,) = parse_components(lines("SUMMARY:a", " b", "\tc", "", " d"))
    assert root.inside[0].text("SUMMARY") == "abcd"


def test_text_is_unescaped() -> None:
    """Line breaks become spaces; a list splits at bare commas alone."""
    assert unescape(r"a\, b\; c\\n\nd\Ne") == r"a, b; c\n d e"
    assert split_list(r"one\, two,three\\,, four ") == ["one, two", "three\\", "four"]
    assert split_list("one,,two") == ["one", "two"]


def test_faults_are_told_once_and_not_without_number() -> None:
    """Past the limit only that there are more."""
    faults = Faults()
    for n in range(MAX_FAULTS + 5):
        faults.add(f"fault {n % (MAX_FAULTS + 2)}")
    assert len(faults.told()) == MAX_FAULTS + 1
    assert faults.told()[-1] == "and more of the kind"


def test_names_out_of_files_are_quoted_short() -> None:
    """Printable and at most sixty letters."""
    assert Faults().quote("a\x00b") == '"a?b"'
    assert len(Faults().quote("x" * 1_000)) == 63


def test_of_a_private_booking_nothing_is_quoted() -> None:
    """§1.10: not even the name of its zone, or its rule."""
    faults = Faults()
    faults.private = True
    assert faults.quote("FREQ=SECRET") == "…"


@given(st.lists(st.sampled_from([b"\r", b"\n", b" ", b"\t", b"a", b"\xc3", b"UID:1"]), max_size=60), st.integers(1, 9))
def test_unfolding_in_pieces_is_unfolding_at_once(parts: list[bytes], size: int) -> None:
    """Wherever a piece ends: within a break, a run of blank lines or a fold."""
    body = b"".join(parts)
    plain = re.sub(rb"\n[ \t]", b"", re.sub(rb"\n\n+", b"\n", re.sub(rb"\r\n?", b"\n", body)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callendar.formats.lines.PIECE_BYTES", size)
        assert unfold(body) == plain
        windows = list(in_windows(plain))
    assert b"".join(plain[start:end] for start, end in windows) == plain
    assert all(plain[start:end].endswith(b"\n") for start, end in windows[:-1])
