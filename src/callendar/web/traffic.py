"""Traffic: every request gets an id, which stands in its answer, in what is logged for it and in what is told of a
mishap; and is counted by its route, never by its address."""

from __future__ import annotations

import re
from secrets import token_hex
from time import perf_counter
from typing import Any, cast

from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from callendar.contracts.meter import Meter

PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
REQUEST_ID = "request"
"""Key in a scope's state, and field of log lines."""


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
                await app(scope, receive, told)

        return watched

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Counted when the answer begins: a feed never ends."""
        known = cast(dict[str, Any], scope)
        route = known.get("path_template") or ""
        method = known["method"]
        method = method if method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE") else "other"
        self._meter.count("callendar_http_requests", method, route or "none", str(status))
        self._meter.took("callendar_http_request_seconds", seconds, method, route or "none")
