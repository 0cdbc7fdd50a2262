"""Calendars that are large or made to hurt, around an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta


def feed(events: Iterable[str], zones: str = "") -> bytes:
    """A whole feed of these events."""
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//bench//EN\n{zones}{''.join(events)}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    ).encode()


def event(uid: str, start: datetime, minutes: float = 30, subject: str = "m: Meeting", more: str = "") -> str:
    """One event."""
    return (
        f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\nDTSTART:{start:%Y%m%dT%H%M%SZ}\n"
        f"DTEND:{start + timedelta(minutes=minutes):%Y%m%dT%H%M%SZ}\nSUMMARY:{subject}\n{more}END:VEVENT\n"
    )


def spread(count: int, now: datetime) -> Iterable[str]:
    """So many over five years: a long-kept calendar."""
    step = timedelta(days=5 * 365) / count
    return (event(f"s{n}@x", now - timedelta(days=4 * 365) + step * n, subject=f"Meeting {n}") for n in range(count))


def crowded(count: int, now: datetime, *, minutes: float = 30, label: str = "c") -> Iterable[str]:
    """So many within the window, one after the other."""
    step = timedelta(days=34) / count
    return (
        event(f"{label}{n}@x", now + step * n, minutes, f"{'m: ' if n % 2 else 'lunch: '}Meeting {n}")
        for n in range(count)
    )


def alike(count: int, now: datetime) -> Iterable[str]:
    """So many that overlap and look alike: one long stretch with every key in it."""
    step = timedelta(days=34) / count
    return (event(f"a{n}@x", now + step * n, 120, "m: The same") for n in range(count))


def nested(count: int, now: datetime) -> Iterable[str]:
    """Each within the one before, and all of them marked with reasons of different weights."""
    words = ("m", "lunch", "sick", "holiday", "out", "away", "course", "trip")
    step = timedelta(days=17) / count
    return (
        event(
            f"n{n}@x", now + step * n, (timedelta(days=34) - 2 * step * n).total_seconds() / 60, f"{words[n % 8]}: {n}"
        )
        for n in range(count)
    )


def marks(count: int, now: datetime) -> Iterable[str]:
    """Subjects that are hard to read as marks, and near to keywords."""
    nasty = (
        "[" * 400,
        "re: " * 120,
        "[a]" * 150,
        "\uff4d" * 400 + "\uff1a",
        "\u200d" * 300 + "m:",
        " //".join("m: x" for _ in range(90)),
        "ﷺ" * 240 + " //",
        "meetimg: x",
        "holidya: x",
        "m: >" + "9" * 400,
        "İ" * 400 + " // x",
        "-" * 490 + "m:",
    )
    step = timedelta(days=34) / count
    return (event(f"m{n}@x", now + step * n, 45, nasty[n % len(nasty)]) for n in range(count))


def every_minute(series: int, now: datetime) -> Iterable[str]:
    """Series that come every minute of the window and last for hours."""
    first = now - timedelta(days=1)
    return (
        event(f"e{n}@x", first + timedelta(hours=16 * n), 180, f"m: {n}", "RRULE:FREQ=MINUTELY\n")
        for n in range(series)
    )


def rules(count: int, now: datetime) -> Iterable[str]:
    """Series whose rules are slow to follow, or are fulfilled by no date."""
    nasty = (
        "FREQ=SECONDLY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYSETPOS=366;BYDAY=MO",
        "FREQ=MINUTELY;BYHOUR=3;BYMINUTE=3;BYSECOND=3;BYMONTHDAY=29;BYMONTH=2",
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYSETPOS=-1;INTERVAL=7",
        "FREQ=HOURLY;INTERVAL=999999999",
        "FREQ=WEEKLY;COUNT=999999999;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11;BYMINUTE=0,10,20,30,40,50",
    )
    long_ago = now - timedelta(days=365 * 40)
    return (
        event(f"r{n}@x", long_ago if n % 2 else now, 15, f"m: {n}", f"RRULE:{nasty[n % len(nasty)]}\n")
        for n in range(count)
    )


def filled(count: int, bytes_each: int, now: datetime) -> Iterable[str]:
    """Events with a long description each."""
    text = "x" * 70 + "\n "
    more = f"DESCRIPTION:{text * (bytes_each // len(text))}x\n"
    return (event(f"f{n}@x", now + timedelta(minutes=n), 15, f"m: {n}", more) for n in range(count))


def folded(count: int, bytes_each: int, now: datetime) -> Iterable[str]:
    """Events whose description is folded at every letter, with blank lines and bare returns between."""
    more = "DESCRIPTION:" + "x\r\n " * (bytes_each // 4) + "x\n" + "\n" * 500
    return (event(f"g{n}@x", now + timedelta(minutes=n), 15, f"m: {n}", more) for n in range(count))


def bare(count: int) -> Iterable[str]:
    """Events of nothing but a name, as many as fit."""
    return (f"BEGIN:VEVENT\nUID:{n}\nEND:VEVENT\n" for n in range(count))


def zones(count: int, bytes_each: int) -> str:
    """Descriptions of zones that nobody knows, named by single letters, so that every event seems to need them."""
    filler = "X-FILL:" + "z" * 60 + "\n"
    return "".join(
        f"BEGIN:VTIMEZONE\nTZID:{chr(97 + n % 26)}{n // 26 or ''}\n{filler * (bytes_each // len(filler))}"
        "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
        for n in range(count)
    )


Maker = Callable[[datetime], bytes]

LARGE: dict[str, Maker] = {
    "10,000 events over five years": lambda now: feed(spread(10_000, now)),
    "10,000 events in five weeks": lambda now: feed(crowded(10_000, now)),
    "5,000 alike, overlapping": lambda now: feed(alike(5_000, now)),
    "5,000 within one another": lambda now: feed(nested(5_000, now)),
    "5,000 subjects made to hurt": lambda now: feed(marks(5_000, now)),
    "every minute for five weeks": lambda now: feed(every_minute(30, now)),
    "rules made to hurt": lambda now: feed(rules(64, now)),
    "20 MB, 2,000 long events": lambda now: feed(filled(2_000, 9_500, now)),
    "20 MB, folded at every letter": lambda now: feed(folded(100, 140_000, now)),
    "20 MB, one line": lambda now: feed([event("l@x", now, 15, "m: x", "DESCRIPTION:" + "x" * 19_900_000 + "\n")]),
    "15 MB, 300,000 bare events": lambda now: feed(bare(300_000)),
    "a zone of 5 MB for 20,000 events": lambda now: feed(spread(20_000, now), zones(1, 5_000_000)),
    "100 zones of 100 kB for 10,000 events": lambda now: feed(spread(10_000, now), zones(100, 100_000)),
    "one UID 20,000 times": lambda now: feed(event("same@x", now + timedelta(minutes=n), 15) for n in range(20_000)),
}
"""Feeds by what they are."""
