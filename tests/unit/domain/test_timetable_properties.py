"""What holds for arbitrary claims, against an oracle that asks instant by instant and knows no segments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.claim import Claim
from callendar.domain.hours import Hours
from callendar.domain.rules import PublicHolidays, Rules
from callendar.domain.timetable import Segment, merge, read_next_free, read_soon, read_state, resolve
from tests.claims import ALWAYS, MONDAY, OFFICE, RIGA_LIKE, known_untils, some_claims

MINUTE = timedelta(minutes=1)
GRACE, LEAST = 5, 15
WEDNESDAY = date(2026, 11, 25)
OFFICE_HOURS = Hours(OFFICE, PublicHolidays(add=(WEDNESDAY,)), RIGA_LIKE)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
some_hours = st.sampled_from((ALWAYS, OFFICE_HOURS))


def _in_two_orders(claims: list[Claim]) -> st.SearchStrategy[tuple[list[Claim], list[Claim]]]:
    return st.tuples(st.just(claims), st.permutations(claims))


def _resolve(claims: Sequence[Claim], known_until: datetime | None, hours: Hours = ALWAYS) -> tuple[Segment, ...]:
    return resolve(claims, hours=hours, rules=Rules(), known_until=known_until, start=LONG_AGO)


# The oracle ----------------------------------------------------------------------------------------------------------


def _in_force(claim: Claim, instant: datetime) -> bool:
    return claim.start <= instant and (claim.end is None or instant < claim.end)


def _stands_before(one: Claim, other: Claim) -> bool:
    """The sentence of §5, word for word."""
    if (one.on_top is None) != (other.on_top is None):
        return one.on_top is not None
    if one.on_top is not None and other.on_top is not None:
        return one.on_top > other.on_top
    order = ["referred", "informed", "busy", "note"]
    if one.kind != other.kind:
        return order.index(one.kind) < order.index(other.kind)
    if one.whence != other.whence:
        return one.whence < other.whence
    if one.weight != other.weight:
        return one.weight > other.weight
    if one.end != other.end:
        return one.end is None or (other.end is not None and one.end > other.end)
    if one.start != other.start:
        return one.start < other.start
    return one.key < other.key


def _by_hand(claim: Claim) -> bool:
    return claim.origin not in ("calendar", "autoreply")


def _first(claims: Sequence[Claim], instant: datetime, known_until: datetime | None) -> Claim | None:
    """The claim that shows at an instant; past `known_until` one by hand, if there is one."""
    true_now = [each for each in claims if _in_force(each, instant)]
    if known_until is not None and instant >= known_until and any(_by_hand(each) for each in true_now):
        true_now = [each for each in true_now if _by_hand(each)]
    for one in true_now:
        if all(one is other or _stands_before(one, other) for other in true_now):
            return one
    return None


def _kinds(claims: Sequence[Claim], known_until: datetime | None, minutes: int) -> list[Claim | None]:
    edges = {each.start for each in claims} | {each.end for each in claims if each.end} | {known_until}
    shown: list[Claim | None] = []
    for minute in range(minutes):
        instant = MONDAY + MINUTE * minute
        shown.append(_first(claims, instant, known_until) if not shown or instant in edges else shown[-1])
    return shown


@cache
def _is_open(hours: Hours, minute: int) -> bool:
    if hours is ALWAYS:
        return True
    wall = MONDAY + MINUTE * minute + timedelta(hours=2)
    return wall.weekday() < 5 and wall.date() != WEDNESDAY and 8 <= wall.hour < 17


MINUTES = 9 * 24 * 60


def _oracle_back_at(shown: list[Claim | None], hours: Hours, minute: int) -> tuple[int | None, Claim]:
    """When she is back from the referral that holds at a minute, None when endless, and the chain's last referral.

    §7, word for word.
    """

    def refers(place: int) -> Claim | None:
        claim = shown[place] if place < MINUTES else None
        return claim if claim is not None and claim.kind == "referred" else None

    def follow(place: int) -> tuple[int | None, Claim]:
        while True:
            while refers(place):
                place += 1
            last = refers(place - 1)
            assert last is not None
            if place >= MINUTES:
                return None, last
            near = next((n for n in range(place, place + GRACE + 1) if refers(n)), None)
            if near is None:
                return place, last
            place = near

    back, last = follow(minute)
    while back is not None:
        if all(_is_open(hours, back + n) for n in range(GRACE)):
            break
        back = next(n for n in range(back + 1, MINUTES) if _is_open(hours, n) and not _is_open(hours, n - 1))
        if not refers(back):
            break
        back, last = follow(back)
    return back, last


def _oracle_free(shown: list[Claim | None], hours: Hours, minute: int, last: int) -> int | None:
    run = 0
    for place in range(minute, min(last, MINUTES)):
        claim = shown[place]
        run = run + 1 if _is_open(hours, place) and (claim is None or claim.kind == "note") else 0
        if run == LEAST:
            return place - LEAST + 1
    return None


def _minute(instant: datetime) -> int:
    return int((instant - MONDAY) / MINUTE)


# The properties ------------------------------------------------------------------------------------------------------


@given(claims=some_claims(), known_until=known_untils)
def test_segments_are_ordered_half_open_merged_and_never_overlap(
    claims: list[Claim], known_until: datetime | None
) -> None:
    """§6: ordered, non-overlapping, half-open; neighbours that agree are one; an open one is the last."""
    timetable = _resolve(claims, known_until)
    for segment in timetable:
        assert segment.end is None or segment.start < segment.end
    for before, after in pairwise(timetable):
        assert before.end is not None
        assert before.end <= after.start
    assert merge(timetable) == timetable


@given(claims=some_claims(), known_until=known_untils)
def test_at_every_instant_the_claim_that_ranks_first_shows(claims: list[Claim], known_until: datetime | None) -> None:
    """§5: at every instant one claim shows, the first by rank; the winner's words apply, never a loser's."""
    timetable = _resolve(claims, known_until)
    edges = sorted({each.start for each in claims} | {each.end for each in claims if each.end})
    for instant in [moment + timedelta(seconds=off) for moment in edges for off in (-1, 0, 1)]:
        expected = _first(claims, instant, known_until)
        found = [each for each in timetable if each.start <= instant and (each.end is None or instant < each.end)]
        if expected is None:
            assert found == []
            continue
        (segment,) = found
        looks = ("kind", "reason", "text", "divert_to", "origin", "planned", "set_by")
        assert [getattr(segment, name) for name in looks] == [getattr(expected, name) for name in looks]
        assert expected.key in segment.claims
        assert not segment.all_day or expected.all_day


@given(claims=some_claims(), known_until=known_untils)
def test_a_segment_names_the_winners_in_it_and_nobody_else(claims: list[Claim], known_until: datetime | None) -> None:
    """`claims` are the keys of the winners, in order of time, each once; `all_day` only if every one of them is."""
    edges = {each.start for each in claims} | {each.end for each in claims if each.end}
    if known_until is not None:
        edges.add(known_until)
    for segment in _resolve(claims, known_until):
        inside = [
            each for each in sorted(edges) if segment.start <= each and (segment.end is None or each < segment.end)
        ]
        winners = [winner for each in inside if (winner := _first(claims, each, known_until)) is not None]
        assert segment.claims == tuple(dict.fromkeys(each.key for each in winners))
        assert segment.all_day == all(each.all_day for each in winners)


@given(orders=some_claims().flatmap(_in_two_orders), known_until=known_untils, hours=some_hours)
def test_the_order_of_input_never_matters(
    orders: tuple[list[Claim], list[Claim]], known_until: datetime | None, hours: Hours
) -> None:
    """The same claims in another order give the same timetable; so does resolving again."""
    claims, shuffled = orders
    timetable = _resolve(claims, known_until, hours)
    assert _resolve(shuffled, known_until, hours) == timetable
    assert _resolve(claims, known_until, hours) == timetable


@given(claims=some_claims(), known_until=known_untils, hours=some_hours)
def test_back_at_is_what_the_oracle_says(claims: list[Claim], known_until: datetime | None, hours: Hours) -> None:
    """§7: of referred segments only; past `known_until` null with `not_before`; endless neither.

    `then` is the reason at the chain's end, where it is another than the current.
    """
    timetable = _resolve(claims, known_until, hours)
    shown = _kinds(claims, known_until, MINUTES)
    for segment in timetable:
        if segment.kind != "referred":
            assert (segment.back_at, segment.not_before, segment.then) == (None, None, None)
            continue
        back, last = _oracle_back_at(shown, hours, _minute(segment.start))
        assert segment.then == (last.reason if last.reason != segment.reason else None)
        expected = None if back is None else MONDAY + MINUTE * back
        if expected is not None and known_until is not None and expected >= known_until:
            assert (segment.back_at, segment.not_before) == (None, expected)
        else:
            assert (segment.back_at, segment.not_before) == (expected, None)


@given(claims=some_claims(), known_until=known_untils, hours=some_hours)
def test_back_at_lies_in_no_referral_and_inside_opening_hours(
    claims: list[Claim], known_until: datetime | None, hours: Hours
) -> None:
    """back_at is never inside a referral that continues it, nor outside opening hours."""
    timetable = _resolve(claims, known_until, hours)
    for segment in timetable:
        back = segment.back_at
        if back is not None:
            assert segment.end is not None
            assert back >= segment.end
            assert hours.is_open(back)
            assert all(each.kind != "referred" for each in timetable if _holds(each, back))


@given(claims=some_claims(), known_until=known_untils, hours=some_hours)
def test_next_free_is_what_the_oracle_says(claims: list[Claim], known_until: datetime | None, hours: Hours) -> None:
    """§7: the first gap of 15 minutes, notes aside, in opening hours, known, and not before back_at."""
    shown = _kinds(claims, known_until, MINUTES)
    last = MINUTES if known_until is None else _minute(known_until)
    for segment in _resolve(claims, known_until, hours):
        if segment.kind == "note" or segment.end is None or (segment.kind == "referred" and segment.back_at is None):
            assert segment.next_free is None
        else:
            first = _oracle_free(shown, hours, _minute(segment.back_at or segment.end), last)
            assert segment.next_free == (None if first is None else MONDAY + MINUTE * first)


@given(claims=some_claims(), known_until=known_untils, moment=st.integers(-60, 5000))
def test_soon_is_what_the_oracle_says(claims: list[Claim], known_until: datetime | None, moment: int) -> None:
    """§7: the first start within the hour that makes her less reachable; asked minute by minute."""
    now = MONDAY + MINUTE * moment
    timetable = _resolve(claims, known_until)
    kinds = (None, "note", "informed", "busy", "referred")

    def kind_at(instant: datetime) -> str | None:
        claim = _first(claims, instant, known_until)
        known = known_until is None or instant < known_until
        return claim.kind if claim is not None and (known or _by_hand(claim)) else None

    expected = None
    unknown = read_state(timetable, known_until, now).kind == "unknown"
    for minutes in range(1, 61) if kind_at(now) != "referred" and not unknown else ():
        instant = now + MINUTE * minutes
        claim = _first(claims, instant, known_until)
        segment = next((each for each in timetable if each.start == instant), None)
        if claim is None or segment is None or segment.all_day:
            continue
        if known_until is not None and instant >= known_until and not _by_hand(claim):
            continue
        reach = kinds.index(claim.kind)
        if reach > kinds.index(kind_at(now)) and reach > kinds.index(kind_at(instant - timedelta(seconds=1))):
            expected = (instant, minutes)
            break
    soon = read_soon(timetable, known_until, now)
    assert (soon and (soon.start, soon.minutes)) == expected


@given(claims=some_claims(), known_until=known_untils, hours=some_hours, key=st.sampled_from(("a", "z")))
def test_a_claim_that_loses_everywhere_changes_nothing(
    claims: list[Claim], known_until: datetime | None, hours: Hours, key: str
) -> None:
    """A claim below another that spans it leaves the timetable as it was, keys included."""
    timetable = _resolve(claims, known_until, hours)
    for above in claims:
        if known_until is not None and not _by_hand(above):
            continue
        loser = structs.replace(above, key=key, on_top=None, kind="note", whence=2, weight=-1, origin="calendar")
        assert _resolve([*claims, loser], known_until, hours) == timetable


@given(claims=some_claims(), known_until=known_untils, moment=st.integers(-60, 6000))
def test_a_state_read_at_any_time_is_that_of_resolving_then(
    claims: list[Claim], known_until: datetime | None, moment: int
) -> None:
    """A row read at t says what resolving at t says; past `known_until` unknown replaces all but what is by hand."""
    now = MONDAY + MINUTE * moment
    state = read_state(_resolve(claims, known_until), known_until, now)
    claim = _first(claims, now, known_until)
    if known_until is not None and now >= known_until and (claim is None or not _by_hand(claim)):
        assert (state.kind, state.segment) == ("unknown", None)
    elif claim is None or claim.kind == "note":
        assert state.kind == "available"
        assert (state.segment is None) == (claim is None)
    else:
        assert state.kind == claim.kind
        assert state.segment is not None
        assert claim.key in state.segment.claims
    later = resolve(claims, hours=ALWAYS, rules=Rules(), known_until=known_until, start=now)
    assert read_state(later, known_until, now).kind == state.kind
    assert read_state(later, known_until, now).segment == state.segment


@given(claims=some_claims(), known_until=known_untils, moment=st.integers(-60, 6000))
def test_next_free_as_read_is_the_segments_own_or_that_of_what_ends_a_short_gap(
    claims: list[Claim], known_until: datetime | None, moment: int
) -> None:
    """§7: inside a segment the segment's own; less than n left in a gap, that of the segment ending it; else null."""
    now = MONDAY + MINUTE * moment
    timetable = [each for each in _resolve(claims, known_until) if each.kind != "note"]
    inside = [each for each in timetable if _holds(each, now)]
    coming = [each for each in timetable if now < each.start < now + MINUTE * LEAST]
    expected = inside[0].next_free if inside else coming[0].next_free if coming else None
    assert read_next_free(_resolve(claims, known_until), now, minutes=LEAST) == expected


def _holds(segment: Segment, instant: datetime) -> bool:
    return segment.start <= instant and (segment.end is None or instant < segment.end)
