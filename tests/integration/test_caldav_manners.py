"""CalDAV servers as they are: each of these manners has been met in a real one (`reference/counterparts.md`)."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import get_args
from urllib.parse import unquote

import pytest

from callendar.contracts.source import Known, NotShared, SignInNeeded, Throttled, Unreadable
from callendar.domain.span import Span
from callendar.sources import caldav
from tests.contracts.source_cast import (
    PASSWORD,
    System,
    caldav_system,
    connect,
    context,
    everything,
    opened,
    without,
)
from tests.stand_ins.caldav import CALENDAR, HOME, PRINCIPAL, ManneredServer, UnknownToken
from tests.stand_ins.web import Asked, Reply, serving

pytestmark = pytest.mark.anyio

UNKNOWN: list[UnknownToken] = [code for each in get_args(UnknownToken) for code in (get_args(each) or (each,))]


def event(subject: str, hour: int = 10) -> str:
    """An hour on the first day."""
    return f"SUMMARY:{subject}\nDTSTART:20261123T{hour:02}0000Z\nDTEND:20261123T{hour + 1:02}0000Z"


def subjects(system: System) -> list[str | None]:
    """Of everything kept, sorted."""
    return sorted((each.subject for each in system.bookings), key=str)


def asked_since(system: System, count: int) -> list[Asked]:
    """The requests after the first so many."""
    assert system.server is not None
    return system.server.asked[count:]


def count(system: System) -> int:
    """Requests so far."""
    assert system.server is not None
    return len(system.server.asked)


def fetched(asked: list[Asked]) -> list[str]:
    """Names of the objects that were asked for."""
    names: list[str] = []
    for each in asked:
        if each.method == "GET":
            names.append(unquote(each.path).rpartition("/")[2])
        elif b"calendar-multiget" in each.body:
            hrefs = re.findall(r"<D:href>(.*?)</D:href>", each.body.decode())
            names += [unquote(href).rpartition("/")[2] for href in hrefs]
    return sorted(names)


# how much is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refuses_sync", [None, 501], ids=["sync", "ctag"])
async def test_nothing_changed_costs_one_request(refuses_sync: int | None) -> None:
    """A poll of a calendar in which nothing has changed is one small request."""
    async with caldav_system(without(ManneredServer(), refuses_sync=refuses_sync)) as system:
        system.put("a.ics", event("a"))
        await system.read()
        before = count(system)
        await system.read()
        assert len(asked_since(system, before)) == 1


async def test_only_the_changed_object_is_fetched() -> None:
    """Of fifty objects one has changed: it alone is asked for."""
    async with caldav_system(ManneredServer()) as system:
        for number in range(50):
            system.put(f"n{number}.ics", event(f"s{number}"))
        await system.read()
        before = count(system)
        system.put("n7.ics", event("changed"))
        await system.read()
        assert fetched(asked_since(system, before)) == ["n7.ics"]


async def test_objects_are_fetched_fifty_at_a_time() -> None:
    """No multiget names more than fifty."""
    async with caldav_system(ManneredServer()) as system:
        for number in range(120):
            system.put(f"n{number}.ics", event(f"s{number}"))
        await system.read()
        assert len(system.bookings) == 120
        sizes = [len(fetched([each])) for each in asked_since(system, 0) if b"calendar-multiget" in each.body]
        assert sizes == [50, 50, 20]


# tokens -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", UNKNOWN, ids=str)
async def test_a_forgotten_token_costs_a_listing_and_no_booking(manner: UnknownToken) -> None:
    """Case 24: however the server says that it forgot the token, what was deleted is gone, what has changed is read,
    and what has not is not even fetched."""
    async with caldav_system(without(ManneredServer(), unknown_token=manner)) as system:
        for name in ("kept", "changed", "deleted"):
            system.put(f"{name}.ics", event(name))
        await system.read()
        system.put("changed.ics", event("changed indeed"))
        system.delete("deleted.ics")
        assert isinstance(system.writer, ManneredServer)
        system.writer.forget_tokens()
        before = count(system)
        await system.read()
        assert subjects(system) == ["changed indeed", "kept"]
        assert fetched(asked_since(system, before)) == ["changed.ics"]
        before = count(system)
        await system.read()
        assert len(asked_since(system, before)) == 1


@pytest.mark.parametrize("page", [1, 2, 3, 7])
async def test_a_long_answer_comes_in_pages(page: int) -> None:
    """507 for the collection itself: the rest follows with the next token."""
    async with caldav_system(without(ManneredServer(), page=page)) as system:
        for number in range(7):
            system.put(f"n{number}.ics", event(f"s{number}"))
        await system.read()
        assert len(system.bookings) == 7
        system.put("n1.ics", event("changed"))
        system.delete("n2.ics")
        system.put("n3.ics", event("changed too"))
        await system.read()
        assert subjects(system) == ["changed", "changed too", "s0", "s4", "s5", "s6"]


async def test_a_token_that_never_moves_is_no_trap() -> None:
    """A server that truncates for ever is listed instead."""
    async with caldav_system(without(ManneredServer(), page=0)) as system:
        system.put("a.ics", event("a"))
        await system.read()
        assert subjects(system) == ["a"]


async def test_changes_told_twice_are_read_once() -> None:
    """Tokens that count seconds: the last changes come again, and nothing is fetched for them."""
    async with caldav_system(without(ManneredServer(), tells_again=2)) as system:
        for name in ("a", "b", "c"):
            system.put(f"{name}.ics", event(name))
        await system.read()
        system.delete("b.ics")
        await system.read()
        before = count(system)
        reading = await system.read()
        assert not reading.objects
        assert fetched(asked_since(system, before)) == []
        assert subjects(system) == ["a", "c"]


@pytest.mark.parametrize("status", [400, 403, 405, 415, 501])
async def test_servers_without_sync_are_listed(status: int) -> None:
    """Whatever the refusal of the report; it is not tried again at every poll."""
    async with caldav_system(without(ManneredServer(), refuses_sync=status)) as system:
        system.put("a.ics", event("a"))
        await system.read()
        system.put("a.ics", event("b"))
        before = count(system)
        await system.read()
        assert subjects(system) == ["b"]
        assert not any(b"sync-collection" in each.body for each in asked_since(system, before))


async def test_a_kept_cursor_that_is_none_of_ours_starts_again() -> None:
    """A cursor of another release, or nonsense: everything is compared, nothing is lost."""
    async with caldav_system(ManneredServer()) as system:
        system.put("a.ics", event("a"))
        await system.read()
        assert system.known is not None
        etags = system.known.etags
        for cursor in ("", "{", '{"token": 5}', "http://example/sync/5"):
            system.known = Known(cursor=cursor, etags=etags)
            reading = await system.read()
            assert reading.complete
            assert not reading.objects
            assert subjects(system) == ["a"]


# etags and addresses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refuses_sync", [None, 501], ids=["sync", "listing"])
async def test_servers_without_etags_are_compared_by_content(refuses_sync: int | None) -> None:
    """Nothing is new unless its bytes are."""
    mannered = without(ManneredServer(), tells_etags=False, has_ctag=False, refuses_sync=refuses_sync)
    async with caldav_system(mannered) as system:
        system.put("a.ics", event("a"))
        system.put("b.ics", event("b"))
        await system.read()
        assert not (await system.read()).objects
        system.put("b.ics", event("c"))
        assert len((await system.read()).objects) == 1
        assert subjects(system) == ["a", "c"]


async def test_etags_are_compared_weakly_and_unquoted() -> None:
    """Strong in a listing and weak with the object: still the same object."""
    mannered = without(ManneredServer(), mixes_etags=True, refuses_sync=501, has_ctag=False)
    async with caldav_system(mannered) as system:
        system.put("a.ics", event("a"))
        await system.read()
        before = count(system)
        assert not (await system.read()).objects
        assert fetched(asked_since(system, before)) == []


@pytest.mark.parametrize("origin", ["http://127.0.0.1", "https://127.0.0.1:9"])
async def test_a_server_may_be_wrong_about_its_own_address(origin: str) -> None:
    """Behind a proxy it may not know its scheme and port; on the same host ours stand."""
    async with caldav_system(without(ManneredServer(), absolute_hrefs=origin, leaves_out={"a.ics"})) as system:
        system.put("a.ics", event("a"))
        await system.read()
        assert subjects(system) == ["a"]
        assert [each.ref for each in await system.source.find_calendars()] == [system.ref]


@pytest.mark.parametrize("name", ["möte 1.ics", "a&b<c>.ics", "x@y#z?.ics", "100%25.ics", "a+b;c.ics"])
async def test_names_of_any_letters_are_read(name: str) -> None:
    """Whatever a calendar program calls its files."""
    async with caldav_system(ManneredServer()) as system:
        system.put(name, event("a"))
        await system.read()
        assert subjects(system) == ["a"]
        system.delete(name)
        await system.read()
        assert subjects(system) == []


async def test_the_collection_itself_is_no_object() -> None:
    """iCloud lists it among the changes."""
    async with caldav_system(without(ManneredServer(), lists_itself=True)) as system:
        system.put("a.ics", event("a"))
        reading = await system.read()
        assert list(reading.objects) == ["a.ics"]
        assert not (await system.read()).objects


# objects that cannot be had -----------------------------------------------------------------------------------------


async def test_what_a_multiget_forgets_is_fetched_alone() -> None:
    """No object is lost because it was left out of an answer."""
    async with caldav_system(without(ManneredServer(), leaves_out={"b.ics"})) as system:
        system.put("a.ics", event("a"))
        system.put("b.ics", event("b"))
        await system.read()
        assert subjects(system) == ["a", "b"]


async def test_a_server_without_multiget_is_read_one_by_one() -> None:
    """GET is known by all."""
    async with caldav_system(without(ManneredServer(), refuses_multiget=True)) as system:
        system.put("a.ics", event("a"))
        system.put("b.ics", event("b"))
        await system.read()
        assert subjects(system) == ["a", "b"]


@pytest.mark.parametrize("refuses_sync", [None, 501], ids=["sync", "ctag"])
async def test_an_object_out_of_order_is_a_fault_until_it_mends(refuses_sync: int | None) -> None:
    """A new object that the server cannot hand out is told of; it is read as soon as it can be."""
    mannered = without(ManneredServer(), broken={"b.ics": 500}, refuses_sync=refuses_sync)
    async with caldav_system(mannered) as system:
        system.put("a.ics", event("a"))
        system.put("b.ics", event("b"))
        await system.read()
        assert subjects(system) == ["a"]
        assert "could not be fetched" in system.faults["b.ics"][0]
        assert not (await system.read()).objects
        mannered.broken.clear()
        await system.read()
        assert subjects(system) == ["a", "b"]
        assert not system.faults["b.ics"]


@pytest.mark.parametrize("refuses_sync", [None, 501], ids=["sync", "ctag"])
async def test_a_known_object_stands_while_it_is_out_of_order(refuses_sync: int | None) -> None:
    """What was known of it holds until its server can say what has changed."""
    mannered = without(ManneredServer(), refuses_sync=refuses_sync)
    async with caldav_system(mannered) as system:
        system.put("a.ics", event("a"))
        system.put("b.ics", event("b"))
        await system.read()
        system.put("a.ics", event("a2"))
        system.put("b.ics", event("b2"))
        mannered.broken["b.ics"] = 502
        await system.read()
        assert subjects(system) == ["a2", "b"]
        await system.read()
        assert subjects(system) == ["a2", "b"]
        mannered.broken.clear()
        await system.read()
        assert subjects(system) == ["a2", "b2"]
        before = count(system)
        await system.read()
        assert len(asked_since(system, before)) == 1


async def test_an_object_that_is_forbidden_is_a_fault() -> None:
    """Case 39: one that may not be read does not make the calendar fail."""
    async with caldav_system(without(ManneredServer(), broken={"b.ics": 403})) as system:
        system.put("a.ics", event("a"))
        system.put("b.ics", event("b"))
        await system.read()
        assert subjects(system) == ["a"]
        assert system.faults["b.ics"]


async def test_an_object_deleted_meanwhile_is_gone() -> None:
    """Listed, but no more there when it is asked for."""
    async with caldav_system(without(ManneredServer(), broken={"b.ics": 404})) as system:
        system.put("a.ics", event("a"))
        system.put("b.ics", event("b"))
        await system.read()
        assert subjects(system) == ["a"]
        assert "b.ics" not in system.kept


async def test_throttled_amid_a_reading_nothing_is_kept() -> None:
    """Case 26: the server asks for patience between listing and objects."""
    mannered = ManneredServer()
    async with caldav_system(mannered) as system:
        system.put("a.ics", event("a"))
        await system.read()
        system.put("a.ics", event("b"))
        assert system.server is not None

        def impatient(asked: Asked) -> Reply:
            if b"calendar-multiget" in asked.body:
                return Reply(status=429, headers={"Retry-After": "90"})
            return mannered.answer(asked)

        system.server.answer = impatient
        with pytest.raises(Throttled) as caught:
            await system.read()
        assert caught.value.retry_after_seconds == 90
        system.server.answer = mannered.answer
        await system.read()
        assert subjects(system) == ["b"]


# what the collection says of itself -----------------------------------------------------------------------------------


async def test_the_calendars_zone_is_that_of_its_floating_times() -> None:
    """`calendar-timezone` comes before the person's zone, at the first reading and later."""
    async with caldav_system(without(ManneredServer(), zone="Europe/Helsinki")) as system:
        floating = "SUMMARY:{}\nDTSTART:20261123T100000\nDTEND:20261123T110000"
        eight = datetime(2026, 11, 23, 8, tzinfo=UTC)
        system.put("a.ics", floating.format("a"))
        await system.read()
        system.put("b.ics", floating.format("b"))
        await system.read()
        assert [each.when for each in system.bookings] == [Span(eight, eight.replace(hour=9))] * 2


