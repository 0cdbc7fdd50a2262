"""What a server answered, and what its refusals mean for whoever has to act."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
from msgspec import Struct

from callendar.contracts.source import NotShared, SignInNeeded, SourceError, Throttled, Unreachable, Unreadable
from callendar.net.url import spoken_url

PATIENCE_SECONDS = 60.0
"""When a server asks for patience without saying how much."""


class Answer(Struct, frozen=True, kw_only=True):
    """An answer, whole, after redirects."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    url: httpx2.URL
    """Where it came from in the end."""
    received: datetime
    """By our clock."""

    @property
    def content_type(self) -> str:
        """Lower case, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def parse_http_date(text: str) -> datetime | None:
    """Aware UTC; None for what is no date."""
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def retry_after_seconds(answer: Answer) -> float | None:
    """What `Retry-After` asks for, counted by the server's own clock if it tells the time; None when it is absent."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until = parse_http_date(text) if text else None
    if until is None:
        return None
    now = parse_http_date(answer.headers.get("date", "")) or answer.received
    return max(0.0, (until - now).total_seconds())


def refusal(answer: Answer) -> SourceError:
    """The error that a status other than success means; its message has the mend."""
    status, where = answer.status, spoken_url(answer.url)
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        seconds = retry_after_seconds(answer)
        return Throttled(
            f"{where} asks for patience ({status}); it is read again by and by",
            PATIENCE_SECONDS if seconds is None else seconds,
        )
    if status == 401:
        return SignInNeeded(
            f"{where} does not accept user and password; check both (many servers want an app password), "
            "and connect it again"
        )
    if status == 403:
        return SignInNeeded(
            f"{where} does not allow this user to read it; have its owner share it, or use another user"
        )
    if status in (404, 410):
        return NotShared(f"{where} is not there ({status}); check the address, and that it is still shared")
    if status >= 500 or status == 408:
        return Unreachable(f"{where} is out of order for now ({status}); it is tried again by and by")
    if status == 304:
        return Unreachable(f"{where} says that nothing has changed (304), but was not asked that; it is tried again")
    if 300 <= status < 400:
        return Unreachable(f"{where} points elsewhere without saying where ({status}); check the address")
    return Unreadable(f"{where} does not understand what is asked ({status}); check the address", item=where)
