"""Logs: an event's name plus fields; JSON for machines, colour for a terminal. Titles and secrets never stand there."""

from __future__ import annotations

import contextlib
import logging
import sys
from pathlib import Path
from typing import Literal, TextIO, cast

import structlog

from callendar.domain.errors import CallendarError


class LogUnwritable(CallendarError):
    """The file that the log is to go to cannot be written."""

    code = "log_unwritable"


class _Bearing:
    """A stream whose writes may fail, as on a full disk, without breaking what was to be told of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write it, if it can be."""
        with contextlib.suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Have it written, if it can be."""
        with contextlib.suppress(OSError):
            self._stream.flush()


LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def set_up_logs(
    form: Literal["auto", "json", "console"], *, least: int = logging.INFO, file: str | None = None
) -> None:
    """Send logs to stderr in one form; other libraries' warnings pass through the standard library.

    Args:
        least: The least level that is shown; a command other than `serve` tells by itself what is wrong.
        file: Added to, as JSON, instead of stderr.

    Raises:
        LogUnwritable: The file cannot be opened.
    """
    try:
        stream = sys.stderr if file is None else Path(file).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115
    except OSError as error:
        raise LogUnwritable(f"log_file: {file} cannot be written ({error.strerror}); name another") from error
    human = file is None and (sys.stderr.isatty() if form == "auto" else form == "console")
    bearing = cast(TextIO, _Bearing(stream))
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendered: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, rendered],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(bearing),
    )
    others = logging.StreamHandler(bearing)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    others.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, rendered]))
    logging.basicConfig(level=logging.WARNING, handlers=[others], force=True)
    # What strangers send that is no HTTP is answered, and no news.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
