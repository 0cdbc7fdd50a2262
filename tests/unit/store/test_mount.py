from __future__ import annotations

from pathlib import Path

import pytest

from callendar.contracts.store import StoreError
from callendar.engine.clock import SystemClock
from callendar.store.open import open_store
from callendar.store.sqlite import mount

pytestmark = pytest.mark.anyio

LINE = "43 28 254:0 /srv/{name} {mounted} rw,relatime shared:1 - ext4 /dev/vda1 rw\n"


def mounted(monkeypatch: pytest.MonkeyPatch, folder: Path, *points: str) -> None:
    """Have these be mounted, as the system tells it."""
    table = folder / "mountinfo"
    table.write_text("".join(LINE.format(name="kept.db", mounted=each) for each in ("/", *points)))
    monkeypatch.setattr(mount, "TABLE", table)


async def test_a_database_mounted_as_a_single_file_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two names, a log of writes beside each: what was answered by one name would be lost by the other."""
    path = tmp_path / "callendar.db"
    mounted(monkeypatch, tmp_path, str(path))
    with pytest.raises(StoreError, match=r"mounted as a file by itself.*mount its folder instead"):
        await open_store(path, clock=SystemClock())


async def test_a_database_in_a_mounted_folder_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, tmp_path, str(tmp_path), f"{tmp_path}/callendar.db-other")
    await (await open_store(tmp_path / "callendar.db", clock=SystemClock())).close()


def test_names_with_blanks_are_found_as_the_table_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, tmp_path, r"/srv/our\040calls/back\134slash.db")
    assert mount.is_mounted_alone(Path("/srv/our calls/back\\slash.db"))
    assert not mount.is_mounted_alone(Path(r"/srv/our\040calls/back\134slash.db"))


def test_without_a_table_no_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mount, "TABLE", tmp_path / "nothing")
    assert not mount.is_mounted_alone(tmp_path / "callendar.db")
