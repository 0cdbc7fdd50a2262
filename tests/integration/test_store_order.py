"""Many who write at once on PostgreSQL, as several processes would: nobody waits in a circle, and n is the order in
which what it stands on can be seen."""

from __future__ import annotations

import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta

import anyio
import pytest
from anyio import to_thread
from msgspec import structs

from callendar.contracts.store import Store
from callendar.domain.booking import Calendar, CalendarId
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.rules import CompanyId
from callendar.store.open import open_store
from tests.clock import START, HandClock
from tests.connections import save_connection
from tests.contracts.store_cast import ANNA, BO, CONNECTION, LATER, PLANNED_WITH, booking, cast, plant, referral, row
from tests.contracts.store_cast import read as object_of
from tests.contracts.store_cast import reading as reading_of
from tests.postgres import KEYS, PostgresServer

pytestmark = pytest.mark.anyio
NORTH = cast()
PATIENCE_SECONDS = 120
WRITERS, ROUNDS = 6, 12
PEOPLE = [ANNA, BO, *(PersonId(f"p_{number}") for number in range(4))]


@pytest.fixture
async def stores(postgres_url: str) -> AsyncGenerator[list[Store]]:
    """Two stores on one database, each with connections of its own, as two processes have."""
    opened = [await open_store(postgres_url, clock=HandClock(), keys=KEYS) for _ in range(2)]
    await plant(opened[0], NORTH)
    yield opened
    for store in opened:
        await store.close()


def person(id_: str, *extensions: str) -> Person:
    numbers = tuple(Extension(number=number) for number in extensions)
    return Person(id=PersonId(id_), company_id=NORTH.id, name=id_, extensions=numbers)


def calendar(person_id: PersonId, number: int) -> Calendar:
    # Ids in no order of their people's.
    id_ = CalendarId(f"k_{number}_{person_id[::-1]}")
    return structs.replace(NORTH.calendar, id=id_, person_id=person_id, ref=id_)


async def test_whoever_sees_an_n_sees_all_that_has_a_smaller_one(stores: list[Store]) -> None:
    """A reader who only ever looks above the last n finds every row, however many write at once."""
    expected = {ANNA, BO}
    seen: set[PersonId] = set()
    finished = anyio.Event()

    async def write(store: Store, name: str) -> None:
        for number in range(ROUNDS):
            new = person(f"p_{name}_{number}", "200")
            expected.add(new.id)
            async with store.change(NORTH.id, [new.id]) as tx:
                await tx.save_person(new, START)
                await tx.save_row(row(new), PLANNED_WITH)

    async def look() -> None:
        n, last = 0, False
        while not last:
            last = finished.is_set()
            since = await stores[0].load_rows_since(NORTH.id, n)
            assert since is not None
            assert all(n < each.version <= since.n for each in since.rows)
            seen.update(each.person.id for each in since.rows)
            n = since.n

    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as lookers:
            lookers.start_soon(look)
            lookers.start_soon(look)
            async with anyio.create_task_group() as writers:
                for number in range(WRITERS):
                    writers.start_soon(write, stores[number % 2], str(number))
            finished.set()
    assert seen == expected
    assert await stores[0].load_counter(NORTH.id) == len(expected) - 1


async def test_referrals_are_accepted_one_after_the_other(stores: list[Store]) -> None:
    """Every referral of a person has a place of its own, in the order in which they were kept."""

    async def write(store: Store, name: str) -> None:
        for number in range(ROUNDS):
            async with store.change(NORTH.id, [ANNA]) as tx:
                before = (await tx.load_causes(ANNA)).orders.referrals
                saved = await tx.save_referral(referral(f"r_{name}_{number}"))
                assert [each.accepted for each in before] == list(range(1, saved.accepted))

    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as writers:
            for number in range(WRITERS):
                writers.start_soon(write, stores[number % 2], str(number))
    kept = (await stores[0].load_causes(NORTH.id, ANNA)).orders.referrals
    assert [each.accepted for each in kept] == list(range(1, WRITERS * ROUNDS + 1))


