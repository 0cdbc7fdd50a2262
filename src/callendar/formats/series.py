"""The occurrences of one UID: master, listed dates, exceptions; followed by recurring-ical-events.

The library is given wall times of the series without any zone, and gives back wall times; zones are ours alone
(`moment.py`). So nothing that is the same hour in two zones is taken for the same occurrence.
"""
# The library declares no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingParameterType=false
# pyright: reportIncompatibleMethodOverride=false, reportUntypedBaseClass=false

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Event as Component
from icalendar import vDDDTypes
from recurring_ical_events import EventAdapter, Series

from callendar.domain.span import Span
from callendar.formats.event import Event, wall_in
from callendar.formats.fault import Faults
from callendar.formats.moment import Length, Moment
from callendar.formats.rule import skip_ahead

SLACK = timedelta(hours=3)
"""Searched beyond the window on both sides, for changes of clocks."""
SLACK_OF_DAYS = timedelta(hours=27)
"""The same for whole days, which the person's zone may put up to 26 hours elsewhere."""


class Found(NamedTuple):
    """One occurrence."""

    event: Event
    """Where its words come from."""
    original: Moment
    start: Moment
    length: Length


def find_occurrences(master: Event, exceptions: list[Event], window: Span, faults: Faults) -> Iterator[Found]:
    """Occurrences of a series around a window, one by one, in the order of the rule, then others.

    Some before and after the window come too. A series without end that comes every second is walked no further than
    the caller takes.

    Args:
        master: What recurs, or has dates listed.
        exceptions: Each for an occurrence of its own.
        window: What is looked for; a little more than that is found.
        faults: Told of a rule that can never come true.
    """
    slack = SLACK_OF_DAYS if master.start.is_day else SLACK
    begins = window.start.astimezone(master.zone).replace(tzinfo=None, fold=0) - slack
    ends = window.end.astimezone(master.zone).replace(tzinfo=None, fold=0) + slack
    found = 0
    try:
        for step in _walk(master, exceptions, begins).between(begins, ends):
            assert isinstance(step, _Step)
            found += 1
            yield step.told(master)
    except (ValueError, IndexError):
        # The library finds out as it goes: some rules break it at the first date that is asked for.
        faults.add("a series has a rule that no date fulfils; only its first date and those listed are used")
        if found:
            return
        master.rules = ()
        for step in _walk(master, exceptions, begins).between(begins, ends):
            assert isinstance(step, _Step)
            yield step.told(master)


def single(event: Event) -> Found:
    """An event that does not recur; an exception whose series is not here."""
    return Found(event, event.original or event.start, event.start, event.length)


class _Reader(EventAdapter):
    """What the library asks of an event, answered in wall times of the series."""

    def __init__(self, event: Event, master: Event, start: datetime, rules: list[str]) -> None:
        self.event = event
        self._rules = rules
        component = Component()
        component["UID"] = event.uid
        component["DTSTART"] = vDDDTypes(start)
        component["DTEND"] = vDDDTypes(start + event.length.about)
        component["SEQUENCE"] = event.sequence
        if event.original is not None:
            replaced = vDDDTypes(wall_in(event.original, master))
            if event.and_following:
                replaced.params["RANGE"] = "THISANDFUTURE"
            component["RECURRENCE-ID"] = replaced
        super().__init__(component)

    @property
    def rrules(self) -> list[str]:
        return self._rules

    @property
    def rdates(self) -> list[datetime]:
        return list(self.event.more)

    @property
    def exdates(self) -> list[Any]:
        return list(self.event.without)

    def has_recurrence_rules(self) -> bool:
        return self.event.is_series or bool(self.event.without)


def _walk(master: Event, exceptions: list[Event], begins: datetime) -> _Walk:
    with warnings.catch_warnings():
        # COUNT and UNTIL together: both hold (`rule.py`).
        warnings.simplefilter("ignore", DeprecationWarning)
        return _Walk(
            [_master_reader(master, exceptions, begins), *(_exception_reader(event, master) for event in exceptions)]
        )


def _master_reader(master: Event, exceptions: list[Event], begins: datetime) -> _Reader:
    start = master.start.wall
    rules = master.rules
    if len(rules) == 1 and not any(event.and_following for event in exceptions):
        rule, start = skip_ahead(rules[0], start, begins - master.length.about - SLACK)
        rules = (rule,)
    return _Reader(master, master, start, [rule.text for rule in rules])


def _exception_reader(event: Event, master: Event) -> _Reader:
    start = event.start.wall if event.start.is_day else event.start.in_zone(master.zone)
    return _Reader(event, master, start, [])


class _Step(NamedTuple):
    """What the library makes of one date; `start` None = an exception at its own time."""

    reader: _Reader
    start: datetime | None

    def is_in_span(self, _begins: datetime, _ends: datetime) -> bool:
        """Whoever takes it looks closer, with zones."""
        return True

    def told(self, master: Event) -> Found:
        event = self.reader.event
        if self.start is None:
            original = event.start if event.original is None else _like(master, wall_in(event.original, master))
            return Found(event, original, event.start, event.length)
        original = self.start - self.reader.move_recurrences_by
        length = master.more.get(original) if event is master else None
        return Found(event, _like(master, original), _like(master, self.start), length or event.length)


def _like(master: Event, wall: datetime) -> Moment:
    return Moment(wall, master.start.zone, floating=master.start.floating)


class _Walk(Series):
    """The library's series, walked lazily."""

    class RecurrenceRules(Series.RecurrenceRules):
        """Where it has the dates of all rules in a span as a list, they come one by one."""

        def rrule_between(self, span_start: datetime, span_stop: datetime) -> Iterator[datetime]:
            for rule in self.rrules:
                for start in rule.xafter(span_start, inc=True):
                    if start > span_stop:
                        break
                    yield start

    def occurrence(self, adapter: _Reader, start: datetime | None = None, end: datetime | None = None) -> _Step:
        return _Step(adapter, start)
