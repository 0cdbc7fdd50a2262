"""Two companies that are equal in everything, on one installation: neither is told or can touch anything of the other.

Every route of the OpenAPI document is walked; one that the walk does not know how to fill fails it. Every text of the
other company carries a word that nothing of ours has.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from msgspec import Struct, structs

from callendar.contracts.kept import Notice
from callendar.contracts.source import Reading, ReadObject
from callendar.domain.booking import Calendar, CalendarId, Connection, ConnectionId
from callendar.domain.person import Extension, Person, PersonId
from callendar.domain.privacy import Role
from callendar.domain.reason_table import REASONS
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.engine.choosing import found_id
from callendar.engine.plan import replan
from callendar.engine.tokens import create_token
from tests.clock import START
from tests.connections import save_connection
from tests.integration.api_cast import PASSWORD, Cast, booking, open_cast
from tests.integration.test_feed import listening
from tests.integration.test_traffic import scrape

pytestmark = pytest.mark.anyio

API = "/api/v1"
WORD = "zebra"
"""Stands in every text of the other company, and in nothing of ours."""
OWN = "quagga"
"""Stands in every text of ours."""
BOTH = pytest.mark.parametrize("first", [pytest.param(True, id="first"), pytest.param(False, id="second")])
"""From the side of each: ours is the one that came first, or the one after it."""
ROLES: tuple[Role, ...] = ("colleague", "telephonist", "administrator")
UNFOLLOWED = frozenset({("GET", f"{API}/feed")})
"""Endless: followed by itself below."""
METHODS = ("get", "put", "post", "patch", "delete")
MADE_UP = "x_0123456789abcdef"


class Side(Struct, frozen=True, kw_only=True):
    """One of the two companies, by the ids of what it has; `code` is of a reason that only it has."""

    company: str
    anna: str
    bo: str
    connection: str
    calendar: str
    token: str
    user: str
    referral: str
    change: str
    key: str
    notice: str
    code: str
    claim: str
    secrets: dict[str, str]
    """Of its tokens, by role."""

    def ids(self) -> dict[str, str]:
        """What stands for each parameter of a path."""
        return {
            "person_id": self.anna,
            "calendar_id": self.calendar,
            "connection_id": self.connection,
            "token_id": self.token,
            "user_id": self.user,
            "referral_id": self.referral,
            "change_id": self.change,
            "key_id": self.key,
            "notice_id": self.notice,
            "code": self.code,
        }


def made_up(side: Side) -> Side:
    """A side of which nothing is there."""
    fields = {name: MADE_UP for name in side.__struct_fields__ if name != "secrets"}
    return structs.replace(side, **fields)


class Walk:
    """What the requests go to, and what each route is filled with."""

    def __init__(self, cast: Cast, file: Path) -> None:
        self.cast = cast
        self.file = file

    def routes(self) -> list[tuple[str, str]]:
        """Every method and path of the OpenAPI document."""
        paths: dict[str, Any] = self.cast.web.openapi_schema.to_schema()["paths"]
        return [(method.upper(), path) for path, its in sorted(paths.items()) for method in METHODS if method in its]

    async def ask(self, secret: str, method: str, path: str, body: Any, **query: str) -> httpx2.Response:
        """One request with a token."""
        async with self.cast.browser() as client:
            client.headers["Authorization"] = f"Bearer {secret}"
            return await client.request(method, path, json=body, params=query)

    def kept(self, company: str) -> dict[str, list[Any]]:
        """Every row of a company in every table, as it stands in the file."""
        with sqlite3.connect(self.file) as raw:
            names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found: dict[str, list[Any]] = {}
            for name in names:
                columns = {row[1] for row in raw.execute(f"PRAGMA table_info({name})")}
                key = "company_id" if "company_id" in columns else "id" if name == "companies" else None
                if key is not None:
                    question = f"SELECT * FROM {name} WHERE {key} = ?"
                    found[name] = sorted(raw.execute(question, (company,)).fetchall(), key=repr)
        raw.close()
        return found


def fill(path: str, side: Side) -> str:
    """The path with what the side has; fails on a parameter that this walk does not know."""
    names = re.findall(r"\{(\w+)\}", path)
    unknown = set(names) - side.ids().keys()
    assert not unknown, f"{path}: the walk does not know what to put for {unknown}"
    return re.sub(r"\{(\w+)\}", lambda found: side.ids()[found[1]], path)


SOME_REFERRAL = {"reason": "lunch", "until": None}
BODIES: dict[tuple[str, str], Callable[[Side], Any]] = {
    ("POST", "/calendars"): lambda side: {
        "person": side.anna,
        "connection": side.connection,
        "ref": found_id("/Other/"),
    },
    ("PATCH", "/calendars/{calendar_id}"): lambda _: {"order": 0},
    ("POST", "/connections"): lambda _: {"kind": "caldav", "settings": {"url": "https://dav.example/"}},
    ("PATCH", "/connections/{connection_id}"): lambda _: {"name": "Renamed"},
    ("POST", "/explain"): lambda _: {"subject": "m: x"},
    ("PATCH", "/me"): lambda _: {"mode": "busy"},
    ("PUT", "/me/password"): lambda _: {"current": PASSWORD, "new": f"{PASSWORD} 2"},
    ("POST", "/people"): lambda side: {"name": "New", "delegates": [side.token], "grants": {side.token: "text"}},
    ("PATCH", "/people/{person_id}"): lambda side: {"delegates": [side.token], "grants": {side.user: "text"}},
    ("PUT", "/people/{person_id}/marks"): lambda side: {"claim": side.claim, "mark": "m:"},
    ("DELETE", "/people/{person_id}/marks"): lambda side: {"claim": side.claim},
    ("PUT", "/people/{person_id}/referral"): lambda _: SOME_REFERRAL,
    ("POST", "/people/{person_id}/referrals"): lambda _: {"reason": "holiday", "start": "2027-01-01"},
    ("PUT", "/people/{person_id}/silence"): lambda side: {"claim": side.claim},
    ("DELETE", "/people/{person_id}/silence"): lambda side: {"claim": side.claim},
    ("POST", "/reasons"): lambda _: {"code": "errand", "labels": {"en": "Errand"}, "keywords": {"en": ["er"]}},
    ("PATCH", "/reasons/{code}"): lambda _: {"weight": 7},
    ("POST", "/referrals"): lambda side: {"people": [side.anna, side.bo], "reason": "lunch"},
    ("PATCH", "/referrals/{referral_id}"): lambda _: {"text": "later"},
    ("PUT", "/rules"): lambda _: {"grace_minutes": 6},
    ("POST", "/session"): lambda side: {"email": "anna@same.example", "password": PASSWORD, "company": side.company},
    ("POST", "/tokens"): lambda side: {"role": "colleague", "name": "New", "person": side.anna},
    ("POST", "/users"): lambda side: {
        "email": f"{side.anna}@new.example",
        "name": "New",
        "role": "colleague",
        "person": side.anna,
    },
    ("PATCH", "/users/{user_id}"): lambda side: {"person": side.anna},
    ("POST", "/users/{user_id}/password"): lambda _: {},
}
"""What every route with a body is sent, with the ids of a side."""
BODILESS = frozenset(
    {
        ("POST", "/calendars/{calendar_id}/sync"),
        ("POST", "/changes/{change_id}/undo"),
        ("POST", "/connections/{connection_id}/test"),
        ("POST", "/people/{person_id}/timetable-keys"),
    }
)
QUERIES: dict[tuple[str, str], Callable[[Side], dict[str, str]]] = {
    ("GET", "/calendars"): lambda side: {"person": side.anna},
    ("DELETE", "/connections/{connection_id}"): lambda _: {"calendars": "true"},
    ("GET", "/people"): lambda side: {"ids": side.anna},
    ("GET", "/people/{person_id}"): lambda side: {"as": side.token},
}
"""Further ids that a route takes."""


def body_of(method: str, path: str, side: Side) -> Any:
    """What is sent; fails for a writing route that this walk does not know."""
    route = method, path.removeprefix(API)
    if route in BODIES:
        return BODIES[route](side)
    assert method in ("GET", "DELETE") or route in BODILESS, f"{method} {path}: the walk does not know what to send"
    return None


def query_of(method: str, path: str, side: Side) -> dict[str, str]:
    """Its query with ids of that side, if it takes any."""
    return QUERIES.get((method, path.removeprefix(API)), lambda _: {})(side)


async def plant(cast: Cast, name: str, mark: str) -> Side:
    """A company with something of everything; all are equal but for their random ids and the mark in their texts."""
    store, company_id = cast.store, CompanyId(f"co_{name}")
    code = f"only_{name}"
    own = structs.replace(REASONS[0], code=code, labels={"en": f"Own{mark}"}, keywords={}, phone=None)
    await store.save_company(
        Company(id=company_id, name=f"Nordlys {name}{mark}", zone="UTC", rules=Rules(), reasons=(*REASONS, own))
    )
    anna, bo, connection = PersonId(f"p_{name}_anna"), PersonId(f"p_{name}_bo"), ConnectionId(f"c_{name}")
    settings = {"url": f"https://dav.example/{mark}", "user": f"user{mark}"}
    await save_connection(
        store,
        Connection(
            id=connection,
            company_id=company_id,
            kind="caldav",
            name=f"Dav{mark}",
            settings=settings,
            secret=f"s{mark}",
            read_at=START,
        ),
    )
    for person, called, extension in ((anna, "Anna", "101"), (bo, "Bo", "102")):
        async with store.change(company_id, [person]) as tx:
            whole = Person(
                id=person,
                company_id=company_id,
                name=f"{called}{mark}",
                zone="UTC",
                email=f"{called.casefold()}@same.example",
                extensions=(Extension(number=extension),),
                department=f"Sales{mark}",
            )
            await tx.save_person(whole, START)
            await tx.save_calendar(
                Calendar(
                    id=CalendarId(f"cal_{person}"),
                    company_id=company_id,
                    person_id=person,
                    connection_id=connection,
                    ref="/Anna/",
                    name=f"Calendar{mark}",
                    added_at=START,
                )
            )
            reading = Reading(
                objects={"1": ReadObject(etag="1", bookings=(booking(f"m: Budget{mark}"),), faults=(f"odd{mark}",))},
                gone=frozenset(),
                cursor=None,
                complete=True,
            )
            await tx.apply_reading(CalendarId(f"cal_{person}"), reading, START + timedelta(days=35))
            notice = Notice(id=f"n_{name}", person_id=person, claim="uid-1", word=f"word{mark}", suggestion="m")
            await tx.save_notices(person, [notice])
            await replan(tx, person)
    secrets: dict[str, str] = {}
    token, _ = await create_token(store, company_id, "colleague", f"spare{mark}", None, START)
    for role in ROLES:
        whose = anna if role == "colleague" else None
        _, secrets[role] = await create_token(store, company_id, role, f"{role}{mark}", whose, START)
    await cast.held.refresh()
    user = await cast.add_user("anna@same.example", "telephonist", anna, company=company_id)
    walk = Walk(cast, Path())
    telephonist = secrets["telephonist"]

    async def do(method: str, path: str, body: Any = None) -> Any:
        answer = await walk.ask(telephonist, method, f"{API}/people/{path}", body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    wanted = {"reason": code, "start": "2027-01-04", "text": f"text{mark}"}
    await do("POST", f"{anna}/referrals", wanted)
    change = (await do("POST", f"{bo}/referrals", wanted))["change"]
    key = (await do("POST", f"{anna}/timetable-keys"))["id"]
    (referral,) = (await do("GET", f"{anna}/referrals"))["referrals"]
    (claim,) = {each["key"] for each in (await do("GET", f"{anna}/explain"))["bookings"]}
    return Side(
        company=company_id,
        anna=anna,
        bo=bo,
        connection=connection,
        calendar=f"cal_{anna}",
        token=token.id,
        user=user,
        referral=referral["id"],
        change=change,
        key=key,
        notice=f"n_{name}",
        code=code,
        claim=claim,
        secrets=secrets,
    )


@asynccontextmanager
async def two(folder: Path, *, first: bool = True) -> AsyncGenerator[tuple[Walk, Side, Side]]:
    """Ours and the other, in one file behind one API; ours came first, or after the other."""
    file = folder / "two.db"
    async with open_cast(file) as cast:
        for ref in ("/Anna/", "/Other/"):
            cast.system.put(ref, "1")
        left = await plant(cast, "left", OWN if first else WORD)
        right = await plant(cast, "right", WORD if first else OWN)
        ours, theirs = (left, right) if first else (right, left)
        await cast.held.refresh()
        yield Walk(cast, file), ours, theirs


def told(answer: httpx2.Response) -> str:
    """All of an answer, its headers too."""
    return f"{answer.headers!r}\n{answer.text}"


@contextmanager
def untouched(walk: Walk, side: Side) -> Generator[None]:
    """Nothing of that side changes meanwhile."""
    before = walk.kept(side.company)
    yield
    assert walk.kept(side.company) == before


def without_ids(answer: httpx2.Response, side: Side) -> tuple[int, str]:
    """The answer as it would be for any id."""
    text = re.sub(r'"p_[0-9a-f]{20}"', '"NEW"', answer.text)
    for id_ in sorted({*side.ids().values(), side.bo, side.company, side.claim}, key=len, reverse=True):
        text = text.replace(id_, "ID")
    return answer.status_code, text


@BOTH
async def test_what_is_the_others_is_as_what_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], first: bool
) -> None:
    """In every route and role: the other's ids are answered as made-up ones, byte for byte, and change nothing."""
    async with two(tmp_path, first=first) as (walk, ours, theirs):
        nothing = made_up(theirs)
        wrong: list[str] = []
        with untouched(walk, theirs):
            for role in ROLES:
                for method, path in walk.routes():
                    if (method, path) in UNFOLLOWED or path.endswith(("/session", "/me/password")):
                        continue
                    if not theirs_in(method, path, theirs):
                        continue
                    answers = [
                        await walk.ask(
                            ours.secrets[role],
                            method,
                            fill(path, side),
                            body_of(method, path, side),
                            **query_of(method, path, side),
                        )
                        for side in (theirs, nothing)
                    ]
                    if without_ids(answers[0], theirs) != without_ids(answers[1], nothing):
                        wrong.append(f"{role} {method} {path}: {answers[0].text} but {answers[1].text}")
                    if WORD in told(answers[0]) or answers[0].status_code >= 500:
                        wrong.append(f"{role} {method} {path}: {answers[0].text}")
        assert not wrong, "\n".join(wrong)
        assert WORD not in capsys.readouterr().out


