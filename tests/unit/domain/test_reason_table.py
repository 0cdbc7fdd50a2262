"""The reasons out of the box: `rules.md` §3, row by row."""

from __future__ import annotations

import pytest

from callendar.domain.mark import fold
from callendar.domain.reason import Ends
from callendar.domain.reason_table import LANGUAGES, REASONS
from callendar.domain.rules import Rules

ROWS = """
meeting    1 time users     30 running  -   m, meeting · möte · møte · møde · kokous · besprechung
lunch      2 time utensils  20 an_hour  -   lunch · lunch · lunsj · frokost · lounas · mittag
gone       3 day  door      35 opening  -   gone · gått · gått · gået · lähtenyt · feierabend
trip       4 day  suitcase  60 working  -   trip · resa, tjänsteresa · reise · rejse · matka · dienstreise
course     5 day  book      50 closing  -   course · kurs, utbildning · kurs · kursus · kurssi · schulung
out        6 time sign-out  55 closing  -   out · ute · ute · ude · ulkona · auswärts
holiday    7 day  sun       80 none     -   h, holiday, vacation · semester · ferie · ferie · loma · urlaub
sick       8 day  neutral   90 none     yes sick · sjuk · syk · syg · sairas · krank
sick_child 9 day  neutral   88 working  yes sick child · vab · sykt barn · barns sygedag · lapsi sairas · kind krank
leave     10 day  neutral   70 none     yes leave · ledig, tjänstledig · permisjon · orlov · vapaa · frei
part_time 11 day  clock     40 working  -   part time · deltid · deltid · deltid · osa-aika · teilzeit
away      12 time calendar  10 an_hour  -   away · borta · borte · væk · poissa · weg
"""
TABLE = [row.split(maxsplit=7) for row in ROWS.strip().splitlines()]
ENDS = {
    "running": Ends(kind="running_booking", minutes=60),
    "an_hour": Ends(kind="minutes", minutes=60),
    "opening": Ends(kind="opening"),
    "working": Ends(kind="working_opening"),
    "closing": Ends(kind="closing"),
    "none": Ends(kind="none"),
}


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_row(row: list[str]) -> None:
    """Each reason has the phone code, kind of end, icon, weight, own end, sensitivity and keywords of its row."""
    code, phone, when, icon, weight, ends, sensitive, keywords = row
    reason = REASONS[int(phone) - 1]
    assert (reason.code, reason.phone, reason.when, reason.icon) == (code, int(phone), when, icon)
    assert (reason.weight, reason.ends, reason.sensitive) == (int(weight), ENDS[ends], sensitive == "yes")
    assert " · ".join(", ".join(reason.keywords[language]) for language in LANGUAGES) == keywords


def test_there_are_these_and_no_others() -> None:
    """§3: twelve rows."""
    assert [reason.code for reason in REASONS] == [row[0] for row in TABLE]


def test_labels_in_six_languages() -> None:
    """Every reason has a label of its own in each language."""
    for language in LANGUAGES:
        labels = [reason.labels[language] for reason in REASONS]
        assert all(labels)
        assert len(set(labels)) == len(labels)


def test_one_keyword_belongs_to_one_reason() -> None:
    """§1.3: languages may share a keyword, reasons may not."""
    owner: dict[str, str] = {}
    for reason in REASONS:
        for words in reason.keywords.values():
            for word in words:
                assert owner.setdefault(fold(word), reason.code) == reason.code


def test_shareable_reasons_are_there() -> None:
    """Every reason that counts in somebody else's meeting out of the box is in the table."""
    assert set(Rules().shareable) <= {reason.code for reason in REASONS}
