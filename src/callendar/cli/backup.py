"""`callendar backup` and `callendar restore`: the whole database in one file, and back."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from callendar import app
from callendar.cli.desk import complaints, run, say
from callendar.contracts.backup import Copied
from callendar.contracts.backup import Progress as Told
from callendar.settings import load_settings


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.command(epilog="Example: callendar backup /var/backups/callendar.backup --force")(backup)
    program.command(epilog="Example: callendar restore /var/backups/callendar.backup")(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="Where the backup goes.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
) -> None:
    """Write everything that is kept into one file, also beside a running `serve`."""

    async def work() -> None:
        with _shown("Backing up") as progress:
            copied = await app.back_up(load_settings().settings, file.absolute(), force=force, progress=progress)
        say(f"Backed up {_holding(copied)} to {file} ({file.stat().st_size / 1e6:.1f} MB).")

    run(work)


def restore(file: Annotated[Path, typer.Argument(help="A backup.", show_default=False)]) -> None:
    """Put a backup in place of the database that the settings name; stop `serve` first."""

    async def work() -> None:
        with _shown("Restoring") as progress:
            restored = await app.restore(load_settings().settings, file.absolute(), progress=progress)
        say(f"Restored {_holding(restored.copied)} from {file}.")
        if restored.before is not None:
            say(f"What was there before is kept as {restored.before}; to go back, restore that.")
        say(
            "Everybody has to sign in again. Tokens that were revoked after the backup work again: callendar token list"
        )

    run(work)


def _holding(copied: Copied) -> str:
    companies = "1 company" if copied.companies == 1 else f"{copied.companies} companies"
    people = "1 person" if copied.people == 1 else f"{copied.people} people"
    return f"{companies} with {people}"


@contextmanager
def _shown(doing: str) -> Generator[Told]:
    """A bar on a terminal; nothing elsewhere."""
    shown = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*shown, console=complaints, transient=True, disable=not complaints.is_terminal) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
