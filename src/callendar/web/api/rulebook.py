"""Rules and reasons: read by everybody signed in, changed by administrators."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Struct, UnsetType

from callendar.domain.reason import Ends, Reason, ReasonCode
from callendar.domain.rules import Company, Rules
from callendar.engine.rulebook import ReasonPatch
from callendar.web.auth import check_administrator
from callendar.web.refusal import refuses
from callendar.web.room import Asked, InRoom
from callendar.web.wire import or_unset


class ReasonDetail(Struct, frozen=True, kw_only=True):
    """A reason with everything that can be set of it; `label` is in the company's language."""

    code: str
    label: str
    labels: dict[str, str]
    keywords: dict[str, tuple[str, ...]]
    phone: int | UnsetType = UNSET
    when: str
    icon: str
    color: str
    weight: int
    ends: Ends
    sensitive: bool


class Reasons(Struct, frozen=True, kw_only=True):
    """The company's reasons, in its order."""

    reasons: tuple[ReasonDetail, ...]


class NewReason(ReasonPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reason of the company's own; what is left out is as by default."""

    code: str


@get("/rules", summary="The company's rules")
async def show_rules(request: Asked, room: InRoom) -> Rules:
    """Every setting, those out of the box too."""
    return room.parts.held.company(request.user.company_id).company.rules


@put("/rules", summary="Change the company's rules", opt=refuses("forbidden"))
async def change_rules(request: Asked, room: InRoom, data: JSONBody[dict[str, Any]]) -> Rules:
    """Replaces what is sent and keeps the rest; inside `show_as` and `holidays` likewise. Answers with all of them."""
    check_administrator(request.user)
    return await room.rule_book.change_rules(request.user.company_id, data, by=request.user)


@get("/reasons", summary="The company's reasons")
async def list_reasons(request: Asked, room: InRoom) -> Reasons:
    """In the company's order; no secret from anybody signed in."""
    company = room.parts.held.company(request.user.company_id).company
    return Reasons(reasons=tuple(reason_detail(each, company) for each in company.reasons))


@post("/reasons", summary="Add a reason", opt=refuses("forbidden"))
async def add_reason(request: Asked, room: InRoom, data: JSONBody[NewReason]) -> ReasonDetail:
    """A keyword belongs to one reason of a company."""
    check_administrator(request.user)
    given = {
        name: value
        for name in ReasonPatch.__struct_fields__
        if not isinstance(value := getattr(data, name), UnsetType) and value is not None
    }
    plain: Any = msgspec.to_builtins({"code": data.code, "labels": {}, **given})
    reason = await room.rule_book.add_reason(request.user.company_id, plain, by=request.user)
    return reason_detail(reason, room.parts.held.company(request.user.company_id).company)


@patch("/reasons/{code:str}", summary="Change a reason", opt=refuses("forbidden"))
async def change_reason(request: Asked, room: InRoom, code: FromPath[str], data: JSONBody[ReasonPatch]) -> ReasonDetail:
    """Labels and keywords are merged by language; an empty one takes the language out."""
    check_administrator(request.user)
    reason = await room.rule_book.change_reason(request.user.company_id, ReasonCode(code), data, by=request.user)
    return reason_detail(reason, room.parts.held.company(request.user.company_id).company)


@delete("/reasons/{code:str}", summary="Delete a reason", opt=refuses("forbidden", "in_use"))
async def delete_reason(request: Asked, room: InRoom, code: FromPath[str]) -> None:
    """409 while somebody is or will be referred by it."""
    check_administrator(request.user)
    await room.rule_book.delete_reason(request.user.company_id, code, by=request.user)


def reason_detail(reason: Reason, company: Company) -> ReasonDetail:
    """A reason as it is sent."""
    return ReasonDetail(
        code=reason.code,
        label=reason.label(company.language),
        labels=reason.labels,
        keywords=reason.keywords,
        phone=or_unset(reason.phone),
        when=reason.when,
        icon=reason.icon,
        color=reason.color,
        weight=reason.weight,
        ends=reason.ends,
        sensitive=reason.sensitive,
    )


ROUTES = [show_rules, change_rules, list_reasons, add_reason, change_reason, delete_reason]
