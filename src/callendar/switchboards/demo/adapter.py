"""A switchboard that is a file: it holds the future, lamps and presence as the lines that said so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import anyio
import anyio.to_thread

from callendar.contracts.clock import Clock
from callendar.contracts.switchboard import ComingSegment, Shown, SwitchboardContext, SwitchboardKind
from callendar.domain.person import PersonId
from callendar.switchboards.demo.wire import Ahead, Forget, Line, Show, parse_lines, render_lines

COMPACT_BYTES = 8_000_000
"""A file longer than this when it is opened again is cut down to what is shown and lies ahead."""


class DemoSwitchboard:
    """Appends to the file `path`; opened again, it shows what the file says was shown last."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = anyio.Lock()

    async def ahead(self, coming: Mapping[PersonId, Sequence[ComingSegment]]) -> None:
        """Write a line for each person."""
        at = self._clock.now()
        await self._append(
            Ahead(at=at, person=person_id, segments=tuple(segments)) for person_id, segments in coming.items()
        )

    async def show(self, states: Mapping[PersonId, Shown]) -> None:
        """Write a line for each person."""
        at = self._clock.now()
        await self._append(Show(at=at, person=person_id, shown=shown) for person_id, shown in states.items())

    async def reconcile(self, people: frozenset[PersonId]) -> Mapping[PersonId, Shown]:
        """Read back what is shown; a line says of everybody else that she is forgotten."""
        async with self._lock:
            lines = await anyio.to_thread.run_sync(self._read)
        shown: dict[PersonId, Shown] = {}
        for line in lines:
            if isinstance(line, Show):
                shown[line.person] = line.shown
            elif isinstance(line, Forget):
                shown.pop(line.person, None)
        at = self._clock.now()
        await self._append(Forget(at=at, person=person_id) for person_id in shown if person_id not in people)
        return {person_id: state for person_id, state in shown.items() if person_id in people}

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
    newest: dict[tuple[str, PersonId], Line] = {}
    for line in lines:
        if isinstance(line, Forget):
            newest.pop(("Show", line.person), None)
            newest.pop(("Ahead", line.person), None)
            continue
        key = (type(line).__name__, line.person)
        newest.pop(key, None)
        newest[key] = line
    return list(newest.values())


def _open(context: SwitchboardContext) -> DemoSwitchboard:
    return DemoSwitchboard(Path(context.settings["path"]), context.clock)


def register() -> SwitchboardKind:
    """What the entry point `demo` of the group `callendar.switchboards` returns. Its setting: `path`."""
    return SwitchboardKind(name="demo", open=_open)