@pytest.mark.parametrize("path", ["/", HOME, PRINCIPAL, CALENDAR, CALENDAR.rstrip("/")])
async def test_any_address_on_the_way_leads_to_the_calendar(path: str) -> None:
    """The server's, the principal's, the home's, or the calendar's own."""
    kind = caldav.register()
    async with serving(ManneredServer().answer) as server:
        url = server.url.rstrip("/") + path
        async with opened(kind, connect(kind, url=url, user="anna", password=PASSWORD), context()) as source:
            (found,) = await source.find_calendars()
    assert found.ref == server.url.rstrip("/") + CALENDAR
    assert (found.name, found.owned, found.blocking) == ("Anna & co", True, True)


async def test_calendars_shared_with_her_and_those_that_make_no_busy_say_so() -> None:
    """Her marks do not count in somebody else's; a transparent one is not selected by default."""
    async with caldav_system(without(ManneredServer(), owner="/principals/bo/", transparent=True)) as system:
        (found,) = await system.source.find_calendars()
        assert (found.owned, found.blocking) == (False, False)


async def test_only_calendars_for_events_are_offered() -> None:
    """Not tasks, inboxes, trash bins, subscriptions or plain folders."""

    def other(name: str, kinds: str, more: str = "") -> str:
        return (
            f"<D:response><D:href>{HOME}{name}/</D:href><D:propstat><D:prop><D:resourcetype>{kinds}</D:resourcetype>"
            f"{more}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
        )

    tasks = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
    extra = (
        other("tasks", "<D:collection/><C:calendar/>", tasks)
        + other("inbox", "<D:collection/><C:schedule-inbox/>")
        + other("bin", '<D:collection/><N:trash-bin xmlns:N="http://nextcloud.com/ns"/>')
        + other("holidays", "<D:collection/><S:subscribed/>")
        + other("folder", "<D:collection/>")
        + other("unsaid", "<D:collection/><C:calendar/>")
    )
    kind = caldav.register()
    async with (
        serving(without(ManneredServer(), extra_home=extra).answer) as server,
        opened(kind, connect(kind, url=server.url, user="anna", password=PASSWORD), context()) as source,
    ):
        found = await source.find_calendars()
    assert [each.name for each in found] == ["Anna & co", "unsaid"]


