"""Opening hours: when a person or her company works, read at any instant (`rules.md` §8).

Weekly wall times in one zone, several a day and past midnight if need be; a public holiday is closed all day. Without
hours it is always open: then there is no *opening* and no *closing*, and only public holidays are closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from callendar.domain.errors import InvalidValue
from callendar.domain.person import Person
from callendar.domain.public_holiday import HolidayCalendar
from callendar.domain.rules import Company, OpenHours, PublicHolidays, Weekday
from callendar.domain.span import start_of_day
from callendar.domain.window import BY_HAND_DAYS

WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
A_DAY = timedelta(days=1)

WallSpan = tuple[int, int]
"""Minutes since a midnight, half-open."""


class Hours:
    """Opening hours joined with a zone and with public holidays; days are worked out when first asked for and kept.

    Instants in and out are aware UTC. An *opening* is a start of opening hours on a day that is no public holiday;
    hours that touch are one, so that 8-12 and 12-17 have one opening and one closing. Nothing is looked for further
    than 400 days ahead.
    """

    __slots__ = ("_holidays", "_kept", "_weekly", "always_open", "zone")

    def __init__(self, weekly: tuple[OpenHours, ...], holidays: PublicHolidays, zone: ZoneInfo) -> None:
        """
        Raises:
            InvalidValue: A wall time is not `HH:MM`, or there is no such country or region.
        """
        spans = _join([span for each in weekly for span in _week_spans(each)])
        self.zone = zone
        self.always_open = not spans or spans == [(0, WEEK_MINUTES)]
        self._weekly = tuple(_of_weekday(spans or [(0, WEEK_MINUTES)], weekday) for weekday in range(7))
        self._holidays = HolidayCalendar(holidays)
        self._kept: dict[date, _Day] = {}

    def is_public_holiday(self, day: date) -> bool:
        """Whether a calendar day is a public holiday here."""
        return day in self._holidays

    def is_open(self, at: datetime) -> bool:
        """Inside opening hours and on no public holiday."""
        return self.open_until(at, at) > at

    def open_until(self, at: datetime, enough: datetime) -> datetime:
        """The end of the open stretch at an instant; no closer look is taken once that is `enough` or later.

        `at` itself where it is closed.
        """
        day, end = self._local_day(at), at
        for ahead in range(BY_HAND_DAYS):
            before = end
            for opens, closes in self._day(day).open:
                if opens <= end < closes:
                    end = closes
            # Where midnight comes twice a day begins before its date shows: so the day after the first is looked at.
            if end > before:
                if end >= enough:
                    break
            elif ahead:
                break
            day += A_DAY
        return end

    def next_opening(self, at: datetime) -> datetime | None:
        """The first opening after an instant; None where always open, and where none comes."""
        return self._next_opening(at, working=False)

    def next_working_opening(self, at: datetime) -> datetime | None:
        """The first opening after an instant on a working day: Monday to Friday and no public holiday."""
        return self._next_opening(at, working=True)

    def next_closing(self, at: datetime) -> datetime | None:
        """The first closing after an instant; None where always open, and where none comes."""
        if self.always_open:
            return None
        end: datetime | None = None
        for day in self._days_from(at):
            for opens, closes in self._day(day).open:
                if end is not None and opens > end:
                    return end
                if closes > at:
                    end = closes
        return None

    def reopening(self, at: datetime) -> datetime | None:
        """The first opening after an instant, or the end of public holidays if it is open from then on: what was closed
        is open again."""
        if not self.always_open:
            return next((each for day in self._days_from(at) for each in self._day(day).reopenings if each > at), None)
        today = self._local_day(at)
        for day in (today + A_DAY * n for n in range(1, BY_HAND_DAYS + 1)):
            if day not in self._holidays and day - A_DAY in self._holidays:
                return start_of_day(day, self.zone)
        return None

    def opens_at(self, at: datetime) -> datetime | None:
        """When it opens; None while it is open, and where it never opens."""
        return None if self.is_open(at) else self.reopening(at)

    def _next_opening(self, at: datetime, *, working: bool) -> datetime | None:
        if self.always_open:
            return None
        day = self._local_day(at)
        for _ in range(BY_HAND_DAYS + 1):
            if not working or day.weekday() < 5:
                for opening in self._day(day).openings:
                    if opening > at:
                        return opening
            day += A_DAY
        return None

    def _days_from(self, at: datetime) -> Iterator[date]:
        today = self._local_day(at)
        return (today + A_DAY * n for n in range(BY_HAND_DAYS + 1))

    def _local_day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _day(self, day: date) -> _Day:
        kept = self._kept.get(day)
        if kept is None:
            kept = self._kept[day] = self._work_out(day)
        return kept

    def _work_out(self, day: date) -> _Day:
        if day in self._holidays:
            return _Day((), (), ())
        spans, starts = self._weekly[day.weekday()]
        joined = ((self._instant(day, opens), self._instant(day, closes)) for opens, closes in spans)
        openings = tuple(self._instant(day, minutes) for minutes in starts)
        goes_on = spans and spans[0][0] == 0 and 0 not in starts and day - A_DAY in self._holidays
        return _Day(
            tuple((opens, closes) for opens, closes in joined if opens < closes),
            openings,
            (start_of_day(day, self.zone), *openings) if goes_on else openings,
        )

    def _instant(self, day: date, minutes: int) -> datetime:
        """A wall time as an instant: moved forward where it does not exist, the first where it comes twice."""
        if minutes in (0, DAY_MINUTES):
            return start_of_day(day + A_DAY * (minutes // DAY_MINUTES), self.zone)
        wall = datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=self.zone)
        return wall.astimezone(UTC)


class _Day:
    """One calendar day: its open stretches, its openings, and these with its midnight if that ends a public holiday."""

    __slots__ = ("open", "openings", "reopenings")

    def __init__(
        self,
        stretches: tuple[tuple[datetime, datetime], ...],
        openings: tuple[datetime, ...],
        reopenings: tuple[datetime, ...],
    ) -> None:
        self.open = stretches
        self.openings = openings
        self.reopenings = reopenings


def hours_of(person: Person, company: Company) -> Hours:
    """The hours that hold for a person: her own in her zone, else the company's in the company's zone.

    People with the same hours share one object, so that 100,000 of them cost one.

    Raises:
        InvalidValue: As `Hours`.
    """
    if person.hours is None:
        return company_hours(company)
    return _shared(person.hours, company.rules.holidays, person.zone)


def company_hours(company: Company) -> Hours:
    """The company's own hours, in its zone.

    Raises:
        InvalidValue: As `Hours`.
    """
    return _shared(company.rules.hours, company.rules.holidays, company.zone)


@lru_cache(maxsize=1024)
def _shared(weekly: tuple[OpenHours, ...], holidays: PublicHolidays, zone: str) -> Hours:
    return Hours(weekly, holidays, ZoneInfo(zone))


def _week_spans(hours: OpenHours) -> Iterator[WallSpan]:
    opens, closes = _minutes(hours.opens), _minutes(hours.closes)
    if opens == DAY_MINUTES:
        raise InvalidValue("opening hours begin at 24:00; write 00:00 on the next day")
    length = closes - opens if closes > opens else closes - opens + DAY_MINUTES
    for day in hours.days:
        first = WEEKDAYS.index(day) * DAY_MINUTES + opens
        yield first, min(first + length, WEEK_MINUTES)
        if first + length > WEEK_MINUTES:
            yield 0, first + length - WEEK_MINUTES


def _minutes(wall: str) -> int:
    hour, colon, minute = wall.partition(":")
    if colon and len(wall) == 5 and (hour + minute).isascii() and (hour + minute).isdecimal():
        minutes = int(hour) * 60 + int(minute)
        if int(minute) < 60 and minutes <= DAY_MINUTES:
            return minutes
    raise InvalidValue(f"{wall!r} is no wall time; write it as 08:00, midnight at the end of a day as 24:00")


def _join(spans: list[WallSpan]) -> list[WallSpan]:
    joined: list[WallSpan] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _of_weekday(week: list[WallSpan], weekday: int) -> tuple[tuple[WallSpan, ...], tuple[int, ...]]:
    """A weekday's share of the week's joined hours, and where in it hours start that do not go on from before."""
    first, last = weekday * DAY_MINUTES, (weekday + 1) * DAY_MINUTES
    wrapped = any(end == WEEK_MINUTES for _, end in week)
    spans = tuple(
        (max(start, first) - first, min(end, last) - first) for start, end in week if start < last and end > first
    )
    starts = tuple(start - first for start, _ in week if first <= start < last and not (start == 0 and wrapped))
    return spans, starts
