"""The orders themselves: each is a function from a person's orders to her orders (`rules.md` §4, §1.8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from secrets import token_hex

from msgspec import UNSET, Struct, UnsetType, structs

from callendar.contracts.store import NotFound
from callendar.domain.ends import resolve_end, resolve_start
from callendar.domain.errors import InvalidValue, Refused
from callendar.domain.hand import AppMark, Orders, Referral, ReferralId, Silence
from callendar.domain.laying import clear_top, end_all_for_now, lay
from callendar.domain.line import tidy_line
from callendar.domain.mark import build_marks, read_app_mark
from callendar.domain.planned import end_now, start_now
from callendar.domain.reason import ReasonCode
from callendar.domain.repeat import check_repeat
from callendar.domain.silence import silence_for, silences_for_available
from callendar.engine.desk import Desk

NOW = "now"
AVAILABLE, BACK = "available", "back"
"""Reserved reasons of `PUT /people/{id}/referral` (`rules.md` §4.4)."""


class ReferralAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A referral for now, as asked for."""

    reason: str
    until: str | None | UnsetType = UNSET
    """Instant, `HH:MM`, date or `MMDD`; absent = the reason's own end, None = no end."""
    diverts: bool = True
    text: str | None = None
    divert_to: str | None = None


class PlannedAsk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A planned referral, as asked for."""

    reason: str
    start: str
    until: str | None | UnsetType = UNSET
    repeat: str | None = None
    diverts: bool = True
    text: str | None = None
    divert_to: str | None = None


class ReferralPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a referral; absent = as it was."""

    reason: str | UnsetType = UNSET
    start: str | UnsetType = UNSET
    until: str | None | UnsetType = UNSET
    repeat: str | None | UnsetType = UNSET
    diverts: bool | UnsetType = UNSET
    text: str | None | UnsetType = UNSET
    divert_to: str | None | UnsetType = UNSET


class Act(Struct, frozen=True, kw_only=True):
    """An order: what a person's orders become, and what the audit calls it.

    `run` raises `InvalidValue` or `Refused` where the order makes no sense, `NotFound` where what it names is not
    there; the message says the mend.
    """

    action: str
    run: Callable[[Desk], Orders]


def set_for_now(ask: ReferralAsk) -> Act:
    """Refer from now on, or with a reserved reason be available or back (§4.1, §4.4)."""
    return Act(action="referral_set", run=lambda desk: _set_for_now(desk, ask))


def clear_for_now() -> Act:
    """End the top one for now; nothing changes if there is none."""
    return Act(action="referral_clear", run=_clear_for_now)


def plan_referral(ask: PlannedAsk) -> Act:
    """Add a planned referral (§4.2)."""
    return Act(action="referral_plan", run=lambda desk: _plan_referral(desk, ask))


def patch_referral(referral_id: ReferralId, patch: ReferralPatch) -> Act:
    """Change a referral; `now` as `start` or `until` starts or ends it now."""
    return Act(action="referral_change", run=lambda desk: _patch_referral(desk, referral_id, patch))


def delete_referral(referral_id: ReferralId) -> Act:
    """Remove a referral; one under way ends now."""
    return Act(action="referral_delete", run=lambda desk: _delete_referral(desk, referral_id))


def silence(key: str) -> Act:
    """Tell one claim, in force or coming, to be quiet (§4.4)."""
    return Act(action="silence", run=lambda desk: _silence(desk, key))


def unsilence(key: str) -> Act:
    """Let a silenced claim speak again; nothing changes if it was not silenced."""
    return Act(action="unsilence", run=lambda desk: _unsilence(desk, key))


def mark(key: str, given: str, *, series: bool = False) -> Act:
    """Mark a booking, or with `series` all of its series, in the app (§1.8)."""
    return Act(action="mark", run=lambda desk: _mark(desk, key, given, series))


def unmark(key: str, *, series: bool = False) -> Act:
    """Take a mark given in the app away; nothing changes if there was none."""
    return Act(action="unmark", run=lambda desk: _unmark(desk, key, series))


def restore(before: Orders) -> Act:
    """Put back what stood before."""
    return Act(action="undo", run=lambda _desk: before)


