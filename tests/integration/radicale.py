"""A real Radicale in a process of its own, for tests: started on a free port, ended by its id."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from xml.sax.saxutils import escape

import httpx2

READY_SECONDS = 20

_MKCALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>{name}</D:displayname>
<C:supported-calendar-component-set><C:comp name="{component}"/></C:supported-calendar-component-set>{more}
</D:prop></D:set></C:mkcalendar>"""


class RadicaleServer:
    """A running server. Each user may write under her own name and read everywhere."""

    def __init__(self, url: str, users: Mapping[str, str], pid: int) -> None:
        self.url = url
        """With a slash at its end."""
        self.users = users
        self.pid = pid

    def calendar_url(self, user: str, calendar: str = "calendar") -> str:
        return f"{self.url}{user}/{calendar}/"

    def make_calendar(
        self,
        user: str,
        calendar: str = "calendar",
        *,
        name: str | None = None,
        component: str = "VEVENT",
        zone: str | None = None,
    ) -> str:
        """Make a calendar; its URL."""
        told = f"BEGIN:VCALENDAR&#13;\nBEGIN:VTIMEZONE&#13;\nTZID:{zone}&#13;\nEND:VTIMEZONE&#13;\nEND:VCALENDAR&#13;\n"
        more = f"<C:calendar-timezone>{told}</C:calendar-timezone>" if zone else ""
        body = _MKCALENDAR.format(name=escape(name or calendar), component=component, more=more)
        self._send("MKCALENDAR", user, self.calendar_url(user, calendar), body.encode())
        return self.calendar_url(user, calendar)

    def put(self, user: str, name: str, body: str, calendar: str = "calendar") -> None:
        """Write an object: lines of a VEVENT (UID, DTSTAMP and the frame are added where absent), or a VCALENDAR."""
        if "BEGIN:VCALENDAR" not in body:
            body = whole(name, body)
        content = body.replace("\r\n", "\n").replace("\n", "\r\n").encode()
        self._send("PUT", user, self.calendar_url(user, calendar) + name, content)

    def delete(self, user: str, name: str, calendar: str = "calendar") -> None:
        self._send("DELETE", user, self.calendar_url(user, calendar) + name, b"")

    def _send(self, method: str, user: str, url: str, body: bytes) -> None:
        with httpx2.Client(auth=(user, self.users[user]), trust_env=False, timeout=20) as client:
            answer = client.request(method, url, content=body, headers={"Content-Type": "text/calendar; charset=utf-8"})
        assert answer.status_code in (200, 201, 204), f"{method} {url}: {answer.status_code} {answer.text}"


def whole(name: str, event: str) -> str:
    """A VCALENDAR around one VEVENT's lines."""
    lines = event.strip()
    if "UID:" not in lines:
        lines = f"UID:{name.removesuffix('.ics')}\n{lines}"
    if "BEGIN:VEVENT" not in lines:
        lines = f"BEGIN:VEVENT\nDTSTAMP:20261101T000000Z\n{lines}\nEND:VEVENT"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//tests//EN\n{lines}\nEND:VCALENDAR\n"


@contextmanager
def start_radicale(folder: Path, users: Mapping[str, str]) -> Generator[RadicaleServer]:
    """Run Radicale on a folder for as long as the block lasts.

    Args:
        users: Passwords by user.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = folder / "users"
    names.write_text("".join(f"{user}:{password}\n" for user, password in users.items()), encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}"),
        *("--storage-filesystem-folder", str(folder / "collections"), "--rights-type", "owner_write"),
        *("--auth-type", "htpasswd", "--auth-htpasswd-filename", str(names)),
        *("--auth-htpasswd-encryption", "plain", "--auth-delay", "0", "--logging-level", "warning"),
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait_ready(f"http://127.0.0.1:{port}/", process, folder / "log")
            yield RadicaleServer(f"http://127.0.0.1:{port}/", users, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx2.get(url, trust_env=False)
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"Radicale did not start: {log.read_text(errors='replace')}")
