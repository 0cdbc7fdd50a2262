"""One server-sent event (WHATWG HTML, Server-sent events)."""

from __future__ import annotations


def encode_event(name: str, data: bytes, version: str | None = None) -> bytes:
    """The event; `data` is JSON, which has no line breaks of its own, and `version` is what a holder resumes from."""
    identified = f"id: {version}\n" if version is not None else ""
    return f"event: {name}\n{identified}data: ".encode() + data + b"\n\n"
