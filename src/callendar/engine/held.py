"""The rows a node holds: every company's people in memory, kept as fresh as the store (`design.md` §2).

Nothing here derives from the clock; whoever shows a row reads it at an instant.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import anyio
import anyio.lowlevel
from msgspec import Struct
from structlog import get_logger

from callendar.contracts.meter import Meter
from callendar.contracts.store import NotFound, Store
from callendar.contracts.switchboard import LineState
from callendar.domain.booking import Connection, ConnectionId
from callendar.domain.person import PersonId
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.engine.compact import Compactor

log = get_logger()

RECENT = 50_000
"""How many changes of rows are remembered for holders that resume; older ones are answered from the store."""

SEGMENTS_AT_ONCE = 2_000
"""Compacted before others get their turn: some milliseconds."""


class Touched(Struct, frozen=True, gc=False):
    """One row changed, or a person went, at n."""

    n: int
    person_id: PersonId


class HeldCompany:
    """One company as held: replace nothing here, ask `HeldPeople`. All ids are of this company and of no other.

    `read_at` and `lines` live in memory only.
    """

    def __init__(self, company: Company, epoch: str, n: int, rows: Sequence[Row]) -> None:
        self.company = company
        self.epoch = epoch
        self.n = n
        self.rows: dict[PersonId, Row] = {row.person.id: row for row in rows}
        self.oldest = n
        """Changes after this n are in `recent`."""
        self.recent: deque[Touched] = deque()
        self.read_at: dict[ConnectionId, datetime] = {}
        """When each connection was last read; noted by sync, stored now and then."""
        self.stale_seconds: dict[ConnectionId, int] = {}
        """How old `read_at` may grow before a connection is stale: `stale_minutes`, or two polls if longer."""
        self.poll_seconds: dict[ConnectionId, float] = {}
        """The longest wait between polls that a provider asked for, where it is longer than the connection's own."""
        self.kinds: dict[ConnectionId, str] = {}
        """Of every connection."""
        self.lines: dict[PersonId, LineState] = {}

    @property
    def version(self) -> str:
        """`epoch-n`, as it is sent."""
        return f"{self.epoch}-{self.n}"

    def touched_since(self, n: int) -> set[PersonId] | None:
        """Whose rows changed or went after n; None when that is no longer remembered here, or n lies ahead."""
        if n < self.oldest or n > self.n:
            return None
        found: set[PersonId] = set()
        for touched in reversed(self.recent):
            if touched.n <= n:
                break
            found.add(touched.person_id)
        return found

    def note_connections(self, connections: Sequence[Connection]) -> None:
        """These are all there are."""
        self.kinds = {each.id: each.kind for each in connections}
        for known in (self.read_at, self.stale_seconds, self.poll_seconds):
            for gone in known.keys() - self.kinds.keys():
                del known[gone]
        for each in connections:
            polls = 2 * max(each.poll_seconds, self.poll_seconds.get(each.id, 0))
            self.stale_seconds[each.id] = max(self.company.rules.stale_minutes * 60, int(polls))
            if each.read_at is not None:
                self.note_read(each.id, each.read_at)

    def note_read(self, connection_id: ConnectionId, at: datetime) -> None:
        """A connection was read successfully; never goes back in time."""
        before = self.read_at.get(connection_id)
        if before is None or at > before:
            self.read_at[connection_id] = at

    def note_poll(self, connection_id: ConnectionId, seconds: float) -> None:
        """A calendar of this connection is read only so often: two such waits are not yet stale."""
        self.poll_seconds[connection_id] = seconds
        self.stale_seconds[connection_id] = max(self.stale_seconds.get(connection_id, 0), int(2 * seconds))

    def take_over(self, before: HeldCompany) -> None:
        """What is known in memory only, of the same company held before."""
        self.read_at, self.stale_seconds = before.read_at, before.stale_seconds
        self.poll_seconds, self.kinds, self.lines = before.poll_seconds, before.kinds, before.lines


