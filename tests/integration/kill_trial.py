"""A trial by SIGKILL: a real `serve` on a real database, calendars that change all the time, clients that write by hand
and remember what they were answered, and what must be so after each kill, seen from outside and from inside.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import httpx2
from msgspec import Struct, structs
from sqlalchemy import text

from callendar.contracts.store import Store
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId
from callendar.engine.clock import SystemClock
from callendar.engine.plan import plan, replan
from callendar.engine.tokens import create_token
from callendar.store.connect import Connections
from callendar.store.key import KeyPlace
from callendar.store.open import open_store
from callendar.store.place import FilePlace, find_place
from callendar.store.wake import Wake
from tests.cast import Api, FeedEvent, Json, free_port, render_calendar, until
from tests.connections import save_connection

COMPANY = CompanyId("co_north")
PEOPLE = tuple(PersonId(f"p_{name}") for name in ("anna", "bo", "cilla", "david"))
ANSWER_SECONDS = 120.0
PAUSE_SECONDS = 0.02
"""Between two orders of one writer: the machine is also to read calendars."""
MOST_PLANNED = 12
"""Of one person; beyond it a writer deletes as many as it plans."""


class TurningFeeds:
    """Calendars that are another at every reading: version k has 3 to 6 bookings, all of which say k and how many."""

    def __init__(self) -> None:
        versions = count(1)
        first = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=26)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                k = next(versions)
                body = render_feed(k, first).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/calendar; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def served(self) -> Generator[None]:
        """Answer for as long as the block lasts."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def render_feed(k: int, first: datetime) -> str:
    """Version k."""
    size = 3 + k % 4
    starts = [first + timedelta(hours=each) for each in range(size)]
    return render_calendar(
        *(
            [
                f"UID:e{each}",
                f"SUMMARY:m: v{k} of {size}",
                f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
                f"DTEND:{start + timedelta(minutes=30):%Y%m%dT%H%M%SZ}",
            ]
            for each, start in enumerate(starts)
        )
    )


async def plant(database: str, feeds: str, keys: KeyPlace) -> str:
    """Make the company, and a telephonist's token, which is returned."""
    clock = SystemClock()
    store = await open_store(database, clock=clock, keys=keys)
    await store.save_company(Company(id=COMPANY, name="Nordlys", zone="UTC", reasons=REASONS))
    for number, person_id in enumerate(PEOPLE):
        person = Person(
            id=person_id, company_id=COMPANY, name=person_id, zone="UTC", extensions=(Extension(number=f"10{number}"),)
        )
        connection = Connection(
            id=ConnectionId(f"c_{person_id}"),
            company_id=COMPANY,
            kind="ics",
            name="Feed",
            settings={},
            secret=f"{feeds}/{person_id}.ics",
            poll_seconds=1,
        )
        await save_connection(store, connection)
        async with store.change(COMPANY, [person_id]) as tx:
            await tx.save_person(person, clock.now())
            await tx.save_calendar(
                Calendar(
                    id=CalendarId(f"k_{person_id}"),
                    company_id=COMPANY,
                    person_id=person_id,
                    connection_id=connection.id,
                    ref=f"{feeds}/{person_id}.ics",
                    name="Feed",
                    added_at=clock.now(),
                )
            )
            await replan(tx, person_id)
    _, secret = await create_token(store, COMPANY, "telephonist", "trial", None, clock.now())
    await store.close()
    return secret


class Order(Struct, frozen=True, kw_only=True):
    """What a client asked, and under which key."""

    method: str
    path: str
    body: Json | None
    key: str


class Answered(Struct, frozen=True, kw_only=True):
    """What it was answered."""

    order: Order
    change: str


