"""Importing: what a list of people would change, told before anything is written, and then done.

A line is matched by external id, else by mail address; one with neither is refused. Nobody is removed. A line that is
refused harms no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from secrets import token_hex

from msgspec import Struct, structs

from callendar.contracts.store import Store
from callendar.domain.cause import Causes
from callendar.domain.errors import CallendarError, InvalidValue
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.privacy import Viewer
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId
from callendar.engine.people import Holders, check_alone
from callendar.engine.plan import current_planned_with, plan, replan
from callendar.engine.trail import audit_of

EMPTY = "-"
"""A cell that empties its field; an empty one leaves it as it is."""
AT_ONCE = 50
"""People of one transaction."""


class Said(Struct, frozen=True, kw_only=True, gc=False):
    """What a line says of somebody: cells by field, as in `formats/people_csv`."""

    line: int
    cells: Mapping[str, str]


class Refused(Struct, frozen=True, kw_only=True, gc=False):
    """A line that is not taken, with the value and the mend in words."""

    line: int
    said: str


class Change(Struct, frozen=True, kw_only=True, gc=False):
    """Somebody to be added, or changed."""

    said: Said
    before: Person | None
    """None: she is new."""
    after: Person

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """Field by field, as it was and as it is to be, in words."""
        fields = ("name", "email", "extensions", "department", "title", "zone", "names", "addresses", "external_id")
        told: list[tuple[str, str, str]] = []
        for field in fields:
            old = "" if self.before is None else _told(getattr(self.before, field))
            new = _told(getattr(self.after, field))
            if old != new:
                told.append((field, old, new))
        return told


class ImportPlan(Struct, frozen=True, kw_only=True):
    """What an import would do; lists are in the order of the lines, `missing` by name."""

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    unchanged: int
    refused: tuple[Refused, ...]
    missing: tuple[Person, ...]
    """Who is in the company and not in the list. They stay as they are."""


def plan_import(lines: Iterable[Said], people: Sequence[Person], company: Company) -> ImportPlan:
    """Find out what a list would do to a company's people; nothing is written.

    What moves from one person to another within the list, an extension given back here and taken there, is allowed.
    """
    by_id = {person.external_id: person for person in people if person.external_id is not None}
    by_address = {address: person for person in people for address in person.all_addresses}
    seen: dict[tuple[str, str], int] = {}
    named: set[PersonId] = set()
    refused: list[Refused] = []
    changes: list[Change] = []
    for said in lines:
        try:
            before = _match(said, by_id, by_address)
            if before is not None:
                named.add(before.id)
            _check_seen(said, before, seen)
            blank = Person(id=PersonId("p_" + token_hex(8)), company_id=company.id, name="", zone=company.zone)
            after = check_alone(filled(before or blank, said.cells), company)
            changes.append(Change(said=said, before=before, after=after))
        except CallendarError as error:
            refused.append(Refused(line=said.line, said=str(error)))
    changes, taken = _settle(changes, people)
    real = [each for each in changes if each.after != each.before]
    return ImportPlan(
        added=tuple(each for each in real if each.before is None),
        changed=tuple(each for each in real if each.before is not None),
        unchanged=len(changes) - len(real),
        refused=tuple(sorted([*refused, *taken], key=lambda each: each.line)),
        missing=tuple(sorted((each for each in people if each.id not in named), key=lambda each: (each.name, each.id))),
    )


async def run_import(
    store: Store,
    company_id: CompanyId,
    planned: ImportPlan,
    now: datetime,
    *,
    done: Callable[[int], None],
    by: Viewer | None = None,
) -> tuple[Refused, ...]:
    """Write what was planned, 50 people a transaction; whose extensions move between them go together.

    Args:
        done: Called after each transaction with how many are written.
        by: Who is audited for each of them.

    Returns: Lines that can no longer be taken, as their people have gone meanwhile.
    """
    refused: list[Refused] = []
    written = 0
    for batch in _batches([*planned.changed, *planned.added]):
        ids = [each.after.id for each in batch]
        async with store.change(company_id, ids) as tx:
            company = await tx.load_company()
            stands = await tx.load_people(ids)
            people: list[Person] = []
            for each in batch:
                try:
                    people.append(_as_she_stands(each, stands.get(each.after.id), company))
                except InvalidValue as error:
                    refused.append(Refused(line=each.said.line, said=str(error)))
            await tx.save_people(people, now)
            new = {each.after.id for each in batch if each.before is None}
            for person in people:
                if person.id in new:
                    await tx.save_row(_first_row(person, company, now), current_planned_with(company))
                else:
                    await replan(tx, person.id)
                if by is not None:
                    action = "person_add" if person.id in new else "person_change"
                    await tx.record_audit(audit_of(by, action, now, person=person, detail={"by": "import"}))
        written += len(batch)
        done(written)
    return tuple(refused)


def filled(person: Person, cells: Mapping[str, str]) -> Person:
    """The person with what the cells say: an empty one leaves its field as it is, `-` empties it."""
    given: dict[str, object] = {}
    for field in ("name", "email", "department", "title", "external_id"):
        if cells.get(field):
            given[field] = None if cells[field] == EMPTY else cells[field]
    if given.get("name", "") is None:
        raise InvalidValue("name: it cannot be emptied; give the name that colleagues know")
    if cells.get("zone"):
        given["zone"] = cells["zone"]
    for field, parts in (("names", r"[/;|\n]"), ("addresses", r"[\s,;|]+")):
        if cells.get(field):
            given[field] = () if cells[field] == EMPTY else _parted(cells[field], parts)
    given["extensions"] = _extensions(person.extensions, cells.get("extensions", ""), cells.get("mobile", ""))
    return structs.replace(person, **given)


def _extensions(before: tuple[Extension, ...], others: str, mobiles: str) -> tuple[Extension, ...]:
    """The two columns are each for numbers of their own; what is said again keeps its kind and switchboard."""
    known = {each.number: each for each in before}
    kept_others = tuple(each for each in before if each.kind != "mobile")
    kept_mobiles = tuple(each for each in before if each.kind == "mobile")
    if others:
        # With a country's code the spaces belong to the number.
        numbers = () if others == EMPTY else _parted(others, r"[/,;|\n]+" if "+" in others else r"[\s/,;|]+")
        kept_others = tuple(known.get(number, Extension(number=number)) for number in map(_digits, numbers))
    if mobiles:
        numbers = () if mobiles == EMPTY else _parted(mobiles, r"[/,;|\n]+")
        kept_mobiles = tuple(Extension(number=number, kind="mobile") for number in map(_digits, numbers))
        kept_others = tuple(each for each in kept_others if each.number not in {one.number for one in kept_mobiles})
    after = (*kept_others, *(each for each in kept_mobiles if each not in kept_others))
    return before if set(after) == set(before) else after


def _digits(number: str) -> str:
    """Without what people write between digits."""
    return re.sub(r"[\s().-]", "", number)


def _parted(cell: str, parts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in re.split(parts, cell) if each.strip()))


def _match(said: Said, by_id: Mapping[str, Person], by_address: Mapping[str, Person]) -> Person | None:
    """Who is meant; None for somebody new."""
    external_id, address = (said.cells.get(field, "").strip() for field in ("external_id", "email"))
    external_id, address = ("" if each == EMPTY else each for each in (external_id, address))
    if not external_id and not address:
        raise InvalidValue("neither an external id nor an e-mail address says who is meant; give one of them")
    if external_id in by_id:
        return by_id[external_id]
    found = by_address.get(address.casefold())
    if found is not None and external_id and found.external_id is not None:
        raise InvalidValue(
            f"external_id: {external_id!r} is not that of {found.name}, who has {address!r} and {found.external_id!r}; "
            "mend one of them"
        )
    return found


def _check_seen(said: Said, before: Person | None, seen: dict[tuple[str, str], int]) -> None:
    """Nobody stands there twice: the first line counts."""
    who = [("person", before.id)] if before is not None else []
    who += [(field, said.cells[field].casefold()) for field in ("external_id", "email") if said.cells.get(field)]
    for each in who:
        line = seen.setdefault(each, said.line)
        if line != said.line and each[1] != EMPTY:
            whom = f"{each[0]}: {said.cells[each[0]]!r}" if each[0] != "person" else f"{before and before.name}"
            raise InvalidValue(f"{whom} stands on line {line} already; leave one of them")


def _settle(changes: Sequence[Change], people: Sequence[Person]) -> tuple[list[Change], list[Refused]]:
    """Take out what would give two people the same extension, address or external id.

    Whoever is not in the list, or whose line is refused, keeps what she has; of two lines the first has it.
    """
    refused: list[Refused] = []
    standing = list(changes)
    while True:
        changing = {each.after.id for each in standing}
        holders = Holders(person for person in people if person.id not in changing)
        lines: dict[PersonId, int] = {}
        passed: list[Change] = []
        for each in standing:
            taken = next(iter(holders.others(each.after)), None)
            if taken is None:
                holders.add(each.after)
                lines[each.after.id] = each.said.line
                passed.append(each)
            else:
                field, value, other = taken
                where = f" on line {lines[other.id]}" if other.id in lines else ""
                said = f"{field}: {value!r} is {other.name}'s{where}; give another, or take it from there first"
                refused.append(Refused(line=each.said.line, said=said))
        if len(passed) == len(standing):
            return passed, refused
        standing = passed


def _batches(changes: Sequence[Change]) -> list[list[Change]]:
    """In transactions of 50; whoever takes what another gives back goes into the same one, however many that are."""
    giving: dict[tuple[str, str], int] = {}
    for place, each in enumerate(changes):
        if each.before is not None:
            given_back = set(Holders.of(each.before)) - set(Holders.of(each.after))
            giving.update(dict.fromkeys(given_back, place))
    leader = list(range(len(changes)))

    def lead(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    for place, each in enumerate(changes):
        for held in Holders.of(each.after):
            if held in giving:
                leader[lead(place)] = lead(giving[held])
    groups: dict[int, list[Change]] = {}
    for place, each in enumerate(changes):
        groups.setdefault(lead(place), []).append(each)
    batches: list[list[Change]] = [[]]
    for group in groups.values():
        if batches[-1] and len(batches[-1]) + len(group) > AT_ONCE:
            batches.append([])
        batches[-1] += group
    return [each for each in batches if each]


def _as_she_stands(change: Change, stands: Person | None, company: Company) -> Person:
    """The change made to the person as she is in its transaction, which may be newer than the plan."""
    if stands == change.before:
        return change.after
    if stands is None:
        raise InvalidValue(f"{change.after.name} has been removed meanwhile; import the line again to add her")
    return check_alone(filled(stands, change.said.cells), company)


def _first_row(person: Person, company: Company, now: datetime) -> Row:
    """Of somebody who has neither calendars nor orders yet."""
    return plan(Causes(person=person, slid_at=now), company).row


def _told(value: str | tuple[str, ...] | tuple[Extension, ...] | None) -> str:
    if isinstance(value, tuple):
        return ", ".join(each.number if isinstance(each, Extension) else each for each in value)
    return value or ""
