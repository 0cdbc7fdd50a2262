"""`python -m bench [NAME …]`: run the measurements and print a table; every line can be had by its name alone."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from bench import hostile, listeners, live, memory, pause, people, polling, reading, recovery, resolving, writing
from bench.figure import Figure
from callendar.logs import set_up_logs

MEASUREMENTS: dict[str, Callable[[], Iterable[Figure]]] = {
    "reading": reading.measure,
    "resolving": resolving.measure,
    "memory": memory.measure,
    "people": people.measure,
    "live": live.measure,
    "polling": polling.measure,
    "listeners": listeners.measure,
    "writing": writing.measure,
    "recovery": recovery.measure,
    "pause": pause.measure,
    "hostile": hostile.measure,
}


def main(wanted: list[str]) -> int:
    """Run those named, or all."""
    unknown = [name for name in wanted if name not in MEASUREMENTS]
    if unknown:
        print(f"there is no measurement {unknown[0]!r}; there are {', '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    set_up_logs("auto", least=logging.ERROR)
    table = Table(title="Callendar, measured", title_justify="left")
    for column in ("measurement", "figure", "ratio or goal", "by"):
        table.add_column(column)
    console = Console(width=150)
    for name in wanted or MEASUREMENTS:
        with console.status(f"{name}…"):
            for figure in MEASUREMENTS[name]():
                table.add_row(figure.what, figure.value, figure.against, f"python -m bench {name}")
    console.print(table)
    return 0


if __name__ == "__main__":  # the expander's workers import this module too
    sys.exit(main(sys.argv[1:]))
