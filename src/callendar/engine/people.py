"""People: added, changed and removed by administrators, and what a person may change of herself.

Everything is checked before it is written; messages name the field, the value and the mend.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct, UnsetType, structs

from callendar.contracts.store import Store
from callendar.domain.errors import CallendarError, InvalidValue
from callendar.domain.hours import hours_of
from callendar.domain.line import tidy_line
from callendar.domain.person import Extension, Person, PersonId, ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import Company, CompanyId, Level, Mode, OpenHours
from callendar.engine.invalid import InvalidField
from callendar.engine.keywords import check_own_keywords
from callendar.engine.plan import replan
from callendar.engine.trail import audit_of

MOST_VALUES = 50
"""Of one person: extensions, addresses, names, keywords for a reason."""


class Taken(CallendarError):
    """Somebody else in the company has this extension or e-mail address."""

    code = "taken"


class PersonPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a person; absent = as it was, null = none."""

    name: str | UnsetType = UNSET
    zone: str | UnsetType = UNSET
    extensions: tuple[Extension, ...] | UnsetType = UNSET
    email: str | None | UnsetType = UNSET
    addresses: tuple[str, ...] | UnsetType = UNSET
    department: str | None | UnsetType = UNSET
    title: str | None | UnsetType = UNSET
    names: tuple[str, ...] | UnsetType = UNSET
    external_id: str | None | UnsetType = UNSET
    hours: tuple[OpenHours, ...] | None | UnsetType = UNSET
    mode: Mode | None | UnsetType = UNSET
    keywords: dict[str, tuple[str, ...]] | UnsetType = UNSET
    privacy: Level | None | UnsetType = UNSET
    delegates: tuple[ViewerId, ...] | UnsetType = UNSET
    grants: dict[str, Level] | UnsetType = UNSET


class OwnPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person may change of herself, where the company lets her."""

    mode: Mode | None | UnsetType = UNSET
    keywords: dict[str, tuple[str, ...]] | UnsetType = UNSET


def patched(person: Person, patch: PersonPatch | OwnPatch) -> Person:
    """The person with what the patch gives."""
    given = {name: value for name, value in structs.asdict(patch).items() if value is not UNSET}
    return structs.replace(person, **given)


async def add_person(
    store: Store,
    person: Person,
    now: datetime,
    *,
    others: Iterable[Person] | None = None,
    by: Viewer | None = None,
) -> Person:
    """Add somebody, planned at once, and return her as she was kept.

    Args:
        others: The company's people, when the caller holds them; else the store is asked.
        by: Who is audited for it; None for the command line.

    Raises:
        InvalidValue: A value cannot be.
        Taken: An extension or address is somebody else's.
    """
    await _check_viewers(store, person)
    person = check_person(person, await store.load_company(person.company_id), await _others(store, person, others))
    async with store.change(person.company_id, [person.id]) as tx:
        await tx.save_person(person, now)
        await replan(tx, person.id)
        if by is not None:
            await tx.record_audit(audit_of(by, "person_add", now, person=person))
    return person


async def change_person(
    store: Store,
    company_id: CompanyId,
    person_id: PersonId,
    patch: PersonPatch | OwnPatch,
    now: datetime,
    *,
    others: Iterable[Person] | None = None,
    by: Viewer | None = None,
) -> Person:
    """Change somebody and plan her anew; raises as `add_person`, and `NotFound`."""
    before = (await store.load_causes(company_id, person_id)).person
    others = await _others(store, before, others)
    await _check_viewers(store, patched(before, patch), before)
    async with store.change(company_id, [person_id]) as tx:
        company = await tx.load_company()
        causes = await tx.load_causes(person_id)
        person = check_person(patched(causes.person, patch), company, others)
        await tx.save_person(person, causes.slid_at)
        await replan(tx, person_id)
        if by is not None and by.person_id != person_id:
            changed = ", ".join(name for name in patch.__struct_fields__ if getattr(patch, name) is not UNSET)
            await tx.record_audit(audit_of(by, "person_change", now, person=person, detail={"changed": changed}))
    return person


async def delete_person(
    store: Store, company_id: CompanyId, person_id: PersonId, now: datetime, *, by: Viewer | None = None
) -> None:
    """Remove somebody with her calendars and orders; `NotFound` if she is not there."""
    async with store.change(company_id, [person_id]) as tx:
        person = (await tx.load_causes(person_id)).person
        await tx.delete_person(person_id, now)
        if by is not None:
            await tx.record_audit(audit_of(by, "person_delete", now, person=person))


def check_own(patch: OwnPatch, company: Company) -> None:
    """Refuse what the company does not let people change themselves."""
    if patch.mode is not UNSET and not company.rules.personal_mode:
        raise InvalidValue("mode: the company does not let people choose their own; ask an administrator")
    if patch.keywords is not UNSET and not company.rules.personal_keywords:
        raise InvalidValue("keywords: the company does not let people have their own; ask an administrator")


class Holders:
    """Who has which extension, mail address and external id: each is one person's in a company."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._held: dict[tuple[str, str], Person] = {}
        for person in people:
            self.add(person)

    @staticmethod
    def of(person: Person) -> set[tuple[str, str]]:
        """What she has, as field and value."""
        held = {("extensions", number) for number in _numbers(person)}
        held |= {("email", address) for address in person.all_addresses}
        if person.external_id is not None:
            held.add(("external_id", person.external_id))
        return held

    def add(self, person: Person) -> None:
        """They are hers from now on, unless somebody else has them."""
        for held in self.of(person):
            self._held.setdefault(held, person)

    def others(self, person: Person) -> Iterator[tuple[str, str, Person]]:
        """What of hers somebody else has: the field, the value and who that is."""
        for field, value in sorted(self.of(person)):
            other = self._held.get((field, value))
            if other is not None and other.id != person.id:
                yield field, value, other

    def check(self, person: Person) -> None:
        """Raises `Taken` if somebody else has something of hers."""
        for field, value, other in self.others(person):
            raise Taken(f"{field}: {value!r} is {other.name}'s; give another, or take it from there first")


