"""Calendars to be afraid of: random bytes, real ones mutated, and ones made up out of the words of the standard."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import files
from pathlib import Path

from bench import calendars

PLANTED = "Plantedsecretword"
"""Stands in every subject and description; nobody may be told of it outside what is a booking."""
SPECIMENS = Path(__file__).resolve().parents[1] / "tests" / "specimens"
LARGE_ONCE_IN = 150

_WORDS = (
    "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VTIMEZONE", "END:VTIMEZONE",
    "BEGIN:VALARM", "END:VALARM", "RRULE:FREQ=SECONDLY", "RRULE:FREQ=MINUTELY;BYHOUR=25",
    "RRULE:FREQ=YEARLY;INTERVAL=0",
    "RRULE:FREQ=DAILY;COUNT=99999999999999999999", "RRULE:FREQ=DAILY;UNTIL=00000000T000000Z", "EXDATE:20261124",
    "RDATE;VALUE=PERIOD:20261124T100000Z/P9999999D", "DTSTART:99991231T235959Z", "DTSTART:00010101T000000",
    "DTSTART;TZID=Nowhere/Land:20261124T100000", "DTEND:00000000", "DURATION:-PT1S", "DURATION:P99999999999W",
    "DURATION:PT0S", "RECURRENCE-ID;RANGE=THISANDFUTURE:20261125T100000Z", "UID:", "UID:same", "CLASS:X-ODD",
    "SEQUENCE:999999999999999999999999", "STATUS:CANCELLED", "TRANSP:OPAQUE", "CATEGORIES:" + "a," * 300,
    "TZOFFSETFROM:+9999", "TZOFFSETTO:-2400", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "DTSTART;VALUE=DATE:20261124",
    "FREEBUSY:20261124T100000Z/PT99H,20261124T100000Z/20261123T100000Z", "METHOD:CANCEL",
    "ATTENDEE:mailto:" + "a" * 999,
)  # fmt: skip
_RULE_PARTS = (
    ("FREQ", ("SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")),
    ("INTERVAL", ("1", "2", "7", "86400", "999999", "0", "-1")),
    ("COUNT", ("1", "10", "100000")),
    ("UNTIL", ("20261201T000000Z", "20270101", "19000101T000000Z")),
    ("BYMONTH", ("2", "1,3,5", "13", "-1")),
    ("BYMONTHDAY", ("30", "31", "-1", "1,2,3", "32")),
    ("BYDAY", ("MO", "MO,TU,WE,TH,FR,SA,SU", "-1FR", "53MO", "5MO")),
    ("BYHOUR", ("0", "3", ",".join(map(str, range(24))))),
    ("BYMINUTE", ("0", ",".join(map(str, range(60))))),
    ("BYSECOND", ("0", ",".join(map(str, range(60))), "60")),
    ("BYYEARDAY", ("366", "-366", "1")),
    ("BYWEEKNO", ("53", "-53", "1")),
    ("BYSETPOS", ("1", "-1", "366", "-366")),
    ("WKST", ("MO", "SU")),
)


class Corpus:
    """Draws them, by a random that is given."""

    def __init__(self, chance: random.Random, now: datetime) -> None:
        self._random = chance
        self._real = [
            path.read_bytes()
            for package in ("icalendar", "recurring-ical-events")
            for each in files(package) or ()
            if str(each).endswith(".ics") and (path := Path(str(each.locate()))).is_file()
        ] + [path.read_bytes() for path in sorted(SPECIMENS.glob("*.ics"))]
        # Made beforehand: to make them is no part of what is measured.
        self._large = {name: maker(now) for name, maker in calendars.LARGE.items()}
        self._makers: tuple[tuple[str, Callable[[datetime], bytes]], ...] = (
            ("random bytes", self._noise),
            ("mutated", self._mutated),
            ("mutated", self._mutated),
            ("mutated", self._mutated),
            ("made up", self._made_up),
            ("made up", self._made_up),
            ("shuffled words", self._shuffled),
            ("cut", self._cut),
        )

    def draw(self, now: datetime) -> tuple[str, bytes]:
        """A kind, and a calendar of it."""
        if self._random.randrange(LARGE_ONCE_IN) == 0:
            name = self._random.choice(list(calendars.LARGE))
            return name, self._large[name]
        kind, maker = self._random.choice(self._makers)
        return kind, maker(now)

    def _noise(self, _: datetime) -> bytes:
        noise = self._random.randbytes(self._random.choice((0, 10, 1_000, 100_000)))
        framed = self._random.random() < 0.5
        return b"BEGIN:VCALENDAR\r\n" + noise + b"\r\nEND:VCALENDAR\r\n" if framed else noise

    def _mutated(self, _now: datetime) -> bytes:
        body = bytearray(self._random.choice(self._real))
        for _ in range(self._random.choice((1, 3, 10, 100))):
            self._mutate(body)
        return bytes(body)

    def _mutate(self, body: bytearray) -> None:
        if not body:
            return
        place = self._random.randrange(len(body))
        match self._random.randrange(7):
            case 0:
                body[place] = self._random.randrange(256)
            case 1:
                del body[place : place + self._random.choice((1, 5, 50))]
            case 2:
                body[place:place] = body[place : place + self._random.choice((5, 50, 500))]
            case 3:
                body[place:place] = f"\r\n{self._random.choice(_WORDS)}\r\n".encode()
            case 4:
                digits = [n for n, each in enumerate(body[place : place + 2000]) if 48 <= each <= 57]
                if digits:
                    body[place + self._random.choice(digits)] = self._random.randrange(48, 58)
            case 5:
                body[place:place] = self._random.choice(
                    (b"\xff\xfe", b"\x00", "\u2028".encode(), b"\r", b"\n ", b"\xc3")
                )
            case _:
                other = self._random.choice(self._real)
                start = self._random.randrange(len(other))
                body[place:place] = other[start : start + self._random.choice((50, 500))]

    def _made_up(self, now: datetime) -> bytes:
        events = [self._event(n, now) for n in range(self._random.choice((1, 3, 10, 40)))]
        return calendars.feed(events, calendars.zones(self._random.randrange(4), 200))

    def _event(self, n: int, now: datetime) -> str:
        start = now + timedelta(minutes=self._random.randrange(-200_000, 60_000))
        parts = self._random.sample(_RULE_PARTS[1:], self._random.randrange(5))
        rule = ";".join(f"{name}={self._random.choice(values)}" for name, values in [_RULE_PARTS[0], *parts])
        more = f"RRULE:{rule}\n" if self._random.random() < 0.7 else ""
        if self._random.random() < 0.3:
            more += f"EXDATE:{start + timedelta(days=1):%Y%m%dT%H%M%SZ}\n"
        if self._random.random() < 0.2:
            more += f"RDATE:{','.join(f'{start + timedelta(hours=k):%Y%m%dT%H%M%SZ}' for k in range(200))}\n"
        if self._random.random() < 0.2:
            more += f"RECURRENCE-ID:{start + timedelta(days=7):%Y%m%dT%H%M%SZ}\n"
        subject = self._random.choice(("m", "sick", "lunch", "xx", "*", "[t] re: m", "ﷺ" * 50)) + f": {PLANTED} {n}"
        name = self._random.choice((f"u{n}", "same", "u" * 2_000, ""))
        minutes = self._random.choice((-30, 0, 1, 30, 600, 100_000))
        return calendars.event(name, start, minutes, subject, more + f"DESCRIPTION:{PLANTED}\n")

    def _shuffled(self, _: datetime) -> bytes:
        lines = [self._random.choice(_WORDS) for _ in range(self._random.choice((10, 100, 2_000)))]
        return "\r\n".join(["BEGIN:VCALENDAR", *lines, f"SUMMARY:{PLANTED}", "END:VCALENDAR", ""]).encode()

    def _cut(self, now: datetime) -> bytes:
        body = self._random.choice((self._made_up, self._mutated))(now)
        return body[: self._random.randrange(len(body) + 1)]
