"""One `serve` to a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from callendar.contracts.store import StoreError
from callendar.store.place import FilePlace
from callendar.store.sqlite import hold
from callendar.store.sqlite.hold import hold_file

HOLDER = """
import sys, time
from pathlib import Path
from callendar.store.place import FilePlace
from callendar.store.sqlite.hold import hold_file
with hold_file(FilePlace(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_is_refused_in_words(tmp_path: Path) -> None:
    """The words name the file, who holds it and the mend; afterwards it is free again."""
    path = tmp_path / "callendar.db"
    with hold_file(FilePlace(path)):
        with pytest.raises(StoreError, match=rf"process {os.getpid()}\) is running on {path}; stop it first"):
            hold_file(FilePlace(path)).__enter__()
        with hold_file(FilePlace(tmp_path / "other.db")):
            pass
    with hold_file(FilePlace(path)):
        pass


def test_memory_is_nobodys_but_ones_own(tmp_path: Path) -> None:
    """Two databases in memory are two."""
    with hold_file(FilePlace(None)), hold_file(FilePlace(None)):
        assert list(tmp_path.iterdir()) == []


def test_hold_ends_with_its_process(tmp_path: Path) -> None:
    """Killed without a chance to tidy up, it leaves the file free."""
    path = tmp_path / "callendar.db"
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"process {holder.pid}"):
            hold_file(FilePlace(path)).__enter__()
        holder.send_signal(signal.SIGKILL)
    with hold_file(FilePlace(path)):
        pass


@pytest.mark.anyio
@pytest.mark.parametrize("replaced", [False, True])
async def test_a_file_taken_from_under_a_serve_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, replaced: bool
) -> None:
    """What it would answer from then on would be gone at the next start: it stops instead."""
    monkeypatch.setattr(hold, "LOOK_SECONDS", 0.01)
    path, other = tmp_path / "callendar.db", tmp_path / "other.db"
    path.touch()
    other.touch()

    async def take() -> None:
        if replaced:
            other.replace(path)
        else:
            path.unlink()

    with hold_file(FilePlace(path)) as held:
        with anyio.move_on_after(0.1) as kept:
            await held.keep()
        assert kept.cancelled_caught
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(take)
                with pytest.raises(StoreError, match="removed or replaced"):
                    await held.keep()
