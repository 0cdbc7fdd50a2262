"""Faults: every answer that says no has one shape, `{"error", "message", "detail"}` (`api.md`)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException
from msgspec import Struct, structs
from structlog import get_logger

from callendar.contracts.source import SourceError
from callendar.contracts.store import Conflict, NotFound, StoreAway, StoreFull, StoreLocked
from callendar.domain.errors import CallendarError, InvalidValue, Refused
from callendar.domain.rules import UnknownReason
from callendar.engine.choosing import Chosen
from callendar.engine.desk import NotAllowed
from callendar.engine.invalid import InvalidField
from callendar.engine.orders import TooLate
from callendar.engine.password import Busy, TryLater
from callendar.engine.people import Taken
from callendar.engine.rulebook import InUse
from callendar.engine.sign_in import TooManyTries, WrongSignIn
from callendar.engine.supervise import mishap
from callendar.engine.users import OwnUser

log = get_logger()


class WireFault(Struct, frozen=True, kw_only=True, gc=False):
    """The body of every answer with a status of 400 or more."""

    error: str
    """Stable, for programs."""
    message: str
    """One sentence, for a person."""
    detail: dict[str, Any] = {}


class Fault(CallendarError):
    """An answer that says no, decided in the web itself."""

    def __init__(
        self, status: int, error: str, message: str, detail: dict[str, Any] | None = None, **headers: str
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.detail = detail or {}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


STATUSES: tuple[tuple[type[CallendarError], int], ...] = (
    (TooManyTries, 429),
    (Busy, 503),
    (WrongSignIn, 401),
    (OwnUser, 409),
    (TooLate, 409),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Taken, 409),
    (InUse, 409),
    (Chosen, 409),
    (UnknownReason, 400),
    (InvalidValue, 400),
    (Refused, 422),
    (SourceError, 422),
)
"""By class, the narrower first. What is none of these is ours to mend, and answered as 500 without its words."""

AWAY: tuple[tuple[type[StoreAway], int, str], ...] = (
    (StoreFull, 507, "There is no room to keep anything more, so this was not done; have the operator free some."),
    (StoreLocked, 503, "Another program keeps the database to itself; try again in a moment."),
    (StoreAway, 503, "The database cannot be used just now; try again in a moment."),
)
"""What may be asked again, the narrower first. Where the database is and what ails it is told in the log, once."""
RETRY_SECONDS = 5

CODES = {
    400: ("invalid", "The request is not what it has to be."),
    401: ("not_signed_in", "Sign in first: send a token as `Authorization: Bearer`, or open the console."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method."),
    413: ("too_large", "The request is too large."),
    415: ("unsupported_media_type", "Send the body as application/json."),
    429: ("too_many_requests", "Too many requests; wait a little."),
    500: ("internal", "Something is broken on our side; it has been logged."),
    503: ("unavailable", "Not ready yet; try again in a moment."),
}
"""Of what the framework refuses by itself."""


def not_found(message: str) -> Fault:
    """What is not there, or what the viewer may not know of: the two look the same."""
    return Fault(404, "not_found", message)


def answer_fault(request: Request[Any, Any, Any], error: Exception) -> Response[WireFault]:
    """The one exception handler."""
    status, fault, headers = describe(error)
    request.app.state["room"].parts.held.meter.count("callendar_refusals", fault.error)
    if status == 500:
        fault = structs.replace(fault, detail={"request": request.scope["state"].get("request", "")})
    if status >= 500 and not isinstance(error, StoreAway | Fault):
        log.error("request_broke", path=request.scope["path"], method=request.scope["method"], **mishap(error))
    if status == 401:
        headers = {**headers, "WWW-Authenticate": "Bearer"}
    return Response(
        fault,
        status_code=status,
        media_type=MediaType.JSON,
        headers={**headers, "Cache-Control": "no-store"},
    )


def describe(error: Exception) -> tuple[int, WireFault, dict[str, str]]:
    """The status, the body and further headers that an error is answered with."""
    if isinstance(error, Fault):
        return error.status, WireFault(error=error.error, message=str(error), detail=error.detail), error.headers
    if isinstance(error, StoreAway):
        status, said = next((status, said) for family, status, said in AWAY if isinstance(error, family))
        return status, WireFault(error=error.code, message=said), {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, CallendarError):
        for family, status in STATUSES:
            if isinstance(error, family):
                wait = {"Retry-After": str(error.retry_after_seconds)} if isinstance(error, TryLater) else {}
                return status, fault_of(error), wait
    if isinstance(error, msgspec.ValidationError | msgspec.DecodeError):
        return 400, WireFault(error="invalid", message=_sentence(str(error))), {}
    if isinstance(error, RecursionError | UnicodeDecodeError):
        return 400, WireFault(error="invalid", message="The body cannot be read: send JSON in UTF-8, not too deep."), {}
    if isinstance(error, HTTPException) and error.status_code < 500:
        return _framework_fault(error)
    code, message = CODES[500]
    return 500, WireFault(error=code, message=message), {}


def fault_of(error: CallendarError) -> WireFault:
    """What was refused, as it is told."""
    return WireFault(error=error.code, message=_sentence(str(error)), detail=_detail(error))


def _framework_fault(error: HTTPException) -> tuple[int, WireFault, dict[str, str]]:
    code, message = CODES.get(error.status_code, (f"status_{error.status_code}", "The request was refused."))
    detail: dict[str, Any] = {}
    if error.status_code == 400:
        # What the framework tells of a parameter or a body: the client's own fields, none of our words.
        cause = error.__cause__
        while cause is not None and not isinstance(cause, msgspec.ValidationError | msgspec.DecodeError):
            cause = cause.__cause__
        fields: Any = error.extra if isinstance(error.extra, list) else []
        if cause is not None:
            message = _sentence(str(cause))
        elif fields:
            detail = {"fields": fields}
            message = "; ".join(f"{each.get('key')}: {each.get('message')}" for each in fields)
        elif error.detail:
            message = _sentence(error.detail)
    return error.status_code, WireFault(error=code, message=message, detail=detail), dict(error.headers or {})


def _detail(error: CallendarError) -> dict[str, Any]:
    return {"field": error.field, "value": error.value} if isinstance(error, InvalidField) else {}


def _sentence(message: str) -> str:
    """As a person reads it: a capital first, unless it begins with a field's name or an address; a full stop last."""
    if not message:
        return message
    first = message.split(" ", 1)[0]
    if not first.endswith(":") and "://" not in first:
        message = message[0].upper() + message[1:]
    return message if message[-1] in ".!?" else message + "."