async def test_nobody_waits_in_a_circle(stores: list[Store], postgres: PostgresServer, postgres_url: str) -> None:
    """Readings, orders by hand, slides, progress, changes of rules, connections, calendars and people, all at once."""
    chance = random.Random(20261124)
    calendars = [calendar(each, number) for each in PEOPLE for number in range(2)]
    async with stores[0].change(NORTH.id, PEOPLE) as tx:
        for number, id_ in enumerate(PEOPLE[2:]):
            await tx.save_person(person(id_, str(300 + number)), START)
            await tx.save_row(row(person(id_, str(300 + number))), PLANNED_WITH)
        for each in calendars:
            await tx.save_calendar(each)

    def shuffled(ids: list[PersonId]) -> list[PersonId]:
        return chance.sample(ids, len(ids))

    async def slide(store: Store, number: int) -> None:
        async with store.change(NORTH.id, PEOPLE) as tx:
            for id_ in shuffled(PEOPLE):
                await tx.drop_known(id_)
                kept = (await tx.load_causes(id_)).person
                await tx.save_row(structs.replace(row(kept), slid_at=START + timedelta(days=number)), PLANNED_WITH)

    async def keep_progress(store: Store, number: int) -> None:
        await store.save_progress(
            NORTH.id, {CONNECTION: START + timedelta(seconds=number)}, {each.id: f"c{number}" for each in calendars}
        )

    async def change_rules(store: Store, number: int) -> None:
        company = await store.load_company(NORTH.id)
        rules = structs.replace(company.rules, allowed_diverts=(f"+46{chance.random():.9f}"[3:],))
        await store.save_company(structs.replace(company, rules=rules))

    async def change_connection(store: Store, number: int) -> None:
        await save_connection(store, structs.replace(NORTH.connection, settings={"url": f"http://{chance.random()}"}))

    async def read_calendar(store: Store, number: int) -> None:
        of = chance.choice(calendars)
        async with store.change(NORTH.id, [of.person_id]) as tx:
            objects = {f"o{each}": object_of(booking(str(chance.random()))) for each in range(5)}
            await tx.save_calendar(of)
            await tx.apply_reading(of.id, reading_of(objects, complete=True, cursor=str(number)), LATER)
            kept = (await tx.load_causes(of.person_id)).person
            await tx.save_row(row(kept, chance.randrange(9)), PLANNED_WITH)

    async def refer_many(store: Store, number: int) -> None:
        some = shuffled(PEOPLE)[:3]
        async with store.change(NORTH.id, some) as tx:
            for id_ in some:
                await tx.save_referral(referral(f"r{chance.random()}", person_id=id_))

    async def change_person(store: Store, number: int) -> None:
        id_ = chance.choice(PEOPLE)
        async with store.change(NORTH.id, [id_]) as tx:
            extension = Extension(number=str(chance.randrange(400, 500)))
            before = (await tx.load_causes(id_)).person
            after = structs.replace(before, extensions=(extension,), zone=chance.choice(["Europe/Oslo", "UTC"]))
            await tx.save_person(after, START)
            await tx.save_row(row(after, chance.randrange(9)), PLANNED_WITH)

    async def replace_calendar(store: Store, number: int) -> None:
        of = chance.choice(calendars)
        async with store.change(NORTH.id, [of.person_id]) as tx:
            await tx.delete_calendar(of.id)
            await tx.save_calendar(of)

    async def ask_for_readings(store: Store, number: int) -> None:
        await store.request_sync(NORTH.id, [each.id for each in chance.sample(calendars, 6)])
        await store.take_sync_requests(NORTH.id)

    kinds: list[Callable[[Store, int], Awaitable[None]]] = [
        slide,
        keep_progress,
        change_rules,
        change_connection,
        read_calendar,
        refer_many,
        change_person,
        replace_calendar,
        ask_for_readings,
    ]

    async def repeat(kind: Callable[[Store, int], Awaitable[None]], store: Store) -> None:
        for number in range(ROUNDS):
            await kind(store, number)

    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for kind in kinds:
                for store in stores:
                    tasks.start_soon(repeat, kind, store)
    sql = f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{postgres_url.rpartition('/')[2]}'"
    assert await to_thread.run_sync(postgres.run_sql, sql) == "0"
    assert len((await stores[0].load_rows(CompanyId(NORTH.id))).rows) == len(PEOPLE)
