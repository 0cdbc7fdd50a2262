"""The daily slide: each person's windows move once a day, at a minute fixed by a hash of her id (`design.md` §2).

Her row gets a new version then even when nothing else in it differs, so that every holder is sent it again; her
calendars are read from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zlib import crc32

import anyio.lowlevel
from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.store import NotFound, Store, StoreAway
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from callendar.engine.held import HeldPeople
from callendar.engine.plan import replan
from callendar.engine.supervise import mishap

log = get_logger()

MINUTES_A_DAY = 1440
PEOPLE_AT_ONCE = 100
"""In one transaction."""
PEOPLE_LOOKED_AT = 5_000
"""Before others get a turn."""
BREATH_SECONDS = 0.05
"""Between two transactions of a long catching-up, for whoever else wants to write."""


def minute_of_slide(person_id: PersonId) -> int:
    """The minute of the UTC day at which a person slides."""
    return crc32(person_id.encode()) % MINUTES_A_DAY


def last_slide(person_id: PersonId, now: datetime) -> datetime:
    """The latest instant, not after `now`, at which she was to slide."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight + timedelta(minutes=minute_of_slide(person_id))
    return today if today <= now else today - timedelta(days=1)


class Slide:
    """Slides whoever is due, looking at the beginning of every minute; at the start, whoever was missed.

    Args:
        read_now: Has a person's calendars read at once.
    """

    def __init__(
        self, *, store: Store, held: HeldPeople, clock: Clock, read_now: Callable[[CompanyId, PersonId], None]
    ) -> None:
        self._store = store
        self._held = held
        self._clock = clock
        self._read_now = read_now

    async def run(self) -> None:
        """Slide until cancelled."""
        while True:
            now = self._clock.now()
            for company_id in list(self._held.companies):
                due = await self._due(company_id, now)
                for first in range(0, len(due), PEOPLE_AT_ONCE):
                    if first:
                        await self._clock.sleep(BREATH_SECONDS)
                    await self.slide(company_id, due[first : first + PEOPLE_AT_ONCE])
            await self._clock.sleep(60 - self._clock.now().second)

    async def _due(self, company_id: CompanyId, now: datetime) -> list[PersonId]:
        due: list[PersonId] = []
        for looked_at, row in enumerate(list(self._held.company(company_id).rows.values())):
            if looked_at % PEOPLE_LOOKED_AT == PEOPLE_LOOKED_AT - 1:
                await anyio.lowlevel.checkpoint()
            if row.slid_at < last_slide(row.person.id, now):
                due.append(row.person.id)
        return due

    async def slide(self, company_id: CompanyId, people: Sequence[PersonId]) -> None:
        """Slide these people now, in one transaction; if it breaks, one by one, so that nobody else waits for whom it
        breaks on. She is tried again a minute later."""
        try:
            await self._slide(company_id, people)
        except StoreAway:
            raise
        except Exception as error:  # noqa: BLE001 - a row that cannot be planned must not keep others from sliding
            if len(people) == 1:
                log.error("slide_broke", person=people[0], **mishap(error))
                return
            for person_id in people:
                await self.slide(company_id, [person_id])

    async def _slide(self, company_id: CompanyId, people: Sequence[PersonId]) -> None:
        now = self._clock.now()
        slid: list[PersonId] = []
        with anyio.CancelScope(shield=True):
            async with self._store.change(company_id, people) as tx:
                for person_id in people:
                    try:
                        await tx.drop_known(person_id)
                        await replan(tx, person_id, slid_at=now)
                    except NotFound:
                        continue
                    slid.append(person_id)
        for person_id in slid:
            self._read_now(company_id, person_id)
        log.debug("slid", company=company_id, people=len(slid))
