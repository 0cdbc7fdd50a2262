"""Words of private bookings are found nowhere, and titles of others in no log: a real service, read from outside.

Two sources are read, a CalDAV server and a feed, through everything that may go wrong with them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from tests.cast import Api, Shell, in_minutes, until
from tests.integration.radicale import RadicaleServer

PLANTED, TURNED, OPENED = "planted", "turnedtitle", "openedtitle"
"""In private bookings; in those that become private; in those that are not."""
SECONDS = 40.0
LETTER = "Å"
"""Written in Windows' letters, so that the feed is no UTF-8."""


class Server:
    """Answers every request with one status and body, which a test changes."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(server.status, "Planted")
                self.send_header("X-Planted", "Planted")
                self.send_header("Content-Length", str(len(server.body)))
                self.end_headers()
                self.wfile.write(server.body)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/anna.ics"


@pytest.fixture
def feed() -> Generator[Server]:
    """A web server of one feed."""
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def event(uid: str, minutes: int, *lines: str) -> list[str]:
    start, end = in_minutes(minutes), in_minutes(minutes + 30)
    given = {line.partition(":")[0].partition(";")[0] for line in lines}
    times = [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}"]
    kept = [line for line in times if line.partition(":")[0] not in given]
    return ["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *kept, *lines, "END:VEVENT"]


def secret(uid: str, minutes: int, *lines: str, mark: str = "m: ") -> list[str]:
    """An event with a planted word wherever one can stand."""
    return event(
        uid,
        minutes,
        f"SUMMARY:{mark}PlantedSummary {LETTER}",
        "DESCRIPTION:PlantedDescription\\nPlantedLine",
        "X-ALT-DESC;FMTTYPE=text/html:<b>PlantedAlt</b>",
        'LOCATION;ALTREP="http://planted.example/room":PlantedPlace',
        "CATEGORIES:PlantedCategory,PlantedOther",
        "ORGANIZER;CN=PlantedOrganizer:mailto:anna@north.example",
        'ATTENDEE;CN="PlantedAttendee";PARTSTAT=ACCEPTED:mailto:planted@north.example',
        "COMMENT:PlantedComment",
        "CONTACT:PlantedContact",
        "RESOURCES:PlantedResource",
        "URL:https://planted.example/",
        "ATTACH;FILENAME=planted.pdf:https://planted.example/planted.pdf",
        "X-PLANTED:PlantedOwn",
        *lines,
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT5M",
        "DESCRIPTION:PlantedAlarm",
        "END:VALARM",
    )


def calendar(*events: list[str]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *(line for each in events for line in each)]
    return "".join(f"{line}\r\n" for line in [*lines, "END:VCALENDAR"]).encode("cp1252")


def series(uid: str, minutes: int, of_series: str, of_exception: str) -> list[list[str]]:
    original = f"RECURRENCE-ID:{in_minutes(minutes + 1440):%Y%m%dT%H%M%SZ}"
    made: list[list[str]] = []
    for private, lines in ((of_series, ("RRULE:FREQ=DAILY;COUNT=3",)), (of_exception, (original,))):
        moved = minutes if "RRULE" in lines[0] else minutes + 1440
        if private == "PUBLIC":
            made.append(event(uid, moved, f"SUMMARY:m: OpenedTitle{uid}", "CLASS:PUBLIC", *lines))
        else:
            made.append(secret(uid, moved, *filter(None, [private]), *lines))
    return made


def private_events() -> list[list[str]]:
    """Whole and broken; alone, in series, and as exceptions."""
    classes = ("PRIVATE", "confidential", "X-PLANTED")
    whole = [secret(f"w{n}", 40 * n, f"CLASS:{each}") for n, each in enumerate(classes)]
    broken = [
        secret("b1", 200, "CLASS:PRIVATE", "RRULE:FREQ=PlantedRule"),
        secret("b2", 240, "CLASS:PRIVATE", "DTSTART:PlantedStart"),
        secret("b3", 280, "CLASS:PRIVATE", "DTSTART;TZID=PlantedZone:20261124T090000"),
        secret("b4", 320, "CLASS:PRIVATE", "EXDATE:PlantedDate", "RDATE;TZID=PlantedZone:PlantedDate"),
        secret("b5", 360, "CLASS:PRIVATE", "DTEND:20200101T000000Z"),
        secret("b6", 400, "CLASS:PRIVATE", "DURATION:PlantedLong", "RECURRENCE-ID:PlantedId"),
        secret("b7", 440, "BEGIN:VALARM", "CLASS:PRIVATE"),
        secret("b8", 480, "CLASS:PRIVATE", "SEQUENCE:Planted", "STATUS:Planted", "TRANSP:Planted", mark="lunhc: "),
    ]
    return [*whole, *broken, *series("s1", 500, "PUBLIC", "CLASS:PRIVATE"), *series("s2", 540, "CLASS:PRIVATE", "")]


def turning(uid: str, minutes: int, *, private: bool) -> list[str]:
    """Public at first, and then not."""
    lines = (f"SUMMARY:lunhc: TurnedTitle{uid} {LETTER}", f"CATEGORIES:TurnedTitle{uid}")
    return event(uid, minutes, *lines, *(["CLASS:PRIVATE"] if private else []))


def feed_of(*, turned: bool, more: str) -> bytes:
    """What the feed says, before and after."""
    opened = (
        event(f"o{more}", 620, f"SUMMARY:OpenedTitle{more}"),
        event("o", 660, "SUMMARY:m: OpenedTitle", "RRULE:FREQ=No"),
    )
    return calendar(*private_events(), turning("t1", 700, private=turned), *opened)


GETS = ("people", "people/{id}", "people/{id}/explain", "people/{id}/referrals", "people/{id}/timetable.ics")
FOR_ADMINISTRATORS = ("calendars", "connections", "tokens", "users", "audit", "rules", "reasons", "metrics")


def test_words_of_private_bookings_are_found_nowhere(
    shell: Shell, radicale: RadicaleServer, feed: Server, tmp_path: Path
) -> None:
    """Not in answers, commands, logs or files; not while sources fail and workers die; and what became private is gone
    from the files as well."""
    feed.body = feed_of(turned=False, more="first")
    for n, each in enumerate((*private_events()[:3], turning("t2", 740, private=False))):
        put(radicale, f"p{n}.ics", calendar(each))
    shell.run("company", "add", "North", "--zone", "UTC", "--language", "en")
    shell.run("people", "add", "Anna", "--extension", "101", "--email", "anna@north.example")
    often = ("--person", "101", "--poll-seconds", "1")
    shell.run("connect", "ics", *often, "--url", feed.url)
    caldav = ("connect", "caldav", *often, "--user", "anna", "--url", radicale.calendar_url("anna", "work"))
    shell.run(*caldav, "--all", CALLENDAR_PASSWORD="anna-1")
    secrets = {role: token(shell, "--role", role) for role in ("telephonist", "colleague", "administrator")}
    secrets["anna"] = token(shell, "--role", "colleague", "--person", "101")
    answers: dict[str, str] = {}
    with shell.serve() as (running, url):
        apis = {role: Api(f"{url}/api/v1", each) for role, each in secrets.items()}
        apis["administrator"].send("PUT", "/rules", {"privacy": "text", "mode": "busy"})
        (anna,) = apis["anna"].get("/people")["people"]

        def told() -> str:
            return ask(apis["telephonist"], f"people/{anna['id']}").casefold()

        def is_told(*words: str) -> bool:
            text = told()
            return all(word.casefold() in text for word in words)

        until(lambda: is_told("OpenedTitleFirst", "TurnedTitleT1", "TurnedTitleT2"), SECONDS, "the calendars are read")
        for worker in running.children():
            os.kill(worker, signal.SIGKILL)
        feed.body = feed_of(turned=True, more="second")
        put(radicale, "p3.ics", calendar(turning("t2", 740, private=True)))
        until(lambda: is_told("OpenedTitleSecond") and TURNED not in told(), SECONDS, "they are read anew")
        good = feed.body
        for status, body, fault in (
            (500, b"<h1>Planted</h1>" + good, "500"),
            (200, b"<html><title>Planted sign in</title>", "web page"),
        ):
            feed.status, feed.body = status, body
            shell.run("calendars", "sync", "--person", "101")
            until(lambda wanted=fault: is_told(wanted), SECONDS, fault)
            answers |= {f"{fault} {role}": everything(api, anna["id"]) for role, api in apis.items()}
        answers["doctor"] = shell.run("doctor", code=1).out
        answers["calendars"] = shell.run("calendars", "list").out
        check_files(shell.folder, PLANTED)
    answers["explain"] = shell.run("explain", "m: PlantedSummary", "--private").out.replace("m: PlantedSummary", "")
    rehearsed = tmp_path / "rehearsed.ics"
    rehearsed.write_bytes(good)
    span = ("--from", f"{in_minutes(-1440):%Y-%m-%d}", "--to", f"{in_minutes(5760):%Y-%m-%d}")
    rehearsal = shell.run("rehearse", str(rehearsed), *span, "--zone", "UTC", "--mode", "busy", "--json")
    answers["rehearsal"] = rehearsal.out + rehearsal.err
    for where, text in answers.items():
        assert text, where
        assert PLANTED not in text.casefold(), (where, around(text, PLANTED))
        assert TURNED not in text.casefold(), (where, around(text, TURNED))
    assert any(OPENED in text.casefold() for text in answers.values())
    check_files(shell.folder, PLANTED)
    check_files(shell.folder, TURNED)
    for log in shell.folder.glob("*.txt"):
        assert "calendar_changed" in log.read_text()
        assert OPENED not in log.read_text().casefold()


def put(radicale: RadicaleServer, name: str, body: bytes) -> None:
    """Radicale takes UTF-8 alone."""
    radicale.put("anna", name, body.decode("cp1252"), "work")


def token(shell: Shell, *arguments: str) -> str:
    out = shell.run("token", "create", "--name", "Reader", *arguments).out
    return next(word for word in out.split() if word.startswith("cal_"))


def ask(api: Api, path: str) -> str:
    answer = httpx2.get(
        f"{api.url}/{path}", headers={"Authorization": f"Bearer {api.token}"}, trust_env=False, timeout=20
    )
    return answer.text


def everything(api: Api, person: str) -> str:
    """All that one role is answered, refusals too."""
    return "".join(ask(api, path.format(id=person)) for path in (*GETS, *FOR_ADMINISTRATORS))


def check_files(folder: Path, word: str) -> None:
    """No file has the word, and there is no file that nobody knows of."""
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.name.startswith(("callendar", "serve-", ".callendar")), path
            content = path.read_bytes().lower()
            assert word.encode() not in content, (path, around(content.decode(errors="replace"), word))


def around(text: str, word: str) -> str:
    at = text.casefold().index(word)
    return text[max(0, at - 200) : at + 100]
