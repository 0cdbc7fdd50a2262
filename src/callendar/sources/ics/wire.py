"""What is kept of a feed between two readings, and how often it asks to be read."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from callendar.domain.span import Span

LONGEST_SECONDS = 24 * 60 * 60
"""A feed that asks to be read less often is read once a day nevertheless."""

_MAX_AGE = re.compile(r"(?:^|[,\s])(?:s-)?max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the next reading goes on; kept as JSON. Worth nothing for another window."""

    window: Span
    etag: str | None = None
    modified: str | None = None
    """As the server wrote it."""
    digest: str | None = None
    """Of the body, for servers that never say that nothing has changed."""
    refresh_seconds: float | None = None


def parse_cursor(text: str | None, window: Span) -> Cursor | None:
    """A cursor that was kept for this window, else None."""
    if text is None:
        return None
    try:
        cursor = msgspec.json.decode(text, type=Cursor)
    except msgspec.DecodeError:
        return None
    return cursor if cursor.window == window else None


def render_cursor(cursor: Cursor) -> str:
    """For keeping."""
    return msgspec.json.encode(cursor).decode()


def refresh_seconds(published: float | None, cache_control: str) -> float | None:
    """The longest of what the feed and its server ask for between two readings; None when neither does."""
    asked = [published] if published else []
    found = _MAX_AGE.search(cache_control)
    if found and "no-cache" not in cache_control.lower():
        asked.append(float(found[1]))
    longest = max(asked, default=0)
    return min(longest, LONGEST_SECONDS) or None
