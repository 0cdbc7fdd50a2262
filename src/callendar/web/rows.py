"""Rows as they are sent: the fixed part is kept encoded per view, the rest made when it is sent (`design.md` §3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from callendar.contracts.switchboard import LineState
from callendar.domain.freshness import Freshness, read_freshness
from callendar.domain.person import PersonId
from callendar.domain.privacy import View, Viewer, redact, view_of
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.domain.timetable import read_next_free, read_soon, read_state
from callendar.engine.held import HeldCompany
from callendar.web.wire import (
    LivePart,
    WireFreshness,
    WireSoon,
    fixed_part,
    or_unset,
    wire_segment,
    wire_state,
)

LISTED = timedelta(hours=48)
"""How far ahead a list reaches (`design.md` §2)."""

MANY_SEGMENTS = 250
"""A row with more is encoded by itself; after it others get their turn."""

_encode = msgspec.json.Encoder().encode


class Kept(Struct, frozen=True, gc=False):
    """One row in one view. Good for as long as the row is the same and `listed_until` stays before `beyond`."""

    row: Row
    cut: Row
    """The row as the view allows it."""
    fixed: bytes
    """The fixed part as a JSON object."""
    listed_until: datetime
    beyond: datetime | None
    """Start of the first segment left out; None when none was."""


class RowEncoder:
    """Encodes rows for viewers; keeps what can be kept.

    Args:
        companies: As they are held, of whom lines and freshness are read.
    """

    def __init__(self, companies: Mapping[CompanyId, HeldCompany]) -> None:
        self._companies = companies
        self._kept: dict[CompanyId, dict[tuple[PersonId, View], Kept]] = {}
        self._rules: dict[CompanyId, int] = {}
        self._instant: datetime | None = None
        self._live: dict[tuple[PersonId, View, LineState, Freshness], tuple[Kept, bytes]] = {}
        """Live parts as of `_instant`: whoever else is sent the same in the same second is sent the same bytes."""

    def encode(self, company: Company, row: Row, viewer: Viewer, now: datetime, why: str | None = None) -> bytes:
        """One person as a JSON object, exactly what this viewer may see at `now`."""
        view = view_of(viewer, row.person, company)
        kept = self._keep(row, view, company, now + LISTED)
        if why is None:
            live = self._encode_live(kept, view, company, now)
        else:
            live = _encode(self.live(kept.cut, view, company, now, why))
        return kept.fixed[:-1] + b"," + live[1:]

    def live(self, cut: Row, view: View, company: Company, now: datetime, why: str | None = None) -> LivePart:
        """What the clock decides of a row that has been cut down to a view."""
        timetable, known_until = cut.timetable, cut.known_until
        soon = read_soon(timetable, known_until, now)
        return LivePart(
            state=wire_state(read_state(timetable, known_until, now), view, company, why),
            soon=or_unset(soon and WireSoon(soon.start, soon.minutes)),
            next_free=or_unset(read_next_free(timetable, now, minutes=company.rules.next_free_minutes)),
            line=self._line(cut),
            freshness=WireFreshness(
                state=self._freshness(cut, now),
                failing_since=or_unset(cut.failing_since),
                connections=or_unset(cut.connections),
            ),
        )

    def cut(self, row: Row, viewer: Viewer, company: Company) -> Row:
        """The row as a viewer may see it."""
        return redact(row, view_of(viewer, row.person, company), company)

    def _encode_live(self, kept: Kept, view: View, company: Company, now: datetime) -> bytes:
        if now != self._instant:
            self._instant = now
            self._live.clear()
        cut = kept.cut
        key = (cut.person.id, view, self._line(cut), self._freshness(cut, now))
        known = self._live.get(key)
        if known is not None and known[0] is kept:
            return known[1]
        encoded = _encode(self.live(cut, view, company, now))
        self._live[key] = (kept, encoded)
        return encoded

    def _line(self, row: Row) -> LineState:
        held = self._companies.get(row.person.company_id)
        return "unknown" if held is None else held.lines.get(row.person.id, "unknown")

    def _freshness(self, row: Row, now: datetime) -> Freshness:
        held = self._companies.get(row.person.company_id)
        return read_freshness(
            connections=row.connections,
            failing_since=row.failing_since,
            read_at={} if held is None else held.read_at,
            stale_seconds={} if held is None else held.stale_seconds,
            now=now,
        )

    def _keep(self, row: Row, view: View, company: Company, listed_until: datetime) -> Kept:
        if self._rules.get(company.id) != company.rules_version:
            self._kept[company.id] = {}
            self._rules[company.id] = company.rules_version
        theirs, key = self._kept[company.id], (row.person.id, view)
        kept = theirs.get(key)
        if (
            kept is not None
            and kept.row is row
            and kept.listed_until <= listed_until
            and (kept.beyond is None or kept.beyond >= listed_until)
        ):
            return kept
        cut = redact(row, view, company)
        listed = tuple(wire_segment(each, view) for each in cut.timetable if each.start < listed_until)
        beyond = cut.timetable[len(listed)].start if len(listed) < len(cut.timetable) else None
        fixed = _encode(fixed_part(row.person, listed, cut.known_until))
        kept = theirs[key] = Kept(row, cut, fixed, listed_until, beyond)
        return kept