class Writer(threading.Thread):
    """Gives orders for one person, one after the other; repeats each, with its key, until it is answered."""

    def __init__(self, trial: Trial, person_id: PersonId) -> None:
        super().__init__(name=f"writer {person_id}")
        self._trial = trial
        self._numbers = count(1)
        self.person_id = person_id
        self.answered: list[Answered] = []
        self.planned: dict[str, str] = {}
        """Ids of what stands, by text."""
        self.shown: str | None = None
        """The text of the last one for now."""
        self.failed: BaseException | None = None

    def run(self) -> None:
        """Write until the trial ends."""
        try:
            with httpx2.Client(trust_env=False, timeout=ANSWER_SECONDS) as client:
                while not self._trial.ending.wait(PAUSE_SECONDS):
                    self._give_next(client)
        except BaseException as error:  # noqa: BLE001 - the trial tells of it
            self.failed = error

    def _give_next(self, client: httpx2.Client) -> None:
        number = next(self._numbers)
        said, key = f"{self.person_id} {number}", f"{self.person_id}/{number}"
        if number % 3 == 0:
            until_then = datetime.now(UTC) + timedelta(hours=2)
            body = {"reason": "lunch", "text": said, "until": f"{until_then:%Y-%m-%dT%H:%M:%SZ}"}
            self._give(client, Order(method="PUT", path=f"/people/{self.person_id}/referral", body=body, key=key))
            self.shown = said
        elif number % 3 == 1 and len(self.planned) >= MOST_PLANNED:
            oldest = next(iter(self.planned))
            self._give(client, Order(method="DELETE", path=f"/referrals/{self.planned[oldest]}", body=None, key=key))
            del self.planned[oldest]
        else:
            start = datetime.now(UTC) + timedelta(days=4 + number % 20)
            body = {"reason": "out", "text": said, "start": f"{start:%Y-%m-%d}", "until": f"{start:%Y-%m-%dT23:00:00Z}"}
            order = Order(method="POST", path=f"/people/{self.person_id}/referrals", body=body, key=key)
            self.planned[said] = self._give(client, order)["referral"]

    def _give(self, client: httpx2.Client, order: Order) -> Json:
        answer = self._trial.ask(client, order)
        self.answered.append(Answered(order=order, change=answer["change"]))
        return answer