# finding the server, and signing in -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 404, 405])
async def test_the_well_known_address_helps_where_the_root_does_not(status: int) -> None:
    """A web page at the root, the calendars elsewhere: RFC 6764 says where; the method survives the redirect."""
    mannered = ManneredServer()

    def answer(asked: Asked) -> Reply:
        if asked.path == "/":
            return Reply(status=status, headers={"Content-Type": "text/html"}, body=b"<html>Welcome</html>")
        if asked.path == "/.well-known/caldav":
            return Reply(status=301, headers={"Location": PRINCIPAL})
        return mannered.answer(asked)

    kind = caldav.register()
    async with (
        serving(answer) as server,
        opened(kind, connect(kind, url=server.url, user="anna", password=PASSWORD), context()) as source,
    ):
        assert [each.name for each in await source.find_calendars()] == ["Anna & co"]


async def test_the_password_is_not_told_to_another_host() -> None:
    """A redirect to a stranger is followed without credentials; the words say where it led."""
    kind = caldav.register()
    async with serving(lambda asked: Reply(status=401)) as stranger:
        away = Reply(status=302, headers={"Location": f"{stranger.url}dav/"})
        async with serving(lambda asked: away) as server:
            connection = connect(kind, url=f"{server.url}dav/", user="anna", password=PASSWORD)
            async with opened(kind, connection, context()) as source:
                with pytest.raises(SignInNeeded, match="leads to"):
                    await source.find_calendars()
        assert stranger.asked
        assert all("authorization" not in each.headers for each in stranger.asked)
        assert all("authorization" in each.headers for each in server.asked)


