"""Rows made small for holding: what many rows have in common is one object in memory (`design.md` §5, 100,000 people).

Decoding makes every instant, reason and department anew, for every segment of every person; they are two thirds of a
row. Texts, keys and names are her own and stay as they are.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from msgspec import structs

from callendar.domain.person import Extension, Person
from callendar.domain.row import Row
from callendar.domain.rules import Level
from callendar.domain.timetable import Segment

S = TypeVar("S", bound=str)

MOST = 200_000
"""How many different values are remembered; then it begins anew, which costs memory for a while and nothing else."""

_NO_KEYWORDS: dict[str, tuple[str, ...]] = {}
_NO_GRANTS: dict[str, Level] = {}


class Compactor:
    """Gives equal rows back, built of shared values. Nothing in a row may be changed in place anyway."""

    def __init__(self) -> None:
        self._known: dict[str | datetime, str | datetime] = {}

    def compact(self, row: Row) -> Row:
        """An equal row."""
        if len(self._known) > MOST:
            self._known.clear()
        return structs.replace(
            row,
            person=self._person(row.person),
            timetable=tuple(self._segment(each) for each in row.timetable),
            known_until=self._at(row.known_until),
            failing_since=self._at(row.failing_since),
            connections=tuple(map(self._text, row.connections)),
            slid_at=self._at(row.slid_at),
        )

    def _person(self, person: Person) -> Person:
        return structs.replace(
            person,
            company_id=self._text(person.company_id),
            zone=self._text(person.zone),
            department=self._text(person.department),
            title=self._text(person.title),
            extensions=tuple(map(self._extension, person.extensions)),
            keywords=person.keywords or _NO_KEYWORDS,
            grants=person.grants or _NO_GRANTS,
        )

    def _extension(self, extension: Extension) -> Extension:
        return structs.replace(extension, switchboard=self._text(extension.switchboard))

    def _segment(self, segment: Segment) -> Segment:
        return structs.replace(
            segment,
            start=self._at(segment.start),
            end=self._at(segment.end),
            reason=self._text(segment.reason),
            divert_to=self._text(segment.divert_to),
            set_by=self._text(segment.set_by),
            back_at=self._at(segment.back_at),
            not_before=self._at(segment.not_before),
            then=self._text(segment.then),
            next_free=self._at(segment.next_free),
        )

    def _text(self, text: S | None) -> S | None:
        return None if text is None else self._known.setdefault(text, text)  # pyright: ignore[reportReturnType]

    def _at(self, instant: datetime | None) -> datetime | None:
        return None if instant is None else self._known.setdefault(instant, instant)  # pyright: ignore[reportReturnType]
