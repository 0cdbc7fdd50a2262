"""Two thousand people changed at once, heard by a thousand feed clients: bytes, time to the last, processor time."""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import msgspec

from bench.figure import Figure
from bench.planted import Served, person_id, serving

PEOPLE, LISTENERS = 2_000, 1_000
OPENING_AT_ONCE = 50
GIVE_UP_SECONDS = 300


class Listener:
    """One feed client that counts what it is sent, without taking it apart."""

    def __init__(self) -> None:
        self.received = 0
        self.version = ""
        self.at = 0.0
        """When the last version came."""
        self._writer: StreamWriter | None = None

    async def open(self, served: Served) -> StreamReader:
        """Ask for the feed; what comes after the headers is the reader's."""
        url = urlsplit(served.api_url)
        reader, self._writer = await asyncio.open_connection(url.hostname, url.port, limit=1 << 20)
        head = f"GET {url.path}/feed HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {served.token}\r\n\r\n"
        self._writer.write(head.encode())
        await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"event: time")
        return reader

    async def listen(self, reader: StreamReader) -> None:
        """Count until the connection ends."""
        rest = b""
        while chunk := await reader.read(1 << 18):
            self.received += len(chunk)
            seen = rest + chunk
            place = seen.rfind(b"\nid: ")
            if place >= 0 and (end := seen.find(b"\n", place + 1)) > 0:
                version = seen[place + 5 : end].decode()
                if version != self.version:
                    self.version, self.at = version, time.perf_counter()
            rest = seen[-64:]

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()


def measure() -> Iterable[Figure]:
    """From outside, over loopback; the clients share the machine with the service."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4 * LISTENERS), hard), hard))
    with tempfile.TemporaryDirectory() as folder, serving(str(Path(folder) / "bench.db"), PEOPLE) as served:
        yield from asyncio.run(_measure(served))


async def _measure(served: Served) -> list[Figure]:
    listeners = [Listener() for _ in range(LISTENERS)]
    opened = time.perf_counter()
    readers: list[StreamReader] = []
    for first in range(0, LISTENERS, OPENING_AT_ONCE):
        readers += await asyncio.gather(*(each.open(served) for each in listeners[first : first + OPENING_AT_ONCE]))
    opened = time.perf_counter() - opened
    listening = [asyncio.create_task(each.listen(reader)) for each, reader in zip(listeners, readers, strict=True)]
    try:
        cpu, began = served.cpu_seconds(), time.perf_counter()
        version, snapshot_bytes = await _change_everybody(served)
        answered = time.perf_counter() - began
        while any(each.version != version for each in listeners):
            if time.perf_counter() - began > GIVE_UP_SECONDS:
                raise RuntimeError("some listeners never heard of the change")
            await asyncio.sleep(0.05)
        cpu = served.cpu_seconds() - cpu
    finally:
        for each in listeners:
            each.close()
        await asyncio.gather(*listening, return_exceptions=True)
    heard = sorted(each.at - began for each in listeners)
    received = sum(each.received for each in listeners)
    return [
        Figure(
            f"{LISTENERS} feed clients opened, {OPENING_AT_ONCE} at once",
            f"{opened:.1f} s",
            f"{LISTENERS / opened:.0f} a second",
        ),
        Figure(
            f"{PEOPLE} people changed, {LISTENERS} clients: to the last",
            f"median {heard[len(heard) // 2]:.1f} s, last {heard[-1]:.1f} s; the write answered after {answered:.1f} s",
            f"{(heard[-1] - answered):.1f} s after the answer",
        ),
        Figure(
            f"{PEOPLE} people changed, {LISTENERS} clients: bytes",
            f"{received / 1e6:.0f} MB, {received / LISTENERS / 1e6:.2f} MB a client",
            f"{received / LISTENERS / snapshot_bytes:.2f} x a snapshot each",
        ),
        Figure(
            f"{PEOPLE} people changed, {LISTENERS} clients: service's processor time",
            f"{cpu:.1f} s",
            f"{cpu / (PEOPLE * LISTENERS) * 1e6:.1f} us a row and client",
        ),
    ]


async def _change_everybody(served: Served) -> tuple[str, int]:
    """Refer all of them; the version at which that is whole, and the bytes of a snapshot."""
    body = {"people": [person_id(number) for number in range(PEOPLE)], "reason": "meeting", "text": "All hands"}
    async with httpx2.AsyncClient(trust_env=False, timeout=GIVE_UP_SECONDS, headers=served.headers) as client:
        answer = await client.post(f"{served.api_url}/referrals", json=body)
        answer.raise_for_status()
        snapshot = await client.get(f"{served.api_url}/people", headers={"Accept-Encoding": "identity"})
    return msgspec.json.decode(snapshot.content)["version"], len(snapshot.content)
