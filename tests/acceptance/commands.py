"""Runs `callendar` commands for tests: each in a process of its own, forked from one that has loaded the program.

Half of what a short command takes is loading; a hundred of them in a row would wait minutes for it. What a command sees
is what it sees from a shell: its arguments, folder, environment, streams and exit status.

`python -m tests.acceptance.commands` is told one command per line, as JSON, and answers each with its exit status.
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

import msgspec
from msgspec import Struct

from callendar.cli import main
from tests.cast import COMMAND_SECONDS, Said

LOADED_LATER = (
    "anyio._backends._asyncio",
    "callendar.cli.program",
    "callendar.sources.caldav",
    "callendar.sources.ics",
)
"""What `callendar` loads only when it is needed, which is nearly always."""


class Command(Struct, frozen=True, kw_only=True):
    """A command to run."""

    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    out: str
    """File for what it prints; `err` for its errors."""
    err: str


class Commands:
    """The process that has loaded the program, and the way to it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Said:
        """Run a command to its end."""
        out, err = self._folder / "out", self._folder / "err"
        command = Command(arguments=arguments, folder=str(folder), environment=environment, out=str(out), err=str(err))
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(command).decode() + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return Said(code=code, out=out.read_text(), err=err.read_text())

    def end(self) -> None:
        """Let it go."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def serve() -> None:
    """Run what standard input says until it ends."""
    for name in LOADED_LATER:
        import_module(name)
    for line in sys.stdin.buffer:
        command = msgspec.json.decode(line, type=Command)
        child = os.fork()
        if child == 0:
            _become(command)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def _become(command: Command) -> None:
    code: object = 1
    try:
        signal.alarm(int(COMMAND_SECONDS))
        os.chdir(command.folder)
        os.environ.clear()
        os.environ.update(command.environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for descriptor, path in ((1, command.out), (2, command.err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
        sys.argv = ["callendar", *command.arguments]
        main()
        code = 0
    except SystemExit as left:
        code = left.code or 0
    except BaseException:  # noqa: BLE001 - it is shown as the interpreter would
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve()
