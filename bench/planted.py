"""A company in a database, and a real `callendar serve` over it, for measurements from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx2
from msgspec import Struct

from callendar.contracts.store import Store
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId
from callendar.engine.clock import SystemClock
from callendar.engine.plan import replan
from callendar.engine.tokens import create_token
from callendar.store.open import open_store

COMPANY = CompanyId("co_bench")
AT_ONCE = 200
READY_SECONDS = 120


class Served(Struct, frozen=True, kw_only=True):
    """A service that answers."""

    api_url: str
    token: str
    """A telephonist's."""
    pid: int

    @property
    def headers(self) -> dict[str, str]:
        """Of every request."""
        return {"Authorization": f"Bearer {self.token}"}

    def cpu_seconds(self) -> float:
        """Processor time that it has taken so far, its workers aside."""
        return cpu_seconds(self.pid)


def person_id(number: int) -> PersonId:
    """Of the person with that number."""
    return PersonId(f"p_{number:06d}")


async def plant_people(store: Store, count: int) -> None:
    """A company with so many people, who have an extension and nothing else."""
    await store.save_company(Company(id=COMPANY, name="Bench", zone="Europe/Stockholm", reasons=REASONS))
    now = SystemClock().now()
    for first in range(0, count, AT_ONCE):
        people = [
            Person(
                id=person_id(number),
                company_id=COMPANY,
                name=f"Person {number}",
                zone="Europe/Stockholm",
                extensions=(Extension(number=f"{100_000 + number}"),),
                email=f"person{number}@bench.example",
                department=f"Department {number % 40}",
            )
            for number in range(first, min(first + AT_ONCE, count))
        ]
        async with store.change(COMPANY, [each.id for each in people]) as tx:
            for person in people:
                await tx.save_person(person, now)
                await replan(tx, person.id)


def plant(database: str, count: int) -> str:
    """Plant a company into a database that is empty; the secret of a telephonist's token."""

    async def work() -> str:
        store = await open_store(database, clock=SystemClock())
        try:
            await plant_people(store, count)
            _, secret = await create_token(store, COMPANY, "telephonist", "bench", None, SystemClock().now())
            return secret
        finally:
            await store.close()

    return anyio.run(work)


@contextmanager
def serving(database: str, people: int) -> Generator[Served]:
    """Plant a company and serve it for as long as the block lasts."""
    token = plant(database, people)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-c", "from callendar.cli import main; main()", "serve", "--port", str(port)],
            env=os.environ | {"CALLENDAR_DATABASE": database},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
        served = Served(api_url=f"http://127.0.0.1:{port}/api/v1", token=token, pid=process.pid)
        try:
            ends = time.monotonic() + READY_SECONDS
            while not _answers(served):
                if process.poll() is not None or time.monotonic() > ends:
                    said.seek(0)
                    raise RuntimeError(f"the service did not start: {said.read()[-2000:].decode(errors='replace')}")
                time.sleep(0.1)
            yield served
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, as Linux counts it (proc(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _answers(served: Served) -> bool:
    try:
        return httpx2.get(f"{served.api_url}/health", trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False
