"""Present: what must be shown now. Each switchboard is told what it should show and does not show yet, and holds the
coming segments itself (`design.md` §2, §6).

Wanted is computed from the rows held in memory and the clock; nothing is ever written to the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

import anyio
import anyio.lowlevel
from msgspec import Struct
from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.switchboard import (
    ComingSegment,
    PersonKey,
    Shown,
    Switchboard,
    SwitchboardContext,
    SwitchboardKind,
)
from callendar.domain.booking import ConnectionId
from callendar.domain.person import Person, PersonId
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.engine.agenda import Agenda
from callendar.engine.backoff import retry_seconds
from callendar.engine.held import HeldCompany, HeldPeople
from callendar.engine.shown import UNKNOWN, coming_segments, is_stale, next_edge, show, stale_from
from callendar.engine.supervise import mishap
from callendar.engine.waiting import wait_until, within

log = get_logger()

CALL_SECONDS = 30
"""A switchboard that has not taken a batch by then is taken for lost."""
BATCH = 500
"""People told of in one call."""
RETRY_CAP_SECONDS = 30
LOOK_SECONDS = 15
"""The longest sleep: a clock set back is noticed by then."""
FRESH_SECONDS = 2
"""While somebody is stale whose calendars do not fail: how often it is looked whether they have been read."""
FAILING_SECONDS = 300
"""How often somebody stale whose calendars do fail is looked at: another one of them may have been read."""
SET_BACK_SECONDS = 2
"""The wall clock lost so much against the monotonic one: it was set."""
CLOSE_SECONDS = 5


class SwitchboardPlace(Struct, frozen=True, kw_only=True):
    """One switchboard to be driven."""

    name: str
    """Its id: extensions that name another switchboard are not told of here."""
    kind: SwitchboardKind
    settings: Mapping[str, str]
    company_id: CompanyId | None = None
    """Whose people it serves; None = everybody's."""


