"""Backup: a whole database in one file, from any engine and into any."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from callendar.contracts.store import StoreError

Progress = Callable[[int, int], None]
"""Told now and then how many rows are copied, and of how many."""


class BackupUnusable(StoreError):
    """The file cannot be restored, or not be made a backup; the message names it and the mend."""

    code = "backup_unusable"


class Copied(Struct, frozen=True, kw_only=True):
    """What a backup holds."""

    companies: int
    people: int
    rows: int
    """Of all tables."""


class Restored(Struct, frozen=True, kw_only=True):
    """What a restore put in place."""

    copied: Copied
    before: Path | None
    """Where the database that was is kept; None if there was none."""
