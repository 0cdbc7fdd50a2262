"""The feed, event by event, by a clock that is turned by hand (`api.md`, `GET /feed`)."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import pytest
from msgspec import Struct, structs

from callendar.domain.person import ViewerId
from callendar.domain.rules import OpenHours
from callendar.engine.plan import replan
from callendar.engine.tokens import hash_secret
from callendar.web.feed import Feeds
from callendar.web.room import Room
from callendar.web.rows import RowEncoder
from tests.clock import START
from tests.integration.api_cast import ANNA, BO, CILLA, COMPANY, CONNECTION, OTHER, Cast, booking, open_cast, wire
from tests.integration.described import describe

pytestmark = pytest.mark.anyio


class Event(Struct, frozen=True):
    """One event as a browser hears it."""

    name: str
    id: str | None
    data: Any


class Listener:
    """Hears a feed to its end; `take` hands over what came since the last time."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ended = False

    def take(self, *names: str) -> list[Event]:
        """The events of these names, all if none; every other one is forgotten."""
        taken, self.events = self.events, []
        return [event for event in taken if not names or event.name in names]


def parse(raw: bytes) -> Event:
    """One event of `text/event-stream`."""
    fields = dict(line.split(": ", 1) for line in raw.decode().removesuffix("\n\n").split("\n"))
    return Event(fields["event"], fields.get("id"), json.loads(fields["data"]))


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


def feeds_of(cast: Cast) -> Feeds:
    room: Room = cast.web.state["room"]
    return room.feeds


@asynccontextmanager
async def listening(cast: Cast, who: str = "telephonist", since: str | None = None) -> AsyncGenerator[Listener]:
    """Somebody listens within."""
    listener = Listener()
    secret_hash = hash_secret(cast.secrets[who])
    viewer = await cast.store.load_viewer(secret_hash, cast.clock.now())
    assert viewer is not None

    async def hear() -> None:
        async for raw in feeds_of(cast).follow(viewer, secret_hash, since):
            event = parse(raw)
            describe(cast.web).check_event(event.name, event.data)
            listener.events.append(event)
        listener.ended = True

    async with anyio.create_task_group() as group:
        group.start_soon(hear)
        await cast.clock.settle()
        try:
            yield listener
        finally:
            group.cancel_scope.cancel()


async def test_it_begins_with_the_time_and_tells_it_every_fifteen_seconds(cast: Cast) -> None:
    """So that holders set their clocks by the server's."""
    async with listening(cast) as listener:
        assert [event.name for event in listener.events] == ["time"]
        assert listener.take()[0].data == {"now": wire(START)}
        await cast.clock.advance(31)
        assert [event.data["now"] for event in listener.take("time")] == [
            wire(START + timedelta(seconds=15)),
            wire(START + timedelta(seconds=30)),
        ]


async def test_the_time_tells_when_the_company_opens(cast: Cast) -> None:
    """Left out while it is open."""
    await cast.rule(hours=(OpenHours(days=("mon",), opens="10:00", closes="17:00"),))
    async with listening(cast) as listener:
        assert listener.take("time")[0].data["opens_at"] == wire(START.replace(hour=10))


async def test_a_change_comes_as_the_row_that_the_list_has(cast: Cast) -> None:
    """With the version as its id; the row equals that of `GET /people`."""
    async with listening(cast) as listener:
        listener.take()
        await cast.book(booking("m: Budget"))
        await cast.clock.advance(0.25)
        (event,) = listener.take("people")
        assert event.id == event.data["version"] == cast.held.company(COMPANY).version
        assert event.data["listed_until"] == wire(START + timedelta(hours=48))
        assert event.data["people"] == [await cast.seen("telephonist")]
        assert "gone" not in event.data


