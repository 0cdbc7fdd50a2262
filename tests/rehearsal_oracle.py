"""A slow, obvious reading of `rules.md` §1, §2, §3, §5 and §6: from a calendar to what `rehearse --json` prints.

It shares nothing with the product: `icalendar` and `recurring-ical-events` are used plainly, marks are read step by
step, and what shows is decided anew between every two edges. By the rules out of the box, for one calendar of hers.
"""
# The libraries declare few types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from msgspec import Struct

TABLE = """
meeting    | 30 | m, meeting · möte · møte · møde · kokous · besprechung
lunch      | 20 | lunch · lunch · lunsj · frokost · lounas · mittag
gone       | 35 | gone · gått · gått · gået · lähtenyt · feierabend
trip       | 60 | trip · resa, tjänsteresa · reise · rejse · matka · dienstreise
course     | 50 | course · kurs, utbildning · kurs · kursus · kurssi · schulung
out        | 55 | out · ute · ute · ude · ulkona · auswärts
holiday    | 80 | h, holiday, vacation · semester · ferie · ferie · loma · urlaub
sick       | 90 | sick · sjuk · syk · syg · sairas · krank
sick_child | 88 | sick child · vab · sykt barn · barns sygedag · lapsi sairas · kind krank
leave      | 70 | leave · ledig, tjänstledig · permisjon · orlov · vapaa · frei
part_time  | 40 | part time · deltid · deltid · deltid · osa-aika · teilzeit
away       | 10 | away · borta · borte · væk · poissa · weg
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
WEIGHTS = {code: int(weight) for code, weight, _ in ROWS}
KEYWORDS = {word.strip(): code for code, _, words in ROWS for word in re.split("[·,]", words)}
SHAREABLE = ("meeting", "course", "trip", "lunch")
CANCELLED = ("canceled", "cancelled", "inställt", "inställd", "avlyst", "aflyst", "peruutettu", "abgesagt")
REPLIES = ("re", "sv", "vs", "aw", "fw", "fwd", "vb", "vl", "wg", "tr")
SHOWN = {"FREE": "free", "TENTATIVE": "tentative", "BUSY": "busy", "OOF": "oof", "WORKINGELSEWHERE": "elsewhere"}
ANSWERS = {"ACCEPTED": "accepted", "TENTATIVE": "tentative", "DECLINED": "declined", "DELEGATED": "declined"}
DOES = ("busy", "informed", "referred")

Order = tuple[str, str]
"""`*`, `x` (cancelled), or separator; with the reason of the last."""


class One(Struct, frozen=True):
    """An occurrence: its instants, what it does, and its line in the answer."""

    start: datetime
    end: datetime
    kind: str | None
    reason: str | None
    marked: bool
    line: dict[str, Any]


def fold(text: str) -> str:
    """NFKC, casefold, no format characters (§1.1)."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in folded if unicodedata.category(letter) != "Cf")


def read_mark(subject: str) -> Order | None:
    """What leads a subject (§1.2)."""
    rest = _skip(fold(subject).replace("\N{RATIO}", ":").replace("\N{ARABIC SEMICOLON}", ";"))
    if rest is None or rest.startswith(("**", "//")):
        return None
    if rest.startswith("*"):
        return "*", ""
    if any(re.match(rf"{word}\s*:", rest) for word in CANCELLED):
        return "x", ""
    found = re.match(r"([^:;]*)([:;])", rest)
    word = " ".join(found[1].split()) if found else ""
    return (found[2], KEYWORDS[word]) if found and word in KEYWORDS else None


def _skip(rest: str) -> str | None:
    """Past one tag, reply prefixes and leading characters, in any order, until nothing more applies."""
    tagged = False
    while True:
        before, rest = rest, rest.lstrip()
        if rest.startswith(("**", "//")):
            return None
        tag = re.match(r"\[[^\]]*\]", rest)
        reply = re.match(rf"({'|'.join(REPLIES)})[:\s]", rest)
        if tag and not tagged:
            rest, tagged = rest[tag.end() :], True
        elif reply:
            rest = rest[reply.end() :]
        elif rest and not tag and not rest[0].isalnum() and rest[0] not in "*/":
            rest = rest[1:]
        if rest == before:
            return rest


def shown(subject: str) -> str:
    """A subject without what `//` after a space hides (§1.6)."""
    for place in range(1, len(subject)):
        if fold(subject[:place])[-1:].isspace() and fold(subject[place:]).startswith("//"):
            return subject[:place].strip()
    return subject.strip()


