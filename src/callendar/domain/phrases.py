"""Why something is as it is, in one plain English sentence each; a booking's subject is in none of them.

What is said of a booking that counts ends so that its times may follow: `m: in a booking` 10:00-11:00.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from callendar.domain.booking import Booking, Response, ShowAs
from callendar.domain.claim import Claim
from callendar.domain.hand import Origin
from callendar.domain.mark import Order
from callendar.domain.rules import Company

_SHOWN: Final[dict[ShowAs, str]] = {
    "busy": "busy",
    "oof": "out of office",
    "tentative": "tentative",
    "elsewhere": "working elsewhere",
    "free": "free",
    "unknown": "neither busy nor free",
}
_SPECIAL: Final = {"working_location": "a working location never counts", "birthday": "a birthday never counts"}
_ANSWERED: Final[dict[Response, str]] = {
    "declined": "declined, so it never counts",
    "delegated": "delegated to somebody else, so it never counts",
    "unanswered": "not answered yet, which does not count",
}
_BY: Final[dict[Origin, str]] = {
    "calendar": "from a calendar",
    "autoreply": "by the mailbox's automatic reply",
    "app": "set in the app",
    "phone": "set by phone",
    "telephonist": "set by a telephonist",
    "delegate": "set by a delegate",
    "colleague": "set by a colleague",
    "api": "set by a program",
}


def say_gap() -> str:
    """Why somebody is available."""
    return "nothing is set and nothing that counts is booked"


def say_claim(claim: Claim, company: Company, zone: ZoneInfo, *, with_text: bool = False) -> str:
    """What a claim says and since when, as `Lunch, set by phone, 12:00-13:00`; times as a clock in the zone shows.

    Args:
        with_text: Add the text given; only for those whose level is `text`.
    """
    said = company.reason(claim.reason).label(company.language) if claim.reason else claim.kind.capitalize()
    if with_text and claim.text:
        said += f" ({claim.text})"
    by = _BY[claim.origin]
    if claim.set_by:
        by = f"set by {claim.set_by}" if claim.origin == "app" else f"{by}, {claim.set_by}"
    planned = ", planned" if claim.planned else ""
    return f"{said}, {by}{planned}, {say_times(claim.start, claim.end, zone)}"


def say_times(start: datetime, end: datetime | None, zone: ZoneInfo) -> str:
    """`10:00-11:00`, with dates where the days differ or no end is known."""
    first = start.astimezone(zone)
    if end is None:
        return f"from {first:%Y-%m-%d %H:%M} without end"
    last = end.astimezone(zone)
    if first.date() == last.date():
        return f"{first:%H:%M}-{last:%H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"


def say_ordered(order: Order, booking: Booking, *, divert_to: str | None, number_refused: str | None) -> str:
    """A booking that does as its mark commands.

    Args:
        number_refused: Why a `>number` that stands there is not obeyed.
    """
    mark = _say_mark(order, divert_to)
    if number_refused:
        mark += f" without its >number, {number_refused},"
    place = "a private booking" if booking.is_private else "a booking"
    match order.given_by:
        case "app":
            return f"{mark} given in the app to {place}"
        case "category":
            return f"the category {order.keyword} on {place}"
        case "subject":
            return f"{mark} in {place}"


def say_ignored(order: Order) -> str:
    """A booking that a `*` tells to ignore."""
    return "ignored by the * given in the app" if order.given_by == "app" else "ignored by its *"


def say_never(booking: Booking) -> str:
    """A booking that never counts, not even with a mark."""
    if booking.special is not None:
        return _SPECIAL[booking.special]
    return "cancelled, so it never counts" if booking.cancelled else "it has no length, so it never counts"


def say_answered(response: Response) -> str:
    """An unmarked booking that does not count for her answer."""
    return _ANSWERED[response]


def say_shown(booking: Booking, *, counts: bool) -> str:
    """An unmarked booking, by what it is shown as."""
    shown = _SHOWN[booking.show_as]
    if counts:
        return f"a booking shown {shown}"
    if booking.all_day:
        return f"all day and shown {shown}; whole days count only when shown busy or out of office"
    return f"shown {shown}, which does not count"


def say_unanswered() -> str:
    """An unanswered booking that counts by the company's setting."""
    return "a booking not answered yet"


def say_not_heard(refusal: str, rest: str, *, counts: bool) -> str:
    """A mark that does not count, beside what the booking does as if unmarked. The mark is not named: its reason may
    be one that the listener must not see."""
    if counts:
        return f"{rest} (its mark does not count: {refusal})"
    return f"its mark does not count: {refusal}; {rest}"


def say_unmarked(rest: str, *, noted: bool) -> str:
    """An unmarked booking that would be busy, where only marked ones count."""
    return f"no mark, so only a note: {rest}" if noted else f"no mark, and only marked bookings count: {rest}"


def _say_mark(order: Order, divert_to: str | None) -> str:
    if order.kind == "inform":
        return f"{order.keyword};"
    return f"{order.keyword}:>{divert_to}" if divert_to else f"{order.keyword}:"
