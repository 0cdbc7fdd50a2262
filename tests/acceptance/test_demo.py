"""The demo from outside: what it promises to whoever finds `access.json`, and the main job in its calendars."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.cast import PROMISED_SECONDS, Api, Demo, Feed, Json, in_minutes, running_demo, told, until


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Generator[Demo]:
    """One demo for the module; each test writes for people of its own."""
    with running_demo(tmp_path_factory.mktemp("demo") / "kept") as running:
        yield running


def test_access_says_all_that_is_promised_and_nothing_else(demo: Demo) -> None:
    """`access.json` has the shape of `api.md`, and every address and secret in it works."""
    access = demo.access
    assert access.api_url == access.console_url.partition("?")[0] + "api/v1"
    assert len({each.id for each in access.people}) == len(access.people) == 30
    assert {each.email.partition("@")[0] for each in access.people} == {each.user for each in access.people}
    assert demo.api.get("/me")["role"] == "telephonist"
    assert Api(access.api_url, access.admin_token).get("/me")["role"] == "administrator"
    for person in (access.people[0], access.people[-1]):
        assert person.calendar_url == f"{access.caldav_url}{person.user}/calendar/"
        answer = httpx2.request(
            "PROPFIND", person.calendar_url, auth=(person.user, person.password), headers={"Depth": "0"}
        )
        assert answer.status_code == 207


def test_access_is_for_its_owner_alone(demo: Demo) -> None:
    """The files with secrets in them may be read by nobody else."""
    for name in ("access.json", "secrets.json", "callendar.db"):
        assert (demo.folder / name).stat().st_mode & 0o077 == 0, name


def test_the_company_is_as_described(demo: Demo) -> None:
    """Thirty people in six departments and several zones, all read, at least five free for two hours."""
    snapshot = demo.api.get("/people")
    people = snapshot["people"]
    assert {each["id"] for each in people} == {each.id for each in demo.access.people}
    assert {(each["name"], each["extension"], each["email"]) for each in people} == {
        (each.name, each.extension, each.email) for each in demo.access.people
    }
    assert len({each["department"] for each in people}) == 6
    assert len({each["zone"] for each in people}) >= 3
    assert {each["freshness"]["state"] for each in people} == {"fresh"}
    assert {"available", "busy", "informed", "referred"} - {each["state"]["kind"] for each in people} <= {"busy"}
    assert "opens_at" not in snapshot, "the company is open round the clock"
    free = [each["name"] for each in people if _is_quiet(each, datetime.now(UTC), timedelta(hours=2))]
    assert len(free) >= 5, free


def _is_quiet(person: Json, now: datetime, span: timedelta) -> bool:
    if person["state"]["kind"] != "available":
        return False
    segments = person.get("timetable", [])
    return all(
        datetime.fromisoformat(each["start"]) >= now + span or datetime.fromisoformat(each["end"]) <= now
        for each in segments
        if "end" in each
    ) and all("end" in each for each in segments)


def test_the_token_sees_texts(demo: Demo) -> None:
    """`token` sees at level text."""
    anna = demo.api.get(f"/people/{demo.access.person('anna').id}")
    assert "Budget 2027" in {each.get("text") for each in anna["upcoming"]}


def test_the_ticket_works_as_often_as_it_is_opened_and_leaves_the_address(demo: Demo) -> None:
    """Two browsers come in by one ticket; each is sent on to an address without it, with a session."""
    for _ in range(2):
        with httpx2.Client(trust_env=False) as browser:
            answer = browser.get(demo.access.console_url)
            assert answer.status_code == 303
            assert answer.headers["location"] == "/"
            cookie = answer.headers["set-cookie"].lower()
            assert "httponly" in cookie
            assert "samesite=lax" in cookie
            page = browser.get(httpx2.URL(demo.access.console_url).join("/"))
            assert page.status_code == 200
            assert page.headers["content-type"].startswith("text/html")
            assert browser.get(f"{demo.access.api_url}/me").json()["role"] == "telephonist"


def test_a_wrong_ticket_lets_nobody_in(demo: Demo) -> None:
    """It is refused in words, and no session comes of it."""
    answer = httpx2.get(demo.access.console_url + "x", trust_env=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert httpx2.get(f"{demo.access.api_url}/people", trust_env=False).status_code == 401


class Watch:
    """A person seen from three sides: `GET /people`, the feed, and the switchboard."""

    def __init__(self, demo: Demo, feed: Feed, user: str) -> None:
        self.demo = demo
        self.feed = feed
        self.id = demo.access.person(user).id

    def see(self, written: float, wanted: Callable[[Json], bool], what: str) -> None:
        """All three say so within the time promised, counted from the answer to the write."""
        deadline = written + PROMISED_SECONDS
        self.feed.wait_state(self.id, wanted, deadline, what)
        until(lambda: wanted(self.demo.api.state(self.id)), deadline - time.monotonic(), f"GET /people: {what}")
        until(self._board_agrees, deadline - time.monotonic(), f"switchboard: {what}")

    def _board_agrees(self) -> bool:
        state = self.demo.api.state(self.id)
        shown = self.demo.shown(self.id) or {"kind": "available"}
        reason = state.get("reason", {}).get("code")
        return (shown["kind"], shown.get("reason"), shown.get("back_at")) == (
            state["kind"],
            reason,
            state.get("back_at"),
        )


def _referred(back_at: datetime) -> Callable[[Json], bool]:
    def check(state: Json) -> bool:
        return (
            state["kind"] == "referred"
            and state["reason"]["code"] == "meeting"
            and state["back_at"] == told(back_at)
            and state["diverts"] is True
        )

    return check


def _available(state: Json) -> bool:
    return state["kind"] == "available" and state["diverts"] is False


def test_a_booking_becomes_a_referral_that_everybody_sees(demo: Demo) -> None:
    """`m: Budget` put into a calendar refers within 5 s; so do moving, shortening, unmarking and deleting it."""
    start, end = in_minutes(-5), in_minutes(60)
    with demo.api.feed() as feed:
        anna = Watch(demo, feed, "anna")
        assert _available(demo.api.state(anna.id))

        anna.see(demo.put("anna", "budget", "m: Budget", start, end), _referred(end), "referred")
        assert demo.api.state(anna.id)["text"] == "Budget"
        assert demo.api.state(anna.id)["since"] == told(start)

        moved = timedelta(minutes=3)
        anna.see(demo.put("anna", "budget", "m: Budget", start + moved, end + moved), _referred(end + moved), "moved")

        sooner = end - timedelta(minutes=30)
        anna.see(demo.put("anna", "budget", "m: Budget", start, sooner), _referred(sooner), "shortened")

        anna.see(demo.put("anna", "budget", "Budget", start, sooner), _available, "keyword removed")
        anna.see(demo.put("anna", "budget", "m: Budget", start, sooner), _referred(sooner), "keyword back")
        anna.see(demo.delete("anna", "budget"), _available, "deleted")


def test_a_booking_moved_to_later_frees_her_now(demo: Demo) -> None:
    """Moved out of now, a booking frees her within 5 s and is told as what comes soon."""
    with demo.api.feed() as feed:
        erik = Watch(demo, feed, "erik")
        start, end = in_minutes(20), in_minutes(30)
        erik.see(demo.put("erik", "later", "m: Later", in_minutes(-1), end), _referred(end), "on")
        erik.see(demo.put("erik", "later", "m: Later", start, start + timedelta(minutes=30)), _available, "later")
        assert demo.api.person(erik.id)["soon"]["start"] == told(start)


def test_what_a_private_booking_is_about_reaches_nobody(demo: Demo) -> None:
    """A private marked booking refers, and neither API, feed nor any file of the service has its subject."""
    person = demo.access.person("johan")
    secret = "Zanzibarkonferens"
    body = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//EN\r\nBEGIN:VEVENT\r\nUID:hidden\r\n"
        f"DTSTAMP:20261101T000000Z\r\nDTSTART:{in_minutes(-2):%Y%m%dT%H%M%SZ}\r\n"
        f"DTEND:{in_minutes(45):%Y%m%dT%H%M%SZ}\r\nSUMMARY:m: {secret}\r\nCLASS:PRIVATE\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    answer = httpx2.put(f"{person.calendar_url}hidden.ics", content=body, auth=(person.user, person.password))
    assert answer.status_code == 201
    state = until(
        lambda: state if (state := demo.api.state(person.id))["kind"] == "referred" else None,
        PROMISED_SECONDS,
        "referred by a private booking",
    )
    assert "text" not in state
    assert secret not in str(demo.api.get(f"/people/{person.id}"))
    assert secret not in str(demo.api.get(f"/people/{person.id}/explain"))
    for name in ("callendar.db", "callendar.db-wal", "callendar.log", "switchboard.log"):
        assert secret.encode() not in (demo.folder / name).read_bytes(), name


def test_titles_of_bookings_never_enter_the_log(demo: Demo) -> None:
    """What stands in the log of the service names no subject."""
    log = (demo.folder / "callendar.log").read_text()
    assert "Budget" not in log
    assert "Tender" not in log
