"""Whether a booking counts, what it then does, and in words why or why not (`rules.md` §1.7, §2)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from callendar.domain import phrases
from callendar.domain.booking import Booking
from callendar.domain.claim import MARKED, UNMARKED, Kind
from callendar.domain.mark import Marks, Order
from callendar.domain.occurrence import Occurrence
from callendar.domain.person import Person
from callendar.domain.reason import MEETING, OUT, ReasonCode
from callendar.domain.rules import Company, Mode, Rules

NOT_IN_THIS_CALENDAR: Final = "no mark in this calendar does"
NO_LONGER_KNOWN: Final = "it was given in the app, and its keyword is no longer there"


class Policy(Struct, frozen=True, kw_only=True, gc=False):
    """What holds for all bookings of one person."""

    rules: Rules
    mode: Mode
    weights: dict[ReasonCode, int]
    """Of the company's reasons."""
    marks: Marks


class Verdict(Struct, frozen=True, kw_only=True, gc=False):
    """What one booking does. Without a kind it does nothing."""

    why: str
    kind: Kind | None = None
    reason: ReasonCode | None = None
    order: Order | None = None
    """The one obeyed, however it was given; a cancelled word's booking has none."""
    divert_to: str | None = None
    text: str | None = None
    whence: int = UNMARKED

    @property
    def counts(self) -> bool:
        """It refers, informs or is busy."""
        return self.kind is not None and self.kind != "note"


def policy_of(company: Company, person: Person, marks: Marks) -> Policy:
    """The company's rules with the person's own mode where that is allowed."""
    rules = company.rules
    return Policy(
        rules=rules,
        mode=person.mode if person.mode and rules.personal_mode else rules.mode,
        weights={reason.code: reason.weight for reason in company.reasons},
        marks=marks,
    )


def judge(one: Occurrence, app: Order | None, policy: Policy, *, app_mark_lost: bool = False) -> Verdict:
    """Decide what a booking does.

    Of its orders the first that counts is obeyed: app over subject over category (§1.8). None does: it is unmarked.

    Args:
        app: The order given in the app to this occurrence, else to its series.
        app_mark_lost: One was given whose keyword is no longer there.
    """
    booking = one.booking
    if booking.special is not None or booking.cancelled or one.span.end <= one.span.start:
        return Verdict(why=phrases.say_never(booking))
    refusal: str | None = NO_LONGER_KNOWN if app_mark_lost else None
    if refusal is None and one.unheard:
        refusal = NOT_IN_THIS_CALENDAR
    given = [order for order in (app, one.order, one.category) if order is not None]
    for order in given:
        refused = refuse(order, booking, policy)
        if refused is None:
            return _obey(order, one, policy)
        refusal = refusal or refused
    verdict = _unmarked(one, policy)
    if refusal is None:
        return verdict
    return Verdict(
        why=phrases.say_not_heard(refusal, verdict.why, counts=verdict.kind is not None),
        kind=verdict.kind,
        reason=verdict.reason,
        text=verdict.text,
    )


def refuse(order: Order, booking: Booking, policy: Policy) -> str | None:
    """Why an order does not count (§1.7), or None if it does. One given in the app is hers whatever the booking."""
    if order.reason is not None and order.reason not in policy.weights:
        return "its reason is no longer there"
    if order.given_by == "app":
        return None
    if booking.response in ("declined", "delegated"):
        return f"the booking was {booking.response}"
    if _is_hers(booking):
        return None
    if booking.response not in ("accepted", "tentative"):
        return "it is somebody else's meeting, which was not accepted"
    if order.reason is not None and order.reason not in policy.rules.shareable:
        return "it is somebody else's meeting, where few reasons count"
    return None


def _is_hers(booking: Booking) -> bool:
    return booking.is_organizer or not booking.has_organizer or booking.response == "organizer"


def _obey(order: Order, one: Occurrence, policy: Policy) -> Verdict:
    if order.kind == "ignore":
        return Verdict(why=phrases.say_ignored(order), order=order)
    divert_to, number_refused = order.divert_to, None
    if order.divert_refused or (divert_to is not None and divert_to not in policy.marks.diverts):
        divert_to, number_refused = None, "which is not allowed"
    elif divert_to is not None and order.given_by != "app" and not _is_hers(one.booking):
        divert_to, number_refused = None, "as this is somebody else's meeting"
    return Verdict(
        why=phrases.say_ordered(order, one.booking, divert_to=divert_to, number_refused=number_refused),
        kind="referred" if order.kind == "refer" else "informed",
        reason=order.reason,
        order=order,
        divert_to=divert_to,
        text=one.text,
        whence=MARKED,
    )


def _unmarked(one: Occurrence, policy: Policy) -> Verdict:
    counts, out, why = _counts_unmarked(one, policy)
    if not counts:
        return Verdict(why=why)
    match policy.mode:
        case "busy":
            return Verdict(why=why, kind="busy", text=one.subject)
        case "refer":
            return Verdict(why=why, kind="referred", reason=OUT if out else MEETING, text=one.subject)
        case "keywords":
            noted = policy.rules.notes
            why = phrases.say_unmarked(why, noted=noted)
            return Verdict(why=why, kind="note" if noted else None, text=one.subject if noted else None)


def _counts_unmarked(one: Occurrence, policy: Policy) -> tuple[bool, bool, str]:
    """Whether a booking without a mark counts, whether as out of office, and why: response first, then show-as."""
    booking = one.booking
    table = one.calendar.show_as or policy.rules.show_as
    if booking.response in ("declined", "delegated"):
        return False, False, phrases.say_answered(booking.response)
    if booking.response == "unanswered":
        if table.unanswered == "nothing":
            return False, False, phrases.say_answered(booking.response)
        if booking.show_as != "free":
            counts = table.busy == "counts"
            return counts, False, phrases.say_unanswered() if counts else phrases.say_answered(booking.response)
    counts = getattr(table, booking.show_as) == "counts"
    if booking.all_day and booking.show_as not in ("busy", "oof"):
        counts = False
    return counts, booking.show_as == "oof", phrases.say_shown(booking, counts=counts)
