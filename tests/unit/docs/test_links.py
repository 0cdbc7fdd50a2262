"""Links between pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.docs.pages import DOCS, ROOT

PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
_CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    """To files that are there, and to headings that are in them."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if heading:
            assert heading in _anchors(found), target


def _anchors(page: Path) -> set[str]:
    """As hosting sites make them of headings."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_rooms_and_modules_of_the_architecture_are_there() -> None:
    """What ARCHITECTURE.md names in backticks with a slash is a folder or a module."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named: set[str] = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)+)(?:\.py)?`", text))
    assert named
    for each in named:
        code = ROOT / "src/callendar"
        places = [code / each, code / f"{each}.py", ROOT / each, ROOT / each.replace("console/", "console/src/")]
        assert any(place.exists() for place in places), each
