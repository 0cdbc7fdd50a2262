"""Addresses as they are written and as they are shown."""

from __future__ import annotations

import pytest

from callendar.net import InvalidUrl, parse_url, spoken_url


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("https://cloud.example/dav/", "https://cloud.example/dav/"),
        ("cloud.example", "https://cloud.example/"),
        ("cloud.example/remote.php/dav", "https://cloud.example/remote.php/dav"),
        (" http://Host.Example:8080/x ", "http://host.example:8080/x"),
        ("https://anna:secret@cloud.example/dav/", "https://cloud.example/dav/"),
        ("https://cloud.example/a.ics?key=secret#secret", "https://cloud.example/a.ics"),
        (
            "https://g.example/ical/anna/private-0123456789abcdef0123/basic.ics",
            "https://g.example/ical/anna/…/basic.ics",
        ),
        ("https://o.example/owa/" + "aZ" * 30 + "/calendar.ics", "https://o.example/owa/…/calendar.ics"),
        ("http://[::1]:5232/anna/", "http://[::1]:5232/anna/"),
        ("https://müller.example/", "https://müller.example/"),
    ],
)
def test_an_address_is_shown_without_its_secrets(text: str, spoken: str) -> None:
    """No user, no query, no key in the path; what a person needs to find the mistake stays."""
    assert spoken_url(parse_url(text)) == spoken


@pytest.mark.parametrize("text", ["", "   ", "ftp://cloud.example/x", "https://", "http://[::1", "https://host:port/"])
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    """The words show how one is written."""
    with pytest.raises(InvalidUrl, match=r"https://calendar\.example/"):
        parse_url(text)
