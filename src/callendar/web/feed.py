"""The feed: what changes, as server-sent events, to each viewer what he may see (`api.md`, `GET /feed`).

A feed keeps no queue, only the n it has sent: a slow client is sent what stands when it is ready to hear, and holds up
nobody.

    opening ──since known──▶ following ──n greater──▶ people ─▶ following
       └──since unknown, rights or rules changed──▶ reset ─────▲
    ends: revoked, company gone, the service stops
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from random import randrange

import msgspec
from msgspec import UNSET, Struct, UnsetType

from callendar.contracts.clock import Clock
from callendar.contracts.store import NotFound
from callendar.contracts.switchboard import LineState
from callendar.domain.hours import company_hours
from callendar.domain.person import PersonId, ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import Company
from callendar.engine.held import HeldCompany, HeldPeople
from callendar.web.auth import Doorkeeper
from callendar.web.batches import Batches
from callendar.web.event import encode_event
from callendar.web.faults import Fault
from callendar.web.listing import ReadTimes
from callendar.web.turns import Turns
from callendar.web.wire import or_unset

COALESCE_SECONDS = 0.25
"""One `people` event at most in each quarter of a second, the same quarters for every feed, so that all are told the
same; the first change after a quiet while goes out at once."""
FRESH_SECONDS = 2.0
TIME_SECONDS = 15.0
MOST_OPEN = 2_000
"""Feeds of one token or session. Many pages of a wall board or a program's own users may share a token; a client that
leaks feeds shall still not use up the open files of everybody."""
RETRY_MS, RETRY_SPREAD_MS = 1000, 4000
"""How long a browser waits before it connects anew: from 1 to 5 s."""
MOST_DIGITS = 18
"""Of a version's n."""
EVENTS_AT_ONCE = 16
"""Sent in one turn of the loop, however many feeds are woken together."""

_encode = msgspec.json.Encoder().encode


class TimeEvent(Struct, frozen=True, kw_only=True, gc=False):
    """The server's time, for holders to set theirs by."""

    now: datetime
    opens_at: datetime | UnsetType = UNSET


