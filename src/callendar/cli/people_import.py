"""`callendar people import`: people from a spreadsheet or directory, shown before anything is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from callendar.cli.desk import CommandDesk, CompanyOption, JsonOption, by_command, complaints, opened, run, say
from callendar.domain.errors import InvalidValue
from callendar.engine.importing import Change, ImportPlan, Refused, Said, plan_import, run_import
from callendar.formats.people_csv import NoPeople, PeopleFile, parse_people

SHOWN = 20
"""Of each kind; the rest is counted."""
SEPARATORS = {";": "semicolon", ",": "comma", "\t": "tab"}
MISSING = ("count", "list")


class Difference(Struct, frozen=True, kw_only=True):
    """A field as it was and as it is to be."""

    field: str
    old: str
    new: str


class Line(Struct, frozen=True, kw_only=True):
    """Somebody who is added or changed."""

    line: int
    id: str
    name: str
    changes: list[Difference]


class Report(Struct, frozen=True, kw_only=True):
    """What `--json` prints."""

    encoding: str
    separator: str
    columns: dict[str, str]
    ignored: Sequence[str]
    added: list[Line]
    changed: list[Line]
    unchanged: int
    refused: list[Refused]
    missing: list[dict[str, str]]
    written: bool


def import_(
    file: Annotated[Path, typer.Argument(help="CSV; the first line names the columns.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", help="Write it without asking.")] = False,
    missing: Annotated[
        str, typer.Option(help="Of those who are not in the file tell the `count`, or `list` them.")
    ] = "count",
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and change people from a CSV file; shows what would be, and writes it only when told. Nobody is removed."""

    async def work() -> int:
        if missing not in MISSING:
            raise InvalidValue(f"--missing {missing!r} is neither of {' and '.join(MISSING)}")
        read = _read(file)
        async with opened(company) as desk:
            people = [row.person for row in (await desk.parts.store.load_rows(desk.company.id)).rows]
            lines = [Said(line=each.line, cells=each.cells) for each in read.entries]
            planned = plan_import(lines, people, desk.company)
            faults = [Refused(line=each.line, said=each.said) for each in read.faults]
            refused = sorted([*faults, *planned.refused], key=lambda each: each.line)
            if not as_json:
                _show(read, planned, refused, named=missing == "list")
            wanted = bool(planned.added or planned.changed) and (yes or _asked(as_json))
            lost = await _write(desk, planned) if wanted else ()
            refused += lost
        if as_json:
            report = _report(read, planned, refused, written=wanted)
            print(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        elif wanted:
            say(f"Written: {len(planned.added)} added, {len(planned.changed) - len(lost)} changed.")
        elif planned.added or planned.changed:
            say("Nothing is written yet; the same with --yes writes it.")
        return 2 if refused else 0

    if code := run(work):
        raise typer.Exit(code)


def _read(file: Path) -> PeopleFile:
    try:
        return parse_people(file.read_bytes())
    except OSError as error:
        raise InvalidValue(f"cannot read {file}: {error.strerror}; check the path") from error
    except NoPeople as error:
        raise InvalidValue(f"{file}: {error}") from error


def _asked(as_json: bool) -> bool:
    """Only on a terminal is there somebody to ask."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty() and not as_json
    return terminal and typer.confirm("Write this?", default=False)


async def _write(desk: CommandDesk, planned: ImportPlan) -> tuple[Refused, ...]:
    total = len(planned.added) + len(planned.changed)
    with complaints.status(f"Writing, 0 of {total}…") as status:
        return await run_import(
            desk.parts.store,
            desk.company.id,
            planned,
            desk.parts.clock.now(),
            by=by_command(desk.company),
            done=lambda written: status.update(f"Writing, {written} of {total}…"),
        )


def _show(read: PeopleFile, planned: ImportPlan, refused: Sequence[Refused], *, named: bool) -> None:
    columns = ", ".join(f"{head} = {field}" if head != field else field for field, head in read.columns.items())
    separator = SEPARATORS.get(read.separator, repr(read.separator))
    say(f"Read as {read.encoding}, cells parted by {separator}. Columns: {columns}.")
    if read.guessed:
        say("It is not UTF-8; check letters such as å, ä and ö below, and save it as UTF-8 if they are wrong.")
    if read.ignored:
        say(f"Columns that mean nothing here: {', '.join(read.ignored)}.")
    _show_lines(f"Added: {len(planned.added)}", [_spoken(each) for each in planned.added])
    _show_lines(f"Changed: {len(planned.changed)}", [_spoken(each) for each in planned.changed])
    _show_lines(f"Refused: {len(refused)}", [f"line {each.line}  {each.said}" for each in refused])
    say(f"As they were: {planned.unchanged}")
    missing = [f"{each.name} ({each.id})" for each in planned.missing] if named else []
    _show_lines(f"Not in the file, and left as they are: {len(planned.missing)}", missing, most=len(missing))


def _show_lines(head: str, lines: Sequence[str], *, most: int = SHOWN) -> None:
    say(head)
    for line in lines[:most]:
        say(f"  {line}")
    if len(lines) > most:
        say(f"  … and {len(lines) - most} more; --json prints all")


def _spoken(change: Change) -> str:
    plain = () if change.before is not None else ("name", "zone") if not change.said.cells.get("zone") else ("name",)
    differences = [each for each in change.differences if each[0] not in plain]
    told = "; ".join(
        f"{field} {new}" if change.before is None else f"{field} {old or 'nothing'} → {new or 'nothing'}"
        for field, old, new in differences
    )
    name = change.after.name if change.before is None else change.before.name
    return f"line {change.said.line}  {name}: {told}" if told else f"line {change.said.line}  {name}"


def _report(read: PeopleFile, planned: ImportPlan, refused: list[Refused], *, written: bool) -> Report:
    return Report(
        encoding=read.encoding,
        separator=read.separator,
        columns=read.columns,
        ignored=read.ignored,
        added=[_line(each) for each in planned.added],
        changed=[_line(each) for each in planned.changed],
        unchanged=planned.unchanged,
        refused=refused,
        missing=[{"id": each.id, "name": each.name} for each in planned.missing],
        written=written,
    )


def _line(change: Change) -> Line:
    return Line(
        line=change.said.line,
        id=change.after.id,
        name=change.after.name,
        changes=[Difference(field=field, old=old, new=new) for field, old, new in change.differences],
    )
