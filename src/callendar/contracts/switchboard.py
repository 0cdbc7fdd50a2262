"""Switchboard: what a telephone system is told, and what it tells (`design.md` §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from callendar.contracts.clock import Clock
from callendar.domain.claim import Kind
from callendar.domain.person import PersonId
from callendar.domain.reason import ReasonCode
from callendar.domain.rules import CompanyId
from callendar.domain.timetable import StateKind

PersonKey: TypeAlias = tuple[CompanyId, PersonId]
"""A person among all companies that a switchboard serves: an id says who she is in hers alone."""

LineState = Literal["unknown", "idle", "ringing", "talking", "unreachable"]


class ComingSegment(Struct, frozen=True, kw_only=True, gc=False):
    """A piece of the known future, as far as a switchboard and its callers may know it (at most level `reason`)."""

    start: datetime
    end: datetime | None
    kind: Kind
    reason: ReasonCode | None
    divert_to: str | None
    back_at: datetime | None


class Shown(Struct, frozen=True, kw_only=True, gc=False):
    """What lamps and presence show of a person now."""

    kind: StateKind
    reason: ReasonCode | None = None
    until: datetime | None = None
    back_at: datetime | None = None
    divert_to: str | None = None


class Switchboard(Protocol):
    """One telephone system. Every call is idempotent; after a (re)connect the engine says everything again."""

    async def ahead(self, coming: Mapping[PersonKey, Sequence[ComingSegment]]) -> None:
        """Write each person's coming segments where the switchboard can hold them, replacing those held before."""
        ...

    async def show(self, states: Mapping[PersonKey, Shown]) -> None:
        """Set lamps and presence; a batch."""
        ...

    async def reconcile(self, people: frozenset[PersonKey]) -> Mapping[PersonKey, Shown]:
        """What it shows now of these people, forgetting everybody else; asked for after each (re)connect."""
        ...

    async def check(self) -> Sequence[str]:
        """In plain words what is wrong and how to mend it; empty when all is well."""
        ...

    async def close(self) -> None:
        """Let go of everything; called once."""
        ...


class SwitchboardContext(Struct, frozen=True, kw_only=True):
    """What a switchboard gets from the house."""

    settings: Mapping[str, str]
    clock: Clock


class SwitchboardKind(Struct, frozen=True, kw_only=True):
    """A kind of switchboard: what its entry point in the group `callendar.switchboards` returns when called."""

    name: str
    open: Callable[[SwitchboardContext], Switchboard]