def check_person(person: Person, company: Company, others: Iterable[Person]) -> Person:
    """The person as she may be kept: texts stripped, everything checked against her company and the others in it."""
    person = check_alone(person, company)
    Holders(each for each in others if each.id != person.id).check(person)
    return person


def check_alone(person: Person, company: Company) -> Person:
    """The same without a look at the others."""
    person = _tidied(person)
    if not person.name:
        raise InvalidValue("name: it is empty; give the name that colleagues know")
    _check_zone(person.zone)
    hours_of(person, company)
    check_own_keywords(person.keywords, company)
    if len(person.extensions) > MOST_VALUES:
        raise InvalidValue(f"extensions: there are {len(person.extensions)}; {MOST_VALUES} are the most")
    for code, keywords in person.keywords.items():
        if len(keywords) > MOST_VALUES:
            raise InvalidValue(f"keywords: there are {len(keywords)} for {code}; {MOST_VALUES} are the most")
    if len(_numbers(person)) != len(person.extensions):
        raise InvalidValue("extensions: the same number stands there twice; leave one of them")
    for number in _numbers(person):
        digits = number.removeprefix("+")
        if not (digits.isascii() and digits.isdecimal()):
            raise InvalidValue(f"extensions: {number!r} is no number; write digits, with a + before them if need be")
    for address in person.all_addresses:
        local, at, domain = address.rpartition("@")
        if not (local and at and domain) or " " in address:
            raise InvalidValue(f"email: {address!r} is no mail address; write it as name@company")
    return person


def _tidied(person: Person) -> Person:
    return structs.replace(
        person,
        name=tidy_line(person.name, "name") or "",
        email=tidy_line(person.email, "email"),
        department=tidy_line(person.department, "department"),
        title=tidy_line(person.title, "title"),
        external_id=tidy_line(person.external_id, "external_id"),
        addresses=_tidied_many(person.addresses, "addresses"),
        names=_tidied_many(person.names, "names"),
        extensions=tuple(structs.replace(each, number=each.number.strip()) for each in person.extensions),
    )


def _tidied_many(values: tuple[str, ...], field: str) -> tuple[str, ...]:
    tidied = dict.fromkeys(each for value in values if (each := tidy_line(value, field)) is not None)
    if len(tidied) > MOST_VALUES:
        raise InvalidValue(f"{field}: there are {len(tidied)}; {MOST_VALUES} are the most")
    return tuple(tidied)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise InvalidValue(f"zone: {zone!r} is no IANA time zone; write it as Europe/Stockholm") from None


def _numbers(person: Person) -> frozenset[str]:
    return frozenset(each.number for each in person.extensions)


async def _check_viewers(store: Store, person: Person, before: Person | None = None) -> None:
    """Refuse delegates and grants that are nobody's in the company; whoever was there before may be gone by now."""
    known: set[str] = set() if before is None else {*before.delegates, *before.grants}
    named = dict.fromkeys(person.delegates, "delegates") | {ViewerId(each): "grants" for each in person.grants}
    added = named.keys() - known
    if not added:
        return
    for each in sorted(added - await store.load_viewer_ids(person.company_id)):
        raise InvalidField(
            named[each],
            each,
            f"there is no user or token {each!r} in the company; `GET /users` and `/tokens` list them",
        )


async def _others(store: Store, person: Person, others: Iterable[Person] | None) -> Iterable[Person]:
    if others is not None:
        return others
    return [row.person for row in (await store.load_rows(person.company_id)).rows]
