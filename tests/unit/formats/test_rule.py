"""Recurrence rules: what is understood, and that skipping the past changes nothing."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, reject
from hypothesis import strategies as st

from callendar.formats.moment import Unparsable
from callendar.formats.rule import Rule, parse_rule, skip_ahead

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def parse(text: str) -> str:
    return parse_rule(text, STOCKHOLM, days=False).text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=1;WKST=MO"),
        ("COUNT=3;freq=weekly;wkst=SU;byday=mo, tu", "FREQ=WEEKLY;INTERVAL=1;WKST=SU;BYDAY=MO,TU;COUNT=3"),
        ("FREQ=DAILY;COUNT=-1;INTERVAL=0", "FREQ=DAILY;INTERVAL=1;WKST=MO"),
        ("FREQ=DAILY;UNTIL=20261124T080000Z;", "FREQ=DAILY;INTERVAL=1;WKST=MO;UNTIL=20261124T090000"),
        ("FREQ=DAILY;UNTIL=20261124T080000", "FREQ=DAILY;INTERVAL=1;WKST=MO;UNTIL=20261124T080000"),
        ("FREQ=DAILY;UNTIL=20261124", "FREQ=DAILY;INTERVAL=1;WKST=MO;UNTIL=20261124T235959"),
        ("FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=1", "FREQ=MONTHLY;INTERVAL=1;WKST=MO;BYDAY=-1FR;BYSETPOS=1"),
        ("RSCALE=GREGORIAN;SKIP=OMIT;FREQ=YEARLY;X-A=1", "FREQ=YEARLY;INTERVAL=1;WKST=MO"),
        ("FREQ=MONTHLY;BYMONTHDAY=31,32,0,31", "FREQ=MONTHLY;INTERVAL=1;WKST=MO;BYMONTHDAY=31"),
        ("FREQ=DAILY;WKST=FUNDAY;BYHOUR=", "FREQ=DAILY;INTERVAL=1;WKST=MO"),
    ],
)
def test_rules_are_made_clean(text: str, expected: str) -> None:
    """Spelling, order and what cannot be meant."""
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DAILY",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;COUNT=many",
        "FREQ=WEEKLY;INTERVAL=99999999",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYEASTER=0",
        "FREQ=DAILY;UNTIL=99991340",
        "FREQ=DAILY;UNTL=20261124",
        "RSCALE=HEBREW;FREQ=YEARLY",
    ],
)
def test_rules_that_cannot_be_followed(text: str) -> None:
    """Refused, with the end of a sentence about it."""
    with pytest.raises(Unparsable):
        parse(text)


NUMBERS = {
    "BYMONTH": st.integers(1, 12),
    "BYMONTHDAY": st.integers(-28, 28).filter(bool),
    "BYHOUR": st.integers(0, 23),
}
FREQUENCIES = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"]


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Rules that give dates: those that never do are walked through to the year 9999."""
    frequency = draw(st.sampled_from(FREQUENCIES))
    by: list[tuple[str, str]] = []
    if frequency != "MINUTELY":
        names = draw(st.sets(st.sampled_from(sorted(NUMBERS)), max_size=2))
        by += [(name, str(draw(NUMBERS[name]))) for name in sorted(names)]
        if draw(st.booleans()):
            by.append(("BYDAY", ",".join(sorted(draw(st.sets(st.sampled_from(["MO", "WE", "SU"]), min_size=1))))))
            if frequency in ("YEARLY", "MONTHLY", "WEEKLY") and draw(st.booleans()):
                by.append(("BYSETPOS", draw(st.sampled_from(["1", "-1"]))))
    count = draw(st.none() | st.integers(1, 5_000))
    until = draw(st.none() | walls(2024, 2030)) if count is None else None
    week_start = draw(st.sampled_from(["MO", "SU"]))
    return Rule(frequency, draw(st.integers(1, 5)), count, until, tuple(by), week_start)


def walls(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Wall times in whole seconds."""
    begins = datetime.combine(date(first, 1, 1), time())
    ends = datetime.combine(date(last, 1, 1), time())
    return st.datetimes(begins, ends).map(lambda moment: moment.replace(microsecond=0))


def dates(rule: Rule, start: datetime, begins: datetime) -> list[datetime]:
    """The first of a rule from an instant on, at most 60 within 400 days."""
    found = rrulestr(rule.text, dtstart=start).xafter(begins, inc=True)
    return [found_at for found_at in islice(found, 60) if found_at < begins + timedelta(days=400)]


@given(
    rule=rules(),
    start=walls(2023, 2026),
    days=st.integers(0, 900),
)
def test_skipping_the_past_changes_nothing_after_it(rule: Rule, start: datetime, days: int) -> None:
    """From `before` on the moved rule gives what the whole one gives."""
    try:
        rrulestr(rule.text, dtstart=start)
    except ValueError:
        # No date ever fulfils it.
        reject()
    before = start + timedelta(days=days)
    moved, later = skip_ahead(rule, start, before)
    assert start <= later <= max(before, start)
    if later == start:
        assert moved == rule
        return
    # Dates of the rule alone: dateutil does not count a start that the rule does not give.
    assert dates(moved, later, before) == dates(rule, start, before)


@pytest.mark.parametrize("frequency", ["SECONDLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_the_greatest_interval_breaks_nothing(frequency: str) -> None:
    """Steps of thousands of years come once."""
    before = datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None)
    rule = parse_rule(f"FREQ={frequency};INTERVAL=9999999", STOCKHOLM, days=False)
    assert skip_ahead(rule, before - timedelta(days=5_000), before)[1] < before


@pytest.mark.parametrize("frequency", ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_long_ago_is_skipped(frequency: str) -> None:
    """Of thirty years none is walked through but the last steps."""
    before = datetime(2026, 11, 24, tzinfo=UTC).replace(tzinfo=None)
    start = datetime(1996, 1, 3, 9, tzinfo=UTC).replace(tzinfo=None)
    _, later = skip_ahead(Rule(frequency), start, before)
    assert before - later < timedelta(days=3 * 366)
    assert dates(Rule(frequency), later, before)
