"""What an event says beside its times: show-as, response, privacy, the order in its subject (`rules.md` §1.10, §2)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice

from msgspec import Struct

from callendar.domain.booking import Booking, Response, Sensitivity, ShowAs
from callendar.domain.mark import Marks, Order, order_of_categories, read_subject
from callendar.domain.span import When
from callendar.formats.lines import Component, Line, split_list
from callendar.formats.moment import Unparsable, parse_moment

MOST_LETTERS = 500
"""Of a subject and of a category; calendar programs allow 255. The rest is left out."""
MOST_CATEGORIES = 20

_SHOWN: dict[str, ShowAs] = {
    "FREE": "free",
    "TENTATIVE": "tentative",
    "BUSY": "busy",
    "OOF": "oof",
    "WORKINGELSEWHERE": "elsewhere",
}
_ANSWERS: dict[str, Response] = {
    "ACCEPTED": "accepted",
    "TENTATIVE": "tentative",
    "NEEDS-ACTION": "unanswered",
    "": "unanswered",
    "DELEGATED": "delegated",
    "DECLINED": "declined",
}
_STRONGER: tuple[Response, ...] = ("accepted", "tentative", "unanswered", "delegated", "declined")
_CLASSES: dict[str, Sensitivity] = {
    "": "normal",
    "PUBLIC": "normal",
    "PRIVATE": "private",
    "CONFIDENTIAL": "confidential",
}
_STRICTER: tuple[Sensitivity, ...] = ("normal", "private", "confidential")


class Words(Struct, frozen=True, gc=False):
    """Everything of a booking but when it is; of a private one nothing of its words but the order."""

    uid: str
    show_as: ShowAs
    subject: str | None
    private_order: Order | None
    categories: tuple[str, ...]
    sensitivity: Sensitivity
    cancelled: bool
    has_organizer: bool
    is_organizer: bool
    response: Response
    sequence: int
    updated: datetime | None

    def at(self, when: When, occurrence: datetime | date | None) -> Booking:
        """The booking of these words at a time."""
        return Booking(
            when=when,
            uid=self.uid,
            occurrence=occurrence,
            show_as=self.show_as,
            subject=self.subject,
            private_order=self.private_order,
            categories=self.categories,
            sensitivity=self.sensitivity,
            cancelled=self.cancelled,
            has_organizer=self.has_organizer,
            is_organizer=self.is_organizer,
            response=self.response,
            sequence=self.sequence,
            updated=self.updated,
        )


def read_words(
    event: Component,
    uid: str,
    addresses: frozenset[str],
    marks: Marks,
    *,
    cancelled: bool,
    series: Component | None = None,
) -> Words:
    """Read an event's words.

    Args:
        event: A VEVENT.
        uid: Its UID, or the name it was given.
        addresses: Hers, casefolded; empty = the organizer, when there is one, is she.
        marks: What she may order.
        cancelled: The whole file cancels (METHOD:CANCEL).
        series: What the event is an exception from; an exception that says no CLASS has that of its series.
    """
    organizer = event.first("ORGANIZER")
    is_organizer = organizer is not None and (not addresses or bool(_addresses(organizer) & addresses))
    answer = _answer(event, addresses)
    sensitivity = read_sensitivity(event, series)
    private = sensitivity != "normal"
    listed = (name for line in event.every("CATEGORIES") for name in split_list(line.value))
    categories = tuple(name[:MOST_LETTERS] for name in islice(listed, MOST_CATEGORIES))
    reading = read_subject((event.text("SUMMARY") or "")[:MOST_LETTERS], marks)
    return Words(
        uid=uid,
        show_as=_shown(event, answer),
        subject=None if private else reading.kept or None,
        private_order=(reading.order or order_of_categories(categories, marks)) if private else None,
        categories=() if private else categories,
        sensitivity=sensitivity,
        cancelled=cancelled or event.word("STATUS") in ("CANCELLED", "CANCELED"),
        has_organizer=organizer is not None,
        is_organizer=is_organizer,
        response="organizer" if is_organizer and answer not in ("declined", "delegated") else answer,
        sequence=read_sequence(event),
        updated=read_updated(event),
    )


def read_sensitivity(event: Component, series: Component | None = None) -> Sensitivity:
    """The strictest that the event says; an unknown CLASS is private (§1.10), and so is an event that breaks off.

    A component in it that is not closed swallows the lines after it, so those inside count as well. An exception that
    says nothing is as its series is.
    """
    said = [line.value.strip().upper() for line in _classes(event)]
    found: list[Sensitivity] = ["normal", *(_CLASSES.get(each, "private") for each in said)]
    if not event.ended:
        found.append("private")
    if not said and series is not None and series is not event:
        found.append(read_sensitivity(series))
    return max(found, key=_STRICTER.index)


def _classes(event: Component) -> list[Line]:
    return [*event.every("CLASS"), *(line for inside in event.inside for line in _classes(inside))]


def read_sequence(event: Component) -> int:
    """SEQUENCE; 0 when absent or no number."""
    text = event.word("SEQUENCE")
    return min(int(text), 2**31 - 1) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def read_updated(event: Component) -> datetime | None:
    """LAST-MODIFIED, else DTSTAMP, which are in UTC; None when neither can be read."""
    for name in ("LAST-MODIFIED", "DTSTAMP"):
        line = event.first(name)
        if line is not None:
            try:
                return parse_moment(line.value, UTC, floating=False).wall.replace(tzinfo=UTC)
            except Unparsable:
                continue
    return None


def _shown(event: Component, answer: Response) -> ShowAs:
    """Microsoft's property first, then TRANSP, then what is tentative (§2)."""
    shown = _SHOWN.get(event.word("X-MICROSOFT-CDO-BUSYSTATUS"))
    if shown is not None:
        return shown
    if event.word("TRANSP") == "TRANSPARENT":
        return "free"
    return "tentative" if event.word("STATUS") == "TENTATIVE" or answer == "tentative" else "busy"


def _answer(event: Component, addresses: frozenset[str]) -> Response:
    """Her own; of several addresses of hers the strongest, `none` when she is not among the attendees.

    An attendee without PARTSTAT has not answered (RFC 5545 §3.2.12).
    """
    if not addresses:
        return "none"
    answers = [
        _ANSWERS.get(attendee.parameters.get("PARTSTAT", "").strip().upper())
        for attendee in event.every("ATTENDEE")
        if _addresses(attendee) & addresses
    ]
    strongest: Response = "none"
    for answer in reversed(_STRONGER):
        if answer in answers:
            strongest = answer
    return strongest


def _addresses(person: Line) -> set[str]:
    """The mail addresses of an ORGANIZER or ATTENDEE, casefolded."""
    found = (person.value, person.parameters.get("EMAIL", ""))
    folded = (address.strip().casefold().removeprefix("mailto:").strip() for address in found)
    return {address for address in folded if address}
