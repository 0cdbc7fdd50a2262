"""Callendar from outside, for tests: its commands as processes, what it serves over HTTP, and waiting with a deadline.

Everything is on loopback and on free ports; whatever is started here is ended by its id.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar
from urllib.parse import urlsplit

import h11
import httpx2
import msgspec
from msgspec import Struct

T = TypeVar("T")

CALLENDAR = Path(sys.executable).with_name("callendar")
PROMISED_SECONDS = 5.0
"""Within which a change in a calendar is seen (issue: the main job on real input)."""
START_SECONDS = 60.0
STOP_SECONDS = 20.0
COMMAND_SECONDS = 60.0

Json = dict[str, Any]


def until(check: Callable[[], T | None], seconds: float, what: str, *, every: float = 0.05) -> T:
    """The first value of `check` that says anything (not None, False or empty); fails when it has not come in time."""
    deadline = time.monotonic() + seconds
    while True:
        if found := check():
            return found
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(every)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(url: str) -> bool:
    """Whether somebody listens at the address of a URL."""
    split = urlsplit(url)
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex((split.hostname or "", split.port or 80)) == 0


def children_of(pid: int) -> set[int]:
    """The processes that a process has started, and theirs."""
    parents: dict[int, int] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            told = each.read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(each.parent.name)] = int(told.rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {each for each, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs (one that waits to be reaped does not)."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


class Said(Struct, frozen=True, kw_only=True):
    """What a command has printed, and its exit status."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What stands on its standard output, read as JSON."""
        return msgspec.json.decode(self.out)


class Running:
    """A `callendar` that runs until it is told to stop."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self.process = process
        self._said = said

    @property
    def said(self) -> str:
        """What it has printed so far, errors too."""
        return self._said.read_text(errors="replace")

    def children(self) -> set[int]:
        """What it has started."""
        return children_of(self.process.pid)

    def interrupt(self) -> int:
        """Press Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_SECONDS)

    def end(self) -> None:
        """Have nothing of it left, however the test went."""
        started = self.children()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)
        for pid in started:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)


