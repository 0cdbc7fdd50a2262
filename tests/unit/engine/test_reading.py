"""Readings: no calendar is so large that planning its person would hold up everybody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from callendar.contracts.source import Reading, ReadObject
from callendar.engine import reading as module
from callendar.engine.reading import bounded
from tests.clock import START
from tests.fakes.house import booking


def reading(**sizes: int) -> Reading:
    """Objects with so many bookings each."""
    objects = {
        ref: ReadObject(
            etag=ref, bookings=tuple(booking(START + timedelta(hours=n), 30, f"{ref}{n}") for n in range(size))
        )
        for ref, size in sizes.items()
    }
    return Reading(objects=objects, gone=frozenset(), cursor="1", complete=True)


def test_a_reading_within_bounds_is_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """The very same."""
    monkeypatch.setattr(module, "MOST_BOOKINGS", 5)
    ordinary = reading(a=2, b=3)
    assert bounded(ordinary) is ordinary


def test_objects_beyond_the_bound_are_kept_without_bookings_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """By ref, so that the same ones stand at every reading; their etags are kept, so that they are not asked for
    again."""
    monkeypatch.setattr(module, "MOST_BOOKINGS", 5)
    cut = bounded(reading(c=1, a=4, b=3)).objects
    assert {ref: len(each.bookings) for ref, each in cut.items()} == {"a": 4, "b": 0, "c": 0}
    assert cut["b"].etag == "b"
    assert "more than 5 bookings" in cut["b"].faults[0]
    assert cut["a"].faults == ()
