"""docs/reference/api.md has every route of the API with a call, and no other."""

from __future__ import annotations

import re

from callendar.web.api import (
    access,
    calendars,
    claims,
    company,
    connections,
    explain,
    health,
    people,
    referrals,
    rulebook,
    session,
    timetable,
    users,
)
from tests.unit.docs.pages import REFERENCE, code_in, read_rows

PAGE = REFERENCE / "api.md"
ROUTES = {
    (method, _path)
    for room in (
        people,
        timetable,
        referrals,
        claims,
        explain,
        rulebook,
        access,
        session,
        users,
        company,
        connections,
        calendars,
        health,
    )
    for handler in room.ROUTES
    for method in handler.http_methods
    for _path in handler.paths
    if method != "HEAD"
}
"""HEAD goes with GET."""


def _shape(path: str) -> str:
    """A path with its parameters nameless."""
    return re.sub(r"\{[^}]+\}|\$[A-Z_]+", "{}", path.partition("?")[0])


def test_every_route_stands_there() -> None:
    """None left out and none made up."""
    said = [code_in(row[0])[0].split(" ", 1) for row in read_rows(PAGE, columns=2) if re.match(r"`[A-Z]+ /", row[0])]
    assert sorted((method, _shape(path)) for method, path in said) == sorted(
        (str(getattr(method, "value", method)), _shape(path)) for method, path in ROUTES
    )


def test_every_route_has_a_call() -> None:
    """As a line of curl that can be typed."""
    called: set[tuple[str, str]] = set()
    for line in re.findall(r"^\$ curl (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        method = re.search(r"-X ([A-Z]+)", line)
        address = re.search(r"\$API(/[^\s\"]*)", line)
        assert address is not None, line
        called.add((method.group(1) if method else "GET", _shape(address.group(1))))
    assert called == {(str(getattr(method, "value", method)), _shape(path)) for method, path in ROUTES}
