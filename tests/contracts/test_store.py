"""The store: companies, people, rows and their versions, orders by hand, and transactions."""

from __future__ import annotations

from datetime import timedelta

import anyio
import pytest
from msgspec import structs

from callendar.contracts.kept import Audit, Notice
from callendar.contracts.store import Conflict, NotFound, Store
from callendar.domain.hand import AppMark, Orders, ReferralId, Silence
from callendar.domain.person import Extension, PersonId
from callendar.domain.rules import CompanyId
from tests.clock import START, HandClock
from tests.connections import delete_connection
from tests.contracts.store_cast import ANNA, BO, CALENDAR, CONNECTION, PLANNED_WITH, TELEPHONIST, cast, plant, referral
from tests.contracts.store_cast import row as row_of

pytestmark = pytest.mark.anyio
NORTH = cast()


class Broken(Exception):
    """What goes wrong in a transaction."""


async def save_row(store: Store, *hours: int) -> bool:
    async with store.change(NORTH.id, [ANNA]) as tx:
        return await tx.save_row(row_of(NORTH.anna, *hours), PLANNED_WITH)


# companies --------------------------------------------------------------------------------------------------------


async def test_company_comes_back_as_it_was_saved(store: Store) -> None:
    """A company is kept whole, and companies are listed by name."""
    await store.save_company(cast("b").company)
    await store.save_company(cast("a").company)
    assert await store.load_company(CompanyId("a")) == cast("a").company
    assert [company.id for company in await store.load_companies()] == ["a", "b"]


async def test_unknown_company_is_not_found(store: Store) -> None:
    """Whatever is asked of a company that is not there is answered with NotFound."""
    with pytest.raises(NotFound):
        await store.load_company(NORTH.id)
    with pytest.raises(NotFound):
        await store.load_counter(NORTH.id)
    with pytest.raises(NotFound):
        async with store.change(NORTH.id, []):
            pass


async def test_rules_version_counts_changes_of_the_rule_book(store: Store) -> None:
    """Rules, reasons, zone and language make a version; the name and saving the same do not."""
    company = await store.save_company(NORTH.company)
    assert company.rules_version == 1
    company = await store.save_company(structs.replace(company, name="Renamed"))
    assert company.rules_version == 1
    for change in (
        {"rules": structs.replace(company.rules, grace_minutes=9)},
        {"reasons": ()},
        {"zone": "Europe/Oslo"},
        {"language": "sv"},
    ):
        before = company.rules_version
        company = await store.save_company(structs.replace(company, **change))
        assert company.rules_version == before + 1
        assert await store.load_company(NORTH.id) == company
        assert (await store.save_company(company)).rules_version == before + 1


# rows and versions ------------------------------------------------------------------------------------------------


async def test_row_gets_its_version_at_the_commit(store: Store) -> None:
    """A row that differs carries the company's new n."""
    await plant(store, NORTH)
    before = await store.load_counter(NORTH.id)
    assert await save_row(store, 1)
    rows = await store.load_rows(NORTH.id, [ANNA])
    assert rows.n == before + 1 == await store.load_counter(NORTH.id)
    assert rows.epoch == store.epoch
    assert rows.rows == (structs.replace(row_of(NORTH.anna, 1), version=before + 1),)


async def test_equal_row_makes_no_version(store: Store) -> None:
    """Saving what is there, whatever version it carries, changes nothing."""
    await plant(store, NORTH)
    await save_row(store, 1)
    before = await store.load_rows(NORTH.id)
    assert not await save_row(store, 1)
    async with store.change(NORTH.id, [ANNA]) as tx:
        assert not await tx.save_row(structs.replace(row_of(NORTH.anna, 1), version=99), PLANNED_WITH)
    assert await store.load_rows(NORTH.id) == before


async def test_planned_with_is_kept_without_a_version(store: Store) -> None:
    """A row planned anew with other rules and the same outcome is noted, and nobody hears of it."""
    await plant(store, NORTH)
    before = await store.load_counter(NORTH.id)
    newer = structs.replace(PLANNED_WITH, rules=2)
    async with store.change(NORTH.id, [ANNA]) as tx:
        assert not await tx.save_row(row_of(NORTH.anna), newer)
    assert await store.load_counter(NORTH.id) == before
    headers = {header.person_id: header.planned_with for header in await store.load_row_headers(NORTH.id)}
    assert headers == {ANNA: newer, BO: PLANNED_WITH}