def theirs_in(method: str, path: str, side: Side) -> bool:
    """Whether a request names anything of a side at all."""
    sent = f"{fill(path, side)} {body_of(method, path, side)} {query_of(method, path, side)}"
    return any(id_ in sent for id_ in (*side.ids().values(), side.bo, side.claim))


def _step(route: tuple[str, str]) -> tuple[int, int, str]:
    """Reads first, then what needs all to be as it was planted; removals last, of what hangs on others before them."""
    method, path = route
    steps = {"GET": 0, "PUT": 2, "POST": 3, "PATCH": 4, "DELETE": 5}
    early = {("POST", f"{API}/changes/{{change_id}}/undo"), ("POST", f"{API}/session")}
    late = {("DELETE", f"{API}/connections/{{connection_id}}"), ("DELETE", f"{API}/people/{{person_id}}")}
    return 1 if route in early else 6 if route in late else steps[method], -len(path), path


@BOTH
async def test_nothing_of_the_other_is_in_any_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], first: bool
) -> None:
    """In every route and role, with one's own ids, reads first and removals last; the other stays as it is. The metrics
    tell of neither."""
    async with two(tmp_path, first=first) as (walk, ours, theirs):
        capsys.readouterr()
        answered: set[tuple[str, str]] = set()
        refused: dict[tuple[str, str], str] = {}
        with untouched(walk, theirs):
            for method, path in sorted(walk.routes(), key=_step):
                if (method, path) in UNFOLLOWED:
                    continue
                for role in ROLES:
                    answer = await walk.ask(
                        ours.secrets[role],
                        method,
                        fill(path, ours),
                        body_of(method, path, ours),
                        **query_of(method, path, ours),
                    )
                    assert WORD not in told(answer), f"{role} {method} {path}: {answer.text}"
                    assert answer.status_code < 500, f"{role} {method} {path}: {answer.text}"
                    route = method, path.removeprefix(API)
                    if answer.status_code < 300:
                        answered.add(route)
                    else:
                        refused[route] = refused.get(route, "") + f"\n{role}: {answer.text}"
        missed = {route: words for route, words in refused.items() if route not in answered | REFUSED}
        assert not missed, "nobody was answered, so nothing was looked at: " + "".join(map(str, missed.items()))
        assert WORD not in capsys.readouterr().out
        for side, word in ((ours, OWN), (theirs, WORD)):
            seen = await walk.ask(side.secrets["administrator"], "GET", f"{API}/people", None)
            assert word in seen.text
        metrics = await scrape(walk.cast)
        assert "callendar_http_requests_total" in metrics
        told_of = [
            word
            for side in (ours, theirs)
            for word in (OWN, WORD, side.company, side.bo, side.claim, *side.ids().values())
            if word in metrics
        ]
        assert not told_of


