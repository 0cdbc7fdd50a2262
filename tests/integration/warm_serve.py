"""Starts `callendar serve` for tests that end it often: each in a process of its own, forked from one that has loaded
the program, so that a start costs a tenth of what it costs from a shell.

`python -m tests.integration.warm_serve` is told one start per line, as JSON, and answers with the id of the process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from callendar.cli import main
from tests.cast import is_alive, plain_environment, until

LOADED_LATER = (
    "anyio._backends._asyncio",
    "asyncpg",
    "callendar.cli.program",
    "callendar.sources.ics",
    "callendar.web.site",
    "uvicorn.protocols.http.auto",
)
"""What `callendar serve` loads only when it is needed."""


class Start(Struct, frozen=True, kw_only=True):
    """A `serve` to start."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    out: str
    """What it prints is added to this file."""


class WarmServe:
    """The process that has loaded the program, and the way to it."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=plain_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def start(self, environment: Mapping[str, str], port: int) -> int:
        """Start one; its process id."""
        start = Start(
            arguments=("serve", "--port", str(port)),
            environment={**plain_environment(), **environment},
            out=str(self._out),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(start).decode() + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def kill(pid: int) -> None:
    """End a process without a word, as the loss of its machine would."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid), 20, f"process {pid} is gone", every=0.005)


def listen() -> None:
    """Start what standard input says until it ends."""
    for name in LOADED_LATER:
        import_module(name)
    # Whoever is killed is forgotten by itself.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin.buffer:
        start = msgspec.json.decode(line, type=Start)
        child = os.fork()
        if child == 0:
            _become(start)
        print(child, flush=True)  # noqa: T201


def _become(start: Start) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(start.environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for descriptor in (1, 2):
            os.dup2(os.open(start.out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), descriptor)
        sys.argv = ["callendar", *start.arguments]
        main()
    except SystemExit:
        pass
    except BaseException:  # noqa: BLE001 - it is shown as the interpreter would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    listen()
