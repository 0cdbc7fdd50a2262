"""The rule book: a company's rules and reasons, changed by administrators and checked before they are kept.

A change commits itself and a new rules version; rows are re-planned by whoever does that (`design.md` §2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import anyio
import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from callendar.contracts.clock import Clock
from callendar.contracts.store import NotFound, Store
from callendar.domain.errors import CallendarError, InvalidValue
from callendar.domain.hours import company_hours
from callendar.domain.privacy import Viewer
from callendar.domain.public_holiday import HolidayCalendar
from callendar.domain.reason import AWAY, MEETING, OUT, Ends, Reason, ReasonCode
from callendar.domain.reason_table import LANGUAGES
from callendar.domain.rules import Company, CompanyId, Rules
from callendar.engine.held import HeldPeople
from callendar.engine.invalid import InvalidField, convert_checked
from callendar.engine.keywords import check_company_keywords
from callendar.engine.ordering import AVAILABLE, BACK
from callendar.engine.plan import plan
from callendar.engine.trail import audit_of

RESERVED = (AVAILABLE, BACK)
NEEDED = (MEETING, OUT, AWAY)
"""Reasons that the rules themselves name; they can be changed, not deleted."""

MOST_LOOKED_AT = 500
MINUTES = {"grace_minutes": (0, 120), "next_free_minutes": (1, 1440), "stale_minutes": (1, 10_080)}


class InUse(CallendarError):
    """The reason stands on somebody's timetable or in somebody's orders."""

    code = "in_use"


class ReasonPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a reason; absent = as it was. Labels and keywords are merged by language."""

    labels: dict[str, str] | UnsetType = UNSET
    keywords: dict[str, tuple[str, ...]] | UnsetType = UNSET
    phone: int | None | UnsetType = UNSET
    when: str | UnsetType = UNSET
    icon: str | UnsetType = UNSET
    color: str | UnsetType = UNSET
    weight: int | UnsetType = UNSET
    ends: Ends | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET


class RuleBook:
    """Changes the rules and reasons of companies, one change at a time; `by` is who is audited for it."""

    def __init__(self, store: Store, held: HeldPeople, clock: Clock) -> None:
        self._store = store
        self._held = held
        self._clock = clock
        self._lock = anyio.Lock()

    async def change_rules(self, company_id: CompanyId, given: Mapping[str, Any], *, by: Viewer | None = None) -> Rules:
        """Replace the rules that are given; the others stay. Inside `show_as` and `holidays` likewise.

        Raises:
            InvalidField: The rules would not be what they have to be.
        """
        async with self._lock:
            company = await self._store.load_company(company_id)
            after = ruled(company, given)
            await self._save(after, by, "rules_change", changed=", ".join(sorted(given)))
            return after.rules

    async def add_reason(self, company_id: CompanyId, given: Mapping[str, Any], *, by: Viewer | None = None) -> Reason:
        """Add a reason, given as plain values, at the end of the list."""
        reason = convert_checked(dict(given), Reason)
        async with self._lock:
            company = await self._store.load_company(company_id)
            if any(each.code == reason.code for each in company.reasons):
                raise InvalidField("code", reason.code, f"there is a reason {reason.code!r} already; change that one")
            await self._save(_with_reasons(company, (*company.reasons, reason)), by, "reason_add", reason=reason.code)
            return reason

    async def change_reason(
        self, company_id: CompanyId, code: str, patch: ReasonPatch, *, by: Viewer | None = None
    ) -> Reason:
        """Change one reason."""
        async with self._lock:
            company = await self._store.load_company(company_id)
            before = _find(company, code)
            reason = patched_reason(before, patch)
            reasons = tuple(reason if each.code == code else each for each in company.reasons)
            await self._save(_with_reasons(company, reasons), by, "reason_change", reason=code)
            return reason

    async def delete_reason(self, company_id: CompanyId, code: str, *, by: Viewer | None = None) -> None:
        """Remove a reason.

        Raises:
            InUse: Somebody is referred by it, or will be; or a rule names it.
        """
        async with self._lock:
            company = await self._store.load_company(company_id)
            _find(company, code)
            if code in NEEDED:
                raise InUse(f"the rules themselves use {code!r}; change its label or keywords instead")
            await self._check_unused(company, ReasonCode(code))
            reasons = tuple(each for each in company.reasons if each.code != code)
            shareable = tuple(each for each in company.rules.shareable if each != code)
            kept = structs.replace(company, rules=structs.replace(company.rules, shareable=shareable))
            await self._save(_with_reasons(kept, reasons), by, "reason_delete", reason=code)

    async def _check_unused(self, company: Company, code: ReasonCode) -> None:
        """No row shows it, and nobody's orders or own keywords name it, now or later. Whose it is nobody is told: who
        changes the reasons sees as a colleague."""
        await self._held.refresh()
        for person_id, row in list(self._held.company(company.id).rows.items()):
            if any(code in (segment.reason, segment.then) for segment in row.timetable):
                raise InUse(f"somebody is or will be referred by {code!r}; take its keywords away first")
            if code in row.person.keywords:
                raise InUse(f"somebody has own keywords for {code!r}; change those first")
            try:
                orders = (await self._store.load_causes(company.id, person_id)).orders
            except NotFound:
                continue
            if any(referral.reason == code for referral in orders.referrals):
                raise InUse(f"somebody has a referral with {code!r}; it has to end first")

    async def _save(self, company: Company, by: Viewer | None, action: str, **detail: str) -> None:
        audit = by and audit_of(by, action, self._clock.now(), detail=detail)
        await self._store.save_company(company, audit=audit)
        await self._held.refresh()


