"""Choosing: which calendars are read for whom, in which order, and what of them counts.

A person's calendars are numbered from 0 without gaps; the order decides between two copies of a meeting (`rules.md`
§2). Every change plans her anew, and has what is read now read at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from secrets import token_hex
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from callendar.contracts.clock import Clock
from callendar.contracts.source import FoundCalendar
from callendar.contracts.store import NotFound, Store
from callendar.contracts.transaction import Transaction
from callendar.domain.booking import Calendar, CalendarId, Connection
from callendar.domain.errors import CallendarError
from callendar.domain.line import tidy_line
from callendar.domain.person import PersonId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import Company, CompanyId, ShowAsTable
from callendar.engine.held import HeldPeople
from callendar.engine.invalid import InvalidField, convert_checked
from callendar.engine.plan import replan
from callendar.engine.trail import audit_of

MOST_CALENDARS = 100
"""Of one person."""


class Chosen(CallendarError):
    """The calendar is among the person's already."""

    code = "taken"


class Choice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said of a calendar; absent = as it was, or as its server tells.

    `order` counts from 0, and more than there are means the last. `marks` null = as `owned`. `show_as` is laid over
    the calendar's own table, or the company's where it has none; null = as the company's.
    """

    name: str | UnsetType = UNSET
    order: int | UnsetType = UNSET
    selected: bool | UnsetType = UNSET
    owned: bool | UnsetType = UNSET
    marks: bool | None | UnsetType = UNSET
    show_as: dict[str, Any] | None | UnsetType = UNSET


class CalendarDesk:
    """Keeps the calendars of people."""

    def __init__(self, store: Store, held: HeldPeople, clock: Clock) -> None:
        self._store = store
        self._held = held
        self._clock = clock

    async def find(self, company_id: CompanyId, calendar_id: str) -> Calendar:
        """One; `NotFound` if the company has none such."""
        for calendar in await self._store.load_calendars(company_id):
            if calendar.id == calendar_id:
                return calendar
        raise NotFound(f"there is no calendar {calendar_id!r}")

    async def add(
        self,
        company_id: CompanyId,
        person_id: PersonId,
        connection: Connection,
        found: Sequence[tuple[FoundCalendar, Choice]],
        *,
        new_connection: bool = False,
        by: Viewer | None = None,
    ) -> list[Calendar]:
        """Give a person calendars that were found over a connection, at the end of her list unless said otherwise.

        Args:
            new_connection: It is saved in the same transaction.

        Raises:
            NotFound: Neither the person nor, unless it is new, the connection is gone meanwhile.
            Chosen: She has one of them already.
            InvalidField: Something said of it cannot be.
        """
        added: list[Calendar] = []
        async with self._store.change(company_id, [person_id]) as tx:
            company = await tx.load_company()
            if new_connection:
                await tx.save_connection(connection)
                if by is not None:
                    named = {"connection": connection.id, "name": connection.name, "kind": connection.kind}
                    await tx.record_audit(audit_of(by, "connection_add", self._clock.now(), detail=named))
            hers = list(await tx.load_calendars(person_id))
            if len(hers) + len(found) > MOST_CALENDARS:
                raise InvalidField("person", person_id, f"{MOST_CALENDARS} calendars of one person are the most")
            for each, choice in found:
                if any((one.connection_id, one.ref) == (connection.id, each.ref) for one in hers):
                    raise Chosen(f"{each.name!r} is among this person's calendars already; change that one")
                blank = Calendar(
                    id=CalendarId("cal_" + token_hex(8)),
                    company_id=company_id,
                    person_id=person_id,
                    connection_id=connection.id,
                    ref=each.ref,
                    name=tidy_line(each.name[:200], "name") or "calendar",
                    selected=each.blocking,
                    owned=each.owned,
                    added_at=self._clock.now(),
                )
                calendar = chosen(blank, choice, company)
                hers = placed(hers, calendar, None if choice.order is UNSET else choice.order)
                added.append(calendar)
            await save_order(tx, hers)
            await self._finish(tx, person_id, "calendar_add", added, by)
        return await self._read(company_id, added)

    async def change(
        self, company_id: CompanyId, calendar_id: str, choice: Choice, *, by: Viewer | None = None
    ) -> Calendar:
        """Change what is said of a calendar; raises `NotFound` and `InvalidField`."""
        person_id = (await self.find(company_id, calendar_id)).person_id
        async with self._store.change(company_id, [person_id]) as tx:
            hers = list(await tx.load_calendars(person_id))
            before = _find(hers, calendar_id)
            after = chosen(before, choice, await tx.load_company())
            hers = [after if each.id == calendar_id else each for each in hers]
            if choice.order is not UNSET:
                hers = placed([each for each in hers if each.id != calendar_id], after, choice.order)
            await save_order(tx, hers)
            await self._finish(tx, person_id, "calendar_change", [after], by)
        return (await self._read(company_id, [after]))[0]

    async def remove(self, company_id: CompanyId, calendar_id: str, *, by: Viewer | None = None) -> None:
        """Take a calendar from its person, with all that was read from it; `NotFound` if it is not there."""
        person_id = (await self.find(company_id, calendar_id)).person_id
        async with self._store.change(company_id, [person_id]) as tx:
            hers = list(await tx.load_calendars(person_id))
            gone = _find(hers, calendar_id)
            await tx.delete_calendar(gone.id)
            await save_order(tx, [each for each in hers if each.id != gone.id])
            await self._finish(tx, person_id, "calendar_delete", [gone], by)
        await self._held.refresh()

    async def read_now(self, company_id: CompanyId, calendar_id: str) -> Calendar:
        """Ask whichever process reads it to read it now; `NotFound` if it is not there."""
        calendar = await self.find(company_id, calendar_id)
        await self._store.request_sync(company_id, [calendar.id])
        return calendar

    async def _finish(
        self, tx: Transaction, person_id: PersonId, action: str, calendars: Sequence[Calendar], by: Viewer | None
    ) -> None:
        await replan(tx, person_id)
        for each in calendars if by is not None and by.person_id != person_id else ():
            assert by is not None
            await tx.record_audit(
                audit_of(
                    by, action, self._clock.now(), person=person_id, detail={"calendar": each.id, "name": each.name}
                )
            )

    async def _read(self, company_id: CompanyId, calendars: Sequence[Calendar]) -> list[Calendar]:
        """Have those in use read, and return all as they are kept."""
        await self._store.request_sync(company_id, [each.id for each in calendars if each.selected])
        await self._held.refresh()
        kept = {each.id: each for each in await self._store.load_calendars(company_id)}
        return [kept.get(each.id, each) for each in calendars]


def found_id(found_ref: str) -> str:
    """By what a calendar that was found is asked for: its ref may be an address that nobody is to see."""
    return sha256(found_ref.encode()).hexdigest()[:24]


def placed(others: Sequence[Calendar], calendar: Calendar, order: int | None) -> list[Calendar]:
    """The list with the calendar at a place in it, last without one."""
    if order is not None and order < 0:
        raise InvalidField("order", order, "it counts from 0, which is the first")
    place = len(others) if order is None else min(order, len(others))
    return [*others[:place], calendar, *others[place:]]


def chosen(calendar: Calendar, choice: Choice, company: Company) -> Calendar:
    """The calendar with what is said of it, its place in the list aside."""
    said = {name: getattr(choice, name) for name in ("selected", "owned", "marks")}
    given: dict[str, Any] = {name: value for name, value in said.items() if value is not UNSET}
    if choice.name is not UNSET:
        name = tidy_line(choice.name, "name")
        if name is None:
            raise InvalidField("name", choice.name, "it is empty; say what the calendar is called")
        given["name"] = name
    if choice.show_as is not UNSET:
        given["show_as"] = _laid_over(calendar.show_as or company.rules.show_as, choice.show_as)
    return structs.replace(calendar, **given)


async def save_order(tx: Transaction, calendars: Sequence[Calendar]) -> None:
    """Save a person's calendars in this order."""
    for place, calendar in enumerate(calendars):
        await tx.save_calendar(structs.replace(calendar, order=place))


def _laid_over(table: ShowAsTable, given: Mapping[str, Any] | None) -> ShowAsTable | None:
    if given is None:
        return None
    merged: dict[str, Any] = msgspec.to_builtins(table)
    for name, value in given.items():
        if name not in merged:
            raise InvalidField(f"show_as.{name}", value, f"it is none; there are {', '.join(merged)}")
        merged[name] = value
    try:
        return convert_checked(merged, ShowAsTable)
    except InvalidField as error:
        raise InvalidField(f"show_as.{error.field}", error.value, "give counts or nothing") from None


def _find(calendars: Sequence[Calendar], calendar_id: str) -> Calendar:
    for calendar in calendars:
        if calendar.id == calendar_id:
            return calendar
    raise NotFound(f"there is no calendar {calendar_id!r}")
