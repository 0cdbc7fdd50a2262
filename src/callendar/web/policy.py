"""Policy: what browsers may do with our answers, sent with every one of them, refusals and files too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from litestar.types import Message, Scope

A_YEAR = 31_536_000

POLICY = {
    # Our own files alone, nothing inline, in nobody's frame.
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    # The softphone will want the microphone; nothing wants any of these.
    "permissions-policy": "camera=(), geolocation=(), payment=(), usb=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
HTTPS_ONLY = {"strict-transport-security": f"max-age={A_YEAR}"}
"""For a year browsers come by HTTPS alone. Said only to those that did."""
NOT_KEPT = {"cache-control": "no-store"}
"""Of what the API answers, unless the route says otherwise."""


def policy_of(public_url: str | None) -> Callable[[Message, Scope], Awaitable[None]]:
    """What puts the policy on each answer as it begins; whatever a route has said itself stays."""
    is_https = (public_url or "").casefold().startswith("https:")

    async def add_policy(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = list(message.get("headers", ()))
        said = {name.lower() for name, _ in headers}
        wanted = dict(POLICY)
        if is_https or scope["scheme"] == "https":
            wanted |= HTTPS_ONLY
        if scope["path"].startswith("/api/"):
            wanted |= NOT_KEPT
        headers += [(name.encode(), value.encode()) for name, value in wanted.items() if name.encode() not in said]
        message["headers"] = headers

    return add_policy
