"""Claims for tests: around a Monday in a zone without summer time, on a grid coarse enough to collide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from callendar.domain.claim import Claim, Kind
from callendar.domain.hours import Hours
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import OpenHours, PublicHolidays, Rules
from callendar.domain.timetable import Segment, resolve
from callendar.domain.winning import FROM_CALENDARS

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
RIGA_LIKE = ZoneInfo("Etc/GMT-2")
"""Two hours ahead of UTC all the year."""
OFFICE = (OpenHours(days=("mon", "tue", "wed", "thu", "fri"), opens="08:00", closes="17:00"),)
ALWAYS = Hours((), PublicHolidays(), ZoneInfo("UTC"))


def at(clock: str, day: int = 0) -> datetime:
    """A UTC time of day, `day` days after the Monday."""
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=day, hours=int(hour), minutes=int(minute))


def claim(key: str, start: str | datetime, end: str | datetime | None, kind: Kind = "referred", **more: Any) -> Claim:
    """A claim on the Monday, or between instants; a reason where its kind has one."""
    more.setdefault("reason", ReasonCode("meeting") if kind in ("referred", "informed") else None)
    return Claim(
        key=key,
        start=at(start) if isinstance(start, str) else start,
        end=at(end) if isinstance(end, str) else end,
        kind=kind,
        **more,
    )


def resolved(
    *claims: Claim, hours: Hours = ALWAYS, known_until: datetime | None = None, **rules: Any
) -> tuple[Segment, ...]:
    """The timetable of some claims, by the rules out of the box but for those given."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    return resolve(claims, hours=hours, rules=Rules(**rules), known_until=known_until, start=start)


HALF_HOURS = 2 * 24 * 3


@st.composite
def some_claims(draw: st.DrawFn, *, most: int = 8) -> list[Claim]:
    """Any claims of three days, with keys of their own: edges touch, lie 3 minutes apart, or a grace apart."""
    drawn: list[Claim] = []
    count = draw(st.integers(0, most))
    on_top = draw(st.permutations(range(1, most + 1)))
    for place in range(count):
        start = draw(_edges)
        length = draw(st.sampled_from((3, 25, 30, 60, 90, 480, 1440)))
        for_now = draw(st.integers(0, 7)) == 0
        origin = draw(st.sampled_from(("app", "telephonist"))) if for_now else draw(_origins)
        by_hand = origin not in FROM_CALENDARS
        kind: Kind = draw(st.sampled_from(("referred", "informed") if by_hand else _kinds))
        with_reason = kind in ("referred", "informed")
        drawn.append(
            Claim(
                key=f"k{place}",
                start=start,
                end=None if draw(st.integers(0, 11)) == 0 else start + timedelta(minutes=length),
                kind=kind,
                reason=ReasonCode(draw(st.sampled_from(("meeting", "holiday")))) if with_reason else None,
                weight=draw(st.sampled_from((30, 80))) if with_reason else 0,
                whence=0 if by_hand else draw(st.integers(0, 2)),
                on_top=on_top[place] if for_now else None,
                text=draw(st.sampled_from((None, None, "Budget"))),
                origin=origin,
                planned=by_hand and not for_now,
                all_day=draw(st.booleans()),
            )
        )
    return drawn


_edges = st.tuples(st.integers(1, HALF_HOURS), st.sampled_from((0, 0, 0, 3, 5, -3))).map(
    lambda place: MONDAY + timedelta(minutes=30 * place[0] + place[1])
)
_origins = st.sampled_from(("calendar", "calendar", "calendar", "autoreply", "app", "delegate"))
_kinds: tuple[Kind, ...] = ("referred", "referred", "informed", "busy", "note")
known_untils = st.none() | st.integers(1, 80).map(lambda hours: MONDAY + timedelta(hours=hours))