async def test_slide_alone_makes_a_version(store: Store) -> None:
    """A row that differs in nothing but `slid_at` is a new one, and the person's windows move with it."""
    await plant(store, NORTH)
    slid = START + timedelta(days=1)
    async with store.change(NORTH.id, [ANNA]) as tx:
        assert await tx.save_row(structs.replace(row_of(NORTH.anna), slid_at=slid), PLANNED_WITH)
    assert (await store.load_causes(NORTH.id, ANNA)).slid_at == slid
    assert (await store.load_calendar_sync(NORTH.id, CALENDAR)).slid_at == slid
    assert {header.person_id: header.slid_at for header in await store.load_row_headers(NORTH.id)} == {
        ANNA: slid,
        BO: START,
    }


async def test_headers_name_the_first_edge_to_come(store: Store, clock: HandClock) -> None:
    """`next_edge` is the first start or end after the planning; a person never planned stands there without."""
    await plant(store, NORTH)
    await clock.advance(3600 + 60)
    await save_row(store, 1, 5)
    new = structs.replace(NORTH.anna, id=PersonId("p_0"), extensions=())
    async with store.change(NORTH.id, [new.id]) as tx:
        await tx.save_person(new, START)
    headers = await store.load_row_headers(NORTH.id)
    assert [header.person_id for header in headers] == ["p_0", ANNA, BO]
    assert headers[0].planned_with is None
    assert headers[1].next_edge == START + timedelta(hours=2)
    assert headers[2].next_edge is None


async def test_rows_come_by_name_then_id(store: Store) -> None:
    """Order does not depend on when rows were written."""
    await plant(store, NORTH)
    await save_row(store, 3)
    assert [row.person.id for row in (await store.load_rows(NORTH.id)).rows] == [ANNA, BO]
    assert [row.person.id for row in (await store.load_rows(NORTH.id, [BO, ANNA])).rows] == [ANNA, BO]
    assert (await store.load_rows(NORTH.id, [])).rows == ()


async def test_rows_since_are_those_above_n(store: Store) -> None:
    """Only what changed after n is answered; nothing when nothing did."""
    await plant(store, NORTH)
    n = await store.load_counter(NORTH.id)
    await save_row(store, 1)
    since = await store.load_rows_since(NORTH.id, n)
    assert since is not None
    assert [row.person.id for row in since.rows] == [ANNA]
    nothing = await store.load_rows_since(NORTH.id, n + 1)
    assert nothing is not None
    assert (nothing.n, nothing.rows, nothing.gone) == (n + 1, (), ())


async def test_n_ahead_of_the_counter_is_unknown(store: Store) -> None:
    """Who holds a version that was never given has to start over."""
    await plant(store, NORTH)
    assert await store.load_rows_since(NORTH.id, await store.load_counter(NORTH.id) + 1) is None


async def test_who_is_gone_is_told_for_seven_days(store: Store, clock: HandClock) -> None:
    """A tombstone stays for seven days; who asks with an older n afterwards has to start over."""
    await plant(store, NORTH)
    n = await store.load_counter(NORTH.id)
    async with store.change(NORTH.id, [BO]) as tx:
        await tx.delete_person(BO, clock.now())
    await clock.advance(7 * 86_400)
    await save_row(store, 1)
    since = await store.load_rows_since(NORTH.id, n)
    assert since is not None
    assert since.gone == (BO,)
    await clock.advance(3_601)
    await save_row(store, 2)
    assert await store.load_rows_since(NORTH.id, n) is None
    still = await store.load_rows_since(NORTH.id, n + 1)
    assert still is not None
    assert still.gone == ()


