"""Companies, their rule books and their counters."""

from __future__ import annotations

from collections.abc import Sequence
from secrets import token_hex

from msgspec import structs
from sqlalchemy import insert, select, update

from callendar.contracts.store import NotFound
from callendar.domain.rules import Company, CompanyId
from callendar.store import calendars
from callendar.store.body import COMPANY
from callendar.store.connect import Reader, Writer
from callendar.store.tables import companies, counters, extension_stamps


async def load_companies(connection: Reader) -> Sequence[Company]:
    """All, by name."""
    found = await connection.execute(select(companies.c.body))
    return sorted((COMPANY.decode(row.body) for row in found), key=lambda company: (company.name, company.id))


async def load_company(connection: Reader, company_id: CompanyId) -> Company:
    """One; `NotFound` if there is none."""
    found = await _find(connection, company_id)
    if found is None:
        raise NotFound(f"there is no company {company_id}")
    return found


async def save_company(writer: Writer, company: Company) -> Company:
    """Add or change one; what rows are planned by gets a new version when it differs."""
    before = await _find(writer.connection, company.id, lock=True)
    if before is None:
        await writer.execute(insert(companies).values(id=company.id, body=COMPANY.encode(company)))
        await writer.execute(insert(extension_stamps).values(company_id=company.id, stamp=token_hex(8)))
        await writer.execute(insert(counters).values(company_id=company.id, n=0, forgotten_n=0))
        return company
    changed = _rule_book(before) != _rule_book(company)
    saved = structs.replace(company, rules_version=before.rules_version + changed)
    if saved != before:
        await writer.execute(update(companies).where(companies.c.id == saved.id).values(body=COMPANY.encode(saved)))
    if _marks(before) != _marks(saved):
        await calendars.drop_known(writer, saved.id)
    return saved


async def load_counter(connection: Reader, company_id: CompanyId) -> int:
    """The company's n; `NotFound` if there is no such company."""
    n = await connection.scalar(select(counters.c.n).where(counters.c.company_id == company_id))
    if n is None:
        raise NotFound(f"there is no company {company_id}")
    return n


async def take_n(writer: Writer, company_id: CompanyId) -> int:
    """The next n; last in its transaction. Whoever takes the one after waits until this is committed, so whoever sees
    an n sees what has a smaller one."""
    taken = await writer.execute(
        update(counters).where(counters.c.company_id == company_id).values(n=counters.c.n + 1).returning(counters.c.n)
    )
    return taken.scalar_one()


async def _find(connection: Reader, company_id: CompanyId, *, lock: bool = False) -> Company | None:
    question = select(companies.c.body).where(companies.c.id == company_id)
    body = await connection.scalar(question.with_for_update(key_share=True) if lock else question)
    return None if body is None else COMPANY.decode(body)


def _rule_book(company: Company) -> object:
    """What rows are planned by."""
    return company.rules, company.reasons, company.zone, company.language


def _marks(company: Company) -> object:
    """What of the rule book a reader is handed: a change means that private bookings are read again."""
    rules = company.rules
    keywords = [(reason.code, reason.keywords, reason.weight) for reason in company.reasons]
    return keywords, rules.allowed_diverts, rules.personal_keywords
