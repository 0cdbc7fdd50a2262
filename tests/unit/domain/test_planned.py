"""Planned referrals started and ended now (`rules.md` §4.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callendar.domain.hand import Referral, ReferralId
from callendar.domain.person import PersonId
from callendar.domain.planned import end_now, next_occurrence, start_now
from callendar.domain.reason import ReasonCode
from tests.claims import at

ZONE = ZoneInfo("UTC")
NEW = ReferralId("new")


def _planned(start: datetime, end: datetime | None, **more: Any) -> Referral:
    return Referral(
        id=ReferralId("r"),
        person_id=PersonId("anna"),
        reason=ReasonCode("course"),
        start=start,
        end=end,
        planned=True,
        **more,
    )


WEEKLY = _planned(at("10:00"), at("12:00"), repeat="FREQ=WEEKLY")
SINGLE = _planned(at("10:00"), at("12:00"))


def _spans(referrals: tuple[Referral, ...]) -> list[tuple[str, datetime, datetime | None, bool]]:
    return [(each.id, each.start, each.end, each.repeat is not None) for each in referrals]


def test_a_single_one_starts_now_and_keeps_its_end() -> None:
    """Before its time; under way or over, nothing changes."""
    assert _spans(start_now(SINGLE, at("09:00"), ZONE, new_id=NEW)) == [("r", at("09:00"), at("12:00"), False)]
    assert start_now(SINGLE, at("11:00"), ZONE, new_id=NEW) == (SINGLE,)
    assert start_now(SINGLE, at("12:00"), ZONE, new_id=NEW) == (SINGLE,)


def test_a_single_one_ends_now() -> None:
    """What has been of it stays; one that has not begun is gone; one that is over stays."""
    assert _spans(end_now(SINGLE, at("11:00"), ZONE, new_id=NEW)) == [("r", at("10:00"), at("11:00"), False)]
    assert end_now(SINGLE, at("09:00"), ZONE, new_id=NEW) == ()
    assert end_now(SINGLE, at("12:00"), ZONE, new_id=NEW) == (SINGLE,)
    open_end = _planned(at("10:00"), None)
    assert _spans(end_now(open_end, at("11:00"), ZONE, new_id=NEW)) == [("r", at("10:00"), at("11:00"), False)]


def test_of_a_repeated_one_the_occurrence_under_way_ends_now() -> None:
    """It stays as far as it has been; the others go on."""
    after = end_now(WEEKLY, at("11:00", 7), ZONE, new_id=NEW)
    assert _spans(after) == [
        ("r", at("10:00"), at("12:00"), True),
        ("new", at("10:00", 7), at("11:00", 7), False),
    ]
    assert next_occurrence(after[0], at("11:00", 7), ZONE) == (at("10:00", 14), at("12:00", 14))


def test_of_a_repeated_one_the_next_occurrence_ends_before_it_begins() -> None:
    """The series goes on without it."""
    (after,) = end_now(WEEKLY, at("13:00"), ZONE, new_id=NEW)
    assert after.except_starts == (at("10:00", 7),)
    assert next_occurrence(after, at("13:00"), ZONE) == (at("10:00", 14), at("12:00", 14))


def test_of_a_repeated_one_the_next_occurrence_starts_now() -> None:
    """It becomes one of its own; nothing changes while one is under way."""
    after = start_now(WEEKLY, at("09:00", 7), ZONE, new_id=NEW)
    assert _spans(after) == [
        ("r", at("10:00"), at("12:00"), True),
        ("new", at("09:00", 7), at("12:00", 7), False),
    ]
    assert next_occurrence(after[0], at("09:00", 7), ZONE) == (at("10:00", 14), at("12:00", 14))
    assert start_now(WEEKLY, at("11:00", 7), ZONE, new_id=NEW) == (WEEKLY,)
