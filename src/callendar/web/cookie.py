"""Cookies: the session's, and the one by which a browser is known that has signed in before.

Where browsers come by HTTPS both are `Secure` and named `__Host-`, so that neither plain HTTP nor another host of the
same domain can plant one.
"""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from callendar.engine.tokens import SESSION_DAYS

SESSION = "callendar_session"
DEVICE = "callendar_device"
DEVICE_DAYS = 365
A_DAY = 86_400


def comes_by_https(connection: ASGIConnection[Any, Any, Any, Any], public_url: str | None) -> bool:
    """Whether the browser's end is HTTPS: here, as a trusted proxy says, or as the setting `public_url` does."""
    return connection.url.scheme == "https" or (public_url or "").casefold().startswith("https:")


def read_cookie(connection: ASGIConnection[Any, Any, Any, Any], name: str, *, secure: bool) -> str | None:
    """What the browser sent under the name that it has there."""
    return connection.cookies.get(_named(name, secure)) or None


def session_cookie(secret: str, *, secure: bool) -> Cookie:
    """Lasts as long as a session may; the session itself may end sooner."""
    return _cookie(SESSION, secret, SESSION_DAYS, secure)


def device_cookie(secret: str, *, secure: bool) -> Cookie:
    """Outlives the session: it signs nobody in."""
    return _cookie(DEVICE, secret, DEVICE_DAYS, secure)


def no_session_cookie(*, secure: bool) -> Cookie:
    """Takes it away."""
    return _cookie(SESSION, "", 0, secure)


def _cookie(name: str, value: str, days: int, secure: bool) -> Cookie:
    return Cookie(
        key=_named(name, secure),
        value=value,
        path="/",
        max_age=days * A_DAY,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def _named(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name
