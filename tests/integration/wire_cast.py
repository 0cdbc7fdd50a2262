"""Everything that a viewer can have sent about a person: the bytes of every route that can speak of her."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import anyio
import httpx2
import msgspec

from callendar.domain.person import PersonId
from callendar.engine.tokens import hash_secret
from callendar.web.listing import FIELDS
from callendar.web.room import Room
from tests.clock import START
from tests.integration.api_cast import ANNA, COMPANY, Cast

LATER = (START + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
_COUNTED = re.compile(rb"\"?[0-9a-f]{6,}-\d+|\b(?:ch|tk|r)_[0-9a-f]+|calk_[\w-]+|retry: \d+")
"""Versions, which only count; ids, and when to come back to the feed, which are random."""


async def read_lists(cast: Cast, who: str) -> dict[str, bytes]:
    """`GET /people` in every way it can be asked for, in every coding; the company's table of reasons, which is no
    secret, taken out."""
    asked = [
        "people",
        f"people?ids={ANNA}",
        "people?department=Sales",
        "people?limit=1",
        f"people?after={ANNA}",
        f"people?fields={','.join(sorted(FIELDS))}",
        "people?fields=state,soon,next_free",
    ]
    told: dict[str, bytes] = {}
    for path in asked:
        told[path] = _without_reasons(await cast.ask(who, "GET", path, Accept_Encoding="identity"))
    for coding in ("gzip", "br"):
        answer = await cast.ask(who, "GET", "people", Accept_Encoding=coding)
        assert answer.headers["content-encoding"] == coding
        assert _without_reasons(answer) == told["people"]
    return told


async def read_person(cast: Cast, who: str, person: PersonId = ANNA) -> dict[str, bytes]:
    """What is sent of one person alone, refusals too; and what administrators are sent of everybody."""
    about = f"people/{person}"
    told: dict[str, bytes] = {}
    for path in (
        about,
        f"{about}/explain",
        f"{about}/explain?at={LATER}",
        f"{about}/referrals",
        f"{about}/timetable.ics",
        f"{about}/timetable-keys",
        "audit",
        "calendars",
        f"calendars?person={person}",
        "connections",
        "me",
    ):
        told[path] = (await cast.ask(who, "GET", path)).content
    # A reason that is not there is refused with those that are: the table of reasons, which is no secret.
    known = ", ".join(each.code for each in cast.held.company(COMPANY).company.reasons).encode()
    for method, path, body in (
        ("PUT", f"{about}/referral", {"reason": "planted"}),
        ("PUT", f"{about}/referral", {"reason": "lunch", "until": "2020-01-01T00:00:00Z"}),
        ("PUT", f"{about}/referral", {"reason": "lunch", "based_on": "other-1"}),
        ("PUT", f"{about}/silence", {"claim": "b/nobody"}),
        ("PUT", f"{about}/marks", {"claim": "b/nobody", "mark": "m:"}),
        ("PATCH", "referrals/r_nobody", {"until": "now"}),
        ("POST", "referrals", {"people": [person], "reason": "planted"}),
        ("POST", "changes/ch_nobody/undo", None),
        ("POST", "explain", {"subject": "m: What if"}),
        ("PATCH", about, {"zone": "Nowhere"}),
    ):
        told[f"{method} {path} {body}"] = (await cast.ask(who, method, path, body)).content.replace(known, b"")
    return told


async def write_and_undo(cast: Cast, who: str, person: PersonId = ANNA) -> dict[str, bytes]:
    """What is answered to orders, which are taken back."""
    body = {"reason": "trip", "start": LATER, "until": None}
    planned = await cast.ask(who, "POST", f"people/{person}/referrals", body)
    told = {"planned": planned.content}
    if planned.is_success:
        undone = await cast.ask(who, "POST", f"changes/{planned.json()['change']}/undo")
        told["undone"] = undone.content
        told["many"] = (await cast.ask(who, "POST", "referrals", {**body, "people": [person]})).content
        (change,) = msgspec.json.decode(told["many"])["changes"]
        told["undone again"] = (await cast.ask(who, "POST", f"changes/{change['change']}/undo")).content
    return told


async def hear(cast: Cast, who: str, since: str) -> bytes:
    """What the feed tells from a version on, until it has nothing more to say."""
    room: Room = cast.web.state["room"]
    viewer = await cast.store.load_viewer_by_id(COMPANY, cast.token_ids[who])
    assert viewer is not None
    heard: list[bytes] = []

    async def listen() -> None:
        events = room.feeds.follow(viewer, hash_secret(cast.secrets[who]), since)
        while True:
            heard.append(await anext(events))

    async with anyio.create_task_group() as group:
        group.start_soon(listen)
        await cast.clock.settle()
        group.cancel_scope.cancel()
    return b"".join(heard)


def same(told: bytes) -> bytes:
    """The bytes without what only counts or is random."""
    return _COUNTED.sub(b"#", told)


def _without_reasons(answer: httpx2.Response) -> bytes:
    table: dict[str, Any] = msgspec.json.decode(answer.content)["reasons"]
    encoded = msgspec.json.encode(table)
    assert encoded in answer.content
    return answer.content.replace(encoded, b"")
