"""Requests that are taken, and those that are refused before anybody looks at them."""

from __future__ import annotations

import pytest

from callendar.web.traffic import is_sound


@pytest.mark.parametrize(
    "host",
    [b"callendar.example", b"callendar.example:8080", b"127.0.0.1:65535", b"[::1]", b"[::1]:80", b"localhost"],
    ids=lambda host: host.decode(),
)
def test_an_address_is_taken(host: bytes) -> None:
    """With a port or without (RFC 9112 §3.2)."""
    assert is_sound([(b"host", host)])


@pytest.mark.parametrize(
    "host", [b"x:99999", b"x:abc", b"[", b"[::1", b"x/y", b"a@b", b"x y", b"x:8:8"], ids=lambda host: host.decode()
)
def test_what_is_no_address_is_refused(host: bytes) -> None:
    """It would break whoever takes it apart."""
    assert not is_sound([(b"host", host)])


def test_a_length_told_in_two_ways_is_refused() -> None:
    """A proxy in front might see another request than we do (RFC 9112 §6.3)."""
    host = (b"host", b"x")
    assert is_sound([host, (b"content-length", b"3")])
    assert is_sound([host, (b"transfer-encoding", b"chunked")])
    assert not is_sound([host, (b"content-length", b"3"), (b"transfer-encoding", b"chunked")])
