"""What refusals mean."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx2
import pytest

from callendar.contracts.source import NotShared, SignInNeeded, SourceError, Throttled, Unreachable, Unreadable
from callendar.net import Answer, Credentials, parse_url, refusal
from callendar.net.answer import PATIENCE_SECONDS, parse_http_date, retry_after_seconds
from callendar.sources.caldav.settings import ICLOUD_PARTITION

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
URL = httpx2.URL("https://anna:hunter2@cloud.example/dav/anna/?token=hunter2")


def answer(status: int, **headers: str) -> Answer:
    """An answer received at nine."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, body=b"", url=URL, received=NOW)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Unreadable),
        (401, SignInNeeded),
        (403, SignInNeeded),
        (404, NotShared),
        (408, Unreachable),
        (410, NotShared),
        (422, Unreadable),
        (429, Throttled),
        (302, Unreachable),
        (500, Unreachable),
        (503, Unreachable),
        (507, Unreachable),
    ],
)
def test_each_status_has_its_error_and_words_without_secrets(status: int, error: type[SourceError]) -> None:
    """The message names the address and the mend, never user, password or query."""
    told = refusal(answer(status))
    assert type(told) is error
    assert "cloud.example/dav/anna/" in str(told)
    assert "hunter2" not in str(told)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "120"}, 120.0),
        ({"retry_after": " 0 "}, 0.0),
        ({"retry_after": "Mon, 23 Nov 2026 09:02:00 GMT"}, 120.0),
        ({"retry_after": "Mon, 23 Nov 2026 10:02:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"}, 120.0),
        ({"retry_after": "Mon, 23 Nov 2026 08:00:00 GMT"}, 0.0),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "-5"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_patience_in_seconds_or_until_a_date(headers: dict[str, str], seconds: float | None) -> None:
    """A date is counted by the server's own clock when it tells the time."""
    assert retry_after_seconds(answer(429, **headers)) == seconds


def test_patience_without_a_number_is_a_minute() -> None:
    """429 says it all; 503 only with a number."""
    throttled = refusal(answer(429))
    assert isinstance(throttled, Throttled)
    assert throttled.retry_after_seconds == PATIENCE_SECONDS
    busy = refusal(answer(503, retry_after="30"))
    assert isinstance(busy, Throttled)
    assert busy.retry_after_seconds == 30


@pytest.mark.parametrize("text", ["", "nonsense", "Mon, 99 Nov 2026 09:00:00 GMT"])
def test_what_is_no_date_is_none(text: str) -> None:
    """Servers send anything."""
    assert parse_http_date(text) is None


@pytest.mark.parametrize(
    ("origin", "url", "told"),
    [
        ("https://a.example/dav/", "https://a.example/other", True),
        ("https://a.example/", "https://a.example:443/", True),
        ("http://a.example/", "https://a.example/", True),
        ("https://a.example/", "http://a.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("http://a.example:8080/", "https://a.example/", False),
        ("https://a.example/", "https://b.example/", False),
        ("https://a.example/", "https://sub.a.example/", False),
        ("https://a.example/", "https://a.example.evil.example/", False),
        ("https://caldav.icloud.com/", "https://p42-caldav.icloud.com:443/1/home/", True),
        ("https://caldav.icloud.com/", "http://p42-caldav.icloud.com/", False),
        ("https://caldav.icloud.com/", "https://evil-caldav.icloud.com/", False),
        ("https://caldav.icloud.com/", "https://p42-caldav.icloud.com.evil.example/", False),
    ],
)
def test_the_password_is_for_one_host(origin: str, url: str, told: bool) -> None:
    """And for the hosts that are known to be the same service."""
    siblings = ICLOUD_PARTITION if "icloud" in origin else None
    credentials = Credentials(user="anna", password="hunter2", origin=parse_url(origin), siblings=siblings)
    assert credentials.are_for(parse_url(url)) is told
    assert "hunter2" not in repr(credentials)