class Presenter:
    """Keeps one switchboard showing what is wanted, until cancelled; opens it again when it is lost."""

    def __init__(self, place: SwitchboardPlace, *, held: HeldPeople, clock: Clock) -> None:
        self._place = place
        self._held = held
        self._clock = clock
        self._failures = 0
        self._forget()

    def _forget(self) -> None:
        """What was known of a connection that is no more."""
        self._seen: dict[CompanyId, int] = {}
        self._companies: dict[CompanyId, Company] = {}
        self._served: dict[CompanyId, set[PersonId]] = {}
        self._shown: dict[PersonKey, Shown] = {}
        self._ahead: dict[PersonKey, int] = {}
        """Hash of the coming segments that were written last."""
        self._to_write: dict[PersonKey, None] = {}
        """Whose coming segments are to be compared and written, in that order."""
        self._agenda = Agenda()
        self._stale: dict[PersonKey, None] = {}
        """Whom only a reading can mend; who fails has a changed row once she does not."""
        self._read_at: dict[CompanyId, dict[ConnectionId, datetime]] = {}
        self._drift = self._measure_drift()

    @property
    def shown(self) -> Mapping[PersonKey, Shown]:
        """What the switchboard shows, as far as it has taken it."""
        return self._shown

    async def run(self) -> None:
        """Drive the switchboard until cancelled."""
        while True:
            try:
                await self._drive()
            except Exception as error:  # noqa: BLE001 - whatever it is, the switchboard is opened again
                self._failures += 1
                self._held.meter.count("callendar_switchboard_failures", self._place.name)
                if self._failures == 1:
                    log.error("switchboard_lost", switchboard=self._place.name, **mishap(error))
                wait = retry_seconds(
                    self._failures, first_seconds=1, cap_seconds=RETRY_CAP_SECONDS, key=self._place.name
                )
                await self._clock.sleep(wait)

    async def _drive(self) -> None:
        board = self._place.kind.open(SwitchboardContext(settings=self._place.settings, clock=self._clock))
        self._forget()
        try:
            await self._reconcile(board)
            while True:
                news = self._held.waiter()
                await self._tell(board)
                await anyio.lowlevel.checkpoint()
                if not self._to_write:
                    await self._wait(news)
        finally:
            with anyio.move_on_after(CLOSE_SECONDS, shield=True):
                await board.close()

    async def _reconcile(self, board: Switchboard) -> None:
        """Ask what is shown, so that only differences are told; the coming segments are all written again."""
        self._take_changes()
        self._shown = await self._ask_shown(board)
        if self._failures:
            self._failures = 0
            log.info("switchboard_back", switchboard=self._place.name)
        everybody = self._everybody()
        log.info("switchboard_open", switchboard=self._place.name, people=len(everybody), shown=len(self._shown))
        await self._look(board, everybody)
        self._to_write = dict.fromkeys(everybody)

    async def _tell(self, board: Switchboard) -> None:
        """Tell what has changed by now: lamps first, then one batch of coming segments."""
        changed, gone = self._take_changes()
        if gone:
            await self._remove(board, gone)
        self._to_write |= changed
        due = changed | dict.fromkeys(self._agenda.take(self._clock.now()))
        if self._was_set_back():
            log.warning("clock_set_back", switchboard=self._place.name)
            due = dict.fromkeys(self._everybody())
            self._to_write |= due
        await self._look(board, [*due, *(each for each in self._read_since() if each not in due)])
        await self._write_some(board)

    # what is wanted ------------------------------------------------------------------------------------------------

    def _everybody(self) -> list[PersonKey]:
        return [(company_id, person_id) for company_id, people in self._served.items() for person_id in people]

    def _take_changes(self) -> tuple[dict[PersonKey, None], set[PersonKey]]:
        """Whose rows, or company, changed since the last look; and who is not served any more."""
        changed: dict[PersonKey, None] = {}
        gone: set[PersonKey] = set()
        companies = {
            company_id: held
            for company_id, held in self._held.companies.items()
            if self._place.company_id in (None, company_id)
        }
        for company_id in self._seen.keys() - companies.keys():
            del self._seen[company_id], self._companies[company_id]
            self._read_at.pop(company_id, None)
            gone |= {(company_id, person_id) for person_id in self._served.pop(company_id)}
        for company_id, held in companies.items():
            served = self._served.setdefault(company_id, set())
            touched = held.touched_since(self._seen[company_id]) if company_id in self._seen else None
            if touched is None or self._companies.get(company_id) != held.company:
                touched = held.rows.keys() | served
            self._seen[company_id], self._companies[company_id] = held.n, held.company
            for person_id in touched:
                row = held.rows.get(person_id)
                if row is not None and self._serves(row.person):
                    served.add(person_id)
                    changed[company_id, person_id] = None
                elif person_id in served:
                    served.remove(person_id)
                    gone.add((company_id, person_id))
        return changed, gone

    def _serves(self, person: Person) -> bool:
        boards = {extension.switchboard for extension in person.extensions}
        return not boards or None in boards or self._place.name in boards

    def _find(self, key: PersonKey) -> tuple[Row, HeldCompany] | None:
        company_id, person_id = key
        held = self._held.companies.get(company_id)
        row = held.rows.get(person_id) if held is not None else None
        return (row, held) if row is not None and held is not None else None

    def _wanted(self, key: PersonKey, now: datetime) -> Shown | None:
        """What should be shown of her; puts into the agenda when to look again."""
        found = self._find(key)
        if found is None:
            return None
        row, held = found
        wanted = show(row, held.company, now)
        instants = [next_edge(row, now)]
        self._stale.pop(key, None)
        if is_stale(row, held.read_at, held.stale_seconds, now):
            if row.failing_since is None:
                self._stale[key] = None
            else:
                instants.append(now + timedelta(seconds=FAILING_SECONDS))
            wanted = UNKNOWN if wanted.kind == "available" else wanted
        else:
            instants.append(stale_from(row, held.read_at, held.stale_seconds))
        self._agenda.put(key, min((each for each in instants if each is not None), default=None))
        return wanted

    def _read_since(self) -> list[PersonKey]:
        """Of those that are stale, whose calendars have been read since the last look."""
        if not self._stale:
            return []
        read: dict[CompanyId, set[ConnectionId]] = {}
        for company_id in self._served:
            held, before = self._held.companies.get(company_id), self._read_at.get(company_id, {})
            now = dict(held.read_at) if held is not None else {}
            read[company_id] = {each for each, at in now.items() if before.get(each) != at}
            self._read_at[company_id] = now
        found = ((key, self._find(key)) for key in self._stale)
        return [key for key, row in found if row is not None and not read[key[0]].isdisjoint(row[0].connections)]

    async def _wait(self, news: anyio.Event) -> None:
        """Until something held changes, somebody's instant comes, or it is time to look at the clock anyhow."""
        at_most = FRESH_SECONDS if self._stale else LOOK_SECONDS
        due = self._agenda.next()
        if due is None:
            await self._clock.wait(news, at_most)
        else:
            await wait_until(news, self._clock, due, at_most_seconds=at_most)

    def _measure_drift(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _was_set_back(self) -> bool:
        """Whether the wall clock was set back: what was planned for later may be earlier than it was."""
        before, self._drift = self._drift, self._measure_drift()
        return self._drift < before - SET_BACK_SECONDS

    # what is told --------------------------------------------------------------------------------------------------

    async def _look(self, board: Switchboard, people: Iterable[PersonKey]) -> None:
        """Tell, batch by batch, what these people should show and do not."""
        now = self._clock.now()
        states: dict[PersonKey, Shown] = {}
        for looked_at, key in enumerate(people, 1):
            wanted = self._wanted(key, now)
            if wanted is not None and self._shown.get(key) != wanted:
                states[key] = wanted
            if len(states) == BATCH:
                await self._show(board, states)
                states = {}
            if looked_at % BATCH == 0:
                await anyio.lowlevel.checkpoint()
        await self._show(board, states)

    async def _show(self, board: Switchboard, states: Mapping[PersonKey, Shown]) -> None:
        if states:
            await within(self._clock, CALL_SECONDS, partial(board.show, states))
            self._shown.update(states)
            self._held.meter.count("callendar_switchboard_shown", self._place.name, by=len(states))
            log.debug("shown", switchboard=self._place.name, people=len(states))

    async def _write_some(self, board: Switchboard) -> None:
        now = self._clock.now()
        coming: dict[PersonKey, tuple[ComingSegment, ...]] = {}
        hashes: dict[PersonKey, int] = {}
        for key in list(self._to_write)[:BATCH]:
            del self._to_write[key]
            found = self._find(key)
            if found is None:
                continue
            row, held = found
            segments = coming_segments(row, held.company, now)
            if self._ahead.get(key) != (fingerprint := hash(segments)):
                coming[key] = segments
                hashes[key] = fingerprint
        if coming:
            await within(self._clock, CALL_SECONDS, partial(board.ahead, coming))
            self._ahead.update(hashes)

    async def _remove(self, board: Switchboard, gone: set[PersonKey]) -> None:
        """They are not served any more: nothing lies ahead of them, and the switchboard forgets them."""
        for key in gone:
            self._agenda.put(key, None)
            for kept in (self._shown, self._ahead, self._to_write, self._stale):
                kept.pop(key, None)
        await within(self._clock, CALL_SECONDS, partial(board.ahead, dict.fromkeys(gone, ())))
        self._shown = await self._ask_shown(board)

    async def _ask_shown(self, board: Switchboard) -> dict[PersonKey, Shown]:
        people = frozenset(self._everybody())
        return dict(await within(self._clock, CALL_SECONDS, partial(board.reconcile, people)))
