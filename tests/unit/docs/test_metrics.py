"""docs/reference/metrics.md and logs.md have every metric and every event, and no other."""

from __future__ import annotations

import re

from callendar.web.metrics import METRICS
from tests.unit.docs.pages import REFERENCE, ROOT, code_in, read_rows


def test_every_metric_stands_there() -> None:
    """With its kind and its labels, in the program's order."""
    rows = read_rows(REFERENCE / "metrics.md", columns=4)
    assert [(code_in(name)[0], kind, code_in(labels)) for name, kind, labels, _ in rows] == [
        (f"{name}_total" if told.kind == "counter" else name, told.kind, list(told.labels))
        for name, told in METRICS.items()
    ]


def test_every_event_of_the_log_stands_there() -> None:
    """Whatever is logged anywhere, and nothing made up."""
    logged: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        logged |= set(re.findall(r'\blog\.(?:debug|info|warning|error)\(\s*"(\w+)"', source))
    assert {code_in(row[0])[0] for row in read_rows(REFERENCE / "logs.md", columns=2)} == logged
