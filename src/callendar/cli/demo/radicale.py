"""A Radicale in a process of its own: the real CalDAV server that holds the demo's calendars."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import anyio
import anyio.abc
import httpx2
from msgspec import Struct

from callendar.cli.demo.calendars import objects_of
from callendar.cli.demo.cast import Member
from callendar.domain.errors import CallendarError

PORT = 5232
READY_SECONDS = 20
ATTEMPTS = 5
AT_ONCE = 4
MKCALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>
<D:displayname>{name}</D:displayname>
<C:supported-calendar-component-set><C:comp name="VEVENT"/></C:supported-calendar-component-set>
</D:prop></D:set></C:mkcalendar>"""


class DemoFault(CallendarError):
    """The demo cannot start; the message says why and the mend."""

    code = "demo"


class Radicale(Struct, frozen=True, kw_only=True):
    """A running server: `http://127.0.0.1:5232/`, everybody reads all, owners write their own."""

    url: str

    def calendar_url(self, user: str) -> str:
        """The one calendar of a user."""
        return f"{self.url}{user}/calendar/"


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """The port wanted, or the next free one above it."""
    for port in range(wanted, min(wanted + 200, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise DemoFault(f"no free port from {wanted} on; give another with PORT=")


@asynccontextmanager
async def running_radicale(folder: Path, passwords: Mapping[str, str]) -> AsyncGenerator[Radicale]:
    """Start Radicale on a folder, wait until it answers, and end it with the block.

    Raises:
        DemoFault: It is not installed, or does not start.
    """
    if find_spec("radicale") is None:
        raise DemoFault(
            "the demo keeps its calendars in Radicale, which is not installed: pip install 'callendar[demo]'"
        )
    users = _write_users(folder, passwords)
    port = PORT
    for _ in range(ATTEMPTS):
        port = free_port(port)
        server = Radicale(url=f"http://127.0.0.1:{port}/")
        async with _running_process(folder, users, port) as process:
            if await _is_ours(server, process, next(iter(passwords.items()))):
                yield server
                return
        # Somebody else took the port since it was free.
        port += 1
    raise DemoFault(f"Radicale did not start; what it said is in {folder / 'radicale.log'}")


@asynccontextmanager
async def _running_process(folder: Path, users: Path, port: int) -> AsyncGenerator[anyio.abc.Process]:
    command = [
        *(sys.executable, "-m", "radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}"),
        *("--storage-filesystem-folder", str(folder / "collections"), "--rights-type", "owner_write"),
        *("--auth-type", "htpasswd", "--auth-htpasswd-filename", str(users)),
        *("--auth-htpasswd-encryption", "plain", "--server-max-connections", "64", "--logging-level", "warning"),
    ]
    with (folder / "radicale.log").open("wb") as log:
        # A session of its own: Ctrl-C reaches the demo alone, which then ends the server in its own order.
        process = await anyio.open_process(command, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        with anyio.CancelScope(shield=True):
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                with anyio.move_on_after(3):
                    await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()
            await process.aclose()


def _write_users(folder: Path, passwords: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    users = folder / "users"
    users.write_text("".join(f"{user}:{password}\n" for user, password in passwords.items()), encoding="utf-8")
    users.chmod(0o600)
    return users


async def _is_ours(server: Radicale, process: anyio.abc.Process, user: tuple[str, str]) -> bool:
    """Wait until it answers to a password of ours; False when another server does, or it has ended."""
    with anyio.move_on_after(READY_SECONDS):
        async with httpx2.AsyncClient(trust_env=False, auth=user, timeout=READY_SECONDS) as client:
            while process.returncode is None:
                try:
                    answer = await client.request("PROPFIND", server.url, headers={"Depth": "0"})
                except httpx2.TransportError:
                    await anyio.sleep(0.05)
                else:
                    return answer.status_code == 207
    return False


async def fill(server: Radicale, members: Iterable[Member], passwords: Mapping[str, str], now: datetime) -> None:
    """Lay out everybody's calendar relative to `now`. What others have written there stays."""
    limits = httpx2.Limits(max_connections=AT_ONCE)
    async with (
        httpx2.AsyncClient(trust_env=False, verify=False, timeout=60, limits=limits) as client,
        anyio.create_task_group() as tasks,
    ):
        for member in members:
            tasks.start_soon(_fill_one, client, server.calendar_url(member.user), member, passwords[member.user], now)


async def _fill_one(client: httpx2.AsyncClient, url: str, member: Member, password: str, now: datetime) -> None:
    auth = httpx2.BasicAuth(member.user, password)
    made = await client.request("MKCALENDAR", url, content=MKCALENDAR.format(name=member.name), auth=auth)
    if made.status_code not in (201, 405, 409):
        raise DemoFault(f"Radicale refused the calendar of {member.user} with {made.status_code}")
    for name, body in objects_of(member, now):
        put = await client.put(url + name, content=body, headers={"Content-Type": "text/calendar"}, auth=auth)
        if put.status_code not in (200, 201, 204):
            raise DemoFault(f"Radicale refused an entry of {member.user} with {put.status_code}")
