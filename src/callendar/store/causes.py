"""Causes: everything that a person's timetable is planned from, read at one instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import anyio.to_thread
from sqlalchemy import and_, select

from callendar.domain.booking import Booking
from callendar.domain.cause import CalendarBookings, Causes
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId
from callendar.store.body import PERSON, decode_bookings
from callendar.store.calendars import load_calendars
from callendar.store.connect import Reader
from callendar.store.orders import load_orders
from callendar.store.people import Extensions
from callendar.store.person import find_person
from callendar.store.seal import Seal
from callendar.store.tables import calendars, objects

AT_ONCE_BYTES = 100_000
"""Bookings decoded at once: some milliseconds. More are decoded in a thread, so that the loop goes on."""


async def load_causes(
    connection: Reader, company_id: CompanyId, person_id: PersonId, extensions: Extensions, seal: Seal
) -> Causes:
    """All of a person's; `NotFound` if she is not there."""
    person = await find_person(connection, company_id, person_id)
    bookings = await _load_bookings(connection, company_id, person_id)
    return Causes(
        person=PERSON.decode(person.body),
        slid_at=person.slid_at,
        calendars=tuple(
            CalendarBookings(calendar=calendar, bookings=tuple(bookings[calendar.id]))
            for calendar in await load_calendars(connection, company_id, seal, person_id)
            if calendar.selected
        ),
        orders=await load_orders(connection, company_id, person_id),
        extensions=await extensions.load(connection, company_id),
    )


async def _load_bookings(
    connection: Reader, company_id: CompanyId, person_id: PersonId
) -> defaultdict[str, list[Booking]]:
    same_calendar = and_(objects.c.company_id == calendars.c.company_id, objects.c.calendar_id == calendars.c.id)
    found = await connection.execute(
        select(objects.c.calendar_id, objects.c.bookings)
        .join(calendars, same_calendar)
        .where(calendars.c.company_id == company_id, calendars.c.person_id == person_id, calendars.c.selected)
    )
    kept = [(row.calendar_id, row.bookings) for row in found]
    if sum(len(bookings) for _, bookings in kept) <= AT_ONCE_BYTES:
        return _decode(kept)
    return await anyio.to_thread.run_sync(_decode, kept)


def _decode(kept: Sequence[tuple[str, bytes]]) -> defaultdict[str, list[Booking]]:
    decoded: defaultdict[str, list[Booking]] = defaultdict(list)
    for calendar_id, bookings in kept:
        decoded[calendar_id].extend(decode_bookings(bookings))
    return decoded
