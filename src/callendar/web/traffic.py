"""Traffic: every request gets an id, which stands in its answer, in what is logged for it and in what is told of a
mishap; and is counted by its route, never by its address."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from secrets import token_hex
from time import perf_counter
from typing import Any, cast

from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from msgspec.json import encode
from structlog.contextvars import bound_contextvars

from callendar.contracts.meter import Meter
from callendar.web.policy import POLICY

PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
REQUEST_ID = "request"
"""Key in a scope's state, and field of log lines."""


HOST = re.compile(rb"[^\s/?#@\[\]\\:]*|\[[0-9A-Fa-f:.]+\]")
MOST_PORT = 65535


def is_sound(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request can be taken: `Host` is an address (RFC 9112 §3.2), and its length is told in one way alone, or
    a proxy in front might see another request (§6.3)."""
    names: set[bytes] = set()
    for name, value in headers:
        names.add(name)
        if name == b"host":
            host, colon, port = value.rpartition(b":")
            if not colon or port.endswith(b"]"):
                host, port = value, b""
            if not HOST.fullmatch(host) or (port and not (port.isdigit() and int(port[:6]) <= MOST_PORT)):
                return False
    return not {b"content-length", b"transfer-encoding"} <= names


async def _refuse(send: Callable[[Message], Awaitable[None]]) -> None:
    fault = {"error": "invalid", "message": "The request is not HTTP as it should be: look at Host and the length."}
    body = encode({**fault, "detail": {}})
    kept = {**POLICY, "Content-Type": "application/json", "Cache-Control": "no-store", "Connection": "close"}
    headers = [(name.lower().encode(), value.encode()) for name, value in kept.items()]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


class Traffic:
    """Around every route."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, watched."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
            request_id = given if PLAIN.fullmatch(given) else token_hex(6)
            scope["state"][REQUEST_ID] = request_id
            began, status = perf_counter(), 0

            async def told(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    MutableScopeHeaders(message)["X-Request-Id"] = request_id
                    self._note(scope, status, perf_counter() - began)
                await send(message)

            with bound_contextvars(**{REQUEST_ID: request_id}):
                if is_sound(scope["headers"]):
                    await app(scope, receive, told)
                else:
                    await _refuse(told)

        return watched

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Counted when the answer begins: a feed never ends."""
        known = cast(dict[str, Any], scope)
        route = known.get("path_template") or ""
        method = known["method"]
        method = method if method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE") else "other"
        self._meter.count("callendar_http_requests", method, route or "none", str(status))
        self._meter.took("callendar_http_request_seconds", seconds, method, route or "none")