class Runner(Protocol):
    """Runs a command to its end."""

    def run(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Said:
        """Its exit status and what it printed."""
        ...


class Script:
    """Runs the installed script, as a shell does."""

    def run(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Said:
        """Its exit status and what it printed."""
        done = subprocess.run(
            [str(CALLENDAR), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def plain_environment() -> dict[str, str]:
    """What commands are given: nothing of the settings that the tests themselves run with, a wide dumb terminal."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CALLENDAR_")}
    return {**kept, "COLUMNS": "200", "TERM": "dumb"}


class Shell:
    """A shell in a folder of its own, whose installation is a database there."""

    def __init__(self, folder: Path, runner: Runner | None = None) -> None:
        self.folder = folder
        self.environment = plain_environment()
        self._runner = runner or Script()

    def run(self, *arguments: str, code: int = 0, **environment: str) -> Said:
        """Run `callendar` with these arguments; fails unless it exits with this status."""
        said = self._runner.run(arguments, self.folder, {**self.environment, **environment})
        assert said.code == code, f"callendar {' '.join(arguments)}: {said}"
        assert "Traceback" not in said.err, said.err
        return said

    def refused(self, *arguments: str, **environment: str) -> str:
        """Run a command that has to be refused: exit status 1, one line on stderr, which is returned."""
        said = self.run(*arguments, code=1, **environment)
        lines = said.err.strip().splitlines()
        assert len(lines) == 1, said
        assert lines[0].startswith("callendar: "), said
        return lines[0]

    def refused_all(self, *commands: Sequence[str], **environment: str) -> list[str]:
        """What each of these commands was refused with."""
        return [self.refused(*each, **environment) for each in commands]

    @contextmanager
    def start(self, *arguments: str) -> Generator[Running]:
        """Run `callendar` beside the test for as long as the block lasts."""
        said = self.folder / f"{arguments[0]}-{time.monotonic_ns()}.txt"
        with said.open("wb") as out:
            process = subprocess.Popen(
                [str(CALLENDAR), *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        running = Running(process, said)
        try:
            yield running
        finally:
            running.end()

    @contextmanager
    def serve(self) -> Generator[tuple[Running, str]]:
        """Run `callendar serve` on a free port; it, and its address."""
        url = f"http://127.0.0.1:{free_port()}"
        with self.start("serve", "--port", str(urlsplit(url).port)) as running:
            wait_served(running, url)
            yield running, url


def wait_served(running: Running, url: str) -> None:
    """Wait until the API answers."""

    def healthy() -> bool:
        assert running.process.poll() is None, running.said
        try:
            return httpx2.get(f"{url}/api/v1/health", trust_env=False).status_code == 200
        except httpx2.TransportError:
            return False

    until(healthy, START_SECONDS, f"{url} answers")


class DemoPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person in `access.json`; every field is there."""

    id: str
    name: str
    email: str
    extension: str
    calendar_url: str
    user: str
    password: str


class DemoAccess(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`access.json` of a demo that was asked for nothing more."""

    console_url: str
    api_url: str
    token: str
    admin_token: str
    caldav_url: str
    people: list[DemoPerson]

    def person(self, user: str) -> DemoPerson:
        """The one with this user's name in Radicale."""
        return next(each for each in self.people if each.user == user)


class Demo:
    """A running demo, and the ways into it."""

    def __init__(self, running: Running, folder: Path, access: DemoAccess) -> None:
        self.running = running
        self.folder = folder
        self.access = access
        self.api = Api(access.api_url, access.token)

    def put(self, user: str, name: str, subject: str, start: datetime, end: datetime) -> float:
        """Write a booking into somebody's calendar as any CalDAV client does; when the server had answered."""
        self._send("PUT", user, name, render_booking(name, subject, start, end))
        return time.monotonic()

    def delete(self, user: str, name: str) -> float:
        """Delete a booking; when the server had answered."""
        self._send("DELETE", user, name, None)
        return time.monotonic()

    def _send(self, method: str, user: str, name: str, body: str | None) -> None:
        person = self.access.person(user)
        answer = httpx2.request(
            method,
            f"{person.calendar_url}{name}.ics",
            content=body,
            headers={"Content-Type": "text/calendar; charset=utf-8"},
            auth=(person.user, person.password),
            trust_env=False,
            timeout=20,
        )
        assert answer.status_code in (200, 201, 204), answer.text

    def shown(self, person_id: str) -> Json | None:
        """What the demo's switchboard shows of a person, by the last line that says so."""
        shown: Json | None = None
        for line in (self.folder / "switchboard.log").read_bytes().splitlines():
            told: Json = msgspec.json.decode(line)
            if told["event"] == "show" and told["person"] == person_id:
                shown = told["shown"]
        return shown


@contextmanager
def running_demo(folder: Path, *more: str, port: int | None = None) -> Generator[Demo]:
    """Run `callendar demo` on a folder for as long as the block lasts; begins when it says that it is ready."""
    wanted = port or free_port()
    folder.parent.mkdir(parents=True, exist_ok=True)
    access = folder / "access.json"
    before = access.stat().st_mtime_ns if access.exists() else None
    shell = Shell(folder.parent)
    with shell.start("demo", "--port", str(wanted), "--folder", str(folder), *more) as running:

        def ready() -> bool:
            assert running.process.poll() is None, running.said
            return access.exists() and access.stat().st_mtime_ns != before and "Ctrl-C ends" in running.said

        until(ready, START_SECONDS, "the demo is ready")
        yield Demo(running, folder, msgspec.json.decode(access.read_bytes(), type=DemoAccess))


class Api:
    """The API with a token's rights."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def get(self, path: str, *, status: int = 200) -> Any:
        """The answer, which has to have this status."""
        return self.send("GET", path, status=status)

    def send(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        """Ask, with a JSON body if one is given."""
        answer = httpx2.request(
            method,
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
            trust_env=False,
            timeout=20,
        )
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return msgspec.json.decode(answer.content) if answer.content else None

    def person(self, person_id: str) -> Json:
        """One row of `GET /people`."""
        (row,) = self.get(f"/people?ids={person_id}")["people"]
        return row

    def state(self, person_id: str) -> Json:
        """Her state now."""
        return self.person(person_id)["state"]

    def feed(self, since: str | None = None) -> Feed:
        """Open the feed."""
        return Feed(self.url, self.token, since)


class FeedEvent(Struct, frozen=True, kw_only=True):
    """One event as it was sent."""

    name: str
    id: str | None
    data: Json


class Feed:
    """An open `GET /feed`. Events wait in the socket until they are asked for."""

    def __init__(self, url: str, token: str, since: str | None) -> None:
        split = urlsplit(url)
        self._socket = socket.create_connection((split.hostname, split.port), 10)
        self._http = h11.Connection(h11.CLIENT)
        self._buffer = b""
        self.last_id: str | None = since
        headers = [("Host", split.netloc), ("Authorization", f"Bearer {token}"), ("Accept", "text/event-stream")]
        if since is not None:
            headers.append(("Last-Event-ID", since))
        request = h11.Request(method="GET", target=f"{split.path}/feed", headers=headers)
        self._socket.sendall(self._http.send(request) + self._http.send(h11.EndOfMessage()))
        deadline = time.monotonic() + 10
        answer = self._next(deadline)
        assert isinstance(answer, h11.Response), answer
        assert answer.status_code == 200, answer.status_code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def wait_for(self, wanted: Callable[[FeedEvent], T | None], deadline: float, what: str) -> T:
        """The first value for an event that says anything; `deadline` is of the monotonic clock."""
        while True:
            while b"\n\n" in self._buffer:
                block, _, self._buffer = self._buffer.partition(b"\n\n")
                event = _read_event(block.decode())
                self.last_id = event.id or self.last_id
                if found := wanted(event):
                    return found
            got = self._next(deadline)
            assert got is not None, f"the feed did not tell in time: {what}"
            assert isinstance(got, h11.Data), f"the feed ended before it told: {what}"
            self._buffer += bytes(got.data)

    def wait_state(self, person_id: str, wanted: Callable[[Json], bool], deadline: float, what: str) -> Json:
        """Her state as the feed tells it."""

        def state(event: FeedEvent) -> Json | None:
            if event.name != "people":
                return None
            return next(
                (row["state"] for row in event.data["people"] if row["id"] == person_id and wanted(row["state"])), None
            )

        return self.wait_for(state, deadline, what)

    def wait_end(self, seconds: float) -> None:
        """Wait until the server has ended it."""
        deadline = time.monotonic() + seconds
        while isinstance(got := self._next(deadline), h11.Data):
            pass
        assert got is not None, "the feed goes on"

    def _next(self, deadline: float) -> h11.Event | type[h11.PAUSED] | None:
        """What comes next; None when the deadline has passed."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                self._http.receive_data(self._socket.recv(65536))
            except TimeoutError:
                return None
        return event  # pyright: ignore[reportReturnType]


def _read_event(block: str) -> FeedEvent:
    fields = dict(line.split(": ", 1) for line in block.splitlines())
    return FeedEvent(name=fields["event"], id=fields.get("id"), data=msgspec.json.decode(fields["data"]))


def this_minute() -> datetime:
    """Now, without seconds."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def in_minutes(minutes: float) -> datetime:
    """So many minutes from this one on."""
    return this_minute() + timedelta(minutes=minutes)


def told(instant: datetime) -> str:
    """As the API writes it."""
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def render_booking(uid: str, subject: str, start: datetime, end: datetime, *more: str) -> str:
    """A calendar of one booking."""
    return render_calendar(
        [
            *(f"UID:{uid}", f"SUMMARY:{subject}"),
            *(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}"),
            *more,
        ]
    )


def render_calendar(*events: Sequence[str]) -> str:
    """A calendar of events given by their lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}", *event, "END:VEVENT"]
    return "".join(f"{line}\r\n" for line in [*lines, "END:VCALENDAR"])