async def test_changes_are_coalesced_to_one_event_in_a_quarter_of_a_second(cast: Cast) -> None:
    """The first at once, the next ones together."""
    async with listening(cast) as listener:
        listener.take()
        await cast.book(booking("m: One"))
        await cast.clock.settle()
        assert [len(event.data["people"]) for event in listener.take("people")] == [1]
        await cast.book(booking("m: Two"))
        await cast.book(booking("m: Three"), person=BO)
        await cast.book(booking("m: Four"))
        await cast.clock.advance(0.2)
        assert listener.take("people") == []
        await cast.clock.advance(0.05)
        (event,) = listener.take("people")
        texts = {person["name"]: person["state"]["text"] for person in event.data["people"]}
        assert texts == {"Anna": "Four", "Bo": "Three"}


async def test_nothing_is_told_when_an_edge_passes(cast: Cast) -> None:
    """Holders flip by their own clocks: a day of edges is no event but the time."""
    await cast.book(booking("m: Soon", start_minutes=1, minutes=2))
    async with listening(cast) as listener:
        await cast.clock.advance(600)
        assert {event.name for event in listener.take()} == {"time"}


async def test_who_is_gone_is_told_by_id(cast: Cast) -> None:
    """And who is new by her row."""
    async with listening(cast) as listener:
        listener.take()
        await cast.ask("administrator", "DELETE", f"people/{BO}")
        await cast.clock.advance(0.25)
        (event,) = listener.take("people")
        assert (event.data["people"], event.data["gone"]) == ([], [BO])
        await cast.ask("administrator", "POST", "people", {"name": "Doris"})
        await cast.clock.advance(0.25)
        (event,) = listener.take("people")
        assert [person["name"] for person in event.data["people"]] == ["Doris"]


async def test_it_resumes_where_it_stopped(cast: Cast) -> None:
    """What changed in between comes at once, each person once."""
    since = cast.held.company(COMPANY).version
    await cast.book(booking("m: One"))
    await cast.book(booking("m: Two"))
    await cast.book(booking("m: Three"), person=BO)
    async with listening(cast, since=since) as listener:
        (event,) = listener.take("people", "reset")
        assert sorted(person["name"] for person in event.data["people"]) == ["Anna", "Bo"]
    async with listening(cast, since=event.data["version"]) as listener:
        assert listener.take("people", "reset") == []


async def test_it_resumes_over_a_restart(cast: Cast) -> None:
    """What this process does not remember is asked of the store."""
    since = cast.held.company(COMPANY).version
    await cast.book(booking("m: One"))
    held = cast.held.company(COMPANY)
    held.recent.clear()
    held.oldest = held.n
    async with listening(cast, since=since) as listener:
        (event,) = listener.take("people", "reset")
        assert [person["name"] for person in event.data["people"]] == ["Anna"]


@pytest.mark.parametrize("since", ["elsewhere-1", "", "nonsense", "{epoch}-999999", "{epoch}--1"])
async def test_an_unknown_version_is_a_reset(cast: Cast, since: str) -> None:
    """With the version that stands; what follows it comes."""
    epoch = cast.held.company(COMPANY).epoch
    async with listening(cast, since=since.format(epoch=epoch)) as listener:
        (event,) = listener.take("people", "reset")
        assert (event.name, event.id) == ("reset", cast.held.company(COMPANY).version)
        await cast.book(booking("m: One"))
        await cast.clock.advance(0.25)
        assert [event.name for event in listener.take("people", "reset")] == ["people"]


