"""Referrals for now, laid and ended (`rules.md` §4.1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.hand import Referral, ReferralId
from callendar.domain.laying import clear_top, end_all_for_now, lay
from callendar.domain.person import PersonId
from callendar.domain.reason import ReasonCode
from tests.claims import MONDAY, at

ANNA = PersonId("anna")


def _referral(name: str, start: datetime, end: datetime | None, accepted: int, *, planned: bool = False) -> Referral:
    return Referral(
        id=ReferralId(name),
        person_id=ANNA,
        reason=ReasonCode("lunch"),
        start=start,
        end=end,
        accepted=accepted,
        planned=planned,
    )


def _ends(referrals: tuple[Referral, ...]) -> dict[str, datetime | None]:
    return {each.id: each.end for each in referrals}


def test_a_newer_one_ends_the_older() -> None:
    """Both with an end, or the new one open."""
    lunch = _referral("lunch", at("11:00"), at("13:00"), 1)
    meeting = _referral("meeting", at("12:00"), at("14:00"), 2)
    sick = _referral("sick", at("12:30"), None, 3)
    after = lay((lunch,), meeting, at("12:00"))
    assert _ends(after) == {"lunch": at("12:00"), "meeting": at("14:00")}
    assert _ends(lay(after, sick, at("12:30"))) == {"lunch": at("12:00"), "meeting": at("12:30"), "sick": None}


def test_one_with_an_end_lies_on_top_of_one_without() -> None:
    """When it ends the open one shows again; a third with an end ends only the one on top."""
    sick = _referral("sick", at("08:00"), None, 1)
    lunch = _referral("lunch", at("11:00"), at("12:00"), 2)
    meeting = _referral("meeting", at("11:30"), at("14:00"), 3)
    after = lay(lay((sick,), lunch, at("11:00")), meeting, at("11:30"))
    assert _ends(after) == {"sick": None, "lunch": at("11:30"), "meeting": at("14:00")}


def test_an_open_one_ends_an_open_one() -> None:
    """Only one with an end lies on top."""
    after = lay((_referral("sick", at("08:00"), None, 1),), _referral("leave", at("09:00"), None, 2), at("09:00"))
    assert _ends(after) == {"sick": at("09:00"), "leave": None}


def test_planned_ones_are_never_touched() -> None:
    """Nor by clear, nor by "available"."""
    trip = _referral("trip", at("08:00"), at("18:00"), 1, planned=True)
    after = lay((trip,), _referral("lunch", at("11:00"), at("12:00"), 2), at("11:00"))
    assert trip in after
    assert trip in clear_top(after, at("11:30"))
    assert trip in end_all_for_now(after, at("11:30"))


def test_what_has_ended_stays_as_it_was() -> None:
    """A newer one ends what is under way; the past stands."""
    gone = _referral("gone", at("07:00"), at("08:00"), 1)
    assert gone in lay((gone,), _referral("lunch", at("11:00"), at("12:00"), 2), at("11:00"))
    assert clear_top((gone,), at("09:00")) == (gone,)


def test_clear_ends_the_top_one() -> None:
    """One at a time; with nothing under way nothing changes."""
    sick, lunch = _referral("sick", at("08:00"), None, 1), _referral("lunch", at("11:00"), at("12:00"), 2)
    once = clear_top((sick, lunch), at("11:10"))
    assert _ends(once) == {"sick": None, "lunch": at("11:10")}
    assert _ends(clear_top(once, at("11:20"))) == {"sick": at("11:20"), "lunch": at("11:10")}


def test_newer_is_the_order_of_acceptance_not_a_clock() -> None:
    """§4.5: one that a fast clock started ahead of now never was: its end is its start."""
    ahead = _referral("ahead", at("11:02"), at("12:00"), 1)
    after = lay((ahead,), _referral("lunch", at("11:00"), at("12:30"), 2), at("11:00"))
    assert _ends(after) == {"ahead": at("11:02"), "lunch": at("12:30")}
    late, soon = _referral("late", at("11:00"), None, 9), _referral("soon", at("11:01"), at("12:00"), 8)
    assert _ends(clear_top((late, soon), at("11:05"))) == {"late": at("11:05"), "soon": at("12:00")}


orders = st.lists(
    st.tuples(st.sampled_from(("lay", "lay", "clear", "all")), st.none() | st.integers(1, 90)), max_size=12
)


@given(orders=orders)
def test_at_most_two_are_for_now_and_the_open_one_lies_below(orders: list[tuple[str, int | None]]) -> None:
    """Whatever is laid and cleared: at most one open and one with an end on top of it hold at once."""
    referrals: tuple[Referral, ...] = ()
    for number, (order, minutes) in enumerate(orders):
        now = MONDAY + timedelta(minutes=7 * number)
        before = referrals
        if order == "lay":
            new = _referral(f"r{number}", now, None if minutes is None else now + timedelta(minutes=minutes), number)
            referrals = lay(referrals, new, now)
            assert referrals[-1] is new
        else:
            referrals = clear_top(referrals, now) if order == "clear" else end_all_for_now(referrals, now)
        holding = [each for each in referrals if each.end is None or each.end > now]
        assert len(holding) <= 2
        if len(holding) == 2:
            below, top = sorted(holding, key=lambda each: each.accepted)
            assert below.end is None
            assert top.end is not None
        assert order != "all" or holding == []
        for each in before:
            if each.end is not None and each.end <= now:
                assert each in referrals
            assert structs.replace(each, end=None) in [structs.replace(other, end=None) for other in referrals]
