"""The whole service in this process, on a file of its own, with calendars at a publisher in another."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import httpx2

from bench.loop import LoopWatch, watched
from callendar.app import engine_over, open_parts, settle, web_over
from callendar.contracts.store import Store
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.engine.held import HeldPeople
from callendar.engine.plan import replan
from callendar.engine.service import Engine
from callendar.engine.tokens import create_token
from callendar.logs import set_up_logs
from callendar.settings import Settings
from tests.connections import save_connection

COMPANY = CompanyId("co_bench")
READ_WITHIN_SECONDS = 180.0


class Stage:
    """What a measurement does to the service, and what it looks at."""

    def __init__(
        self,
        folder: Path,
        url: str,
        store: Store,
        held: HeldPeople,
        engine: Engine,
        web: httpx2.AsyncClient,
        watch: LoopWatch,
    ) -> None:
        self.folder = folder
        self._url = url
        self.store = store
        self.held = held
        self.engine = engine
        self.web = web
        self.watch = watch

    def publish(self, name: str, body: bytes) -> None:
        """Have this body at the feed of that name."""
        path = self.folder / "feed" / f"{name}.ics"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)

    def publish_objects(self, name: str, objects: Mapping[str, bytes]) -> None:
        """Have these objects in the CalDAV calendar of that name."""
        folder = self.folder / "dav" / name
        folder.mkdir(parents=True, exist_ok=True)
        for ref, body in objects.items():
            (folder / ref).write_bytes(body)

    async def add_person(self, name: str, *, feeds: tuple[str, ...] = (), dav: tuple[str, ...] = ()) -> PersonId:
        """A person with these calendars."""
        person = Person(
            id=PersonId(f"p_{name}"),
            company_id=COMPANY,
            name=name,
            zone="Europe/Stockholm",
            extensions=(Extension(number=str(1000 + len(self.held.company(COMPANY).rows))),),
        )
        now = datetime.now(UTC).replace(microsecond=0)
        calendars: list[Calendar] = []
        for place, (kind, calendar) in enumerate([("ics", f) for f in feeds] + [("caldav", d) for d in dav]):
            url = f"{self._url}feed/{calendar}.ics" if kind == "ics" else f"{self._url}dav/{calendar}/"
            connection = Connection(
                id=ConnectionId(f"c_{name}_{place}"),
                company_id=COMPANY,
                kind=kind,
                name=calendar,
                settings={"url": url} if kind == "caldav" else {},
                secret=url if kind == "ics" else None,
                poll_seconds=1,
            )
            await save_connection(self.store, connection)
            calendars.append(
                Calendar(
                    id=CalendarId(f"cal_{name}_{place}"),
                    company_id=COMPANY,
                    person_id=person.id,
                    connection_id=connection.id,
                    ref="feed" if kind == "ics" else url,
                    name=calendar,
                    order=place,
                    added_at=now,
                )
            )
        async with self.store.change(COMPANY, [person.id]) as tx:
            await tx.save_person(person, now)
            for calendar in calendars:
                await tx.save_calendar(calendar)
            await replan(tx, person.id)
        return person.id

    async def read(self, person: PersonId) -> None:
        """Wait until every calendar of hers has been read or has failed."""
        ends = time.monotonic() + READ_WITHIN_SECONDS
        while time.monotonic() < ends:
            calendars = await self.store.load_calendars(COMPANY, person)
            if calendars and all(each.read_until or each.failing_since for each in calendars):
                await anyio.sleep(0.3)
                return
            await anyio.sleep(0.05)
        raise RuntimeError(f"{person} was not read in {READ_WITHIN_SECONDS:g} s")

    async def faults(self, person: PersonId) -> list[str]:
        """What is wrong with her calendars, whole or in part."""
        told: list[str] = []
        for each in await self.store.load_calendars(COMPANY, person):
            told += [each.fault] if each.fault else []
            told += await self.store.load_object_faults(COMPANY, each.id)
        return told

    async def ask(self, path: str) -> int:
        """Ask the API; the bytes of the answer."""
        answer = await self.web.get(path)
        answer.raise_for_status()
        return len(answer.content)


@asynccontextmanager
async def staged(rules: Rules | None = None) -> AsyncGenerator[Stage]:
    """The service, running, with nobody in it yet."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        set_up_logs("json", file=str(folder / "log"))
        command = [sys.executable, "-m", "bench.publisher", str(folder)]
        publisher = subprocess.Popen(  # noqa: ASYNC220 - nothing is measured yet
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        stack.callback(publisher.wait, 10)
        stack.callback(publisher.terminate)
        assert publisher.stdout is not None
        url = f"http://127.0.0.1:{int(await anyio.to_thread.run_sync(publisher.stdout.readline))}/"
        parts = await stack.enter_async_context(open_parts(Settings(database=str(folder / "callendar.db"))))
        store, held, clock = parts.store, parts.held, parts.clock
        company = Company(
            id=COMPANY, name="bench", zone="Europe/Stockholm", rules=rules or Rules(mode="refer"), reasons=REASONS
        )
        await store.save_company(company)
        engine = engine_over(parts)
        web: Any = web_over(parts)
        _, secret = await create_token(store, COMPANY, "telephonist", "bench", None, clock.now())
        client = await stack.enter_async_context(
            httpx2.AsyncClient(
                transport=httpx2.ASGITransport(app=web),
                base_url="http://bench.test/api/v1/",
                headers={"Authorization": f"Bearer {secret}"},
                timeout=120,
            )
        )
        await parts.expand.warm_up()
        ready = anyio.Event()
        group = await stack.enter_async_context(anyio.create_task_group())
        group.start_soon(lambda: engine.run(ready=ready))
        stack.callback(group.cancel_scope.cancel)
        await ready.wait()
        settle()
        watch = await stack.enter_async_context(watched())
        yield Stage(folder, url, store, held, engine, client, watch)
