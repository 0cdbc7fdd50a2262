"""The room: what every route of the API works with, made once over the parts."""

from __future__ import annotations

from typing import Any, TypeAlias

import anyio
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from msgspec import Struct

from callendar.domain.privacy import Viewer
from callendar.engine.publishing import Publisher
from callendar.engine.rulebook import RuleBook
from callendar.engine.sign_in import SignIn
from callendar.engine.users import Users
from callendar.web.auth import Doorkeeper, SignedIn
from callendar.web.batches import Batches
from callendar.web.detail import Details
from callendar.web.feed import FRESH_SECONDS, Feeds
from callendar.web.listing import Listing, ReadTimes
from callendar.web.once import Once
from callendar.web.parts import WebParts
from callendar.web.rows import RowEncoder

Asked: TypeAlias = Request[Viewer, SignedIn, State]
"""A request by somebody signed in."""

AskedByAnybody: TypeAlias = Request[Any, Any, State]


class Room(Struct, frozen=True, kw_only=True):
    """Handed to routes as `room`."""

    parts: WebParts
    doorkeeper: Doorkeeper
    listing: Listing
    details: Details
    feeds: Feeds
    once: Once
    publisher: Publisher
    rule_book: RuleBook
    users: Users
    sign_in: SignIn
    changing_people: anyio.Lock
    """Held while people are checked against one another and written, so that no two take one extension."""


InRoom: TypeAlias = NamedDependency[Room]
"""For the parameter `room` of a route."""


def furnish(parts: WebParts) -> Room:
    """Make the room."""
    store, people, clock = parts.store, parts.held, parts.clock
    doorkeeper = Doorkeeper(store, clock)
    rows = RowEncoder(people.companies)
    batches = Batches(store, people, rows)
    read_times = ReadTimes(people, clock, every_seconds=FRESH_SECONDS)
    return Room(
        parts=parts,
        doorkeeper=doorkeeper,
        listing=Listing(people, rows, read_times),
        details=Details(store, people, rows, clock),
        feeds=Feeds(people=people, batches=batches, read_times=read_times, doorkeeper=doorkeeper, clock=clock),
        once=Once(store, clock),
        publisher=Publisher(),
        rule_book=RuleBook(store, people, clock),
        users=Users(store, parts.passwords),
        sign_in=SignIn(store, clock, parts.passwords),
        changing_people=anyio.Lock(),
    )