async def test_a_version_older_than_the_tombstones_is_a_reset(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who went since then is no longer known."""

    async def forgotten(*_asked: object) -> None:
        return None

    since = cast.held.company(COMPANY).version
    await cast.book(booking("m: One"))
    held = cast.held.company(COMPANY)
    held.oldest = held.n
    monkeypatch.setattr(cast.store, "load_rows_since", forgotten)
    async with listening(cast, since=since) as listener:
        assert [event.name for event in listener.take("people", "reset")] == ["reset"]


@pytest.mark.parametrize("what", ["privacy", "reasons"])
async def test_changed_rules_are_a_reset(cast: Cast, what: str) -> None:
    """What anybody sees may be another; the holder fetches everything again."""
    async with listening(cast, "colleague") as listener:
        listener.take()
        if what == "privacy":
            await cast.ask("administrator", "PUT", "rules", {"privacy": "time"})
        else:
            await cast.ask("administrator", "PATCH", "reasons/lunch", {"sensitive": True})
        await cast.clock.advance(0.25)
        assert [event.name for event in listener.take("people", "reset")] == ["reset"]


async def test_a_grant_sends_the_row_again(cast: Cast) -> None:
    """Each viewer hears of the person what he may see now."""
    await cast.book(booking("m: Budget"))
    async with listening(cast, "bo") as listener:
        listener.take()
        await cast.change(ANNA, grants={cast.token_ids["bo"]: "text"})
        await cast.clock.advance(0.25)
        (event,) = listener.take("people")
        assert event.data["people"][0]["state"]["text"] == "Budget"


async def test_each_viewer_hears_what_he_may_see(cast: Cast) -> None:
    """Two listeners, one change."""
    async with listening(cast, "colleague") as colleague, listening(cast, "telephonist") as telephonist:
        await cast.book(booking("sick: Planted"))
        await cast.clock.advance(0.25)
        (heard,) = colleague.take("people")
        assert heard.data["people"][0]["state"]["reason"]["code"] == "away"
        assert "Planted" not in json.dumps(heard.data)
        assert telephonist.take("people")[0].data["people"][0]["state"]["text"] == "Planted"


async def test_another_company_s_changes_are_not_heard(cast: Cast) -> None:
    """Not even that there was one."""
    async with listening(cast, "south") as listener:
        listener.take()
        await cast.book(booking("m: Budget"))
        await cast.clock.advance(3)
        assert listener.take() == []


async def test_freshness_is_told_at_most_every_two_seconds_when_it_changed(cast: Cast) -> None:
    """An event of its own; no version."""
    async with listening(cast) as listener:
        listener.take()
        for _ in range(4):
            await cast.clock.advance(0.5)
            cast.held.company(COMPANY).note_read(CONNECTION, cast.clock.now())
        await cast.clock.advance(2)
        told = listener.take()
        assert {event.name for event in told} == {"fresh"}
        assert len(told) <= 2
        assert told[-1].data == {CONNECTION: {"read_at": wire(START + timedelta(seconds=2)), "stale_seconds": 7200}}
        assert told[-1].id is None
        await cast.clock.advance(6)
        assert listener.take("fresh") == []


async def test_freshness_of_another_company_s_connections_is_not_told(cast: Cast) -> None:
    """Its connections are unknown here."""
    async with listening(cast, "south", since="") as listener:
        cast.held.company(COMPANY).note_read(CONNECTION, cast.clock.now() + timedelta(seconds=1))
        await cast.clock.advance(5)
        assert listener.take("fresh") == []


async def test_who_resumes_is_told_all_freshness(cast: Cast) -> None:
    """What was held may be old."""
    async with listening(cast, since=cast.held.company(COMPANY).version) as listener:
        assert [set(event.data) for event in listener.take("fresh")] == [{CONNECTION}]


async def test_lines_are_told_as_they_change(cast: Cast) -> None:
    """Only what differs, only of this company."""
    async with listening(cast) as listener:
        listener.take()
        cast.held.company(COMPANY).lines[ANNA] = "ringing"
        cast.held.company(OTHER).lines[ANNA] = "talking"
        cast.held.wake()
        await cast.clock.settle()
        assert [event.data for event in listener.take("lines")] == [{ANNA: "ringing"}]
        cast.held.company(COMPANY).lines[ANNA] = "talking"
        cast.held.company(COMPANY).lines[BO] = "idle"
        cast.held.wake()
        await cast.clock.settle()
        assert [event.data for event in listener.take("lines")] == [{ANNA: "talking", BO: "idle"}]


async def test_a_revoked_token_s_feed_ends_at_once(cast: Cast) -> None:
    """And hears nothing more."""
    async with listening(cast, "bo") as listener:
        listener.take()
        await cast.ask("administrator", "DELETE", f"tokens/{cast.token_ids['bo']}")
        await cast.clock.settle()
        assert listener.ended
        await cast.book(booking("m: Budget"))
        await cast.clock.settle()
        assert listener.take() == []


async def test_a_token_revoked_by_another_process_hears_no_change(cast: Cast) -> None:
    """A lookup is kept for two seconds at the most."""
    async with listening(cast, "bo") as listener:
        listener.take()
        await cast.store.revoke_token(COMPANY, cast.token_ids["bo"], cast.clock.now())
        await cast.clock.advance(2)
        await cast.book(booking("m: Budget"))
        await cast.clock.advance(1)
        assert (listener.ended, listener.take("people")) == (True, [])


async def test_stopping_ends_every_feed(cast: Cast) -> None:
    """Before the server waits for its connections to close."""
    async with listening(cast) as one, listening(cast, "bo") as other:
        assert feeds_of(cast).open == 2
        feeds_of(cast).stop()
        await cast.clock.settle()
        assert (one.ended, other.ended, feeds_of(cast).open) == (True, True, 0)


async def test_many_changes_are_told_in_events_of_bounded_size(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the last has the new version, so that a holder cut off in between misses nothing."""
    monkeypatch.setattr("callendar.web.batches.ROWS_AT_ONCE", 2)
    since = cast.held.company(COMPANY).version
    for person in (ANNA, BO, CILLA):
        await cast.book(booking("m: Budget"), person=person)
    async with listening(cast, since=since) as listener:
        first, last = listener.take("people")
        assert (len(first.data["people"]), first.id, first.data["version"]) == (2, None, since)
        assert (len(last.data["people"]), last.id) == (1, cast.held.company(COMPANY).version)


async def test_a_changed_role_begins_anew(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights have changed: reset, and then what the new role may see."""
    async with listening(cast, "colleague") as listener:
        listener.take()
        load = cast.store.load_viewers

        async def promoted(secret_hashes: Any, at: Any) -> Any:
            found = await load(secret_hashes, at)
            return {each: structs.replace(viewer, role="telephonist") for each, viewer in found.items()}

        monkeypatch.setattr(cast.store, "load_viewers", promoted)
        await cast.clock.advance(15)
        assert [event.name for event in listener.take("reset")] == ["reset"]
        await cast.book(booking("m: Budget"))
        await cast.clock.advance(0.25)
        assert listener.take("people")[0].data["people"][0]["state"]["text"] == "Budget"


@pytest.mark.parametrize(
    ("since", "told"),
    [
        pytest.param("{epoch}-{n}", [], id="current"),
        pytest.param("{epoch}-{older}", ["people"], id="older"),
        pytest.param("{epoch}-{ahead}", ["reset"], id="ahead"),
        pytest.param("0000dead-{n}", ["reset"], id="of-another-database"),
        pytest.param("{epoch}-", ["reset"], id="no-number"),
        pytest.param("{epoch}--1", ["reset"], id="negative"),
        pytest.param("{epoch}-\u0661", ["reset"], id="other-digits"),
        pytest.param("{epoch}-" + "9" * 5000, ["reset"], id="endless"),
        pytest.param("garbage", ["reset"], id="garbage"),
        pytest.param("", ["reset"], id="empty"),
        pytest.param(None, [], id="none"),
    ],
)
async def test_it_resumes_from_every_kind_of_version(cast: Cast, since: str | None, told: list[str]) -> None:
    """What is known is caught up with, anything else begins anew; and then changes come to all alike."""
    older = cast.held.company(COMPANY).n
    await cast.book(booking("m: Before"))
    held = cast.held.company(COMPANY)
    given = since and since.format(epoch=held.epoch, n=held.n, older=older, ahead=held.n + 1)
    async with listening(cast, since=given) as listener:
        assert [event.name for event in listener.take("people", "reset")] == told
        await cast.book(booking("m: After"))
        await cast.clock.advance(0.25)
        assert [event.name for event in listener.take("people", "reset")] == ["people"]


async def test_a_version_older_than_what_is_remembered_of_the_gone_begins_anew(cast: Cast) -> None:
    """Who went then is not known any more."""
    since = cast.held.company(COMPANY).version
    await cast.ask("administrator", "DELETE", f"people/{BO}")
    await cast.clock.advance(8 * 86_400)
    await cast.book(booking("m: Sweeps"))
    await cast.held.refresh()
    cast.held.company(COMPANY).recent.clear()
    cast.held.company(COMPANY).oldest = cast.held.company(COMPANY).n
    async with listening(cast, since=since) as listener:
        assert [event.name for event in listener.take("people", "reset")] == ["reset"]


async def test_one_token_has_so_many_feeds_and_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with a wait; others are not concerned, and a closed one makes room."""
    monkeypatch.setattr("callendar.web.feed.MOST_OPEN", 2)
    feeds = feeds_of(cast)
    secret = hash_secret(cast.secrets["telephonist"])
    async with listening(cast), listening(cast):
        answer = await cast.ask("telephonist", "GET", "feed")
        assert (answer.status_code, answer.json()["error"]) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) > 0
        feeds.check_room(hash_secret(cast.secrets["bo"]))
    feeds.check_room(secret)


async def test_who_is_cut_off_is_told_to_come_back_apart(cast: Cast) -> None:
    """The first event says after how long, each time another while."""
    secret_hash = hash_secret(cast.secrets["bo"])
    viewer = await cast.store.load_viewer(secret_hash, cast.clock.now())
    assert viewer is not None
    waits: set[int] = set()
    for _ in range(20):
        feed = feeds_of(cast).follow(viewer, secret_hash, None)
        first = await anext(feed)
        waits.add(int(first.partition(b"\n")[0].removeprefix(b"retry: ")))
        await feed.aclose()
    assert len(waits) > 5
    assert all(1000 <= each < 5000 for each in waits)


async def test_a_change_is_encoded_once_for_all_who_see_alike(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand telephonists cost what one does; a colleague whom Anna trusts is sent his own view of her."""
    encode, encoded = RowEncoder.encode, 0

    def counted(*given: Any) -> bytes:
        nonlocal encoded
        encoded += 1
        return encode(*given)

    monkeypatch.setattr(RowEncoder, "encode", counted)
    trusted = ViewerId(cast.token_ids["colleague"])
    async with AsyncExitStack() as stack:
        telephonists = [await stack.enter_async_context(listening(cast)) for _ in range(20)]
        colleague = await stack.enter_async_context(listening(cast, "colleague"))
        other = await stack.enter_async_context(listening(cast, "bo"))
        for level, text in (("time", None), ("text", "Budget")):
            anna = cast.held.company(COMPANY).rows[ANNA].person
            async with cast.store.change(COMPANY, [ANNA]) as tx:
                await tx.save_person(structs.replace(anna, privacy="time", grants={trusted: level}), cast.clock.now())
                await replan(tx, ANNA)
            await cast.clock.advance(1)
            for each in (*telephonists, colleague, other):
                each.take()
            encoded = 0
            await cast.book(booking("m: Budget"))
            await cast.clock.advance(1)
            told = [each.take("people") for each in telephonists]
            assert all(events == told[0] and len(events) == 1 for events in told)
            assert encoded == 3
            assert colleague.take("people")[0].data["people"][0]["state"].get("text") == text
            assert "text" not in other.take("people")[0].data["people"][0]["state"]
            await cast.book()
            await cast.clock.advance(1)