class Look(Struct, frozen=True, kw_only=True):
    """What other rules would do to a company's people."""

    people: int
    looked: int
    """How many of them were planned for a look; many would take too long."""
    different: int
    """How many of those would have another timetable."""


def ruled(company: Company, given: Mapping[str, Any]) -> Company:
    """The company under the rules that are given, the others as they are; raises as `RuleBook.change_rules`."""
    before = cast(dict[str, Any], msgspec.to_builtins(company.rules))
    after = structs.replace(company, rules=convert_checked(_merged(before, given), Rules))
    check_rules(after)
    return after


async def what_changes(store: Store, before: Company, after: Company) -> Look:
    """Plan people under other rules, to see for how many something differs; nothing is written."""
    people = [each.person_id for each in await store.load_row_headers(before.id)]
    looked = different = 0
    for person_id in people[:MOST_LOOKED_AT]:
        try:
            causes = await store.load_causes(before.id, person_id)
        except NotFound:
            continue
        looked += 1
        different += plan(causes, before).row.timetable != plan(causes, after).row.timetable
    return Look(people=len(people), looked=looked, different=different)


def check_rules(company: Company) -> None:
    """Refuse rules that are well formed but cannot be.

    Raises:
        InvalidField: Names the field, the value and the mend.
    """
    rules = company.rules
    for name, (least, most) in MINUTES.items():
        value = getattr(rules, name)
        if not least <= value <= most:
            raise InvalidField(name, value, f"{value} is out of range; give {least} to {most} minutes")
    for code in rules.shareable:
        if all(reason.code != code for reason in company.reasons):
            known = ", ".join(reason.code for reason in company.reasons)
            raise InvalidField("shareable", code, f"there is no reason {code!r}; there are {known}")
    for number in rules.allowed_diverts:
        digits = number.removeprefix("+")
        if not (digits.isascii() and digits.isdecimal()):
            raise InvalidField(
                "allowed_diverts", number, f"{number!r} is no number; write digits, + before them if need be"
            )
    for each in rules.hours:
        if not each.days:
            raise InvalidField("hours", [], "days is empty; name the days, mon to sun, or leave these hours out")
    try:
        HolidayCalendar(rules.holidays)
    except InvalidValue as error:
        raise InvalidField("holidays", msgspec.to_builtins(rules.holidays), str(error)) from error
    try:
        company_hours(company)
    except InvalidValue as error:
        raise InvalidField("hours", msgspec.to_builtins(rules.hours), str(error)) from error


def check_reasons(company: Company) -> None:
    """Refuse a table of reasons that cannot be: every reason well formed, keywords and phone digits of one only."""
    phones: dict[int, str] = {}
    for reason in company.reasons:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", reason.code):
            raise InvalidField("code", reason.code, f"{reason.code!r} is no code; use small letters, digits and _")
        if reason.code in RESERVED:
            raise InvalidField("code", reason.code, f"{reason.code!r} is reserved; choose another")
        if not reason.labels.get("en", "").strip():
            raise InvalidField("labels.en", reason.labels.get("en"), "the English label is missing; give one")
        for language in (*reason.labels, *reason.keywords):
            if language not in LANGUAGES:
                raise InvalidField("labels", language, f"{language!r} is no language here; use {', '.join(LANGUAGES)}")
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", reason.color):
            raise InvalidField("color", reason.color, f"{reason.color!r} is no colour; write it as #c62828")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", reason.icon):
            raise InvalidField("icon", reason.icon, f"{reason.icon!r} is no icon's name, as users or sign-out")
        if not 0 <= reason.weight <= 1000:
            raise InvalidField("weight", reason.weight, f"{reason.weight} is out of range; give 0 to 1000")
        if not 1 <= reason.ends.minutes <= 1440:
            raise InvalidField("ends.minutes", reason.ends.minutes, "give 1 to 1440 minutes")
        if reason.phone is not None:
            if not 0 <= reason.phone <= 99:
                raise InvalidField("phone", reason.phone, "give a number of one or two digits")
            owner = phones.setdefault(reason.phone, reason.code)
            if owner != reason.code:
                raise InvalidField(
                    "phone", reason.phone, f"{reason.phone} is dialled for {owner} already; give another"
                )
    check_company_keywords(company.reasons)


def patched_reason(reason: Reason, patch: ReasonPatch) -> Reason:
    """The reason with what the patch gives; an empty label or an empty list of keywords takes a language out."""
    given = {name: value for name, value in structs.asdict(patch).items() if value is not UNSET}
    for name in ("labels", "keywords"):
        if name in given:
            merged = getattr(reason, name) | given[name]
            given[name] = {language: value for language, value in merged.items() if value}
    plain = cast(dict[str, Any], msgspec.to_builtins(structs.replace(reason, **given)))
    return convert_checked(plain, Reason)


def _find(company: Company, code: str) -> Reason:
    for reason in company.reasons:
        if reason.code == code:
            return reason
    raise NotFound(f"there is no reason {code!r}; there are {', '.join(each.code for each in company.reasons)}")


def _with_reasons(company: Company, reasons: tuple[Reason, ...]) -> Company:
    after = structs.replace(company, reasons=reasons)
    check_reasons(after)
    return after


def _merged(before: Mapping[str, Any], given: Mapping[str, Any], field: str = "") -> dict[str, Any]:
    """`before` with what is given; objects are merged, everything else replaced."""
    merged = dict(before)
    for name, value in given.items():
        path = f"{field}.{name}" if field else name
        if name not in before:
            raise InvalidField(path, value, f"there is no such rule; there are {', '.join(before)}")
        if isinstance(before[name], dict) and isinstance(value, dict):
            value = _merged(cast(dict[str, Any], before[name]), cast(dict[str, Any], value), path)
        merged[name] = value
    return merged
