"""A store that counts what is asked of it, and knows whether something is still under way."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from inspect import iscoroutinefunction
from typing import Any, cast

from callendar.contracts.store import Store
from callendar.contracts.transaction import Transaction
from callendar.domain.person import PersonId
from callendar.domain.rules import CompanyId


class CountedStore:
    """Passes everything on. `calls` counts by the name of the question; writes inside transactions as `tx.NAME`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.calls: Counter[str] = Counter()
        self.under_way = 0
        self.broken: Exception | None = None
        """Raised by every transaction while it is set."""

    @property
    def as_store(self) -> Store:
        """Itself, under the type that it passes for."""
        return cast(Store, self)

    @property
    def is_busy(self) -> bool:
        """A question is being answered."""
        return self.under_way > 0

    async def wait_for_change(self) -> None:
        await self._store.wait_for_change()

    @asynccontextmanager
    async def change(self, company_id: CompanyId, people: Collection[PersonId]) -> AsyncGenerator[Transaction]:
        self.calls["change"] += 1
        if self.broken is not None:
            raise self.broken
        self.under_way += 1
        try:
            async with self._store.change(company_id, people) as tx:
                yield cast(Transaction, CountedTransaction(tx, self.calls))
        finally:
            self.under_way -= 1

    def __getattr__(self, name: str) -> Any:
        found: Any = getattr(self._store, name)
        if not iscoroutinefunction(found):
            return found

        async def ask(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            self.under_way += 1
            try:
                return await found(*args, **kwargs)
            finally:
                self.under_way -= 1

        return ask


class CountedTransaction:
    """One transaction of a `CountedStore`."""

    def __init__(self, tx: Transaction, calls: Counter[str]) -> None:
        self._tx = tx
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        found: Any = getattr(self._tx, name)

        async def ask(*args: Any, **kwargs: Any) -> Any:
            answer = await found(*args, **kwargs)
            self._calls[f"tx.{name}"] += 1
            if name == "save_row" and answer:
                self._calls["rows written"] += 1
            return answer

        return ask
