"""The log: one form for ours and for what other libraries say."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import pytest
import structlog

from callendar.logs import set_up_logs


@pytest.fixture(autouse=True)
def logs_as_before() -> Generator[None]:
    """Whoever comes next finds them as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for each in root.handlers:
        if each not in handlers:
            cast(Any, each).stream._stream.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_every_line_of_a_file_is_json(tmp_path: Path) -> None:
    """What another library warns of stands there as an event too, with its level."""
    set_up_logs("auto", file=str(tmp_path / "log"))
    structlog.get_logger().info("calendar_back", calendar="k_1")
    logging.getLogger("some.library").warning("odd %s", "thing")
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("calendar_back", "info"), ("odd thing", "warning")]
    assert all("timestamp" in line for line in lines)
