"""The command line: everything that can be administered, from a shell."""

from __future__ import annotations


def main() -> None:
    """Run `callendar`; imports wait until here so that `--version` and completion are quick."""
    from callendar.cli.program import program

    program()