REFUSED = frozenset(
    {("GET", "/feed"), ("PUT", "/me/password"), ("DELETE", "/session"), ("DELETE", "/me/notices/{notice_id}")}
)
"""Those that a token cannot be answered well in this walk: what they do is tried where sessions are."""


async def test_a_session_is_told_of_its_own_company_alone(tmp_path: Path) -> None:
    """Equal address and password in both: without the company nothing is told, with it one's own is read."""
    async with two(tmp_path) as (walk, ours, theirs), walk.cast.browser() as nobody:
        given = {"email": "anna@same.example", "password": PASSWORD}
        unsaid = await nobody.post(f"{API}/session", json=given)
        assert unsaid.status_code in (400, 401, 409), unsaid.text
        wrong = await nobody.post(f"{API}/session", json={**given, "password": "wrong horse"})
        for answer in (unsaid, wrong):
            assert WORD not in told(answer)
            assert not [id_ for side in (ours, theirs) for id_ in (side.company, side.user) if id_ in told(answer)]
        async with walk.cast.signed_in("anna@same.example", company=ours.company) as browser:
            with untouched(walk, theirs):
                for method, path in walk.routes():
                    if method == "GET" and (method, path) not in UNFOLLOWED:
                        answer = await browser.get(fill(path, ours).removeprefix(f"{API}/"))
                        assert WORD not in told(answer), f"{path}: {answer.text}"
                        answer = await browser.get(fill(path, theirs).removeprefix(f"{API}/"))
                        assert WORD not in told(answer), f"{path}: {answer.text}"


