"""People from CSV as spreadsheets and directories write it."""

from __future__ import annotations

import pytest

from callendar.formats.people_csv import NoPeople, parse_people


def cells(data: bytes) -> list[dict[str, str]]:
    """What each line says."""
    return [each.cells for each in parse_people(data).entries]


@pytest.mark.parametrize(
    ("head", "field"),
    [
        *(pytest.param(each, "name", id=each) for each in ("Name", "namn", "Display name", "Visningsnamn")),
        *(pytest.param(each, "email", id=each) for each in ("E-mail", "epost", "E-post", "mail", "E-postadress")),
        *(pytest.param(each, "extensions", id=each) for each in ("Extension", "Anknytning", "ankn.")),
        *(pytest.param(each, "mobile", id=each) for each in ("Mobile", "Mobil")),
        *(pytest.param(each, "department", id=each) for each in ("Department", "avdelning")),
        *(pytest.param(each, "title", id=each) for each in ("Title", "Titel", "job_title")),
        *(pytest.param(each, "zone", id=each) for each in ("zone", "Time zone", "Tidszon")),
        *(pytest.param(each, "external_id", id=each) for each in ("external_id", "Employee ID", "Anställningsnr")),
        pytest.param("names", "names", id="names"),
        pytest.param("addresses", "addresses", id="addresses"),
    ],
)
def test_columns_are_known_by_their_usual_names(head: str, field: str) -> None:
    """In English and Swedish, whatever stands between the letters."""
    assert cells(f"{head};Shoe size\nx;44\n".encode()) == [{field: "x"}]


@pytest.mark.parametrize("separator", [";", ",", "\t"], ids=["semicolon", "comma", "tab"])
def test_the_separator_is_found(separator: str) -> None:
    """By the head; other separators may stand in the cells."""
    rows = (("name", "e-mail", "department"), ("Anna", "a@x.example", '"Sales; North, East"'))
    read = parse_people("\n".join(separator.join(row) for row in rows).encode())
    assert read.separator == separator
    assert read.entries[0].cells["department"] == "Sales; North, East"


@pytest.mark.parametrize(
    ("data", "encoding", "guessed"),
    [
        pytest.param("namn;titel\nÅsa;Säljare\n".encode(), "UTF-8", False, id="utf-8"),
        pytest.param("namn;titel\nÅsa;Säljare\n".encode("utf-8-sig"), "UTF-8", False, id="utf-8-with-mark"),
        pytest.param("namn\ttitel\r\nÅsa\tSäljare\r\n".encode("utf-16"), "UTF-16", False, id="excel-unicode-text"),
        pytest.param("namn\ttitel\r\nÅsa\tSäljare\r\n".encode("utf-16-be"), "UTF-16", False, id="without-mark"),
        pytest.param("namn;titel\r\nÅsa;Säljare\r\n".encode("cp1252"), "Windows-1252", True, id="windows"),
        pytest.param("sep=;\r\nnamn;titel\r\nÅsa;Säljare\r\n".encode(), "UTF-8", False, id="sep-line"),
        pytest.param("namn;titel\rÅsa;Säljare\r".encode(), "UTF-8", False, id="old-mac"),
    ],
)
def test_encodings(data: bytes, encoding: str, guessed: bool) -> None:
    """Read as what they are; only what is neither marked nor UTF-8 is a guess."""
    read = parse_people(data)
    assert (read.encoding, read.guessed) == (encoding, guessed)
    assert [each.cells for each in read.entries] == [{"name": "Åsa", "title": "Säljare"}]


def test_quotes_and_newlines_stay_in_their_cell() -> None:
    """The next entry has the number of its own line."""
    read = parse_people(b'name;title\n"Anna ""Ann""";"Head,\nSales"\nBo;Clerk\n')
    assert [(each.line, each.cells["name"]) for each in read.entries] == [(2, 'Anna "Ann"'), (4, "Bo")]
    assert read.entries[0].cells["title"] == "Head,\nSales"


def test_a_bad_line_harms_no_other() -> None:
    """A quote left open, too many cells; short and blank lines are nothing bad."""
    read = parse_people(b'name;title\nAnna;"Head\nBo;Clerk\nC;D;E\n\n;\nDoris\nEva;Boss\n')
    assert [(each.line, "quote" in each.said) for each in read.faults] == [(2, True), (4, True)]
    assert [(each.line, each.cells) for each in read.entries] == [
        (3, {"name": "Bo", "title": "Clerk"}),
        (7, {"name": "Doris"}),
        (8, {"name": "Eva", "title": "Boss"}),
    ]


def test_given_name_and_surname_make_a_name() -> None:
    """As directories part them."""
    assert cells("Förnamn;Efternamn;Titel\nAnna;Ek;\n".encode()) == [{"name": "Anna Ek", "title": ""}]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"\n\n;;\n", "empty", id="blank"),
        pytest.param(b"Anna;101\nBo;102\n", "no column", id="no-head"),
        pytest.param(b"name;namn\nA;B\n", "'name' and 'namn'", id="twice"),
        pytest.param(b"\x00\x01\x02\xff" * 100, "no column", id="no-text"),
    ],
)
def test_what_is_no_list_of_people_is_refused(data: bytes, words: str) -> None:
    """As a whole, in words."""
    with pytest.raises(NoPeople, match=words):
        parse_people(data)
