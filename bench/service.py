"""A real `callendar demo` in a folder of its own, for measurements from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

READY_SECONDS = 600


@contextmanager
def running_demo(people: int) -> Generator[dict[str, Any]]:
    """What `access.json` says while it runs."""
    with tempfile.TemporaryDirectory() as folder:
        access = Path(folder) / "demo" / "access.json"
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", "from callendar.cli import main; main()", "demo", "--port", "18080"),
                *("--folder", str(access.parent), "--people", str(people)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            ends = time.monotonic() + READY_SECONDS
            while not access.exists() or not access.read_bytes().rstrip().endswith(b"}"):
                if process.poll() is not None or time.monotonic() > ends:
                    raise RuntimeError("the demo did not start")
                time.sleep(0.1)
            yield msgspec.json.decode(access.read_bytes())
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
