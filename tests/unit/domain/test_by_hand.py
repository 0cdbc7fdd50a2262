"""The claims that orders by hand make (`rules.md` §4.1, §4.2, §4.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from callendar.domain.by_hand import claims_by_hand
from callendar.domain.claim import Claim
from callendar.domain.hand import Orders, Referral, ReferralId
from callendar.domain.laying import clear_top, end_all_for_now, lay
from callendar.domain.person import Person, PersonId
from callendar.domain.reason import Reason, ReasonCode
from callendar.domain.rules import Company, CompanyId, UnknownReason
from callendar.domain.silence import apply_silences, silences_for_available
from callendar.domain.timetable import read_state
from callendar.domain.window import window_from
from tests.claims import at, claim, resolved

REASONS = tuple(
    Reason(code=ReasonCode(code), labels={"en": code}, weight=weight)
    for code, weight in {"lunch": 20, "sick": 90, "part_time": 40, "meeting": 30}.items()
)
ACME = Company(id=CompanyId("c"), name="Acme", reasons=REASONS)
ANNA = Person(id=PersonId("anna"), company_id=ACME.id, name="Anna", zone="Etc/GMT-2")
WINDOW = window_from(at("10:00"))


def _referral(name: str, start: datetime, end: datetime | None, **more: Any) -> Referral:
    more.setdefault("reason", ReasonCode("lunch"))
    return Referral(id=ReferralId(name), person_id=ANNA.id, start=start, end=end, **more)


def _claims(*referrals: Referral) -> list[Claim]:
    return claims_by_hand(Orders(referrals=referrals), ACME, ANNA, WINDOW)


def test_one_for_now() -> None:
    """Keyed by its id, on top by its acceptance; everything said by hand is in it."""
    referral = _referral(
        "r", at("10:00"), at("11:00"), accepted=7, text="Back soon", divert_to="123", origin="telephonist", set_by="Eva"
    )
    assert _claims(referral) == [
        Claim(
            key="r",
            start=at("10:00"),
            end=at("11:00"),
            kind="referred",
            reason=ReasonCode("lunch"),
            weight=20,
            on_top=7,
            divert_to="123",
            text="Back soon",
            origin="telephonist",
            set_by="Eva",
        )
    ]


def test_planned_ranks_as_a_marked_booking() -> None:
    """§4.2: not on top; keyed by id and original start."""
    (planned,) = _claims(_referral("r", at("10:00", 3), at("11:00", 3), planned=True, accepted=7))
    assert (planned.on_top, planned.whence, planned.planned) == (None, 0, True)
    assert planned.key == "r/2026-11-26T10:00:00Z"


def test_one_that_only_informs() -> None:
    """`diverts` false informs, and diverts nowhere."""
    (informs,) = _claims(_referral("r", at("10:00"), None, diverts=False, divert_to="123"))
    assert (informs.kind, informs.divert_to, informs.reason) == ("informed", None, "lunch")


def test_one_whose_end_is_its_start_says_nothing() -> None:
    """Ended in the second it began, or ended before it began."""
    assert (
        _claims(_referral("r", at("10:00"), at("10:00")), _referral("p", at("10:00"), at("09:00"), planned=True)) == []
    )


def test_what_ended_before_the_window_is_left_out() -> None:
    """And what begins past 400 days."""
    old = _referral("old", at("08:00", -9), at("09:00", -9))
    on = _referral("on", at("08:00", -9), None)
    far = _referral("far", at("08:00", 399), at("09:00", 399), planned=True)
    too_far = _referral("too far", at("10:00", 400), None, planned=True)
    assert [each.key.split("/")[0] for each in _claims(old, on, far, too_far)] == ["on", "far"]


def test_repeats_are_known_for_400_days() -> None:
    """§4.2: known without limit, 400 days; each occurrence with a key of its own."""
    fridays = _claims(
        _referral(
            "f", at("06:00", 4), at("15:00", 4), planned=True, repeat="FREQ=WEEKLY", reason=ReasonCode("part_time")
        )
    )
    assert len(fridays) == 57
    assert fridays[0].key == "f/2026-11-27T06:00:00Z"
    assert fridays[-1].start - fridays[0].start == timedelta(weeks=56)
    assert len({each.key for each in fridays}) == 57


def test_occurrences_ended_before_they_began_are_left_out() -> None:
    """`except_starts`, also of a single one."""
    series = _referral(
        "f",
        at("06:00", 4),
        at("15:00", 4),
        planned=True,
        repeat="FREQ=WEEKLY;COUNT=3",
        except_starts=(at("06:00", 11),),
    )
    single = _referral("s", at("06:00"), at("15:00"), planned=True, except_starts=(at("06:00"),))
    assert [each.start for each in _claims(series, single)] == [at("06:00", 4), at("06:00", 18)]


def test_a_reason_that_is_gone_is_said() -> None:
    """Never a referral with no reason."""
    with pytest.raises(UnknownReason, match="'golf'"):
        _claims(_referral("r", at("10:00"), None, reason=ReasonCode("golf")))


def _kind_at(referrals: tuple[Referral, ...], clock: str, *others: Claim) -> str:
    state = read_state(resolved(*_claims(*referrals), *others), None, at(clock))
    return state.segment.reason or state.kind if state.segment else state.kind


def test_lunch_laid_over_sick_and_sick_again() -> None:
    """§4.1: when the one with an end is over, the open one shows again; clear ends the top one."""
    sick = _referral("sick", at("08:00"), None, accepted=1, reason=ReasonCode("sick"))
    lunch = _referral("lunch", at("11:00"), at("12:00"), accepted=2)
    both = lay((sick,), lunch, at("11:00"))
    assert [_kind_at(both, clock) for clock in ("10:59", "11:00", "12:00")] == ["sick", "lunch", "sick"]
    cleared = clear_top(both, at("11:30"))
    assert [_kind_at(cleared, clock) for clock in ("11:29", "11:30", "12:30")] == ["lunch", "sick", "sick"]
    assert [_kind_at(end_all_for_now(cleared, at("13:00")), clock) for clock in ("12:59", "13:00")] == [
        "sick",
        "available",
    ]


def test_one_for_now_stands_above_a_heavier_booking_and_lets_it_show_again() -> None:
    """§5.1: a booking speaks again when the hand is done."""
    lunch = _referral("lunch", at("11:00"), at("12:00"), accepted=1, diverts=False)
    meeting = claim("m", "10:00", "13:00", weight=90)
    assert [_kind_at((lunch,), clock, meeting) for clock in ("10:30", "11:30", "12:30")] == [
        "meeting",
        "lunch",
        "meeting",
    ]


def test_available_makes_her_available_until_something_starts() -> None:
    """§4.4: ends all for now, silences what is in force; what starts later acts again."""
    now = at("11:00")
    lunch = _referral("lunch", at("10:30"), None, accepted=1)
    claims = [claim("m", "10:00", "12:00"), claim("b", "10:00", "13:00", "busy"), claim("next", "14:00", "15:00")]
    silences = silences_for_available([*_claims(lunch), *claims], person=ANNA, now=now)
    heard = apply_silences([*_claims(*end_all_for_now((lunch,), now)), *claims], silences, ANNA.zone_info)
    timetable = resolved(*heard)
    assert [read_state(timetable, None, at(clock)).kind for clock in ("10:59", "11:00", "13:30", "14:00")] == [
        "referred",
        "available",
        "available",
        "referred",
    ]
