"""Explain: why a person is shown as she is, and why each booking counts or not, in one plain sentence each.

Computed when asked, from the causes; what a viewer may not see is left out before anything is said (`rules.md` §10).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct, UnsetType, structs

from callendar.domain.booking import Booking, Calendar, CalendarId, ConnectionId, Response, Sensitivity, ShowAs
from callendar.domain.cause import CalendarBookings, Causes
from callendar.domain.claim import Claim, Kind
from callendar.domain.claiming import Judged, derive_claims
from callendar.domain.errors import InvalidValue
from callendar.domain.hand import Orders
from callendar.domain.mark import Marks, build_marks, order_of_categories, read_subject
from callendar.domain.person import Person, PersonId
from callendar.domain.phrases import say_claim, say_gap
from callendar.domain.privacy import View, redact, shown_reason
from callendar.domain.reason import AWAY, ReasonCode
from callendar.domain.rules import Company, Mode
from callendar.domain.span import Days, Span, to_instant
from callendar.domain.timetable import StateKind, read_state
from callendar.domain.winning import rank_of
from callendar.engine.plan import plan

EVERYTHING = View(level="text", sensitive=True, claims=True)
NEAR = timedelta(hours=36)
"""Bookings so far from the instant asked about are left out."""


class ExplainedClaim(Struct, frozen=True, kw_only=True):
    """A claim in force at the instant."""

    key: str
    wins: bool
    kind: Kind
    start: datetime
    end: datetime | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    origin: str | UnsetType = UNSET
    planned: bool
    set_by: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    silenced: bool
    why: str


class ExplainedBooking(Struct, frozen=True, kw_only=True):
    """A booking near the instant, and why it counts or not."""

    key: str
    calendar: str
    start: datetime | date
    end: datetime | date
    all_day: bool
    show_as: ShowAs | UnsetType = UNSET
    """Left out at level `time`, and where it would tell a hidden reason."""
    subject: str | UnsetType = UNSET
    counts: bool
    kind: Kind | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    why: str


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a person is shown as she is at one instant."""

    at: datetime
    kind: StateKind
    why: str
    claims: tuple[ExplainedClaim, ...]
    """In force at the instant: the winners first, then by start."""
    bookings: tuple[ExplainedBooking, ...]
    """Within a day and a half of the instant, by start."""


class BookingAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A booking that might be, as `POST /explain` takes it. Without times: the hour that has begun."""

    subject: str = ""
    show_as: ShowAs = "busy"
    sensitivity: Sensitivity = "normal"
    all_day: bool = False
    start: datetime | date | None = None
    end: datetime | date | None = None
    response: Response = "none"
    has_organizer: bool = False
    is_organizer: bool = False
    cancelled: bool = False
    categories: tuple[str, ...] = ()
    owned: bool = True
    mode: Mode | None = None


class BookingExplanation(Struct, frozen=True, kw_only=True):
    """What such a booking would do."""

    counts: bool
    kind: Kind | Literal["nothing"]
    reason: str | UnsetType = UNSET
    diverts: bool
    divert_to: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    why: str


def explain_person(causes: Causes, company: Company, at: datetime, view: View) -> Explanation:
    """Everything that has a say in a person's state at an instant, as far as a view may see it.

    `at` is an aware UTC instant; beyond what is known the state is `unknown` and the claims by hand stand alone.
    """
    planned = plan(causes, company)
    row = redact(planned.row, view, company)
    state = read_state(row.timetable, row.known_until, at)
    full = read_state(planned.row.timetable, planned.row.known_until, at)
    winners = frozenset(full.segment.claims) if full.segment else frozenset[str]()
    loud = structs.replace(causes, orders=structs.replace(causes.orders, silences=()))
    spoken = {claim.key for claim in derive_claims(causes, company).claims if _in_force(claim, at)}
    claims = [claim for claim in derive_claims(loud, company).claims if _in_force(claim, at)]
    claims.sort(key=lambda claim: (claim.key not in winners, claim.start, claim.key))
    judged = {str(each.key): each for each in planned.judged}
    return Explanation(
        at=at,
        kind=state.kind,
        why=why_now(causes, company, at, view),
        claims=tuple(
            _explained_claim(claim, judged.get(claim.key), causes.person, company, view, winners, spoken)
            for claim in claims
        ),
        bookings=tuple(
            _explained_booking(each, causes.person, company, view)
            for each in sorted(planned.judged, key=lambda each: (_span(each.booking, causes.person).start, each.key))
            if _near(_span(each.booking, causes.person), at)
        ),
    )


def explain_booking(
    ask: BookingAsk, company: Company, person: Person | None, now: datetime, *, extensions: frozenset[str] = frozenset()
) -> BookingExplanation:
    """What a booking would do for a person, or for anybody of the company; nothing is stored.

    Args:
        extensions: The company's, which a `>number` may divert to.

    Raises:
        InvalidValue: Its times make no sense, or lie at the ends of time, where no zone can be reckoned with.
    """
    try:
        return _explain_booking(ask, company, person, now, extensions)
    except OverflowError:
        raise InvalidValue("the start or the end is too far off; give a year that calendars know") from None


def _explain_booking(
    ask: BookingAsk, company: Company, person: Person | None, now: datetime, extensions: frozenset[str]
) -> BookingExplanation:
    whose = person or Person(id=PersonId("p_anybody"), company_id=company.id, name="", zone=company.zone)
    if ask.mode is not None:
        company = structs.replace(company, rules=structs.replace(company.rules, mode=ask.mode))
        whose = structs.replace(whose, mode=None)
    marks = build_marks(company, whose, extensions)
    causes = structs.replace(
        causes_of([_booking(ask, marks, whose, now)], whose, now, owned=ask.owned), extensions=extensions
    )
    derived = derive_claims(causes, company)
    judged = derived.judged[0]
    claim = next((each for each in derived.claims if each.kind != "note"), None) or next(iter(derived.claims), None)
    return BookingExplanation(
        counts=judged.counts,
        kind=claim.kind if claim else "nothing",
        reason=claim.reason if claim and claim.reason else UNSET,
        diverts=claim is not None and claim.kind == "referred",
        divert_to=claim.divert_to if claim and claim.divert_to else UNSET,
        text=claim.text if claim and claim.text else UNSET,
        why=judged.why,
    )


def why_now(
    causes: Causes,
    company: Company,
    at: datetime,
    view: View = EVERYTHING,
    read_seconds: int | None = None,
) -> str:
    """One sentence: why the person is as she is, as `m: in a booking 10:00-11:00, read 4 s ago`.

    Times are in the person's zone. The subject is never in it. Empty at level `time`.

    Args:
        read_seconds: Age of the last reading of her calendars; said where a calendar made the state.
    """
    if view.level == "time":
        return ""
    planned = plan(causes, company)
    state = read_state(planned.row.timetable, planned.row.known_until, at)
    read = f", read {_age(read_seconds)} ago" if read_seconds is not None else ""
    if state.kind == "unknown":
        return f"what follows is not known yet{read}"
    segment = state.segment
    if segment is None:
        return say_gap() + (read if causes.calendars else "")
    shown = frozenset(segment.claims)
    in_force = [claim for claim in derive_claims(causes, company).claims if _in_force(claim, at)]
    # Of very many that look alike a segment keeps the first keys alone.
    winner = next((claim for claim in in_force if claim.key in shown), None) or min(in_force, key=rank_of, default=None)
    if winner is None:
        return say_gap() + (read if causes.calendars else "")
    judged = next((each for each in planned.judged if each.key == winner.key), None)
    said = _why(winner, judged, causes.person, company, view)
    return said + (read if winner.origin in ("calendar", "autoreply") else "")


def causes_of(
    bookings: list[Booking],
    person: Person,
    slid_at: datetime,
    *,
    owned: bool = True,
    read_until: datetime | None = None,
) -> Causes:
    """Causes with these bookings in one calendar and nothing else: for rehearsals and what-ifs."""
    calendar = Calendar(
        id=CalendarId("cal_rehearsal"),
        company_id=person.company_id,
        person_id=person.id,
        connection_id=ConnectionId("c_rehearsal"),
        ref="",
        name="rehearsal",
        owned=owned,
        added_at=slid_at,
        read_until=read_until or slid_at + timedelta(days=400),
    )
    return Causes(
        person=person,
        slid_at=slid_at,
        calendars=(CalendarBookings(calendar=calendar, bookings=tuple(bookings)),),
        orders=Orders(),
    )


def _in_force(claim: Claim, at: datetime) -> bool:
    return claim.start <= at and (claim.end is None or at < claim.end)


def _span(booking: Booking, person: Person) -> Span:
    return booking.when.in_zone(person.zone_info) if isinstance(booking.when, Days) else booking.when


def _near(span: Span, at: datetime) -> bool:
    return span.start <= at + NEAR and span.end >= at - NEAR


def _why(claim: Claim, judged: Judged | None, person: Person, company: Company, view: View) -> str:
    """Why a claim is there; of a reason that the view hides, what would stand there of `away`."""
    if claim.reason is not None and _may_stand_for_another(claim.reason, view, company):
        label = company.reason(AWAY).label(company.language)
        return f"{label}, from {_times(claim.start, claim.end, person.zone_info, claim.all_day)}"
    if judged is not None:
        return f"{judged.why} {_times(claim.start, claim.end, person.zone_info, claim.all_day)}"
    return say_claim(claim, company, person.zone_info)


def _may_stand_for_another(reason: ReasonCode, view: View, company: Company) -> bool:
    """Whether `away` is what a view shows of this reason, so that nothing may tell it from a hidden one (§10)."""
    shown = shown_reason(reason, view, company)
    return shown != reason or (reason == AWAY and not view.sensitive)


def _explained_claim(
    claim: Claim,
    judged: Judged | None,
    person: Person,
    company: Company,
    view: View,
    winners: frozenset[str],
    spoken: set[str],
) -> ExplainedClaim:
    reason = shown_reason(claim.reason, view, company)
    told = view.level != "time"
    text = claim.text if view.level == "text" and reason == claim.reason else None
    return ExplainedClaim(
        key=claim.key,
        wins=claim.key in winners,
        kind=claim.kind,
        start=claim.start,
        end=UNSET if claim.end is None else claim.end,
        reason=reason or UNSET,
        origin=claim.origin if told else UNSET,
        planned=claim.planned and told,
        set_by=claim.set_by if claim.set_by and told else UNSET,
        text=text or UNSET,
        silenced=claim.key not in spoken,
        why=_why(claim, judged, person, company, view) if told else "",
    )


def _explained_booking(judged: Judged, person: Person, company: Company, view: View) -> ExplainedBooking:
    booking, reason, when = judged.booking, judged.reason, judged.booking.when
    told = view.level != "time" and (reason is None or not _may_stand_for_another(reason, view, company))
    subject = booking.subject if told and view.level == "text" and not booking.is_private else None
    why = "" if view.level == "time" else judged.why if told else company.reason(AWAY).label(company.language)
    return ExplainedBooking(
        key=judged.key,
        calendar=judged.calendar_id,
        start=when.first if isinstance(when, Days) else when.start,
        end=when.until if isinstance(when, Days) else when.end,
        all_day=booking.all_day,
        show_as=booking.show_as if told else UNSET,
        subject=subject or UNSET,
        counts=judged.counts,
        kind=judged.kind or UNSET,
        reason=shown_reason(reason, view, company) or UNSET,
        why=why,
    )


def _booking(ask: BookingAsk, marks: Marks, person: Person, now: datetime) -> Booking:
    private = ask.sensitivity in ("private", "confidential")
    read = read_subject(ask.subject, marks)
    return Booking(
        when=_when(ask, person, now),
        uid="what-if",
        show_as=ask.show_as,
        subject=None if private else read.kept,
        private_order=(read.order or order_of_categories(ask.categories, marks)) if private else None,
        categories=() if private else ask.categories,
        sensitivity=ask.sensitivity,
        cancelled=ask.cancelled,
        has_organizer=ask.has_organizer or ask.is_organizer,
        is_organizer=ask.is_organizer,
        response=ask.response,
    )


def _when(ask: BookingAsk, person: Person, now: datetime) -> Span | Days:
    if ask.all_day:
        today = now.astimezone(person.zone_info).date()
        first = ask.start.date() if isinstance(ask.start, datetime) else ask.start or today
        until = ask.end.date() if isinstance(ask.end, datetime) else ask.end or first + timedelta(days=1)
        if until <= first:
            raise InvalidValue(f"the end {until} is not after the start {first}; an all-day end is the day after")
        return Days(first, until)
    start = _instant(ask.start, person.zone_info) or now.replace(minute=0, second=0)
    end = _instant(ask.end, person.zone_info) or start + timedelta(hours=1)
    if end < start:
        raise InvalidValue(f"the end {end.isoformat()} lies before the start {start.isoformat()}; swap them")
    return Span(start, end)


def _instant(given: datetime | date | None, zone: ZoneInfo) -> datetime | None:
    if given is None:
        return None
    if not isinstance(given, datetime):
        raise InvalidValue(f"{given} is a day; give an instant, or set `all_day`")
    return to_instant(given if given.tzinfo else given.replace(tzinfo=zone))


def _times(start: datetime, end: datetime | None, zone: ZoneInfo, all_day: bool) -> str:
    """`10:00-11:00`, with dates where they differ; days of all-day ones."""
    first = start.astimezone(zone)
    if end is None:
        return f"{first:%Y-%m-%d %H:%M} without end"
    last = end.astimezone(zone)
    if all_day:
        through = (end - timedelta(seconds=1)).astimezone(zone).date()
        return f"{first.date()}" if through == first.date() else f"{first.date()} to {through}"
    if first.date() == last.date():
        return f"{first:%H:%M}-{last:%H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"


def _age(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
