"""The pages under docs/, read as their readers see them: tables, headings, links."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"

_CELL = re.compile(r"(?<!\\)\|")


def read_rows(path: Path, *, columns: int) -> list[list[str]]:
    """The rows of every table with so many columns, heads and rules aside, cells without the spaces around them."""
    rows: list[list[str]] = []
    begun = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            begun = False
            continue
        cells = [cell.strip() for cell in _CELL.split(line)[1:-1]]
        if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
            begun = True
        elif begun and len(cells) == columns:
            rows.append(cells)
    return rows


def read_sections(path: Path) -> dict[str, str]:
    """What stands below each heading of the second level."""
    parts = re.split(r"^## (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def code_in(cell: str) -> list[str]:
    """Whatever stands between backticks."""
    return re.findall(r"`([^`]+)`", cell)