async def test_person_goes_with_all_that_is_hers(store: Store) -> None:
    """Causes, row and calendars go with her; what is not there can be removed again without a trace."""
    await plant(store, NORTH)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_referral(referral("r1"))
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_person(ANNA, START)
    n = await store.load_counter(NORTH.id)
    assert await store.load_calendars(NORTH.id) == []
    assert [row.person.id for row in (await store.load_rows(NORTH.id)).rows] == [BO]
    with pytest.raises(NotFound):
        await store.load_causes(NORTH.id, ANNA)
    with pytest.raises(NotFound):
        await store.find_referral(NORTH.id, ReferralId("r1"))
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_person(ANNA, START)
    assert await store.load_counter(NORTH.id) == n


async def test_extensions_are_those_of_the_whole_company(store: Store) -> None:
    """Causes carry every extension of the company, also those changed in the same transaction."""
    await plant(store, NORTH)
    assert (await store.load_causes(NORTH.id, ANNA)).extensions == {"101", "102"}
    other = structs.replace(NORTH.bo, extensions=(Extension(number="103"), Extension(number="104")))

    async def break_off() -> None:
        async with store.change(NORTH.id, [BO]) as tx:
            await tx.save_person(other, START)
            assert (await tx.load_causes(ANNA)).extensions == {"101", "103", "104"}
            raise Broken

    with pytest.raises(Broken):
        await break_off()
    assert (await store.load_causes(NORTH.id, ANNA)).extensions == {"101", "102"}
    async with store.change(NORTH.id, [BO]) as tx:
        await tx.save_person(other, START)
    assert (await store.load_causes(NORTH.id, ANNA)).extensions == {"101", "103", "104"}
    async with store.change(NORTH.id, [BO]) as tx:
        await tx.delete_person(BO, START)
    assert (await store.load_causes(NORTH.id, ANNA)).extensions == {"101"}


# orders by hand ---------------------------------------------------------------------------------------------------


async def test_referrals_are_numbered_in_the_order_of_acceptance(store: Store) -> None:
    """A new referral gets a greater number than all before it; one that is changed keeps its own."""
    await plant(store, NORTH)
    async with store.change(NORTH.id, [ANNA]) as tx:
        first = await tx.save_referral(referral("r2"))
        second = await tx.save_referral(referral("r1"))
        again = await tx.save_referral(structs.replace(first, text="longer", accepted=0))
    assert 0 < first.accepted < second.accepted
    assert again == structs.replace(first, text="longer")
    assert (await store.load_causes(NORTH.id, ANNA)).orders.referrals == (again, second)
    assert await store.find_referral(NORTH.id, first.id) == ANNA
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_referral(first.id)
        await tx.delete_referral(first.id)
    assert (await store.load_causes(NORTH.id, ANNA)).orders.referrals == (second,)


async def test_silences_and_marks_are_kept_by_key(store: Store) -> None:
    """The same key replaces; a mark of a series is another than one of an occurrence."""
    await plant(store, NORTH)
    silence = Silence(person_id=ANNA, key="u1", given=START, in_force=False)
    newer = structs.replace(silence, in_force=True, until=START)
    one = AppMark(person_id=ANNA, key="u1", mark="m:")
    series = structs.replace(one, series=True, mark="*")
    async with store.change(NORTH.id, [ANNA]) as tx:
        for each in (silence, newer):
            await tx.save_silence(each)
        for mark in (one, series):
            await tx.save_mark(mark)
    orders = (await store.load_causes(NORTH.id, ANNA)).orders
    assert (orders.silences, orders.marks) == ((newer,), (one, series))
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_silence(ANNA, "u1")
        await tx.delete_mark(ANNA, "u1", series=False)
    orders = (await store.load_causes(NORTH.id, ANNA)).orders
    assert (orders.silences, orders.marks) == ((), (series,))


async def test_orders_are_restored_as_they_were(store: Store) -> None:
    """Everything by hand becomes what is given, places in the order of acceptance included."""
    await plant(store, NORTH)
    async with store.change(NORTH.id, [ANNA]) as tx:
        kept = await tx.save_referral(referral("r1"))
        await tx.save_mark(AppMark(person_id=ANNA, key="u1", mark="m:"))
        before = (await tx.load_causes(ANNA)).orders
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_referral(kept.id)
        await tx.save_referral(referral("r2"))
        await tx.save_silence(Silence(person_id=ANNA, key="u1", given=START, in_force=False))
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.restore_orders(ANNA, before)
        assert (await tx.load_causes(ANNA)).orders == before
    assert (await store.load_causes(NORTH.id, ANNA)).orders == before


