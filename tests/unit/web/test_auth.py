"""Who asks: origins as browsers compare them, the role an order is given in, and lookups that are kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import cast

import anyio
import pytest

from callendar.contracts.store import Store
from callendar.domain.hand import Origin
from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.privacy import Role, Viewer
from callendar.domain.rules import CompanyId
from callendar.web.auth import Doorkeeper, SignedIn, order_origin, origin_of
from tests.clock import HandClock

COMPANY = CompanyId("c")
ANNA = Person(id=PersonId("p_anna"), company_id=COMPANY, name="Anna", delegates=(ViewerId("t_delegate"),))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        pytest.param("https://Callendar.Example:443/x", "https://callendar.example", id="usual-port"),
        pytest.param("http://callendar.example:8080", "http://callendar.example:8080", id="own-port"),
        pytest.param("http://callendar.example:443", "http://callendar.example:443", id="other-scheme's-port"),
        pytest.param("null", "://", id="null"),
        pytest.param("http://[", "http://[", id="no-address"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """Without the port that goes without saying."""
    assert origin_of(url) == origin


def viewer(id_: str, role: Role = "colleague", person: str | None = None) -> Viewer:
    return Viewer(
        id=ViewerId(id_),
        company_id=COMPANY,
        role=role,
        name=id_,
        person_id=None if person is None else PersonId(person),
    )


@pytest.mark.parametrize(
    ("who", "by_cookie", "origin"),
    [
        pytest.param(viewer("t_1", person="p_anna"), True, "app", id="herself"),
        pytest.param(viewer("t_1", "telephonist", "p_anna"), True, "app", id="a-telephonist-herself"),
        pytest.param(viewer("t_1", "telephonist"), True, "telephonist", id="telephonist"),
        pytest.param(viewer("t_delegate"), True, "delegate", id="delegate"),
        pytest.param(viewer("t_1"), True, "colleague", id="colleague"),
        pytest.param(viewer("t_1", person="p_anna"), False, "api", id="by-token"),
    ],
)
def test_an_order_is_given_in_a_role(who: Viewer, by_cookie: bool, origin: Origin) -> None:
    """A token's is always `api`."""
    assert order_origin(who, SignedIn(b"", by_cookie=by_cookie), ANNA) == origin


class SlowStore:
    """Knows one viewer; a lookup may be held up."""

    def __init__(self) -> None:
        self.viewer: Viewer | None = viewer("t_1")
        self.asked = 0
        self.hold: anyio.Event | None = None

    async def prolong_session(self, _secret_hash: bytes, _until: datetime, _most: timedelta) -> None:
        """There is none."""

    async def load_viewers(self, secret_hashes: Collection[bytes], _at: datetime) -> Mapping[bytes, Viewer]:
        self.asked += 1
        found = self.viewer
        if self.hold is not None:
            await self.hold.wait()
        return dict.fromkeys(secret_hashes, found) if found is not None else {}


@pytest.mark.anyio
async def test_whoever_asks_at_once_is_looked_up_together() -> None:
    """The first alone, those that come meanwhile in one question; also when whoever was to ask it has left."""
    store, clock = SlowStore(), HandClock()
    store.hold = anyio.Event()
    doorkeeper = Doorkeeper(cast(Store, store), clock)
    found: list[Viewer | None] = []

    async def ask(secret_hash: bytes, leaving: anyio.CancelScope) -> None:
        with leaving:
            found.append(await doorkeeper.find_viewer(secret_hash))

    async with anyio.create_task_group() as group:
        scopes = [anyio.CancelScope() for _ in range(100)]
        for number, scope in enumerate(scopes):
            group.start_soon(ask, b"%d" % number, scope)
        await clock.settle()
        assert store.asked == 1
        scopes[0].cancel()
        scopes[1].cancel()
        await clock.settle()
        store.hold.set()
    assert found == [store.viewer] * 98
    assert store.asked == 2


@pytest.mark.anyio
async def test_a_lookup_is_kept_for_two_seconds() -> None:
    """Then the store is asked again; nobody unknown is kept."""
    store, clock = SlowStore(), HandClock()
    doorkeeper = Doorkeeper(cast(Store, store), clock)
    for _ in range(3):
        assert await doorkeeper.find_viewer(b"x") == store.viewer
    assert store.asked == 1
    await clock.advance(2)
    store.viewer = None
    for _ in range(3):
        assert await doorkeeper.find_viewer(b"x") is None
    assert store.asked == 4


@pytest.mark.anyio
async def test_a_lookup_under_way_when_somebody_is_revoked_is_not_kept() -> None:
    """What it found may be revoked already."""
    store, clock = SlowStore(), HandClock()
    store.hold = anyio.Event()
    doorkeeper = Doorkeeper(cast(Store, store), clock)
    async with anyio.create_task_group() as group:
        group.start_soon(doorkeeper.find_viewer, b"x")
        await clock.settle()
        store.viewer = None
        doorkeeper.forget()
        store.hold.set()
    store.hold = None
    assert await doorkeeper.find_viewer(b"x") is None