def rehearse(
    data: bytes, first: date, until: date, zone: ZoneInfo, mode: str, addresses: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Bookings, in no order, without why; and the timetable."""
    calendar = icalendar.Calendar.from_ical(data)
    window = (_instant(first, zone), _instant(until, zone))
    days = timedelta(days=2)
    found = recurring_ical_events.of(calendar).between(first - days, until + days)
    # An exception that does not say its class has its series' (docs/decisions/0011).
    classes = {str(each["UID"]): each.get("CLASS") for each in calendar.walk("VEVENT") if "RECURRENCE-ID" not in each}
    for event in found:
        if "CLASS" not in event and (of_series := classes.get(str(event["UID"]))) is not None:
            event["CLASS"] = of_series
    ones = [one for event in found if (one := _read(event, zone, mode, addresses, window))]
    return [one.line for one in ones], _paint([one for one in ones if one.kind])


def _read(
    event: Any, zone: ZoneInfo, mode: str, addresses: Sequence[str], window: tuple[datetime, datetime]
) -> One | None:
    begins, ends = event["DTSTART"].dt, event["DTEND"].dt
    start, end = _instant(begins, zone), _instant(ends, zone)
    if not (start < window[1] and (end > window[0] or start == end >= window[0])):
        return None
    all_day = not isinstance(begins, datetime)
    subject = str(event.get("SUMMARY", ""))
    organizer = event.get("ORGANIZER")
    hers = organizer is None or not addresses or _address(organizer) in addresses
    answer = _answer(event, addresses)
    show_as = _show_as(event, answer)
    order = read_mark(subject)
    cancelled = str(event.get("STATUS", "")) == "CANCELLED" or order == ("x", "")
    obeyed = next(
        (
            each
            for each in (order, _category(event))
            if each and (hers or (answer in ("accepted", "tentative") and each[1] in (*SHAREABLE, "")))
        ),
        None,
    )
    kind, reason = None, None
    if cancelled or start == end or answer == "declined":
        pass
    elif obeyed:
        kind, reason = {":": "referred", ";": "informed", "*": None}[obeyed[0]], obeyed[1]
    elif show_as in ("busy", "oof") and answer != "unanswered":
        kind = {"keywords": None, "busy": "busy", "refer": "referred"}[mode]
        reason = None if kind != "referred" else "out" if show_as == "oof" else "meeting"
    line = {
        "uid": str(event["UID"]),
        "start": begins.isoformat() if all_day else _stamp(start),
        "end": ends.isoformat() if all_day else _stamp(end),
        "all_day": all_day,
        "show_as": show_as,
        "subject": shown(subject) if str(event.get("CLASS", "PUBLIC")) == "PUBLIC" else None,
        "counts": kind is not None,
    }
    return One(start, end, kind, reason, obeyed is not None, line)


def _paint(ones: list[One]) -> list[dict[str, Any]]:
    """Between every two edges the one that ranks first (§5), joined by the fields printed (§6)."""
    painted: list[dict[str, Any]] = []
    for start, end in pairwise(sorted({edge for one in ones for edge in (one.start, one.end)})):
        live = [one for one in ones if one.start <= start < one.end]
        if not live:
            continue
        top = max(live, key=lambda one: (DOES.index(one.kind or ""), one.marked, WEIGHTS.get(one.reason or "", 0)))
        looks = {"kind": top.kind, "reason": top.reason, "diverts": top.kind == "referred", "origin": "calendar"}
        if painted and painted[-1]["end"] == _stamp(start) and painted[-1].items() >= looks.items():
            painted[-1]["end"] = _stamp(end)
        else:
            painted.append({"start": _stamp(start), "end": _stamp(end), **looks})
    return painted


def _show_as(event: Any, answer: str) -> str:
    given = SHOWN.get(str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")))
    if given:
        return given
    if str(event.get("TRANSP", "")) == "TRANSPARENT":
        return "free"
    return "tentative" if str(event.get("STATUS", "")) == "TENTATIVE" or answer == "tentative" else "busy"


def _answer(event: Any, addresses: Sequence[str]) -> str:
    given = event.get("ATTENDEE", [])
    for attendee in given if isinstance(given, list) else [given]:
        if _address(attendee) in addresses:
            return ANSWERS.get(str(attendee.params.get("PARTSTAT", "")), "unanswered")
    return "none"


def _category(event: Any) -> Order | None:
    given = event.get("CATEGORIES", [])
    names = [str(name) for line in (given if isinstance(given, list) else [given]) for name in line.cats]
    reasons = [KEYWORDS[fold(name)] for name in names if fold(name) in KEYWORDS]
    return (":", max(reasons, key=lambda reason: WEIGHTS[reason])) if reasons else None


def _address(person: Any) -> str:
    return str(person).casefold().removeprefix("mailto:")


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    """Whole days begin, and floating times are, on the person's clock (§8)."""
    wall = moment if isinstance(moment, datetime) else datetime.combine(moment, time(0), zone)
    return (wall if wall.tzinfo else wall.replace(tzinfo=zone)).astimezone(UTC)


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