class Feeds:
    """Every open feed of this process."""

    def __init__(
        self,
        *,
        people: HeldPeople,
        batches: Batches,
        read_times: ReadTimes,
        doorkeeper: Doorkeeper,
        clock: Clock,
    ) -> None:
        self.people = people
        self.batches = batches
        self.read_times = read_times
        self.doorkeeper = doorkeeper
        self.clock = clock
        self.stopping = False
        self.open = 0
        """How many there are."""
        self.sent = 0
        """Events, ever."""
        self._turns = Turns(EVENTS_AT_ONCE)
        self._by_listener: Counter[bytes] = Counter()

    def stop(self) -> None:
        """End them all, now; called before the server waits for its connections to close."""
        self.stopping = True
        self.people.wake()

    def check_room(self, secret_hash: bytes) -> None:
        """Raises `Fault` 429 when whoever holds this secret has as many feeds open as one may: a client that leaks
        them must not use up what everybody needs."""
        if self._by_listener[secret_hash] >= MOST_OPEN:
            raise Fault(
                429,
                "too_many_requests",
                f"{MOST_OPEN} feeds are open with this token or session; close some, or wait until they are closed.",
                Retry_After=str(int(TIME_SECONDS)),
            )

    async def follow(
        self, viewer: Viewer, secret_hash: bytes, since: str | None, *, seen_as: ViewerId | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The events for one viewer, from the version `since`, or from now; ends when he may hear no more.

        Args:
            viewer: Who is sent them.
            secret_hash: Of whoever listens.
            seen_as: The viewer's id, when the listener is an administrator who sees as somebody else.
        """
        self.open += 1
        self._by_listener[secret_hash] += 1
        try:
            # Whoever is cut off together comes back apart.
            retry = f"retry: {RETRY_MS + randrange(RETRY_SPREAD_MS)}\n".encode()
            async for event in Feed(self, viewer, secret_hash, seen_as).events(since):
                await self._turns.take()
                self.sent += 1
                yield retry + event
                retry = b""
        finally:
            self.open -= 1
            self._by_listener[secret_hash] -= 1
            if not self._by_listener[secret_hash]:
                del self._by_listener[secret_hash]


class Feed:
    """One viewer's feed."""

    def __init__(self, feeds: Feeds, viewer: Viewer, secret_hash: bytes, seen_as: ViewerId | None) -> None:
        self._feeds = feeds
        self._viewer = viewer
        self._secret_hash = secret_hash
        self._seen_as = seen_as
        self._n = 0
        self._epoch = ""
        self._company: Company | None = None
        self._fresh: Mapping[str, object] = {}
        self._lines: dict[PersonId, LineState] = {}

    async def events(self, since: str | None) -> AsyncGenerator[bytes, None]:
        """See `Feeds.follow`."""
        clock = self._feeds.clock
        told_time = told_people = told_fresh = float("-inf")
        opening = True
        while True:
            waiter = self._feeds.people.waiter()
            held = await self._admitted()
            if held is None:
                return
            now = clock.monotonic()
            if now - told_time >= TIME_SECONDS:
                told_time = now
                yield encode_event("time", _encode(self._time(held)))
            if opening:
                opening = False
                if since is None:
                    self._fresh = self._feeds.read_times.look(held)
                if not self._resume(held, since):
                    yield self._reset(held)
            elif held.company != self._company or held.epoch != self._epoch or held.n < self._n:
                yield self._reset(held)
            if held.n != self._n and now - told_people >= COALESCE_SECONDS:
                told_people = now - now % COALESCE_SECONDS
                async for event in self._changes(held):
                    yield event
            for event in self._changed_lines(held):
                yield event
            if now - told_fresh >= FRESH_SECONDS:
                told_fresh = now - now % FRESH_SECONDS
                for event in self._changed_fresh(held):
                    yield event
            until = min(told_time + TIME_SECONDS, told_fresh + FRESH_SECONDS)
            if held.n != self._n:
                # Something came too soon after the last; others will join it.
                await clock.sleep(told_people + COALESCE_SECONDS - clock.monotonic())
            else:
                await clock.wait(waiter, until - clock.monotonic())

    async def _admitted(self) -> HeldCompany | None:
        """The company, as long as the viewer may hear of it; a changed role or person begins anew."""
        if self._feeds.stopping:
            return None
        viewer = await self._feeds.doorkeeper.find_viewer(self._secret_hash)
        if viewer is not None and self._seen_as is not None:
            viewer = await self._feeds.doorkeeper.find_seen(viewer, self._seen_as)
        if viewer is None or self._feeds.stopping:
            return None
        if viewer != self._viewer:
            self._viewer = viewer
            self._company = None
        try:
            return self._feeds.people.company(viewer.company_id)
        except NotFound:
            return None

    def _time(self, held: HeldCompany) -> TimeEvent:
        now = self._feeds.clock.now()
        return TimeEvent(now=now, opens_at=or_unset(company_hours(held.company).opens_at(now)))

    def _resume(self, held: HeldCompany, since: str | None) -> bool:
        """Take up from a version; False if that cannot be."""
        self._company, self._epoch, self._n = held.company, held.epoch, held.n
        if since is None:
            return True
        epoch, _, n = since.rpartition("-")
        numbered = n.isascii() and n.isdecimal() and len(n) <= MOST_DIGITS
        if epoch != held.epoch or not numbered or int(n) > held.n:
            return False
        self._n = int(n)
        return True

    def _reset(self, held: HeldCompany) -> bytes:
        """Tell the holder to fetch the snapshot again; what comes after this version follows."""
        self._company, self._epoch, self._n = held.company, held.epoch, held.n
        return encode_event("reset", _encode({"version": held.version}), held.version)

    async def _changes(self, held: HeldCompany) -> AsyncGenerator[bytes, None]:
        """Everything after n, in events of bounded size; a reset when that can no longer be told."""
        batch = await self._feeds.batches.take(held, self._n, self._feeds.clock.now())
        if batch is None:
            yield self._reset(held)
            return
        async for event in batch.events(self._viewer):
            yield event
        self._n = batch.n

    def _changed_lines(self, held: HeldCompany) -> list[bytes]:
        all_lines = held.lines
        if not all_lines and not self._lines:
            return []
        lines: dict[PersonId, LineState] = {each: state for each, state in all_lines.items() if each in held.rows}
        changed: dict[PersonId, LineState] = {
            each: state for each, state in lines.items() if self._lines.get(each) != state
        }
        for each in self._lines.keys() - lines.keys():
            changed[each] = "unknown"
        self._lines = lines
        return [encode_event("lines", _encode(changed))] if changed else []

    def _changed_fresh(self, held: HeldCompany) -> list[bytes]:
        fresh = self._feeds.read_times.look(held)
        if fresh is self._fresh:
            return []
        changed = {each: read for each, read in fresh.items() if self._fresh.get(each) != read}
        self._fresh = fresh
        return [encode_event("fresh", _encode(changed))] if changed else []