def _set_for_now(desk: Desk, ask: ReferralAsk) -> Orders:
    """Start a referral now; `available` and `back` end what is for now and silence what is in force."""
    if ask.reason in (AVAILABLE, BACK):
        return _return(desk, only_referring=ask.reason == BACK)
    reason = desk.company.reason(ask.reason)
    end = resolve_end(
        ask.until,
        reason,
        now=desk.now,
        zone=desk.person.zone_info,
        hours=desk.hours,
        running_booking_end=desk.running_booking_end,
    )
    new = Referral(
        id=ReferralId("r_" + token_hex(10)),
        person_id=desk.person.id,
        reason=reason.code,
        start=desk.now,
        end=end,
        diverts=ask.diverts,
        divert_to=_divert(desk, ask.divert_to, diverts=ask.diverts),
        text=_text(ask.text),
        origin=desk.origin,
        set_by=desk.viewer.name,
    )
    return structs.replace(desk.orders, referrals=lay(desk.orders.referrals, new, desk.now))


def _clear_for_now(desk: Desk) -> Orders:
    """End the top one for now."""
    return structs.replace(desk.orders, referrals=clear_top(desk.orders.referrals, desk.now))


def _plan_referral(desk: Desk, ask: PlannedAsk) -> Orders:
    """Add a planned referral."""
    reason = desk.company.reason(ask.reason)
    start = resolve_start(ask.start, now=desk.now, zone=desk.person.zone_info)
    planned = Referral(
        id=ReferralId("r_" + token_hex(10)),
        person_id=desk.person.id,
        reason=reason.code,
        start=start,
        end=_planned_end(desk, ask.until, reason.code, start),
        planned=True,
        repeat=ask.repeat,
        diverts=ask.diverts,
        divert_to=_divert(desk, ask.divert_to, diverts=ask.diverts),
        text=_text(ask.text),
        origin=desk.origin,
        set_by=desk.viewer.name,
    )
    _check_planned(desk, planned)
    return structs.replace(desk.orders, referrals=(*desk.orders.referrals, planned))


def _patch_referral(desk: Desk, referral_id: ReferralId, patch: ReferralPatch) -> Orders:
    """Change a referral in place; it keeps its id and its place in the order of acceptance.

    `now` as `start` or `until`, alone, starts or ends the occurrence under way, else the next (§4.2).
    """
    before = _find(desk, referral_id)
    if NOW in (patch.start, patch.until):
        return _moved_to_now(desk, before, patch)
    reason = before.reason if isinstance(patch.reason, UnsetType) else desk.company.reason(patch.reason).code
    start = before.start
    if not isinstance(patch.start, UnsetType):
        start = resolve_start(patch.start, now=desk.now, zone=desk.person.zone_info)
    end = before.end
    if not isinstance(patch.until, UnsetType):
        end = _planned_end(desk, patch.until, reason, start)
    diverts = before.diverts if isinstance(patch.diverts, UnsetType) else patch.diverts
    divert_to = before.divert_to
    if not isinstance(patch.divert_to, UnsetType):
        divert_to = _divert(desk, patch.divert_to, diverts=diverts)
    after = structs.replace(
        before,
        reason=reason,
        start=start,
        end=end,
        repeat=before.repeat if isinstance(patch.repeat, UnsetType) else patch.repeat,
        diverts=diverts,
        divert_to=divert_to if diverts else None,
        text=before.text if isinstance(patch.text, UnsetType) else _text(patch.text),
    )
    _check_planned(desk, after)
    return _replaced(desk.orders, after)


def _moved_to_now(desk: Desk, before: Referral, patch: ReferralPatch) -> Orders:
    given = [name for name in patch.__struct_fields__ if getattr(patch, name) is not UNSET]
    if len(given) > 1:
        raise InvalidValue(f"`now` stands alone: leave {', '.join(given)} but one out, or give instants")
    if not before.planned and patch.start == NOW:
        raise InvalidValue("a referral for now has begun already")
    move = start_now if patch.start == NOW else end_now
    moved = move(before, desk.now, desk.person.zone_info, new_id=ReferralId("r_" + token_hex(10)))
    kept = tuple(each for each in desk.orders.referrals if each.id != before.id)
    return structs.replace(desk.orders, referrals=(*kept, *moved))


def _delete_referral(desk: Desk, referral_id: ReferralId) -> Orders:
    """Remove a referral; a single one under way, or one for now, ends now."""
    before = _find(desk, referral_id)
    begun = before.start < desk.now and (before.end is None or desk.now < before.end)
    if begun and before.repeat is None:
        return _replaced(desk.orders, structs.replace(before, end=desk.now))
    return structs.replace(
        desk.orders, referrals=tuple(each for each in desk.orders.referrals if each.id != referral_id)
    )


def _silence(desk: Desk, key: str) -> Orders:
    """Silence one claim: in force until it ends or her day does, a coming one for good."""
    claims = [each for each in desk.claims if each.key == key and (each.end is None or each.end > desk.now)]
    if not claims:
        raise NotFound(f"there is no claim {key!r} now or to come; take the key from `claims` or explain")
    first = min(claims, key=lambda each: each.start)
    return _silenced(desk.orders, (silence_for(first, person=desk.person, now=desk.now),))