async def test_the_feed_tells_nothing_of_the_other(tmp_path: Path) -> None:
    """Not when it changes, nor to who resumes from a version of the other's, nor when rules change there."""
    async with two(tmp_path) as (walk, ours, theirs):
        cast = walk.cast
        for role in ROLES:
            cast.secrets[f"ours {role}"] = ours.secrets[role]
        people = await walk.ask(theirs.secrets["telephonist"], "GET", f"{API}/people", None)
        version = people.json()["version"]
        async with listening(cast, "ours telephonist") as one, listening(cast, "ours colleague", version) as resumed:
            one.take()
            await walk.ask(
                theirs.secrets["telephonist"], "PUT", f"{API}/people/{theirs.bo}/referral", {"reason": "lunch"}
            )
            await walk.ask(theirs.secrets["administrator"], "PUT", f"{API}/rules", {"grace_minutes": 9})
            await cast.clock.advance(2)
            heard = [*one.take("people", "reset", "fresh", "lines"), *resumed.take()]
            encoded = msgspec.json.encode([structs.asdict(each) for each in heard]).decode()
            assert WORD not in encoded
            assert theirs.bo not in encoded
            assert not [each for each in heard if each.name == "people" and theirs.connection in encoded]


async def test_one_idempotency_key_is_two_in_two_companies(tmp_path: Path) -> None:
    """The same key with the same request is done for each, and neither is handed the other's answer."""
    async with two(tmp_path) as (walk, ours, theirs):
        for side in (theirs, ours):
            async with walk.cast.browser() as client:
                client.headers["Authorization"] = f"Bearer {side.secrets['telephonist']}"
                answer = await client.put(
                    f"{API}/people/{side.bo}/referral", json={"reason": "lunch"}, headers={"Idempotency-Key": "same"}
                )
            assert answer.status_code == 200, answer.text
            assert answer.json()["id"] == side.bo
            assert (WORD in told(answer)) == (side is theirs)
