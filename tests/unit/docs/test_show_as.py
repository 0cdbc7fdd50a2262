"""docs/reference/show-as.md: how a booking is shown, and whether that counts, is as its table says."""

from __future__ import annotations

import pytest

from callendar.domain.rules import ShowAsTable
from tests.unit.docs.pages import REFERENCE, code_in, read_rows
from tests.unit.formats.reading import calendar, event, one, read

ROWS = [row for row in read_rows(REFERENCE / "show-as.md", columns=4) if row[3].startswith("`show_as.")]
BEFORE = ("DTSTART:20261124T100000Z", "DTEND:20261124T110000Z")


def test_every_kind_that_a_calendar_can_tell_stands_there() -> None:
    """Unknown is for others, and unanswered is an answer."""
    kinds = {code_in(row[3])[0].removeprefix("show_as.") for row in ROWS}
    assert kinds == set(ShowAsTable.__struct_fields__) - {"unknown", "unanswered"}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_line_is_shown_and_counts_as_the_table_says(row: list[str]) -> None:
    """By the reader of calendars and the rules out of the box."""
    said, _, counts, rule = row
    kind = code_in(rule)[0].removeprefix("show_as.")
    lines = code_in(said)[:1]
    if lines and lines[0].startswith("FREEBUSY"):
        period = f"{lines[0]}:20261124T100000Z/20261124T110000Z"
        read_as = one(read(calendar("\r\n".join(("BEGIN:VFREEBUSY", "UID:fb", period, "END:VFREEBUSY", "")))))
    else:
        read_as = one(read(calendar(event(*BEFORE, *lines))))
    assert read_as.show_as == kind
    assert counts == ("yes" if getattr(ShowAsTable(), kind) == "counts" else "no")
