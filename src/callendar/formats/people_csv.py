"""People as a spreadsheet or a directory writes them out: bytes of CSV into cells by field, one entry a line.

Nothing is decided here: neither who is meant, nor whether a value can be. A line that cannot be read is a fault of that
line alone.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from msgspec import Struct

from callendar.domain.errors import CallendarError

SEPARATORS = ";,\t"
MOST_BYTES = 50_000_000
MOST_LINES_OF_AN_ENTRY = 50
"""A quote that is opened and not closed within so many lines is a slip of the pen."""

HEADS = {
    "name": "name fullname displayname namn fulltnamn visningsnamn navn nimi",
    "given": "firstname givenname förnamn fornamn fornavn etunimi vorname",
    "surname": "lastname surname familyname efternamn etternavn efternavn sukunimi nachname",
    "email": "email emailaddress mail epost epostadress epostadresse sähköposti",
    "extensions": "extension extensions ext phone telephone telephonenumber anknytning anknytningar ankn telefon "
    "telefonnummer internnummer lokalnummer alanumero durchwahl",
    "mobile": "mobile mobilephone cell mobil mobilnummer mobiltelefon matkapuhelin",
    "department": "department avdelning avdeling afdeling osasto abteilung",
    "title": "title jobtitle titel befattning stilling titteli",
    "zone": "zone timezone tz tidszon tidssone tidszone aikavyöhyke zeitzone",
    "names": "names alternatenames othernames aliases alias nicknames alternativanamn andranamn smeknamn",
    "addresses": "addresses otheraddresses emailaliases proxyaddresses adresser andraadresser epostalias",
    "external_id": "externalid employeeid employeenumber personnelnumber anställningsnummer anstallningsnummer "
    "anställningsid anställningsnr anstnr personalnummer ansattnummer medarbejdernummer",
}
"""What a column may be called, small letters and digits alone."""


class NoPeople(CallendarError):
    """The file as a whole cannot be read as people; says why and the mend."""

    code = "no_people"


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """What a line says of somebody. A field without a column is not there; an empty cell is an empty text."""

    line: int
    cells: dict[str, str]


class Fault(Struct, frozen=True, kw_only=True, gc=False):
    """A line that cannot be used, and why."""

    line: int
    said: str


class PeopleFile(Struct, frozen=True, kw_only=True):
    """A file that was read. Entries and faults are in the order of its lines, blank lines left out."""

    encoding: str
    guessed: bool
    """The encoding is only a guess: letters beyond ASCII may be wrong."""
    separator: str
    columns: dict[str, str]
    """By field, what its column is called."""
    ignored: tuple[str, ...]
    """Columns that mean nothing here."""
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]


def parse_people(data: bytes) -> PeopleFile:
    """Read a file.

    Raises:
        NoPeople: It is too large, empty, or its first line does not name columns.
    """
    if len(data) > MOST_BYTES:
        raise NoPeople(f"it holds more than {MOST_BYTES // 1_000_000} MB; divide it")
    text, encoding, guessed = _decode(data)
    lines = list(StringIO(text, newline=""))
    first, told = _begin(lines)
    if first >= len(lines):
        raise NoPeople("it is empty; its first line has to name the columns, such as name;email;extension")
    separator = told or max(SEPARATORS, key=lambda each: _known(lines[first], each))
    records = _records(lines, first, separator)
    _, head = next(records)
    if isinstance(head, str):
        raise NoPeople(f"line {first + 1}: {head}")
    fields, ignored = _columns(head)
    entries: list[Entry] = []
    faults: list[Fault] = []
    for line, cells in records:
        if isinstance(cells, str):
            faults.append(Fault(line=line, said=cells))
        elif any(cell.strip() for cell in cells[len(head) :]):
            said = (
                f"it has {len(cells)} cells and the first line {len(head)}; put quotes around a cell with {separator!r}"
            )
            faults.append(Fault(line=line, said=said))
        elif any(cell.strip() for cell in cells):
            entries.append(Entry(line=line, cells=_named(cells, fields)))
    return PeopleFile(
        encoding=encoding,
        guessed=guessed,
        separator=separator,
        columns={field: head[place].strip() for field, place in fields.items()},
        ignored=tuple(ignored),
        entries=tuple(entries),
        faults=tuple(faults),
    )


def _decode(data: bytes) -> tuple[str, str, bool]:
    """By its mark, else UTF-16 if every other byte is nothing, else UTF-8, else what Windows writes in the west."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding.upper().removesuffix("-SIG"), False
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        beginning = data[start:400:2]
        if len(beginning) > 3 and beginning.count(0) > 0.7 * len(beginning):
            return data.decode(encoding, errors="replace"), "UTF-16", False
    try:
        return data.decode("utf-8"), "UTF-8", False
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "Windows-1252", True


def _begin(lines: Sequence[str]) -> tuple[int, str | None]:
    """Where the head is, behind blank lines and Excel's `sep=;`, and the separator if that tells it."""
    told = None
    for place, line in enumerate(lines):
        tidy = line.strip("\r\n ")
        if tidy.casefold().startswith("sep=") and len(tidy) == len("sep=") + 1:
            told = tidy[-1]
        elif tidy.strip(SEPARATORS):
            return place, told
    return len(lines), told


def _records(lines: Sequence[str], first: int, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the number of its first line, as cells or as what is wrong with it."""
    place = first
    while place < len(lines):
        ahead = (lines[each] for each in range(place, min(place + MOST_LINES_OF_AN_ENTRY, len(lines))))
        reader = csv.reader(ahead, delimiter=separator, strict=True)
        try:
            cells = next(reader)
        except csv.Error as error:
            quoted = "unexpected end" in str(error)
            said = "a quote is opened and not closed" if quoted else f"it is no CSV ({error})"
            yield place + 1, f"{said}; double a quote that belongs to the text, and put quotes around the cell"
            place += 1
        except StopIteration:
            return
        else:
            yield place + 1, cells
            place += max(1, reader.line_num)


def _known(line: str, separator: str) -> int:
    """How many columns of the head are known when it is parted so."""
    try:
        cells = next(csv.reader([line], delimiter=separator))
    except (csv.Error, StopIteration):
        return 0
    return sum(_field(cell) is not None for cell in cells)


def _columns(head: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    fields: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(head):
        field = _field(cell)
        if field is None:
            ignored += [cell.strip()] if cell.strip() else []
        elif field in fields:
            both = f"{head[fields[field]].strip()!r} and {cell.strip()!r}"
            raise NoPeople(f"two columns, {both}, are both the {field}; leave one of them out")
        else:
            fields[field] = place
    if not fields:
        known = "name, email, extension, mobile, department, title, zone, names, addresses, external_id"
        raise NoPeople(f"no column of its first line is known; there are: {known}")
    return fields, ignored


def _field(cell: str) -> str | None:
    plain = "".join(letter for letter in cell.casefold() if letter.isalnum())
    return next((field for field, heads in HEADS.items() if plain in heads.split()), None)


def _named(cells: Sequence[str], fields: dict[str, int]) -> dict[str, str]:
    named = {field: cells[place].strip() for field, place in fields.items() if place < len(cells)}
    given, surname = named.pop("given", None), named.pop("surname", None)
    if given is not None or surname is not None:
        both = " ".join(each for each in (given, surname) if each)
        named.setdefault("name", both)
    return named
