"""Silences (`rules.md` §4.4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from callendar.domain.claim import Claim
from callendar.domain.hand import Silence
from callendar.domain.person import Person, PersonId
from callendar.domain.rules import CompanyId
from callendar.domain.silence import apply_silences, silence_for, silences_for_available
from tests.claims import at, claim, some_claims

UTC_ZONE = ZoneInfo("UTC")
ANNA = Person(id=PersonId("anna"), company_id=CompanyId("c"), name="Anna", zone="UTC")
NOON = at("12:00")


def _spans(claims: list[Claim]) -> list[tuple[str, datetime, datetime | None]]:
    return [(each.key, each.start, each.end) for each in claims]


def _silenced(given_to: Claim, *after: Claim, now: datetime = NOON) -> list[tuple[str, datetime, datetime | None]]:
    return _spans(apply_silences(after, [silence_for(given_to, person=ANNA, now=now)], UTC_ZONE))


def test_available_silences_every_claim_in_force_that_refers_informs_or_is_busy() -> None:
    """Losers too, notes not; not what is for now, which it ends; what starts later acts again."""
    claims = [
        claim("refers", "11:00", "13:00"),
        claim("informs", "11:00", "13:00", "informed"),
        claim("busy", "11:00", "13:00", "busy"),
        claim("planned", "11:00", "13:00", origin="app", planned=True),
        claim("note", "11:00", "13:00", "note"),
        claim("for now", "11:00", "13:00", origin="app", on_top=1),
        claim("over", "11:00", "12:00"),
        claim("coming", "12:01", "13:00"),
        claim("starting", "12:00", "13:00"),
    ]
    silences = silences_for_available(claims, person=ANNA, now=NOON)
    assert {each.key for each in silences} == {"refers", "informs", "busy", "planned", "starting"}
    assert {(each.given, each.in_force, each.person_id) for each in silences} == {(NOON, True, "anna")}


def test_each_to_its_own_end_never_past_the_persons_day() -> None:
    """`until` is the claim's end or 04:00, whichever comes first."""
    ends = {"short": at("13:00"), "long": at("00:00", 3), "open": None}
    claims = [claim(key, "11:00", end) for key, end in ends.items()]
    silences = silences_for_available(claims, person=ANNA, now=NOON)
    assert {each.key: each.until for each in silences} == {
        "short": at("13:00"),
        "long": at("04:00", 1),
        "open": at("04:00", 1),
    }


def test_what_is_quiet_already_keeps_its_silence() -> None:
    """ "Available" twice rewrites no past, and one given to a coming holiday goes on for all of it."""
    meeting, holiday, busy = (
        claim("m", "11:00", "13:00"),
        claim("h", "00:00", None),
        claim("b", "11:00", "13:00", "busy"),
    )
    standing = (
        silence_for(meeting, person=ANNA, now=at("11:30")),
        silence_for(holiday, person=ANNA, now=at("00:00", -1)),
        Silence(person_id=ANNA.id, key="b", given=at("10:00"), in_force=True, until=at("11:00")),
    )
    again = silences_for_available([meeting, holiday, busy], person=ANNA, now=NOON, standing=standing[:2])
    assert [each.key for each in again] == ["b"]
    void = silences_for_available([busy], person=ANNA, now=NOON, standing=standing[2:])
    assert [each.key for each in void] == ["b"], "its start was found after the silence, which is void"


def test_what_was_before_the_silence_stands() -> None:
    """The past is not rewritten: it referred until the silence was given."""
    meeting = claim("m", "11:00", "13:00")
    assert _silenced(meeting, meeting) == [("m", at("11:00"), NOON)]


def test_a_long_claim_acts_again_the_next_day() -> None:
    """Never past the end of the person's day: a holiday returns at 04:00."""
    holiday = claim("h", at("00:00", -3), at("00:00", 5))
    assert _silenced(holiday, holiday) == [
        ("h", at("00:00", -3), NOON),
        ("h", at("04:00", 1), at("00:00", 5)),
    ]


def test_at_night_the_day_is_still_that_of_the_evening() -> None:
    """Given at 01:00, it lasts to 04:00 of the same night."""
    night = claim("n", "22:00", at("08:00", 1))
    assert _silenced(night, night, now=at("01:00", 1))[1] == ("n", at("04:00", 1), at("08:00", 1))


@pytest.mark.parametrize(
    ("end", "rest"),
    [("15:00", []), ("12:30", []), (at("09:00", 1), [("m", at("04:00", 1), at("09:00", 1))])],
    ids=["later", "earlier", "past the end of the day"],
)
def test_moved_ends_are_included(end: str | datetime, rest: list[object]) -> None:
    """The booking is prolonged or shortened after the silence was given."""
    moved = claim("m", "11:00", end)
    assert _silenced(claim("m", "11:00", "13:00"), moved) == [("m", at("11:00"), NOON), *rest]


def test_void_if_the_start_is_later_found_after_the_instant_given() -> None:
    """The booking that was under way is moved to the afternoon: it acts there."""
    moved = claim("m", "14:00", "15:00")
    assert _silenced(claim("m", "11:00", "13:00"), moved) == [("m", at("14:00"), at("15:00"))]


def test_an_earlier_start_keeps_it() -> None:
    """Found to have begun earlier, it still is in force when the silence is given."""
    assert _silenced(claim("m", "11:00", "13:00"), claim("m", "10:00", "13:00")) == [("m", at("10:00"), NOON)]


def test_a_coming_claim_is_followed_wherever_it_moves() -> None:
    """A coming claim can be silenced by its key; the silence follows it whole."""
    coming = claim("m", "14:00", "15:00")
    silence = silence_for(coming, person=ANNA, now=NOON)
    assert (silence.in_force, silence.until) == (False, None)
    for moved in (coming, claim("m", at("14:00", 4), at("15:00", 6)), claim("m", "11:00", "13:00")):
        assert _silenced(coming, moved) == []


def test_silences_are_matched_by_key_alone() -> None:
    """Others are untouched, in the order given."""
    a, b, c = (claim(key, "11:00", "13:00") for key in "abc")
    assert _silenced(b, a, b, c) == [
        ("a", at("11:00"), at("13:00")),
        ("b", at("11:00"), NOON),
        ("c", at("11:00"), at("13:00")),
    ]


def test_a_claim_that_had_ended_is_as_it_was() -> None:
    """Shortened to before the silence: nothing is left to silence."""
    over = claim("m", "11:00", "11:30")
    assert _silenced(claim("m", "11:00", "13:00"), over) == [("m", at("11:00"), at("11:30"))]


silences = st.lists(
    st.builds(
        Silence,
        person_id=st.just(ANNA.id),
        key=st.sampled_from([f"k{n}" for n in range(8)]),
        given=st.integers(0, 80).map(lambda hours: at("00:00") + timedelta(hours=hours)),
        in_force=st.booleans(),
    ),
    max_size=5,
)


@given(claims=some_claims(), silences=silences)
def test_a_silence_only_takes_away(claims: list[Claim], silences: list[Silence]) -> None:
    """What is heard is part of what was claimed, in pieces that never overlap; what has no silence is untouched."""
    heard = apply_silences(claims, silences, UTC_ZONE)
    for before in claims:
        parts = [each for each in heard if each.key == before.key]
        last = before.start
        for part in parts:
            assert part.start >= last
            assert part.end is None or part.start < part.end
            assert before.end is None or (part.end is not None and part.end <= before.end)
            assert structs.replace(part, start=before.start, end=before.end) == before
            last = part.end or at("00:00", 9999)
        if all(each.key != before.key for each in silences):
            assert parts == [before]
