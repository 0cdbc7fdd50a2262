"""Re-planning: rows planned with other rules, program, zone data or holidays than the current are planned again, a
hundred a transaction, whoever has an edge within the hour first; served as they are till then (`design.md` §2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import anyio
from msgspec import Struct
from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.kept import RowHeader
from callendar.contracts.store import NotFound, Store, StoreAway
from callendar.domain.person import PersonId
from callendar.domain.row import PlannedWith
from callendar.domain.rules import Company, CompanyId
from callendar.engine.held import HeldPeople
from callendar.engine.plan import current_planned_with, replan
from callendar.engine.supervise import mishap

log = get_logger()

PEOPLE_AT_ONCE = 100
"""In one transaction."""
BREATH_SECONDS = 0.02
"""Between two transactions, for whoever else wants to write."""


class Progress(Struct, frozen=True, kw_only=True):
    """How far the re-planning of a company is."""

    done: int
    total: int


class Replanning:
    """Plans rows again after every change of what they are planned with, and at the start.

    Args:
        slide: Slides people: with new zone data their calendars have to be read from the start too.
    """

    def __init__(
        self,
        *,
        store: Store,
        held: HeldPeople,
        clock: Clock,
        slide: Callable[[CompanyId, Sequence[PersonId]], Awaitable[None]],
    ) -> None:
        self._store = store
        self._held = held
        self._clock = clock
        self._slide = slide
        self._progress: dict[CompanyId, Progress] = {}

    @property
    def progress(self) -> Mapping[CompanyId, Progress]:
        """Of the companies that are being re-planned just now; empty when all is current."""
        return self._progress

    async def run(self) -> None:
        """Re-plan until cancelled."""
        done: dict[CompanyId, int] = {}
        while True:
            news = self._held.waiter()
            for company in [held.company for held in self._held.companies.values()]:
                if done.get(company.id) != company.rules_version:
                    await self._replan_company(company)
                    done[company.id] = company.rules_version
            await news.wait()

    async def _replan_company(self, company: Company) -> None:
        current = current_planned_with(company)
        headers = [each for each in await self._store.load_row_headers(company.id) if each.planned_with != current]
        if not headers:
            return
        log.info("replanning", company=company.id, people=len(headers), rules=company.rules_version)
        headers = in_order(headers, self._clock.now())
        try:
            for first in range(0, len(headers), PEOPLE_AT_ONCE):
                self._progress[company.id] = Progress(done=first, total=len(headers))
                await self._replan(company, current, headers[first : first + PEOPLE_AT_ONCE])
                await self._clock.sleep(BREATH_SECONDS)
        finally:
            self._progress.pop(company.id, None)
        log.info("replanned", company=company.id, people=len(headers), rules=company.rules_version)

    async def _replan(self, company: Company, current: PlannedWith, headers: Sequence[RowHeader]) -> None:
        moved = [each.person_id for each in headers if _zone_data_moved(each, current)]
        if moved:
            await self._slide(company.id, moved)
        await self._plan(company.id, [each.person_id for each in headers if not _zone_data_moved(each, current)])

    async def _plan(self, company_id: CompanyId, people: Sequence[PersonId]) -> None:
        """One transaction for all of them; if it breaks, one by one, so that only whom it breaks on stays as she is."""
        if not people:
            return
        try:
            with anyio.CancelScope(shield=True):
                async with self._store.change(company_id, people) as tx:
                    for person_id in people:
                        try:
                            await replan(tx, person_id)
                        except NotFound:
                            continue
        except StoreAway:
            raise
        except Exception as error:  # noqa: BLE001 - a row that cannot be planned must not hold up the others
            if len(people) == 1:
                log.error("replanning_broke", person=people[0], **mishap(error))
                return
            for person_id in people:
                await self._plan(company_id, [person_id])


def in_order(headers: Sequence[RowHeader], now: datetime) -> list[RowHeader]:
    """Whoever has an edge within the hour first, in the order of the edges; then everybody else."""
    hour = now + timedelta(hours=1)

    def place(header: RowHeader) -> tuple[bool, datetime]:
        soon = header.next_edge is not None and header.next_edge <= hour
        return (not soon, header.next_edge if soon and header.next_edge is not None else now)

    return sorted(headers, key=place)


def _zone_data_moved(header: RowHeader, current: PlannedWith) -> bool:
    return header.planned_with is not None and header.planned_with.zone_data != current.zone_data
