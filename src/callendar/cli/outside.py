"""From outside: whether browsers reach this installation under its `public_url`, for `callendar doctor`."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from callendar.engine.examine import Finding

TRIED_SECONDS = 5.0
EXPIRES_SOON = timedelta(days=14)


async def examine_public_url(url: str, instance: str, now: datetime) -> AsyncGenerator[Finding]:
    """Ask as a browser would, from this machine: name, certificate, redirects, whether this installation answers.

    Args:
        instance: What its health says of this installation.
    """
    parts = urlsplit(url)
    trusted = httpx2.create_ssl_context()
    if parts.scheme == "https":
        found = await _examine_certificate(parts.hostname or "", parts.port or 443, trusted, now)
        yield found
        if not found.well:
            return
    try:
        async with httpx2.AsyncClient(
            timeout=TRIED_SECONDS, trust_env=False, follow_redirects=False, verify=trusted
        ) as client:
            answer = await client.get(f"{url.rstrip('/')}/api/v1/health")
    except httpx2.HTTPError as error:
        why = str(error) or "nothing came in time"
        yield _fault(url, f"does not answer ({why}); see that its name and the proxy lead here")
        return
    yield _judge(url, answer, instance)
    if parts.scheme == "https" and "strict-transport-security" not in answer.headers:
        yield _fault(url, "answers as if by plain HTTP; give the running serve this public_url and start it again")


def _judge(url: str, answer: httpx2.Response, instance: str) -> Finding:
    """What the answer to a question for its health means."""
    if answer.is_redirect:
        return _fault(url, f"leads on to {answer.headers.get('location')}; set public_url to where browsers end up")
    if answer.status_code != 200:
        return _fault(
            url, f"answers {answer.status_code}; see that the proxy passes everything on to `callendar serve`"
        )
    try:
        health: dict[str, Any] = msgspec.json.decode(answer.content, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _fault(url, "answers with something else than Callendar; see where the proxy leads")
    if health.get("instance") != instance:
        return _fault(
            url, "is another installation of Callendar; see where the proxy leads, and which database is meant"
        )
    return Finding(well=True, said=f"public_url {url} is this installation")


async def _examine_certificate(host: str, port: int, trusted: ssl.SSLContext, now: datetime) -> Finding:
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(TRIED_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=trusted, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        return _fault(where, f"has a certificate that browsers do not trust ({error.verify_message}); install another")
    except ssl.SSLError as error:
        return _fault(where, f"does not speak TLS ({error.reason}); see that the proxy does, or write http://")
    except (OSError, TimeoutError) as error:
        return _fault(where, f"cannot be reached ({error or 'no answer'}); see that its name leads here")
    try:
        cert: dict[str, Any] = writer.get_extra_info("peercert") or {}
    finally:
        writer.close()
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(cert["notAfter"]), UTC)
    said = f"{where} has a certificate until {ends:%Y-%m-%d}"
    if ends - now < EXPIRES_SOON:
        return Finding(well=True, said=f"warning: {said}; renew it")
    return Finding(well=True, said=said)


def _fault(what: str, said: str) -> Finding:
    return Finding(well=False, said=f"public_url: {what} {said}")