def _unsilence(desk: Desk, key: str) -> Orders:
    """Take a silence away."""
    return structs.replace(desk.orders, silences=tuple(each for each in desk.orders.silences if each.key != key))


def _mark(desk: Desk, key: str, given: str, series: bool) -> Orders:
    """Give a booking, or its series, a mark; it replaces one given before."""
    judged = [each for each in desk.judged if each.key == key]
    if not judged:
        raise NotFound(f"there is no booking {key!r} in what is known; take the key from explain")
    uid = judged[0].booking.uid
    if series and uid is None:
        raise InvalidValue(f"the booking {key!r} belongs to no series; leave `series` out")
    read_app_mark(given, build_marks(desk.company, desk.person, desk.causes.extensions))
    new = AppMark(person_id=desk.person.id, key=uid if series and uid else key, series=series, mark=given)
    kept = tuple(each for each in desk.orders.marks if (each.key, each.series) != (new.key, new.series))
    return structs.replace(desk.orders, marks=(*kept, new))


def _unmark(desk: Desk, key: str, series: bool) -> Orders:
    """Take away the mark given to an occurrence, or with `series` to the series it belongs to."""
    target = key
    if series:
        target = next((each.booking.uid or key for each in desk.judged if each.key == key), key)
    return structs.replace(
        desk.orders,
        marks=tuple(each for each in desk.orders.marks if (each.key, each.series) != (target, series)),
    )


def _check_planned(desk: Desk, referral: Referral) -> None:
    """Refuse what could never begin, has ended already, or cannot be followed."""
    zone = desk.person.zone_info
    if referral.repeat is not None:
        if not referral.planned:
            raise InvalidValue("a referral for now cannot repeat; plan one instead")
        check_repeat(referral.repeat, referral.start, referral.end, zone)
    if referral.end is not None and referral.end <= referral.start:
        raise InvalidValue(
            f"the end {referral.end.astimezone(zone):%Y-%m-%d %H:%M} is not after the start "
            f"{referral.start.astimezone(zone):%Y-%m-%d %H:%M}; give a later `until`"
        )
    if referral.end is not None and referral.end <= desk.now and referral.repeat is None:
        raise Refused(f"the end {referral.end.astimezone(zone):%Y-%m-%d %H:%M} has passed; give a later `until`")


def _return(desk: Desk, *, only_referring: bool) -> Orders:
    """ "Available" and "I am back": end all for now, silence what is in force; notes are never silenced."""
    meant = [each for each in desk.claims if each.kind == "referred" or not only_referring]
    ended = structs.replace(desk.orders, referrals=end_all_for_now(desk.orders.referrals, desk.now))
    return _silenced(
        ended, silences_for_available(meant, person=desk.person, now=desk.now, standing=desk.orders.silences)
    )


def _silenced(orders: Orders, silences: tuple[Silence, ...]) -> Orders:
    keys = {each.key for each in silences}
    kept = tuple(each for each in orders.silences if each.key not in keys)
    return structs.replace(orders, silences=(*kept, *silences))


def _planned_end(desk: Desk, until: str | None | UnsetType, reason: ReasonCode, start: datetime) -> datetime | None:
    return resolve_end(
        until,
        desk.company.reason(reason),
        now=start,
        zone=desk.person.zone_info,
        hours=desk.hours,
        running_booking_end=None,
    )


def _find(desk: Desk, referral_id: ReferralId) -> Referral:
    for referral in desk.orders.referrals:
        if referral.id == referral_id:
            return referral
    raise NotFound(f"there is no referral {referral_id}")


def _replaced(orders: Orders, referral: Referral) -> Orders:
    return structs.replace(
        orders, referrals=tuple(referral if each.id == referral.id else each for each in orders.referrals)
    )


def _divert(desk: Desk, number: str | None, *, diverts: bool) -> str | None:
    """A number that calls may be diverted to: an extension of the company, or one it allows."""
    if not number:
        return None
    if not diverts:
        raise InvalidValue("an informing referral diverts nowhere; leave `divert_to` out or set `diverts`")
    allowed = build_marks(desk.company, desk.person, desk.causes.extensions).diverts
    if number not in allowed:
        raise InvalidValue(
            f"{number!r} is neither an extension nor among the company's allowed_diverts; an administrator can add it"
        )
    return number


def _text(text: str | None) -> str | None:
    return tidy_line(text, "text")
