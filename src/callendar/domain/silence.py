"""Silences: claims told to be quiet, matched by key at every planning (`rules.md` §4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import structs

from callendar.domain.claim import Claim
from callendar.domain.ends import end_of_day
from callendar.domain.hand import Silence
from callendar.domain.person import Person


def apply_silences(claims: Iterable[Claim], silences: Iterable[Silence], zone: ZoneInfo) -> list[Claim]:
    """The claims with what is silenced cut out of them.

    One silenced in force is quiet from the instant given to its own end, moved ends included, but never past the end
    of the person's day in which it was given; what it said before stands. Such a silence is void if the claim is now
    found to start after the instant given. One silenced while coming is quiet whole, wherever it moves.

    Returns: In the order given. A claim that goes on after its silence, or that was in force before it, keeps its key
        in each of its parts; these never overlap.
    """
    by_key: dict[str, list[Silence]] = {}
    for silence in silences:
        by_key.setdefault(silence.key, []).append(silence)
    heard: list[Claim] = []
    for claim in claims:
        parts = [claim]
        for silence in by_key.get(claim.key, ()):
            if silence.in_force and claim.start > silence.given:
                continue
            parts = [rest for part in parts for rest in _cut(part, silence, zone)]
        heard.extend(parts)
    return heard


def silences_for_available(
    claims: Iterable[Claim], *, person: Person, now: datetime, standing: Iterable[Silence] = ()
) -> tuple[Silence, ...]:
    """Silences for those of the claims that are in force, losers too, except notes and what was set for now by hand.

    "Available" gives every claim; "I am back" and `#23#` give those that refer. What starts later acts again.

    Args:
        standing: Her silences before: a claim that they keep quiet now needs none, and keeps what it has.
    """
    loud = {
        claim.key: claim for claim in claims if claim.kind != "note" and claim.on_top is None and _in_force(claim, now)
    }
    heard = {part.key for part in apply_silences(loud.values(), standing, person.zone_info) if _in_force(part, now)}
    return tuple(silence_for(claim, person=person, now=now) for key, claim in loud.items() if key in heard)


def silence_for(claim: Claim, *, person: Person, now: datetime) -> Silence:
    """A silence for one claim: in force, to its end or that of the person's day; coming, to follow it."""
    if not _in_force(claim, now):
        return Silence(person_id=person.id, key=claim.key, given=now, in_force=False)
    day_ends = end_of_day(now, person.zone_info)
    until = day_ends if claim.end is None else min(claim.end, day_ends)
    return Silence(person_id=person.id, key=claim.key, given=now, in_force=True, until=until)


def _in_force(claim: Claim, now: datetime) -> bool:
    return claim.start <= now and (claim.end is None or now < claim.end)


def _cut(claim: Claim, silence: Silence, zone: ZoneInfo) -> list[Claim]:
    if not silence.in_force:
        return []
    until = end_of_day(silence.given, zone)
    if until <= claim.start or (claim.end is not None and claim.end <= silence.given):
        return [claim]
    parts: list[Claim] = []
    if claim.start < silence.given:
        parts.append(structs.replace(claim, end=silence.given))
    if claim.end is None or claim.end > until:
        parts.append(structs.replace(claim, start=until))
    return parts
