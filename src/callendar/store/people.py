"""People and their extensions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from secrets import token_hex

from sqlalchemy import ARRAY, Text, any_, bindparam, cast, delete, select, update

from callendar.contracts.store import NotFound
from callendar.domain.person import Person, PersonId
from callendar.domain.rules import CompanyId
from callendar.store import calendars
from callendar.store.body import PERSON
from callendar.store.connect import Reader, Writer
from callendar.store.tables import companies, extension_stamps, extensions, people, sessions, tokens, users


async def lock_people(writer: Writer, company_id: CompanyId, ids: Collection[PersonId]) -> None:
    """Lock those that exist, in id order, and the calendars of several; `NotFound` if the company does not exist.

    The order of all locks on which kinds of transactions meet (decision 0013): people, the stamp of extensions,
    connections, calendars, the counter; within one table by id.
    """
    found = await writer.connection.scalar(select(companies.c.id).where(companies.c.id == company_id))
    if found is None:
        raise NotFound(f"there is no company {company_id}")
    if writer.connection.dialect != "sqlite":  # there the one writer has locked all
        these = people.c.company_id == company_id, people.c.id == any_(cast(sorted(ids), ARRAY(Text)))
        await writer.connection.execute(select(people.c.id).where(*these).order_by(people.c.id).with_for_update())
        if len(ids) > 1:
            # One person's after another's, they would be locked in no order.
            await calendars.lock_calendars(writer, company_id, people=ids)


async def load_people(connection: Reader, company_id: CompanyId, ids: Collection[PersonId]) -> dict[PersonId, Person]:
    """Those of these who are there."""
    these = people.c.company_id == company_id, people.c.id.in_(sorted(ids))
    found = await connection.execute(select(people.c.id, people.c.body).where(*these))
    return {row.id: PERSON.decode(row.body) for row in found}


async def save_people(
    writer: Writer, company_id: CompanyId, persons: Sequence[Person], slid_at: datetime
) -> set[PersonId]:
    """Add or change people, and say who is new. Another zone, address or keyword of somebody's has her calendars read
    from the start."""
    kept = await load_people(writer.connection, company_id, [each.id for each in persons])
    new = [each for each in persons if each.id not in kept]
    changed = [each for each in persons if each.id in kept and kept[each.id] != each]
    added = {"company_id": company_id, "slid_at": slid_at, "orders_changed_at": 0, "accepted": 0}
    await writer.upsert_many(people, [{**added, "id": each.id, "body": PERSON.encode(each)} for each in new])
    hers = people.c.company_id == company_id, people.c.id == bindparam("person")
    bodies = [{"person": each.id, "changed": PERSON.encode(each)} for each in changed]
    await writer.execute_many(update(people).where(*hers).values(body=bindparam("changed")), bodies)
    await _save_extensions(writer, company_id, [(each, kept.get(each.id)) for each in (*new, *changed)])
    for each in changed:
        if _reading(kept[each.id]) != _reading(each):
            await calendars.drop_known(writer, company_id, each.id)
    return {each.id for each in new}


async def delete_person(writer: Writer, company_id: CompanyId, person_id: PersonId, at: datetime) -> bool:
    """Remove her and all that is hers, revoke her tokens and disable her users; False if she is not there."""
    if await writer.connection.scalar(
        select(extensions.c.number).where(extensions.c.company_id == company_id, extensions.c.person_id == person_id)
    ):
        await _stamp_extensions(writer, company_id)
    await calendars.lock_calendars(writer, company_id, people=[person_id])
    gone = await writer.execute(delete(people).where(people.c.company_id == company_id, people.c.id == person_id))
    hers = tokens.c.company_id == company_id, tokens.c.person_id == person_id, tokens.c.revoked_at.is_(None)
    await writer.execute(update(tokens).where(*hers).values(revoked_at=at))
    as_her = users.c.company_id == company_id, users.c.person_id == person_id
    await writer.execute(update(users).where(*as_her, users.c.disabled_at.is_(None)).values(disabled_at=at))
    await writer.execute(delete(sessions).where(sessions.c.user_id.in_(select(users.c.id).where(*as_her))))
    return gone.rowcount > 0


class Extensions:
    """Every company's extensions, kept in memory under the stamp that changes with them."""

    def __init__(self) -> None:
        self._held: dict[CompanyId, tuple[str, frozenset[str]]] = {}

    async def load(self, connection: Reader, company_id: CompanyId) -> frozenset[str]:
        """As they stand in this transaction."""
        question = select(extension_stamps.c.stamp).where(extension_stamps.c.company_id == company_id)
        stamp = await connection.scalar(question)
        held = self._held.get(company_id)
        if held is not None and held[0] == stamp:
            return held[1]
        found = await connection.scalars(select(extensions.c.number).where(extensions.c.company_id == company_id))
        numbers = frozenset(found)
        if stamp is not None:
            self._held[company_id] = stamp, numbers
        return numbers


async def _save_extensions(
    writer: Writer, company_id: CompanyId, changed: Sequence[tuple[Person, Person | None]]
) -> None:
    """Of people, each with how she was before."""
    given: list[dict[str, str]] = []
    taken: list[dict[str, str]] = []
    for person, before in changed:
        numbers, earlier = _numbers(person), _numbers(before) if before is not None else frozenset[str]()
        given += [{"person_id": person.id, "number": number} for number in sorted(numbers - earlier)]
        taken += [{"person": person.id, "gone": number} for number in sorted(earlier - numbers)]
    hers = extensions.c.company_id == company_id, extensions.c.person_id == bindparam("person")
    await writer.execute_many(delete(extensions).where(*hers, extensions.c.number == bindparam("gone")), taken)
    await writer.upsert_many(extensions, [{"company_id": company_id, **each} for each in given])
    if given or taken:
        await _stamp_extensions(writer, company_id)


async def _stamp_extensions(writer: Writer, company_id: CompanyId) -> None:
    # Random, so that a transaction that is taken back leaves no stamp that means something else later.
    this = extension_stamps.c.company_id == company_id
    await writer.execute(update(extension_stamps).where(this).values(stamp=token_hex(8)))


def _numbers(person: Person) -> frozenset[str]:
    return frozenset(extension.number for extension in person.extensions)


def _reading(person: Person) -> object:
    """What of her a reader is handed."""
    return person.zone, person.all_addresses, person.keywords
