"""Everything that has a say about a person, as claims: bookings, orders by hand, automatic replies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from callendar.domain.booking import Booking, BookingKey, CalendarId
from callendar.domain.by_hand import claims_by_hand
from callendar.domain.cause import Causes
from callendar.domain.claim import AUTOREPLY, Claim, Kind
from callendar.domain.counting import Policy, Verdict, judge, policy_of, refuse
from callendar.domain.hand import AppMark, AutoReply
from callendar.domain.hours import Hours, hours_of
from callendar.domain.mark import Marks, Order, build_marks, reread_app_mark
from callendar.domain.near_mark import find_near_mark
from callendar.domain.occurrence import Occurrence, find_occurrences
from callendar.domain.reason import OUT, ReasonCode
from callendar.domain.rules import Company
from callendar.domain.silence import apply_silences
from callendar.domain.window import BY_HAND_DAYS, window_from
from callendar.domain.winning import FROM_CALENDARS


class Judged(Struct, frozen=True, kw_only=True, gc=False):
    """A booking, merged from its versions and copies, and what it does."""

    booking: Booking
    calendar_id: CalendarId
    """The calendar that its text and show-as come from."""
    key: BookingKey
    counts: bool
    """It makes a referred, informed or busy claim; a note does not count."""
    kind: Kind | None
    """None: it does nothing."""
    order: Order | None
    """The order that is obeyed."""
    reason: ReasonCode | None
    """Why it refers or informs; None when it does neither."""
    why: str
    """One plain sentence without the subject; of one that counts such that its times may follow."""


class Derived(Struct, frozen=True, kw_only=True, gc=False):
    """What a person's causes say."""

    claims: tuple[Claim, ...]
    judged: tuple[Judged, ...]
    """Every booking, also those that do nothing, by start and key."""
    near_marks: tuple[tuple[BookingKey, str, str], ...]
    """Key of the booking, the word, and the keyword that may have been meant (§1.9)."""


def derive_claims(causes: Causes, company: Company) -> Derived:
    """Read a person's causes into claims: silences applied, and cut to opening hours where the company says so.

    The order of the bookings within a calendar, and of replies, does not matter. A claim may be in several parts that
    do not overlap and share its key.

    Raises:
        UnknownReason: The company lacks a reason that is meant: `meeting`, `out`, or that of an order by hand.
        InvalidValue: A planned referral's repeat, or the opening hours, cannot be read.
    """
    person = causes.person
    zone = person.zone_info
    marks = build_marks(company, person, causes.extensions)
    policy = policy_of(company, person, marks)
    given = _AppOrders(causes.orders.marks, marks)
    claims: list[Claim] = []
    judged: list[Judged] = []
    near: list[tuple[BookingKey, str, str]] = []
    for one in find_occurrences(causes.calendars, marks, zone):
        app, lost = given.find(one)
        verdict = judge(one, app, policy, app_mark_lost=lost)
        judged.append(_judged(one, verdict))
        if verdict.kind is not None:
            claims.append(_claim(one, verdict, verdict.kind, policy, company))
        if verdict.order is None and app is None and not lost:
            near.extend(_near_marks(one, policy))
    if company.rules.autoreply:
        claims.extend(_claims_of_replies(causes.autoreplies, company))
    window = window_from(causes.slid_at)
    claims.extend(claims_by_hand(causes.orders, company, person, window))
    if causes.orders.silences:
        claims = apply_silences(claims, causes.orders.silences, zone)
    if company.rules.office_hours_only:
        claims = list(_within_hours(claims, hours_of(person, company), window.start))
    return Derived(claims=tuple(claims), judged=tuple(judged), near_marks=tuple(near))


class _AppOrders:
    """Marks given in the app, read by today's keywords; of two for one booking the later given stands."""

    __slots__ = ("_occurrences", "_series")

    def __init__(self, given: Sequence[AppMark], marks: Marks) -> None:
        self._occurrences = {each.key: reread_app_mark(each.mark, marks) for each in given if not each.series}
        self._series = {each.key: reread_app_mark(each.mark, marks) for each in given if each.series}

    def find(self, one: Occurrence) -> tuple[Order | None, bool]:
        """The order for an occurrence, else for its series; and whether there was one that is no longer known."""
        if one.key in self._occurrences:
            order = self._occurrences[one.key]
            return order, order is None
        if one.booking.uid is not None and one.booking.uid in self._series:
            order = self._series[one.booking.uid]
            return order, order is None
        return None, False


def _judged(one: Occurrence, verdict: Verdict) -> Judged:
    return Judged(
        booking=one.booking,
        calendar_id=one.calendar.id,
        key=one.key,
        counts=verdict.counts,
        kind=verdict.kind,
        order=verdict.order,
        reason=verdict.reason,
        why=verdict.why,
    )


def _claim(one: Occurrence, verdict: Verdict, kind: Kind, policy: Policy, company: Company) -> Claim:
    return Claim(
        key=one.key,
        start=one.span.start,
        end=one.span.end,
        kind=kind,
        reason=verdict.reason,
        weight=_weight(verdict.reason, policy, company),
        whence=verdict.whence,
        divert_to=verdict.divert_to,
        text=verdict.text,
        all_day=one.booking.all_day,
    )


def _weight(reason: ReasonCode | None, policy: Policy, company: Company) -> int:
    if reason is None:
        return 0
    weight = policy.weights.get(reason)
    return company.reason(reason).weight if weight is None else weight


def _near_marks(one: Occurrence, policy: Policy) -> Iterator[tuple[BookingKey, str, str]]:
    """What looks like a mark, where a mark would count; from private bookings nothing is told."""
    booking = one.booking
    if one.subject is None or one.order is not None or booking.cancelled or booking.special is not None:
        return
    if not one.calendar.marks_count or booking.is_private:
        return
    near = find_near_mark(one.subject, policy.marks)
    if near is not None and refuse(Order(kind="refer", reason=near.reason), booking, policy) is None:
        yield one.key, near.word, near.suggestion


def _claims_of_replies(replies: Iterable[AutoReply], company: Company) -> Iterator[Claim]:
    """A mailbox's automatic reply is a referral, reason `out`, for its span (§2)."""
    for reply in replies:
        if reply.end is None or reply.end > reply.start:
            yield Claim(
                key=f"a/{reply.mailbox}/{reply.start:%Y-%m-%dT%H:%M:%SZ}",
                start=reply.start,
                end=reply.end,
                kind="referred",
                reason=OUT,
                weight=company.reason(OUT).weight,
                whence=AUTOREPLY,
                origin="autoreply",
            )


def _within_hours(claims: Iterable[Claim], hours: Hours, start: datetime) -> Iterator[Claim]:
    """Claims from calendars cut to opening hours, in parts with the same key; those by hand whole (§2).

    Nothing is said of what ended before `start`, nor of more than 400 days at once.
    """
    for claim in claims:
        if claim.origin not in FROM_CALENDARS:
            yield claim
            continue
        until = max(claim.start, start) + timedelta(days=BY_HAND_DAYS)
        last = until if claim.end is None else min(claim.end, until)
        at: datetime | None = claim.start
        if claim.start < start - timedelta(days=BY_HAND_DAYS):
            at = start - timedelta(days=1)
        while at is not None and at < last:
            closes = min(hours.open_until(at, last), last)
            if closes > at:
                yield structs.replace(claim, start=at, end=closes)
            at = hours.reopening(closes)
