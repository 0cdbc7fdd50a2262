"""A switchboard that is a file: it holds the future, lamps and presence as the lines that said so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import anyio
import anyio.to_thread

from callendar.contracts.clock import Clock
from callendar.contracts.switchboard import ComingSegment, PersonKey, Shown, SwitchboardContext, SwitchboardKind
from callendar.switchboards.demo.wire import Ahead, Forget, Line, Show, parse_lines, render_lines

COMPACT_BYTES = 8_000_000
"""A file longer than this when it is opened again is cut down to what is shown and lies ahead."""


class DemoSwitchboard:
    """Appends to the file `path`; opened again, it shows what the file says was shown last."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = anyio.Lock()

    async def ahead(self, coming: Mapping[PersonKey, Sequence[ComingSegment]]) -> None:
        """Write a line for each person."""
        at = self._clock.now()
        await self._append(
            Ahead(at=at, company=company_id, person=person_id, segments=tuple(segments))
            for (company_id, person_id), segments in coming.items()
        )

    async def show(self, states: Mapping[PersonKey, Shown]) -> None:
        """Write a line for each person."""
        at = self._clock.now()
        await self._append(
            Show(at=at, company=company_id, person=person_id, shown=shown)
            for (company_id, person_id), shown in states.items()
        )

    async def reconcile(self, people: frozenset[PersonKey]) -> Mapping[PersonKey, Shown]:
        """Read back what is shown; a line says of everybody else that she is forgotten."""
        async with self._lock:
            lines = await anyio.to_thread.run_sync(self._read)
        shown: dict[PersonKey, Shown] = {}
        for line in lines:
            if isinstance(line, Show):
                shown[line.company, line.person] = line.shown
            elif isinstance(line, Forget):
                shown.pop((line.company, line.person), None)
        at = self._clock.now()
        gone = shown.keys() - people
        await self._append(Forget(at=at, company=company_id, person=person_id) for company_id, person_id in gone)
        return {key: state for key, state in shown.items() if key in people}

    async def check(self) -> Sequence[str]:
        """Whether the file can be written."""
        try:
            await self._append(())
        except OSError as error:
            return [f"the demo switchboard cannot write {self._path} ({error.strerror}); name another file as its path"]
        return []

    async def close(self) -> None:
        """Nothing is held open between two writes."""

    async def _append(self, lines: Iterable[Line]) -> None:
        data = render_lines(lines)
        async with self._lock:
            await anyio.to_thread.run_sync(self._write, data)

    def _write(self, data: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(data)

    def _read(self) -> list[Line]:
        if not self._path.exists():
            return []
        data = self._path.read_bytes()
        lines = parse_lines(data)
        if len(data) > COMPACT_BYTES or (data and not data.endswith(b"\n")):
            lines = _newest(lines)
            new = self._path.with_name(self._path.name + ".new")
            new.write_bytes(render_lines(lines))
            new.replace(self._path)
        return lines


def _newest(lines: Iterable[Line]) -> list[Line]:
    """What still holds: of each person the last segments and the last state, in the order they were written."""
    newest: dict[tuple[type[Line], PersonKey], Line] = {}
    for line in lines:
        whose = (line.company, line.person)
        if isinstance(line, Forget):
            newest.pop((Show, whose), None)
            newest.pop((Ahead, whose), None)
            continue
        key = (type(line), whose)
        newest.pop(key, None)
        newest[key] = line
    return list(newest.values())


def _open(context: SwitchboardContext) -> DemoSwitchboard:
    return DemoSwitchboard(Path(context.settings["path"]), context.clock)


def register() -> SwitchboardKind:
    """What the entry point `demo` of the group `callendar.switchboards` returns. Its setting: `path`."""
    return SwitchboardKind(name="demo", open=_open)