async def test_change_by_hand_is_the_persons_last_order(store: Store) -> None:
    """A change gets the company's n, which becomes the person's `orders_changed_at`; a restore moves that on."""
    await plant(store, NORTH)
    n = await store.load_counter(NORTH.id)
    before = Orders(referrals=(referral("r0"),))
    async with store.change(NORTH.id, [ANNA]) as tx:
        assert await tx.orders_changed_at(ANNA) == 0
        await tx.record_change("x1", ANNA, START, TELEPHONIST, before)
    change = await store.load_change(NORTH.id, "x1")
    assert (change.n, change.before, change.by, change.at) == (n + 1, before, TELEPHONIST, START)
    assert (change.person_id, change.company_id) == (ANNA, NORTH.id)
    async with store.change(NORTH.id, [ANNA]) as tx:
        assert await tx.orders_changed_at(ANNA) == n + 1
        assert await tx.orders_changed_at(BO) == 0
        await tx.restore_orders(ANNA, before)
    async with store.change(NORTH.id, [ANNA]) as tx:
        assert await tx.orders_changed_at(ANNA) == n + 2
        await tx.restore_orders(ANNA, before)
    assert await store.load_counter(NORTH.id) == n + 2


async def test_old_changes_are_removed(store: Store, clock: HandClock) -> None:
    """A change is gone after a day, when something is written."""
    await plant(store, NORTH)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.record_change("x1", ANNA, clock.now(), TELEPHONIST, Orders())
    await clock.advance(86_400 + 3_600)
    assert (await store.load_change(NORTH.id, "x1")).id == "x1"
    await save_row(store, 1)
    with pytest.raises(NotFound):
        await store.load_change(NORTH.id, "x1")


# transactions -----------------------------------------------------------------------------------------------------


async def test_transaction_that_raises_leaves_nothing_behind(store: Store) -> None:
    """Neither causes nor rows, numbers, audit or answers."""
    await plant(store, NORTH)
    before = await store.load_rows(NORTH.id), await store.load_causes(NORTH.id, ANNA)

    async def break_off() -> None:
        async with store.change(NORTH.id, [ANNA]) as tx:
            await tx.save_referral(referral("r1"))
            await tx.save_row(row_of(NORTH.anna, 1), PLANNED_WITH)
            await tx.record_change("x1", ANNA, START, TELEPHONIST, Orders())
            await tx.save_answer(TELEPHONIST, "key", "request", START, b"{}")
            await tx.record_audit(audit(1))
            raise Broken

    with pytest.raises(Broken):
        await break_off()
    assert (await store.load_rows(NORTH.id), await store.load_causes(NORTH.id, ANNA)) == before
    assert await store.load_audit(NORTH.id, 10) == []
    assert await store.load_answer(TELEPHONIST, "key", "request", START) == ("new", b"")
    with pytest.raises(NotFound):
        await store.load_change(NORTH.id, "x1")


async def test_writers_wait_for_one_another(store: Store) -> None:
    """Twenty at once are all kept, each with an n of its own."""
    await plant(store, NORTH)
    n = await store.load_counter(NORTH.id)

    async def write(number: int) -> None:
        async with store.change(NORTH.id, [ANNA]) as tx:
            await tx.save_referral(referral(f"r{number}"))
            await tx.record_change(f"x{number}", ANNA, START, TELEPHONIST, (await tx.load_causes(ANNA)).orders)

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(write, number)
    found = [await store.load_change(NORTH.id, f"x{number}") for number in range(20)]
    assert sorted(change.n for change in found) == list(range(n + 1, n + 21))
    assert sorted(len(change.before.referrals) for change in found) == list(range(1, 21))


