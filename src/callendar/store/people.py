"""People and their extensions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from secrets import token_hex

from sqlalchemy import delete, select, update

from callendar.contracts.store import NotFound
from callendar.domain.person import Person, PersonId
from callendar.domain.rules import CompanyId
from callendar.store import calendars
from callendar.store.body import PERSON
from callendar.store.connect import Reader, Writer
from callendar.store.tables import companies, extensions, people, sessions, tokens, users


async def lock_people(writer: Writer, company_id: CompanyId, ids: Collection[PersonId]) -> None:
    """Lock those that exist, in id order; `NotFound` if the company does not."""
    found = await writer.connection.scalar(select(companies.c.id).where(companies.c.id == company_id))
    if found is None:
        raise NotFound(f"there is no company {company_id}")
    if writer.connection.dialect != "sqlite":  # there the one writer has locked all
        these = people.c.company_id == company_id, people.c.id.in_(sorted(ids))
        await writer.connection.execute(select(people.c.id).where(*these).order_by(people.c.id).with_for_update())


async def save_person(writer: Writer, person: Person, slid_at: datetime) -> None:
    """Add or change a person. Another zone, address or keyword of hers has her calendars read from the start."""
    hers = people.c.company_id == person.company_id, people.c.id == person.id
    kept = await writer.connection.scalar(select(people.c.body).where(*hers))
    body = PERSON.encode(person)
    if kept is None:
        new = {"slid_at": slid_at, "orders_changed_at": 0, "body": body}
        await writer.upsert(people, {"company_id": person.company_id, "id": person.id, **new})
        await _save_extensions(writer, person, before=frozenset())
        return
    if kept == body:
        return
    before = PERSON.decode(kept)
    await writer.execute(update(people).where(*hers).values(body=body))
    await _save_extensions(writer, person, before=_numbers(before))
    if _reading(before) != _reading(person):
        await calendars.drop_known(writer, person.company_id, person.id)


async def delete_person(writer: Writer, company_id: CompanyId, person_id: PersonId, at: datetime) -> bool:
    """Remove her and all that is hers, revoke her tokens and disable her users; False if she is not there."""
    if await writer.connection.scalar(
        select(extensions.c.number).where(extensions.c.company_id == company_id, extensions.c.person_id == person_id)
    ):
        await _stamp_extensions(writer, company_id)
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
        stamp = await connection.scalar(select(companies.c.extensions_stamp).where(companies.c.id == company_id))
        held = self._held.get(company_id)
        if held is not None and held[0] == stamp:
            return held[1]
        found = await connection.scalars(select(extensions.c.number).where(extensions.c.company_id == company_id))
        numbers = frozenset(found)
        if stamp is not None:
            self._held[company_id] = stamp, numbers
        return numbers


async def _save_extensions(writer: Writer, person: Person, before: frozenset[str]) -> None:
    now = _numbers(person)
    if now == before:
        return
    if before - now:
        hers = extensions.c.company_id == person.company_id, extensions.c.person_id == person.id
        await writer.execute(delete(extensions).where(*hers, extensions.c.number.in_(sorted(before - now))))
    key = {"company_id": person.company_id, "person_id": person.id}
    await writer.upsert_many(extensions, [{**key, "number": number} for number in sorted(now - before)])
    await _stamp_extensions(writer, person.company_id)


async def _stamp_extensions(writer: Writer, company_id: CompanyId) -> None:
    # Random, so that a transaction that is taken back leaves no stamp that means something else later.
    stamp = update(companies).where(companies.c.id == company_id).values(extensions_stamp=token_hex(8))
    await writer.execute(stamp)


def _numbers(person: Person) -> frozenset[str]:
    return frozenset(extension.number for extension in person.extensions)


def _reading(person: Person) -> object:
    """What of her a reader is handed."""
    return person.zone, person.all_addresses, person.keywords