async def test_digest_is_spoken_where_basic_is_not() -> None:
    """A server that offers Digest alone gets it, from then on at once."""
    mannered = ManneredServer()
    challenge = {"WWW-Authenticate": 'Digest realm="dav", nonce="n0", qop="auth", algorithm=MD5'}

    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    def answer(asked: Asked) -> Reply:
        given = dict(re.findall(r'(\w+)="?([^",]*)"?', asked.headers.get("authorization", "")))
        if not asked.headers.get("authorization", "").startswith("Digest "):
            return Reply(status=401, headers=challenge)
        secret = md5(f"anna:dav:{PASSWORD}")
        asking = md5(f"{asked.method}:{asked.target}")
        expected = md5(f"{secret}:n0:{given['nc']}:{given['cnonce']}:auth:{asking}")
        return mannered.answer(asked) if given["response"] == expected else Reply(status=401, headers=challenge)

    kind = caldav.register()
    async with serving(answer) as server:
        mannered.put("a.ics", event("a"))
        url = server.url.rstrip("/") + CALENDAR
        async with opened(kind, connect(kind, url=url, user="anna", password=PASSWORD), context()) as source:
            system = System(source, url, mannered, server)
            assert len(everything(await system.fetch())) == 1
            before = count(system)
            await system.fetch()
            digests = [each.headers["authorization"][:7] for each in asked_since(system, before)]
            assert set(digests) == {"Digest "}
        wrong = connect(kind, url=url, user="anna", password="wrong")
        async with opened(kind, wrong, context()) as source:
            with pytest.raises(SignInNeeded):
                await source.find_calendars()


async def test_without_a_user_the_words_ask_for_one() -> None:
    """401 to nobody: connect it with user and password."""
    kind = caldav.register()
    async with (
        serving(lambda asked: Reply(status=401)) as server,
        opened(kind, connect(kind, url=server.url), context()) as source,
    ):
        with pytest.raises(SignInNeeded, match="user and password"):
            await source.find_calendars()


@pytest.mark.parametrize(("path", "error"), [("/nowhere/", NotShared), ("/plain/", Unreadable)], ids=["404", "no-dav"])
async def test_an_address_that_leads_nowhere_says_so(path: str, error: type[Exception]) -> None:
    """Neither a calendar nor a way to one."""

    def answer(asked: Asked) -> Reply:
        return Reply(status=404) if asked.path == "/nowhere/" else Reply(status=405)

    kind = caldav.register()
    async with serving(answer) as server:
        url = server.url.rstrip("/") + path
        async with opened(kind, connect(kind, url=url, user="anna", password=PASSWORD), context()) as source:
            with pytest.raises(error):
                await source.find_calendars()
