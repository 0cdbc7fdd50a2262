"""Mounts: a database has to lie in a folder that is mounted as a whole, as SQLite keeps files beside it."""

from __future__ import annotations

import re
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")
"""What this process sees mounted; the fifth field of a line is where. Source: proc_pid_mountinfo(5)."""
_ESCAPED = re.compile(rb"\\([0-7]{3})")


def is_mounted_alone(path: Path) -> bool:
    """Whether a file, named without links, is a mount of its own, as by `docker run -v ./callendar.db:/callendar.db`.

    Where the system has no such table it is not known, and no.
    """
    try:
        table = TABLE.read_bytes()
    except OSError:
        return False
    return bytes(path) in {_plain(line.split(b" ")[4]) for line in table.splitlines()}


def _plain(escaped: bytes) -> bytes:
    """Blanks and the like stand in the table as three octal digits."""
    return _ESCAPED.sub(lambda each: bytes([int(each[1], 8)]), escaped)
