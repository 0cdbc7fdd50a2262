"""Policy: what browsers may do with our answers."""

from __future__ import annotations

POLICY = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Sent with everything: our own files alone, nothing inline, in nobody's frame."""
