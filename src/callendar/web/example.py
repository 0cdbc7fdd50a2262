"""Examples: how bodies, answers, errors and events look, by the name of their schema. A test validates each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANNA, BO, CONNECTION = "p_d3fd292f536a825d", "p_4f1c09a2b77e6d10", "c_2cd210b88cf94017"
TOKEN, CHANGE, REFERRAL, KEY = "t_bc8749d8db52c186", "ch_0b9f6c2e51d84a7733e0", "r_5a1de0c93b7f4286", "b/demo-anna-0"

_STATE = {
    "kind": "referred",
    "reason": {"code": "meeting", "label": "Meeting", "icon": "users", "color": "#c62828"},
    "text": "Budget 2027",
    "since": "2026-11-24T08:50:00Z",
    "until": "2026-11-24T09:50:00Z",
    "back_at": "2026-11-24T09:50:00Z",
    "diverts": True,
    "origin": "calendar",
    "planned": False,
    "claims": [KEY],
}
_SEGMENT = {
    "start": "2026-11-24T08:50:00Z",
    "end": "2026-11-24T09:50:00Z",
    "all_day": False,
    "kind": "referred",
    "reason": "meeting",
    "text": "Budget 2027",
    "diverts": True,
    "origin": "calendar",
    "planned": False,
    "back_at": "2026-11-24T09:50:00Z",
    "next_free": "2026-11-24T09:50:00Z",
    "claims": [KEY],
}
_PERSON: dict[str, Any] = {
    "id": ANNA,
    "name": "Anna Svensson",
    "extension": "101",
    "extensions": [{"number": "101", "kind": "desk"}],
    "email": "anna.svensson@nordlys.example",
    "department": "Sales",
    "title": "Account manager",
    "zone": "Europe/Stockholm",
    "known_until": "2026-12-28T21:52:29Z",
    "timetable": [_SEGMENT],
    "state": _STATE,
    "next_free": "2026-11-24T09:50:00Z",
    "line": "idle",
    "freshness": {"state": "fresh", "connections": [CONNECTION]},
}
_REFERRAL = {
    "id": REFERRAL,
    "reason": "holiday",
    "start": "2026-12-20T23:00:00Z",
    "until": "2027-01-04T07:00:00Z",
    "planned": True,
    "diverts": True,
    "origin": "api",
    "set_by": "Reception",
}
_FRESH = {CONNECTION: {"read_at": "2026-11-24T08:59:56Z", "stale_seconds": 7200}}
_REASON = {
    "code": "customer",
    "label": "With a customer",
    "labels": {"en": "With a customer", "sv": "Hos kund"},
    "keywords": {"en": ["visit"], "sv": ["kund"]},
    "phone": 13,
    "when": "time",
    "icon": "users",
    "color": "#1565c0",
    "weight": 33,
    "ends": {"kind": "minutes", "minutes": 90},
    "sensitive": False,
}
_SHOW_AS = {
    "busy": "counts",
    "oof": "counts",
    "tentative": "nothing",
    "unanswered": "nothing",
    "elsewhere": "nothing",
    "free": "nothing",
    "unknown": "nothing",
}

_CONNECTION = {
    "id": CONNECTION,
    "kind": "caldav",
    "name": "Radicale",
    "server": "dav.nordlys.example",
    "settings": {"user": "callendar"},
    "has_secret": True,
    "poll_seconds": 60,
    "stale_seconds": 7200,
    "read_at": "2026-11-24T08:59:56Z",
    "calendars": 30,
    "in_use": 30,
    "failing": 0,
}
_USER = {
    "id": "u_77f0a3",
    "email": "eva.ek@nordlys.example",
    "name": "Eva Ek",
    "role": "telephonist",
    "created_at": "2026-11-24T09:00:00Z",
    "has_password": True,
}
_CALENDAR = {
    "id": "k_8c2f11d0a9e34b57",
    "person": ANNA,
    "connection": CONNECTION,
    "name": "Anna",
    "order": 0,
    "selected": True,
    "owned": True,
    "marks": True,
    "read_until": "2026-12-28T21:52:29Z",
}

EXAMPLES: Mapping[str, Any] = {
    # people
    "WirePeople": {
        "version": "0178fcc0-33",
        "now": "2026-11-24T09:00:00Z",
        "listed_until": "2026-11-26T09:00:00Z",
        "reasons": {"meeting": {"label": "Meeting", "icon": "users", "color": "#c62828"}},
        "people": [_PERSON],
        "fresh": _FRESH,
    },
    "WirePersonDetail": _PERSON
    | {
        "state": _STATE | {"why": "m: in a booking 09:50-10:50, read 4 s ago"},
        "upcoming": [_SEGMENT],
        "referrals": [_REFERRAL],
        "calendars": [
            {
                "id": "k_8c2f11d0a9e34b57",
                "name": "Anna",
                "connection": CONNECTION,
                "selected": True,
                "read_at": "2026-11-24T08:59:56Z",
            }
        ],
        "change": CHANGE,
    },
    "PersonPatch": {
        "name": "Eva Ek",
        "extensions": [{"number": "202", "kind": "desk"}],
        "email": "eva.ek@nordlys.example",
        "department": "Finance",
        "zone": "Europe/Stockholm",
        "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "17:00"}],
        "privacy": "reason",
    },
    # orders by hand
    "SetBody": {"reason": "lunch", "until": "13:00", "text": "Back after lunch", "based_on": "0178fcc0-33"},
    "PlanBody": {"reason": "holiday", "start": "2026-12-21", "until": "2027-01-04", "diverts": True},
    "PatchBody": {"until": "2027-01-07"},
    "ManyBody": {"people": [ANNA, BO], "reason": "course", "until": "16:00"},
    "ManyChanges": {"changes": [{"person": ANNA, "change": CHANGE}]},
    "Referrals": {"version": "0178fcc0-33", "referrals": [_REFERRAL]},
    "ClaimBody": {"claim": KEY},
    "MarkBody": {"claim": KEY, "mark": "m:", "series": True},
    "UnmarkBody": {"claim": KEY, "series": True},
    # explain
    "WireExplanation": {
        "at": "2026-11-24T09:00:00Z",
        "kind": "referred",
        "why": "m: in a booking 09:50-10:50",
        "claims": [
            {
                "key": KEY,
                "wins": True,
                "kind": "referred",
                "start": "2026-11-24T08:50:00Z",
                "end": "2026-11-24T09:50:00Z",
                "reason": "meeting",
                "origin": "calendar",
                "planned": False,
                "text": "Budget 2027",
                "silenced": False,
                "why": "m: in a booking",
            }
        ],
        "bookings": [
            {
                "key": KEY,
                "calendar": "k_8c2f11d0a9e34b57",
                "start": "2026-11-24T08:50:00Z",
                "end": "2026-11-24T09:50:00Z",
                "all_day": False,
                "show_as": "busy",
                "subject": "m: Budget 2027",
                "counts": True,
                "kind": "referred",
                "reason": "meeting",
                "why": "m: in a booking",
            }
        ],
    },
    "BookingBody": {"subject": "m: Budget", "show_as": "free"},
    "BookingExplanation": {
        "counts": True,
        "kind": "referred",
        "reason": "meeting",
        "diverts": True,
        "text": "Budget",
        "why": "m: in a booking",
    },
    # rules
    "Rules": {
        "mode": "keywords",
        "personal_mode": True,
        "personal_keywords": True,
        "show_as": _SHOW_AS,
        "notes": True,
        "office_hours_only": False,
        "autoreply": False,
        "shareable": ["meeting", "course", "trip", "lunch"],
        "allowed_diverts": ["+4687001000"],
        "grace_minutes": 5,
        "next_free_minutes": 15,
        "stale_minutes": 120,
        "privacy": "reason",
        "telephonist_plus_one": True,
        "colleagues_may_set": False,
        "hours": [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "17:00"}],
        "holidays": {"country": "SE", "region": None, "add": ["2026-12-23"], "remove": []},
    },
    "RulesPatch": {"grace_minutes": 10, "show_as": {"tentative": "counts"}},
    "Reasons": {"reasons": [_REASON]},
    "ReasonDetail": _REASON,
    "NewReason": {
        "code": "customer",
        "labels": {"en": "With a customer"},
        "keywords": {"en": ["visit"]},
        "weight": 33,
        "ends": {"kind": "minutes", "minutes": 90},
    },
    "ReasonPatch": {"keywords": {"sv": ["kund"]}, "color": "#1565c0"},
    # connections and calendars
    "Kinds": {
        "kinds": [
            {
                "kind": "caldav",
                "poll_seconds": 60,
                "settings": [{"name": "url", "help": "Its address.", "secret": False, "required": True}],
            }
        ]
    },
    "WireConnection": _CONNECTION,
    "Connections": {"connections": [_CONNECTION]},
    "ConnectionBody": {
        "kind": "caldav",
        "name": "Calendars of Nordlys",
        "settings": {"url": "https://dav.nordlys.example/", "user": "callendar", "password": "…"},
        "poll_seconds": 60,
    },
    "ConnectionPatch": {"name": "Calendars of Nordlys", "poll_seconds": 120},
    "Answers": {
        "answers": True,
        "clock_offset_seconds": 0.4,
        "calendars": [{"ref": "f_6b1e", "name": "Anna", "owned": True, "blocking": True, "people": [ANNA]}],
    },
    "CalendarDetail": _CALENDAR,
    "Calendars": {"calendars": [_CALENDAR]},
    "CalendarBody": {"person": ANNA, "connection": CONNECTION, "ref": "f_6b1e", "marks": True},
    "Choice": {"selected": False},
    # access
    "Me": {
        "id": TOKEN,
        "name": "Reception",
        "role": "telephonist",
        "company": "Nordlys",
        "may": {
            "administer": True,
            "refer_everybody": True,
            "choose_mode": True,
            "choose_keywords": True,
            "change_password": True,
        },
    },
    "OwnPatch": {"mode": "busy", "keywords": {"lunch": ["soup"]}},
    "SignInBody": {"email": "eva.ek@nordlys.example", "password": "…", "company": "Nordlys"},
    "WireUser": _USER,
    "WireUsers": {"users": [_USER]},
    "UserBody": {"email": "eva.ek@nordlys.example", "name": "Eva Ek", "role": "telephonist"},
    "UserPatch": {"role": "administrator"},
    "PasswordBody": {},
    "OwnPasswordBody": {"current": "…", "new": "…"},
    "MadePassword": {"password": "…shown-this-once…"},
    "NewTimetableKey": {
        "id": "tk_0f4d2a",
        "key": "…shown-this-once…",
        "url": f"https://callendar.nordlys.example/api/v1/people/{ANNA}/timetable.ics?key=…",
    },
    "TimetableKeys": {"keys": [{"id": "tk_0f4d2a", "viewer": TOKEN, "created_at": "2026-11-24T09:00:00Z"}]},
    "TokenBody": {"role": "colleague", "name": "wall board"},
    "NewToken": {"id": TOKEN, "token": "cal_…shown-this-once…"},
    "Tokens": {
        "tokens": [
            {"id": TOKEN, "role": "telephonist", "name": "Reception", "created_at": "2026-11-23T21:50:00Z"},
        ]
    },
    "AuditTrail": {
        "audit": [
            {
                "id": 812,
                "at": "2026-11-24T08:58:00Z",
                "by": TOKEN,
                "by_name": "Reception",
                "action": "referral_set",
                "person": ANNA,
                "detail": {"change": CHANGE, "origin": "api"},
            }
        ],
        "next_before": 812,
    },
    "Health": {"status": "ok", "version": "0.1.0", "instance": "0178fcc0", "now": "2026-11-24T09:00:00Z"},
}
"""Of whatever is a body of a request or an answer."""


def _fault(error: str, message: str, **detail: Any) -> dict[str, Any]:
    return {"error": error, "message": message, "detail": detail}


FAULTS: Mapping[str, dict[str, Any]] = {
    each["error"]: each
    for each in (
        _fault(
            "invalid",
            "grace_minutes: 500 is out of range; give 0 to 120 minutes.",
            field="grace_minutes",
            value=500,
        ),
        _fault("unknown_reason", "There is no reason 'lunsh'; there are meeting, lunch, gone, trip."),
        _fault("not_signed_in", "The token or session is unknown, revoked or has expired; sign in again."),
        _fault("wrong_sign_in", "The address or the password is wrong."),
        _fault("forbidden", "Only administrators may do this."),
        _fault("cross_site", "A write with the console's session has to come from the console; use a token instead."),
        _fault("not_found", f"There is no person '{BO}'."),
        _fault("method_not_allowed", "This address does not take this method."),
        _fault(
            "conflict",
            "Somebody has given other orders since; look again.",
            version="0178fcc0-34",
            person=_PERSON,
        ),
        _fault("taken", "extensions: '101' is Anna Svensson's; give another, or take it from there first."),
        _fault("in_use", "Anna Svensson has a referral with 'customer'; end or delete it first."),
        _fault("no_person", "This token or session belongs to no person; there is nothing to change."),
        _fault("too_late", "This was done more than 10 minutes ago and can no longer be undone."),
        _fault("own_user", "You cannot remove yourself; have another administrator do it."),
        _fault("too_many_keys", "There are 20 keys to this calendar already; revoke one first."),
        _fault("idempotency_key_reused", "This Idempotency-Key came with another request; use a new one for each."),
        _fault("already_done", "This was done already, and its answer is not kept; look at what stands."),
        _fault("too_large", "The request is too large."),
        _fault("unsupported_media_type", "Send the body as application/json."),
        _fault("refused", "until: 09:00 has just passed; give a later end."),
        _fault("sign_in_needed", "The server at dav.nordlys.example does not take the password; give it anew."),
        _fault("unreachable", "The server at dav.nordlys.example does not answer; check its address."),
        _fault("unreadable", "The server at dav.nordlys.example answers with a page, not with a calendar."),
        _fault("not_shared", "The calendar is not shared with this account; have its owner share it."),
        _fault("throttled", "The server at dav.nordlys.example asks to wait."),
        _fault("source", "The calendar cannot be read; the log says where it went wrong."),
        _fault("too_many_requests", "Too many requests; wait a little."),
        _fault("too_many_tries", "Too many sign-ins have failed; try again in 5 minutes."),
        _fault("internal", "Something is broken on our side; it has been logged.", request="b6f0c3a1d2e4"),
        _fault("unavailable", "Not ready yet; try again in a moment."),
        _fault("busy", "Too many sign in just now; try again in a moment."),
        _fault("store_unavailable", "The database cannot be used just now; try again in a moment."),
        _fault("store_locked", "Another program keeps the database to itself; try again in a moment."),
        _fault(
            "store_full", "There is no room to keep anything more, so this was not done; have the operator free some."
        ),
    )
}
"""By error."""


def _event(description: str, example: Any, **properties: Any) -> dict[str, Any]:
    required = [name for name in properties if name not in ("gone", "opens_at")]
    return {
        "type": "object",
        "description": description,
        "required": required,
        "properties": properties,
        "examples": [example],
    }


_VERSION = {"type": "string", "description": "Resume from it."}
_INSTANT = {"type": "string", "format": "date-time"}

EVENTS: Mapping[str, dict[str, Any]] = {
    "PeopleEvent": _event(
        "Rows that changed, whole, and who is gone; within 250 ms of a change, several together.",
        {"version": "0178fcc0-34", "now": "2026-11-24T09:00:01Z", "listed_until": "2026-11-26T09:00:01Z"}
        | {"people": [_PERSON], "gone": [BO]},
        version=_VERSION,
        now=_INSTANT,
        listed_until=_INSTANT,
        people={"type": "array", "items": {"$ref": "#/components/schemas/WirePerson"}},
        gone={"type": "array", "items": {"type": "string"}},
    ),
    "FreshEvent": {
        "type": "object",
        "description": "By connection, when it was last read; at most every 2 s, only those that changed.",
        "additionalProperties": {"$ref": "#/components/schemas/WireRead"},
        "examples": [_FRESH],
    },
    "LinesEvent": {
        "type": "object",
        "description": "By person, what her phone does; only those that changed.",
        "additionalProperties": {"enum": ["unknown", "idle", "ringing", "talking", "unreachable"]},
        "examples": [{ANNA: "talking"}],
    },
    "TimeEvent": _event(
        "The server's time, at the start and every 15 s.",
        {"now": "2026-11-24T09:00:00Z"},
        now=_INSTANT,
        opens_at=_INSTANT,
    ),
    "ResetEvent": _event(
        "Fetch the list again: too long away, other rights, changed rules.",
        {"version": "0178fcc0-34"},
        version=_VERSION,
    ),
}
"""Schemas of the feed's events; the event's name is the schema's without `Event`."""
