"""Logs: an event's name plus fields; JSON for machines, colour for a terminal. Titles and secrets never stand there."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog


def set_up_logs(form: Literal["auto", "json", "console"], *, least: int = logging.INFO) -> None:
    """Send logs to stderr in one form; other libraries' warnings pass through the standard library.

    Args:
        least: The least level that is shown; a command other than `serve` shows warnings alone.
    """
    human = sys.stderr.isatty() if form == "auto" else form == "console"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