class HeldPeople:
    """All companies of a store, in memory.

    `run` keeps them fresh; `changed` wakes whoever waits for a company.
    """

    def __init__(self, store: Store, meter: Meter | None = None) -> None:
        self._store = store
        self.meter = meter or Meter()
        """What this node counts."""
        self._companies: dict[CompanyId, HeldCompany] = {}
        self._woken = anyio.Event()
        self._looking = anyio.Lock()
        """Looks come one after the other, or an older one could put an older row back."""
        self._compactor = Compactor()

    @property
    def companies(self) -> Mapping[CompanyId, HeldCompany]:
        """By id."""
        return self._companies

    def company(self, company_id: CompanyId) -> HeldCompany:
        """One company; `NotFound` if it is not there."""
        try:
            return self._companies[company_id]
        except KeyError:
            raise NotFound(f"there is no company {company_id}") from None

    async def open(self) -> None:
        """Load everything there is; called once, before anything is served."""
        await self.refresh()

    async def run(self) -> None:
        """Follow the store until cancelled. Begins with a look: the last one may have broken."""
        while True:
            await self.refresh()
            await self._store.wait_for_change()

    async def refresh(self) -> None:
        """Look above the last n of every company, now; also what a writer calls to see its own write."""
        async with self._looking:
            await self._look()

    async def refresh_company(self, company_id: CompanyId) -> None:
        """Look above the last n of one company, now: what whoever wrote for its people calls. At all, if it is new."""
        async with self._looking:
            held = self._companies.get(company_id)
            if held is None:
                await self._look()
            elif await self._refresh_company(held.company):
                self.wake()

    async def _look(self) -> None:
        woken = False
        seen: set[CompanyId] = set()
        for company in await self._store.load_companies():
            seen.add(company.id)
            woken |= await self._refresh_company(company)
            self.company(company.id).note_connections(await self._store.load_connections(company.id))
        for gone in self._companies.keys() - seen:
            del self._companies[gone]
            woken = True
        if woken:
            self.wake()

    async def _refresh_company(self, company: Company) -> bool:
        held = self._companies.get(company.id)
        if held is None:
            return await self._hold(company)
        rules_changed = held.company != company
        held.company = company
        counter = await self._store.load_counter(company.id)
        if counter == held.n:
            return rules_changed
        changed = await self._store.load_rows_since(company.id, held.n)
        if changed is None or changed.epoch != held.epoch:
            return await self._hold(company)
        for row in await self._compact(sorted(changed.rows, key=lambda row: row.version)):
            held.rows[row.person.id] = row
            held.recent.append(Touched(row.version, row.person.id))
        for person_id in changed.gone:
            held.rows.pop(person_id, None)
            held.recent.append(Touched(changed.n, person_id))
        held.n = changed.n
        self.meter.count("callendar_rows_changed", by=len(changed.rows))
        while len(held.recent) > RECENT:
            held.oldest = held.recent.popleft().n
        return True

    async def _hold(self, company: Company) -> bool:
        """Load a whole company, in place of what was held of it."""
        loaded = await self._store.load_rows(company.id)
        rows = await self._compact(loaded.rows)
        held = HeldCompany(company, loaded.epoch, loaded.n, rows)
        if (before := self._companies.get(company.id)) is not None:
            held.take_over(before)
        self._companies[company.id] = held
        log.info("company_held", company=company.id, people=len(rows))
        return True

    async def _compact(self, rows: Iterable[Row]) -> list[Row]:
        """The same rows; others get their turn in between."""
        compacted: list[Row] = []
        segments = 0
        for row in rows:
            compacted.append(self._compactor.compact(row))
            segments += len(row.timetable)
            if segments > SEGMENTS_AT_ONCE:
                segments = 0
                await anyio.lowlevel.checkpoint()
        return compacted

    def wake(self) -> None:
        """Wake everybody who waits in `changed`."""
        self._woken.set()
        self._woken = anyio.Event()

    async def changed(self) -> None:
        """Return at the next change of anything held. Take it before looking, so that nothing is missed:
        `waiting = held.waiter()` then look, then `await waiting.wait()`."""
        await self._woken.wait()

    def waiter(self) -> anyio.Event:
        """An event that is set at the next change after this call."""
        return self._woken
