"""Refusals: every stable id that stands as `error` in an answer, with its status and meaning, once.

A route says which of them it gives by `opt=refuses("forbidden", "taken")`. What goes without saying is added to the
description by itself: a bad request, nobody signed in, a write from another site, what is not there in the path, a body
too large or of another kind, and what is broken on our side.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class Refusal(Struct, frozen=True, gc=False):
    """What an id means."""

    status: int
    meaning: str


ERRORS: Mapping[str, Refusal] = {
    "invalid": Refusal(400, "The request cannot be; where one field is at fault, `detail` names it and its value."),
    "unknown_reason": Refusal(400, "The company has no such reason; the message names those it has."),
    "not_signed_in": Refusal(401, "No token or session, or one that is unknown, revoked or has expired."),
    "wrong_sign_in": Refusal(401, "Address, password or company are wrong; which of them is not told."),
    "forbidden": Refusal(403, "Not the caller's to do."),
    "cross_site": Refusal(403, "A write with the page's session that does not come from the page."),
    "not_found": Refusal(404, "Not there, or nothing the caller may know of: the two look the same."),
    "method_not_allowed": Refusal(
        405, "There is such an address, but not for this method; `Allow` names those it has."
    ),
    "conflict": Refusal(409, "Something has changed since what the caller looked at; `detail` has what stands."),
    "taken": Refusal(409, "Somebody else in the company has it: an extension, an address, an external id."),
    "in_use": Refusal(409, "Something still needs it; the message says what."),
    "no_person": Refusal(409, "The token or session belongs to no person, so there is nothing to change."),
    "too_late": Refusal(409, "It was done more than ten minutes ago and can no longer be undone."),
    "own_user": Refusal(409, "Nobody takes away her own way in."),
    "too_many_keys": Refusal(422, "There are as many keys to this calendar as there may be; revoke one first."),
    "idempotency_key_reused": Refusal(409, "This `Idempotency-Key` came before with another request."),
    "already_done": Refusal(409, "This `Idempotency-Key` came before; it was done, and its answer is not kept."),
    "too_large": Refusal(413, "The body has more than 1 MiB."),
    "unsupported_media_type": Refusal(415, "The body is not `application/json`."),
    "refused": Refusal(422, "The rules of the trade do not allow it, such as an end that has passed."),
    "sign_in_needed": Refusal(422, "The calendar system that was tried does not take the password or key."),
    "unreachable": Refusal(422, "The calendar system that was tried does not answer; the message says the mend."),
    "unreadable": Refusal(422, "The calendar system that was tried answers with something else than calendars."),
    "not_shared": Refusal(422, "The calendar is not shared with the account that reads it."),
    "throttled": Refusal(422, "The calendar system that was tried asks for patience."),
    "source": Refusal(422, "The calendar system that was tried fails in some other way; the message says how."),
    "too_many_requests": Refusal(429, "Too many at once or in a row; `Retry-After` says how many seconds to wait."),
    "too_many_tries": Refusal(
        429, "Too many sign-ins have failed, or too many tokens were nobody's; `Retry-After` says how long to wait."
    ),
    "internal": Refusal(500, "Broken on our side; the log has it under the request's id."),
    "unavailable": Refusal(503, "Not ready yet; try again in a moment."),
    "busy": Refusal(503, "Too many sign in just now; `Retry-After` says how many seconds to wait."),
    "store_unavailable": Refusal(503, "The database cannot be used just now; the same may be asked again."),
    "store_locked": Refusal(503, "Another program keeps the database to itself; the same may be asked again."),
    "store_full": Refusal(507, "There is no room to keep anything more; what is kept can still be asked for."),
}
"""By id. Ids are stable; new ones may come."""


TRIED = ("sign_in_needed", "unreachable", "unreadable", "not_shared", "throttled", "source")
"""What may be wrong with a calendar system that is tried before something is saved."""


def refuses(*ids: str) -> dict[str, Any]:
    """For `opt` of a route: which errors it answers with, beside those of every route."""
    unknown = [each for each in ids if each not in ERRORS]
    if unknown:
        raise ValueError(f"no such error: {', '.join(unknown)}")
    return {"refuses": ids}
