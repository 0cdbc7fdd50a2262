"""Once: a write sent twice with the same `Idempotency-Key` is done once and answered alike, for 24 hours.

The key is kept in the transaction of the write itself (a receipt), so that a crash just after it cannot have it done
twice; the answer is kept right after it was made. What was done but whose answer is not kept, as it was lost in a crash
or holds a secret (`opt=SECRET`), is told as `already_done`. Orders keep their change as the receipt, and are answered
in full all the same. What was refused (4xx) is not kept: the same key may try again.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import anyio
import msgspec
from litestar import Request
from litestar.datastructures import Headers
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState
from msgspec import Struct
from structlog import get_logger

from callendar.contracts.clock import Clock
from callendar.contracts.kept import Receipt
from callendar.contracts.store import Store, StoreError
from callendar.domain.privacy import Viewer
from callendar.engine.orders import Idempotency
from callendar.engine.supervise import mishap
from callendar.web.faults import Fault

log = get_logger()

MOST_LETTERS = 200
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SECRET = {"secret_answer": True}
"""For `opt` of a route whose answer shows a secret: it is not kept."""
STATE = "idempotency"


class KeptAnswer(Struct, frozen=True, array_like=True):
    """An answer as it is kept."""

    status: int
    kind: str
    body: bytes


class Asked(Struct, frozen=True):
    """What a route is told of the key: it, and the receipt of an order that was taken before, if there is one."""

    key: Idempotency
    done: bytes | None = None


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(KeptAnswer).decode
MARK = b"\x93"
"""With which a kept answer begins, and no id of a change."""


class Once:
    """Two requests with one key wait for one another."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._running: dict[tuple[str, str], tuple[anyio.Lock, list[None]]] = {}

    def around(self, app: ASGIApp) -> ASGIApp:
        """A route of the API, behind the sign-in."""

        async def once(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] in SAFE or "user" not in scope:
                await app(scope, receive, send)
                return
            request: Request[Viewer, Any, Any] = Request(scope, receive)
            key = request.headers.get("idempotency-key")
            if key is None:
                await app(scope, receive, send)
                return
            if not 1 <= len(key.strip()) <= MOST_LETTERS:
                raise Fault(400, "invalid", f"Idempotency-Key: give 1 to {MOST_LETTERS} letters, or leave it out.")
            await self._in_turn(app, request, send, Idempotency(key=key, request=await _hash(request)))

        return once

    async def _in_turn(self, app: ASGIApp, request: Request[Viewer, Any, Any], send: Send, key: Idempotency) -> None:
        place = (request.user.id, key.key)
        lock, waiting = self._running.setdefault(place, (anyio.Lock(), []))
        waiting.append(None)
        try:
            async with lock:
                await self._answer(app, request, send, key)
        finally:
            waiting.pop()
            if not waiting:
                del self._running[place]

    async def _answer(self, app: ASGIApp, request: Request[Viewer, Any, Any], send: Send, key: Idempotency) -> None:
        viewer, scope = request.user, request.scope
        state, kept = await self._store.load_answer(viewer.id, key.key, key.request, self._clock.now())
        if state == "other":
            raise Fault(
                409, "idempotency_key_reused", "This Idempotency-Key came with another request; use a new one for each."
            )
        if state == "same" and kept.startswith(MARK):
            await _send(send, _unpack(kept))
            return
        if state == "same" and not kept:
            raise Fault(409, "already_done", "This was done already, and its answer is not kept; look at what stands.")
        scope["state"][STATE] = Asked(key, kept or None)
        receipt = Receipt(company_id=viewer.company_id, viewer=viewer.id, key=key.key, request=key.request)
        heard = _Heard(send)
        # What is kept is not compressed: the next one who asks may not read it.
        plain = {name: value for name, value in request.headers.items() if name != "accept-encoding"}
        ScopeState.from_scope(scope).headers = Headers(plain)
        with self._store.receipting(receipt):
            await app(scope, request.receive, heard)
        try:
            await self._keep(viewer, key, heard, secret=bool(scope["route_handler"].opt.get("secret_answer")))
        except StoreError as error:
            # It is done, and the receipt says so: whoever asked is to hear it.
            log.warning("answer_not_kept", viewer=viewer.id, **mishap(error))
        await heard.release()

    async def _keep(self, viewer: Viewer, key: Idempotency, heard: _Heard, *, secret: bool) -> None:
        """Keep what was answered; of what was refused nothing, of what broke whatever was done."""
        if heard.status >= 500 or (secret and heard.status < 400):
            return
        async with self._store.change(viewer.company_id, []) as tx:
            if heard.status >= 400:
                await tx.forget_answer(viewer.id, key.key)
            else:
                kept = _pack(KeptAnswer(heard.status, heard.kind, bytes(heard.body)))
                await tx.save_answer(viewer.id, key.key, key.request, self._clock.now(), kept)


class _Heard:
    """Hears what is answered, and sends it on once it is kept."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self.status = 500
        self.kind = ""
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        self._messages.append(message)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.kind = dict(message["headers"]).get(b"content-type", b"").decode("latin-1")
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def release(self) -> None:
        for message in self._messages:
            await self._send(message)


async def _send(send: Send, kept: KeptAnswer) -> None:
    headers = [(b"cache-control", b"no-store"), (b"content-length", str(len(kept.body)).encode())]
    if kept.status == 204:
        headers.pop()
    if kept.kind:
        headers.append((b"content-type", kept.kind.encode("latin-1")))
    start: Any = {"type": "http.response.start", "status": kept.status, "headers": headers}
    await send(start)
    body: Any = {"type": "http.response.body", "body": kept.body, "more_body": False}
    await send(body)


async def _hash(request: Request[Viewer, Any, Any]) -> str:
    """Of a request that may hold a password the body is left out: a hash of it would help whoever guesses."""
    url = request.url
    asked = f"{request.method} {url.path}?{url.query}\n".encode()
    body = b"" if request.scope["route_handler"].opt.get("secret_answer") else await request.body()
    return sha256(asked + body).hexdigest()


def asked_once(request: Request[Any, Any, Any]) -> Asked | None:
    """The key that a request came with; None without one."""
    return request.scope["state"].get(STATE)
