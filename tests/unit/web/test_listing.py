"""The list is encoded in pieces, all of one version, and leaves the loop to others between two."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import anyio.lowlevel
import msgspec
import pytest

from callendar.contracts.store import Store
from callendar.domain.person import Person, PersonId, ViewerId
from callendar.domain.privacy import Viewer
from callendar.domain.reason import ReasonCode
from callendar.domain.reason_table import REASONS
from callendar.domain.row import Row
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.domain.timetable import Segment
from callendar.engine.held import HeldCompany, HeldPeople
from callendar.web.listing import CHUNK_BYTES, Listing, ReadTimes, Wanted
from callendar.web.rows import RowEncoder
from tests.clock import START, HandClock

pytestmark = pytest.mark.anyio

COMPANY = Company(id=CompanyId("c"), name="C", zone="UTC", rules=Rules(), reasons=REASONS)
VIEWER = Viewer(id=ViewerId("t"), company_id=COMPANY.id, role="telephonist", name="T")
MOST_ROW_BYTES = 4096


class Held(HeldPeople):
    """One company that is held without a store."""

    def __init__(self, held: HeldCompany) -> None:
        super().__init__(cast(Store, None))
        self._one = held

    def company(self, company_id: CompanyId) -> HeldCompany:
        return self._one


def make_row(n: int, text: str = "Budget") -> Row:
    segments = (
        Segment(
            start=START + timedelta(hours=4 * hour),
            end=START + timedelta(hours=4 * hour + 1),
            kind="referred",
            reason=ReasonCode("meeting"),
            text=text,
        )
        for hour in range(8)
    )
    person = Person(id=PersonId(f"p_{n}"), company_id=COMPANY.id, name=f"Person {n:04}")
    return Row(person=person, timetable=tuple(segments), slid_at=START)


@pytest.fixture
def held() -> HeldCompany:
    return HeldCompany(COMPANY, "epoch", 7, [make_row(n) for n in range(400)])


@pytest.fixture
def listing(held: HeldCompany) -> Listing:
    people = Held(held)
    return Listing(people, RowEncoder(people.companies), ReadTimes(people, HandClock(), every_seconds=2))


async def test_no_piece_is_much_larger_than_is_allowed(listing: Listing) -> None:
    """Whatever the company's size; together they are one JSON answer."""
    snapshot = listing.take(COMPANY.id, Wanted())
    pieces = [piece async for piece in listing.encode(snapshot, VIEWER, START, None)]
    assert len(pieces) > 5
    assert max(map(len, pieces)) < CHUNK_BYTES + MOST_ROW_BYTES
    assert len(msgspec.json.decode(b"".join(pieces))["people"]) == 400


async def test_others_get_the_loop_between_two_pieces(listing: Listing) -> None:
    """Even when nobody who sends them ever waits."""
    turns = 0
    done = False

    async def take_turns() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await anyio.lowlevel.checkpoint()

    pieces = 0
    async with anyio.create_task_group() as group:
        group.start_soon(take_turns)
        async for _ in listing.encode(listing.take(COMPANY.id, Wanted()), VIEWER, START, None):
            pieces += 1
        done = True
    assert turns >= pieces - 1


async def test_what_changes_while_it_is_sent_is_not_in_it(listing: Listing, held: HeldCompany) -> None:
    """All of it is of the version that it says; the feed tells the rest."""
    encoded = b""
    async for piece in listing.encode(listing.take(COMPANY.id, Wanted()), VIEWER, START, None):
        encoded += piece
        held.rows[PersonId("p_399")] = make_row(399, "Changed meanwhile")
        held.n = 8
    answer = msgspec.json.decode(encoded)
    assert answer["version"] == "epoch-7"
    assert b"Changed meanwhile" not in encoded


async def test_the_order_is_by_name_whatever_changed_last(listing: Listing, held: HeldCompany) -> None:
    """And follows a new version."""
    assert [row.person.id for row in listing.take(COMPANY.id, Wanted(limit=2)).rows] == ["p_0", "p_1"]
    held.rows[PersonId("p_0")] = Row(
        person=Person(id=PersonId("p_0"), company_id=COMPANY.id, name="zoë"), slid_at=START
    )
    held.n = 8
    assert [row.person.id for row in listing.take(COMPANY.id, Wanted(limit=2)).rows] == ["p_1", "p_2"]
    assert listing.take(COMPANY.id, Wanted()).rows[-1].person.id == "p_0"
