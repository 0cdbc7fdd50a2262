"""From a calendar write to the feed's event: a booking put into the demo's Radicale, seen by a feed client."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from queue import Empty, Queue
from statistics import median

import httpx2
import msgspec
from msgspec import Struct

from bench.figure import Figure
from bench.service import running_demo

ROUNDS = 12

BOOKING = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//bench//EN
BEGIN:VEVENT
UID:bench
SEQUENCE:{round}
DTSTAMP:{now}
DTSTART:{start}
DTEND:{end}
SUMMARY:m: Round {round}
END:VEVENT
END:VCALENDAR
"""


class State(Struct):
    """What is looked at of a state."""

    text: str = ""


class Person(Struct):
    """What is looked at of a person."""

    id: str
    state: State


class Event(Struct):
    """What is looked at of an event; other events have no people."""

    people: list[Person] = []


def measure() -> Iterable[Figure]:
    """The demo polls every 2 s, so half of that is waiting for the poll."""
    with running_demo(30) as access:
        person = access["people"][0]
        seen: Queue[tuple[float, str]] = Queue()
        listener = threading.Thread(target=_listen, args=(access, person["id"], seen), daemon=True)
        listener.start()
        seen.get(timeout=30)
        taken: list[float] = []
        with httpx2.Client(auth=(person["user"], person["password"]), trust_env=False) as client:
            for n in range(ROUNDS):
                now = datetime.now(UTC)
                written = time.perf_counter()
                body = BOOKING.format(
                    now=_stamp(now),
                    start=_stamp(now - timedelta(minutes=1)),
                    end=_stamp(now + timedelta(minutes=30 + n)),
                    round=n,
                )
                client.put(
                    person["calendar_url"] + "bench.ics",
                    content=body.replace("\n", "\r\n"),
                    headers={"Content-Type": "text/calendar"},
                ).raise_for_status()
                taken.append(_wait_for(seen, f"Round {n}") - written)
                time.sleep(0.37)
    taken.sort()
    yield Figure(
        "calendar write to feed event, polled every 2 s",
        f"median {median(taken):.2f} s, longest {taken[-1]:.2f} s of {ROUNDS}",
        f"{median(taken) / 1.0:.2f} x the mean wait for a poll; goal 5 s",
    )


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def _wait_for(seen: Queue[tuple[float, str]], text: str) -> float:
    while True:
        try:
            at, found = seen.get(timeout=30)
        except Empty:
            raise RuntimeError(f"{text} never came") from None
        if found == text:
            return at


def _listen(access: dict[str, object], person_id: str, seen: Queue[tuple[float, str]]) -> None:
    headers = {"Authorization": f"Bearer {access['token']}"}
    with (
        httpx2.Client(trust_env=False, timeout=httpx2.Timeout(10, read=None)) as client,
        client.stream("GET", f"{access['api_url']}/feed", headers=headers) as answer,
    ):
        seen.put((time.perf_counter(), ""))
        for line in answer.iter_lines():
            if not line.startswith("data:"):
                continue
            for row in msgspec.json.decode(line[5:].strip(), type=Event).people:
                if row.id == person_id:
                    seen.put((time.perf_counter(), row.state.text))
