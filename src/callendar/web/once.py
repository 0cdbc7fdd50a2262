"""Once: a write sent twice with the same `Idempotency-Key` is done once and answered alike, for 24 hours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import anyio
from litestar import Request

from callendar.contracts.clock import Clock
from callendar.contracts.store import Store
from callendar.domain.privacy import Viewer
from callendar.domain.rules import CompanyId
from callendar.engine.orders import Idempotency
from callendar.web.faults import Fault

MOST_LETTERS = 200


class Once:
    """Asks the store what a key was answered; two requests with one key wait for one another."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._running: dict[tuple[str, str], tuple[anyio.Lock, list[None]]] = {}

    async def do(
        self,
        request: Request[Viewer, Any, Any],
        act: Callable[[Idempotency | None], Awaitable[bytes]],
        *,
        keep: bool = False,
    ) -> bytes:
        """What `act` returns, or what it returned the first time.

        Args:
            act: Is handed the key, to keep what it returns in the transaction of its write.
            keep: `act` cannot do so itself; what it returns is kept right after it.

        Raises:
            Fault: The key came before with another request.
        """
        key = request.headers.get("idempotency-key")
        if not key:
            return await act(None)
        if len(key) > MOST_LETTERS:
            raise Fault(400, "invalid", f"Idempotency-Key: it may have {MOST_LETTERS} letters at most.")
        viewer = request.user
        idempotency = Idempotency(key=key, request=await _hash(request))
        lock, waiting = self._running.setdefault((viewer.id, key), (anyio.Lock(), []))
        waiting.append(None)
        try:
            async with lock:
                return await self._answer(viewer, idempotency, act, keep)
        finally:
            waiting.pop()
            if not waiting:
                del self._running[viewer.id, key]

    async def _answer(
        self,
        viewer: Viewer,
        idempotency: Idempotency,
        act: Callable[[Idempotency | None], Awaitable[bytes]],
        keep: bool,
    ) -> bytes:
        now = self._clock.now()
        state, body = await self._store.load_answer(viewer.id, idempotency.key, idempotency.request, now)
        if state == "other":
            raise Fault(
                409, "idempotency_key_reused", "This Idempotency-Key came with another request; use a new one for each."
            )
        if state == "same":
            return body
        answer = await act(idempotency)
        if keep:
            await self._keep(viewer.company_id, viewer, idempotency, answer)
        return answer

    async def _keep(self, company_id: CompanyId, viewer: Viewer, idempotency: Idempotency, answer: bytes) -> None:
        async with self._store.change(company_id, []) as tx:
            await tx.save_answer(viewer.id, idempotency.key, idempotency.request, self._clock.now(), answer)


async def _hash(request: Request[Viewer, Any, Any]) -> str:
    url = request.url
    asked = f"{request.method} {url.path}?{url.query}\n".encode()
    return sha256(asked + await request.body()).hexdigest()