async def test_what_refers_to_nothing_is_refused_in_words(store: Store) -> None:
    """A calendar of nobody, or over no connection, is NotFound and leaves nothing."""
    await plant(store, NORTH)
    for change in ({"person_id": "p_nobody"}, {"connection_id": "c_none"}):
        with pytest.raises(NotFound, match="not there"):
            async with store.change(NORTH.id, [ANNA]) as tx:
                await tx.save_calendar(structs.replace(NORTH.calendar, id="k_2", **change))
    assert await store.load_calendars(NORTH.id) == [NORTH.calendar]


async def test_transaction_is_of_one_company(store: Store) -> None:
    """Another company's people cannot be written through it."""
    await plant(store, NORTH)
    south = cast("co_south")
    await plant(store, south)
    with pytest.raises(NotFound):
        async with store.change(NORTH.id, [ANNA]) as tx:
            await tx.save_person(structs.replace(south.anna, name="X"), START)
    assert (await store.load_causes(south.id, ANNA)).person.name == "Anna"


# the rest ---------------------------------------------------------------------------------------------------------


async def test_answer_is_kept_for_a_day(store: Store) -> None:
    """The same request gets the same answer, another with its key is told from it, and after a day all is new."""
    await plant(store, NORTH)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_answer(TELEPHONIST, "key", "request", START, b"answer")
    soon, next_day = START + timedelta(hours=23), START + timedelta(hours=24)
    assert await store.load_answer(TELEPHONIST, "key", "request", soon) == ("same", b"answer")
    assert await store.load_answer(TELEPHONIST, "key", "another", soon) == ("other", b"")
    assert await store.load_answer(TELEPHONIST, "key2", "request", soon) == ("new", b"")
    assert await store.load_answer(TELEPHONIST, "key", "request", next_day) == ("new", b"")
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.save_answer(TELEPHONIST, "key", "another", next_day, b"newer")
    assert await store.load_answer(TELEPHONIST, "key", "another", next_day) == ("same", b"newer")


def audit(number: int) -> Audit:
    return Audit(
        at=START,
        company_id=NORTH.id,
        by=TELEPHONIST,
        by_name="Tora",
        action=f"action {number}",
        person_id=ANNA,
        detail={"reason": "meeting"},
    )


async def test_audit_comes_newest_first(store: Store) -> None:
    """As many as asked for."""
    await plant(store, NORTH)
    for number in range(3):
        async with store.change(NORTH.id, [ANNA]) as tx:
            await tx.record_audit(audit(number))
    found = await store.load_audit(NORTH.id, 2)
    assert [structs.replace(each, id=None) for each in found] == [audit(2), audit(1)]


def notice(word: str, claim: str = "u1") -> Notice:
    return Notice(id=f"n_{claim}_{word}", person_id=ANNA, claim=claim, word=word, suggestion="m")


async def test_notice_is_told_once(store: Store) -> None:
    """What was seen is not told again; what is no longer so goes; what is new comes last."""
    await plant(store, NORTH)

    async def tell(*notices: Notice) -> list[str]:
        async with store.change(NORTH.id, [ANNA]) as tx:
            await tx.save_notices(ANNA, notices)
        return [each.word for each in await store.load_notices(NORTH.id, ANNA)]

    assert await tell(notice("mm"), notice("mn")) == ["mm", "mn"]
    await store.mark_notice_seen(NORTH.id, ANNA, "n_u1_mm")
    assert await tell(notice("mn"), notice("mm")) == ["mn"]
    assert await tell(notice("mm"), notice("mo")) == ["mo"]
    assert await tell() == []
    for person, id_ in ((ANNA, "n_u1_none"), (BO, "n_u1_mm")):
        with pytest.raises(NotFound):
            await store.mark_notice_seen(NORTH.id, person, id_)


async def test_connection_with_calendars_stays(store: Store) -> None:
    """A connection goes only when no calendar is left on it."""
    await plant(store, NORTH)
    with pytest.raises(Conflict):
        await delete_connection(store, NORTH.id, CONNECTION)
    async with store.change(NORTH.id, [ANNA]) as tx:
        await tx.delete_calendar(CALENDAR)
    await delete_connection(store, NORTH.id, CONNECTION)
    assert await store.load_connections(NORTH.id) == []