class Trial:
    """One database, the service on it by an address that stays, and what clients have seen."""

    def __init__(self, database: str, token: str, keys: KeyPlace) -> None:
        self.database = database
        self.keys = keys
        self.environment = {"CALLENDAR_DATABASE": database, "CALLENDAR_SECRET_KEY": keys.text or ""}
        self.port = free_port()
        self.api = Api(f"http://127.0.0.1:{self.port}/api/v1", token)
        self.ending = threading.Event()
        self.broken = threading.Event()
        """Nobody need be answered any more."""
        self.writers = [Writer(self, person_id) for person_id in PEOPLE]
        self.seen: dict[str, Json] = {}
        """Timetables by person, under every version that was ever sent."""
        self.n = 0

    # while it runs ---------------------------------------------------------------------------------------------------

    def wait_served(self) -> None:
        """Wait until the service answers."""

        def healthy() -> bool:
            try:
                return httpx2.get(f"{self.api.url}/health", trust_env=False).status_code == 200
            except httpx2.TransportError:
                return False

        until(healthy, ANSWER_SECONDS, "the service answers", every=0.02)

    def ask(self, client: httpx2.Client, order: Order) -> Json:
        """Ask until it is answered; a service that is away, or cannot keep anything, is asked again."""
        headers = {"Authorization": f"Bearer {self.api.token}", "Idempotency-Key": order.key}
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            try:
                answer = client.request(order.method, self.api.url + order.path, json=order.body, headers=headers)
            except httpx2.TransportError:
                answer = None
            if answer is not None and answer.status_code < 300:
                return json.loads(answer.content)
            assert answer is None or answer.status_code == 503, f"{order}: {answer.status_code} {answer.text}"
            assert time.monotonic() < deadline, f"nobody answered in time: {order}"
            assert not self.broken.is_set(), "the trial has ended"
            time.sleep(0.02)

    @contextmanager
    def written(self) -> Generator[None]:
        """Have everybody write for as long as the block lasts, and finish what was begun."""
        for writer in self.writers:
            writer.start()
        try:
            yield
        except BaseException:
            self.broken.set()
            raise
        finally:
            self.ending.set()
            for writer in self.writers:
                writer.join()
        for writer in self.writers:
            if writer.failed is not None:
                raise writer.failed

    # from outside ----------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Ask for everybody: versions go on, never stand for two contents, and every calendar is seen whole."""
        answer = self.api.get("/people")
        n = int(answer["version"].rpartition("-")[2])
        assert n >= self.n, f"the version went back from {self.n} to {n}"
        timetables = {row["id"]: row.get("timetable", []) for row in answer["people"]}
        assert sorted(timetables) == sorted(PEOPLE)
        for person_id, timetable in timetables.items():
            assert_whole(person_id, [each["text"] for each in timetable if each["origin"] == "calendar"])
        before = self.seen.setdefault(answer["version"], timetables)
        # What has ended meanwhile is left out of a list; everything else of a version stays.
        for person_id, timetable in timetables.items():
            assert [each for each in timetable if each not in before[person_id]] == [], f"two contents of {n}"
        self.n = n

    def resume(self) -> None:
        """A holder of rows that was cut off goes on where it was, without a `reset`, and holds what stands."""
        if not self.seen:
            return
        version = max(self.seen, key=lambda each: int(each.rpartition("-")[2]))
        held = dict(self.seen[version])
        stands = self.api.get("/people")
        n = int(stands["version"].rpartition("-")[2])

        def follow(event: FeedEvent) -> bool:
            assert event.name != "reset", "a version of before the kill was not known"
            if event.name == "people":
                held.update({row["id"]: row.get("timetable", []) for row in event.data["people"]})
                return int(event.data["version"].rpartition("-")[2]) >= n
            return False

        if n > int(version.rpartition("-")[2]):
            with self.api.feed(since=version) as feed:
                feed.wait_for(follow, time.monotonic() + ANSWER_SECONDS, f"what came after {version}")
        for person_id, timetable in held.items():
            assert_whole(person_id, [each["text"] for each in timetable if each["origin"] == "calendar"])

    def repeat(self) -> None:
        """What was answered before the kill is answered alike, and nothing is done twice."""
        with httpx2.Client(trust_env=False, timeout=ANSWER_SECONDS) as client:
            for writer in self.writers:
                for answered in writer.answered[-2:]:
                    assert self.ask(client, answered.order)["change"] == answered.change

    def check_answered(self) -> None:
        """Once nobody writes any more: what was answered stands, each once, and nothing else does."""
        for writer in self.writers:
            stands = self.api.get(f"/people/{writer.person_id}/referrals")["referrals"]
            planned = {each["text"]: each["id"] for each in stands if each["planned"]}
            assert planned == writer.planned
            assert len([each for each in stands if each["planned"]]) == len(planned)
            assert self.api.state(writer.person_id).get("text") == writer.shown

    # from inside -----------------------------------------------------------------------------------------------------

    async def check_kept(self) -> None:
        """While no service has it open: the file is sound, every row is what its causes give, every reading whole."""
        await check_sound(self.database)
        store = await open_store(self.database, clock=SystemClock(), keys=self.keys)
        try:
            company = await store.load_company(COMPANY)
            rows = await store.load_rows(COMPANY)
            for row in rows.rows:
                assert row.version <= rows.n
                causes = await store.load_causes(COMPANY, row.person.id)
                assert plan(causes, company).row == structs.replace(row, version=0)
                assert_whole(row.person.id, [each.subject for one in causes.calendars for each in one.bookings])
        finally:
            await store.close()

    async def check_done_once(self) -> None:
        """Every order that was answered is in the trail, once, and no other is."""
        store: Store = await open_store(self.database, clock=SystemClock(), keys=self.keys)
        done = [each.detail["change"] for each in await store.load_audit(COMPANY, 1_000_000) if "change" in each.detail]
        await store.close()
        answered = [each.change for writer in self.writers for each in writer.answered]
        assert sorted(done) == sorted(answered)


def assert_whole(person_id: str, said: list[Any]) -> None:
    """All bookings are of one version, as many as it has; none before the first reading."""
    found = sorted(set(said))
    assert len(found) <= 1, f"{person_id} has parts of several versions: {found}"
    assert not found or int(found[0].rpartition(" ")[2]) == len(said), f"{person_id} has a part of {found[0]}"


async def check_sound(database: str) -> None:
    """What the engine itself can say of a file."""
    place = find_place(database)
    if not isinstance(place, FilePlace):
        return
    connections = Connections(place, Wake(place))
    async with connections.read() as reader:
        assert await reader.scalar(text("PRAGMA integrity_check")) == "ok"
        assert (await reader.execute(text("PRAGMA foreign_key_check"))).first() is None
    await connections.close()
