"""The document: `openapi.json`, the framework's description of every route completed with what it cannot know.

That is examples, every error with its ids, headers, who needs no sign-in, the events of the feed, and the limits of
parameters. All of it is derived from the routes and from three tables: `refusal.ERRORS`, `example.EXAMPLES` and those
below; a test holds each answer that the tests see against the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from callendar.web.example import EVENTS, EXAMPLES, FAULTS
from callendar.web.refusal import ERRORS

Schema = dict[str, Any]

SAFE = ("get", "head")

TAGS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "People": ("Who there is, as the caller may see them.", ("people", "timetable.ics", "timetable-keys")),
    "Orders by hand": (
        "Referrals, marks and silences, and taking them back.",
        ("referral", "referrals", "silence", "marks", "changes", "undo"),
    ),
    "Explain": ("Why somebody is shown as she is, and what a booking would do.", ("explain",)),
    "Rules": ("The company's rules and reasons.", ("rules", "reasons")),
    "Calendars": ("What is read, over which connections.", ("kinds", "connections", "calendars", "test", "sync")),
    "Access": ("Who may ask: users, tokens, the session.", ("users", "password", "tokens", "session", "audit")),
    "Me": ("The caller.", ("me", "notices")),
    "Feed": ("What changes, as it changes.", ("feed",)),
    "Operation": ("Whether the service is well.", ("health",)),
}
"""By name: what it is about, and the last words of the paths that belong to it."""

LIMITS: Mapping[str, Schema] = {
    "based_on": {"examples": ["0178fcc0-33"]},
    "since": {"examples": ["0178fcc0-33"]},
    "limit": {"minimum": 1, "examples": [100]},
    "ids": {"examples": ["p_d3fd292f536a825d,p_4f1c09a2b77e6d10"]},
    "fields": {"pattern": "^ *[a-z_]+( *, *[a-z_]+)* *$", "examples": ["state,soon"]},
    "department": {"examples": ["Sales"]},
    "at": {"examples": ["2026-11-24T09:30:00Z"]},
    "person": {"examples": ["p_d3fd292f536a825d"]},
    "before": {"minimum": 0, "examples": [812]},
    "person_id": {"examples": ["p_d3fd292f536a825d"]},
    "claim": {"examples": ["b/demo-anna-0"]},
}
"""What the program checks of a parameter, by its name, and how one looks."""

SAID: Mapping[str, str] = {
    "person_id": "The person's id.",
    "referral_id": "The referral's id.",
    "change_id": "The change's id, as the answer to an order has it.",
    "notice_id": "The notice's id.",
    "token_id": "The token's id.",
    "user_id": "The user's id.",
    "connection_id": "The connection's id.",
    "calendar_id": "The calendar's id.",
    "key_id": "The key's id.",
    "code": "The reason's code.",
    "department": "Only people of this department, whatever the case of its letters.",
    "limit": "At most so many.",
    "series": "The whole series, not the one booking.",
    "calendars": "Whether the calendars that are read over it go with it.",
}
"""Of parameters that say nothing themselves."""

BODIES: Mapping[str, tuple[str, bool]] = {
    "change_rules": ("RulesPatch", True),
    "unsilence": ("ClaimBody", False),
    "unmark": ("UnmarkBody", False),
}
"""Of routes that read their body themselves: its schema, and whether it is needed."""

SUCCESS = {
    200: "Done, or as asked for.",
    201: "Made.",
    202: "Asked for; it is done by and by.",
    304: "It is as `If-None-Match` says.",
    204: "Done; there is nothing to say.",
}

REQUEST_ID = {
    "description": "Names this request in the log; taken over from the request's own `X-Request-Id` if that is plain.",
    "schema": {"type": "string", "examples": ["b6f0c3a1d2e4"]},
}
RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1, "examples": [5]}}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A key of the client's choice, new for each write. The same key with the same request within 24 "
    "hours is answered alike and nothing is done twice; with another request it is refused.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "example": "6a0f3d0c-3b1f-4d0e-9c61-0f6f3b1f9a55",
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what is held: 304 as long as it is the same.",
    "schema": {"type": "string"},
    "example": '"5d41402a"',
}
LAST_EVENT_ID = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "The `id` of the last event heard: the feed goes on after it. Stands before `since`.",
    "schema": {"type": "string"},
    "example": "0178fcc0-33",
}


def complete(schema: Schema, app: Litestar) -> Schema:
    """The framework's document with everything else that is to be told."""
    components = schema["components"]["schemas"]
    for name, component in components.items():
        components[name] = _simplified(component)
        if name in EXAMPLES:
            components[name]["examples"] = [EXAMPLES[name]]
    components["WireFault"] = {"$ref": "#/components/schemas/Fault"}
    components |= _fault_components() | _bodies(components) | _person_part(components)
    schema["components"]["examples"] = {name: {"value": fault} for name, fault in FAULTS.items()}
    components |= {name: dict(event) for name, event in EVENTS.items()}
    for item in schema["paths"].values():
        item.pop("head", None)
    for path, method, handler in described_routes(app):
        _close_body(components, handler)
        _complete_operation(schema["paths"][path][method], path, method, handler)
    schema["info"] |= {"summary": "People's calendars and their company's telephones", "license": _LICENSE}
    schema["info"]["description"] = _ABOUT
    schema["servers"] = [{"url": "/", "description": "The installation that serves this document."}]
    schema["tags"] = [{"name": name, "description": said} for name, (said, _) in TAGS.items()]
    return schema


_LICENSE = {"name": "Apache 2.0", "identifier": "Apache-2.0"}
_ABOUT = """People's calendars, joined with their company's telephone switchboard.

Times are RFC 3339 UTC with `Z`, whole seconds. What is null or empty is left out of answers; what is false is sent.
New fields and new error ids may come; clients pass over what they do not know. Unknown fields of bodies and unknown
query parameters are refused. Every answer of 400 and more is a `Fault`."""


def described_routes(app: Litestar) -> Iterable[tuple[str, str, HTTPRouteHandler]]:
    """Path, method in small letters, and handler of every route that the document has."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if handler.resolve_include_in_schema() and method not in ("OPTIONS", "HEAD"):
                    yield route.path_format, str(method).lower(), handler


def tag_of(path: str) -> str:
    """To which tag a path belongs: by the last word of it that has one."""
    for word in reversed(path.split("/")):
        for name, (_, words) in TAGS.items():
            if word in words:
                return name
    raise LookupError(f"no tag has {path}; give it a place in TAGS")


def error_ids(path: str, method: str, handler: HTTPRouteHandler) -> list[str]:
    """Every error that a route answers with, in the order of `ERRORS`."""
    ids = {"invalid", "internal", "unavailable", "store_unavailable", "store_locked", *handler.opt.get("refuses", ())}
    writes, signed_in = method not in SAFE, not handler.opt.get("exclude_from_auth")
    if signed_in:
        ids |= {"not_signed_in", "too_many_tries"}
    if signed_in and writes:
        ids |= {"cross_site", "idempotency_key_reused", "already_done"}
    if path.endswith("/health"):
        ids.add("store_full")
    if writes:
        ids |= {"store_full", "unsupported_media_type", "too_large"}
    if "{" in path:
        ids.add("not_found")
    return [each for each in ERRORS if each in ids]


def _complete_operation(operation: Schema, path: str, method: str, handler: HTTPRouteHandler) -> None:
    operation["operationId"] = handler.fn.__name__
    operation["tags"] = [tag_of(path)]
    operation.pop("deprecated", None)
    open_to_all = bool(handler.opt.get("exclude_from_auth"))
    if path.endswith(".ics"):
        operation["security"] = [{"token": []}, {"session": []}, {"key": []}]
    elif open_to_all:
        operation["security"] = []
    parameters: list[Schema] = [_parameter(each) for each in operation.get("parameters", [])]
    if method not in SAFE and not open_to_all:
        parameters.append(IDEMPOTENCY_KEY)
    if path.endswith("/feed"):
        parameters.append(LAST_EVENT_ID)
    if path.endswith(".ics"):
        parameters.append(IF_NONE_MATCH)
    if parameters:
        operation["parameters"] = parameters
    if handler.fn.__name__ in BODIES:
        name, required = BODIES[handler.fn.__name__]
        schema = {"$ref": f"#/components/schemas/{name}"}
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    asked: Schema = operation.get("requestBody", {}).get("content", {})
    for body in asked.values():
        _give_example(body)
    for status, answer in list(operation["responses"].items()):
        if int(status) >= 400:
            del operation["responses"][status]
            continue
        answer["headers"] = {"X-Request-Id": REQUEST_ID}
        if answer.get("description") in ("Additional response", None) or not answer["description"].endswith("."):
            answer["description"] = SUCCESS[int(status)]
        if status in ("204", "304"):
            answer.pop("content", None)
        for body in answer.get("content", {}).values():
            _give_example(body)
        if path.endswith(".ics") and status == "200":
            answer["content"]["text/calendar"]["example"] = _CALENDAR
            answer["headers"] |= {"ETag": {"description": "For `If-None-Match`.", "schema": {"type": "string"}}}
        if path.endswith("/feed"):
            answer["content"] = {"text/event-stream": _FEED}
    operation["responses"] |= _refusals(error_ids(path, method, handler))


def _parameter(given: Schema) -> Schema:
    """A parameter with its limits; that it may be left out says `required` alone."""
    name = given["name"]
    kept = {key: value for key, value in given.items() if key in ("name", "in", "required", "description")}
    kept.setdefault("description", SAID.get(name, ""))
    schema = _simplified(given["schema"])
    schema.pop("description", None)
    if "oneOf" in schema:
        (schema,) = [each for each in schema["oneOf"] if each != {"type": "null"}]
    limits = dict(LIMITS.get(name, {}))
    if examples := limits.pop("examples", None):
        kept["example"] = examples[0]
    if given["in"] == "path":
        limits = {"minLength": 1, **limits}
    return kept | {"schema": schema | limits}


def _give_example(body: Schema) -> None:
    name = body["schema"].get("$ref", "").rpartition("/")[2]
    if name in EXAMPLES:
        body["example"] = EXAMPLES[name]


def _simplified(schema: Any) -> Any:
    """A choice of one is no choice; the framework writes each field that may be left out as such."""
    if isinstance(schema, list):
        return [_simplified(each) for each in schema]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(schema, dict):
        return schema
    simple: Schema = {key: _simplified(value) for key, value in schema.items()}  # pyright: ignore[reportUnknownVariableType]
    if "oneOf" in simple and len(simple["oneOf"]) == 1:
        (only,) = simple.pop("oneOf")
        simple = only | simple
    if simple.get("required") == []:
        del simple["required"]
    return simple


def _close_body(components: Schema, handler: HTTPRouteHandler) -> None:
    """Say that a body takes no other fields, where it does not."""
    data = handler.parsed_fn_signature.parameters.get("data")
    config = getattr(data and data.annotation, "__struct_config__", None)
    if data is not None and config is not None and config.forbid_unknown_fields:
        components[data.annotation.__name__]["additionalProperties"] = False


def _bodies(components: Schema) -> Schema:
    """Bodies that no handler declares."""
    rules = components["Rules"]
    settings = {name: {k: v for k, v in each.items() if k != "default"} for name, each in rules["properties"].items()}
    return {
        "RulesPatch": {
            "type": "object",
            "title": "RulesPatch",
            "description": "What is left out stays as it is; inside `show_as` and `holidays` likewise.",
            "properties": settings,
            "additionalProperties": False,
            "examples": [EXAMPLES["RulesPatch"]],
        },
        "UnmarkBody": {
            "type": "object",
            "title": "UnmarkBody",
            "required": ["claim"],
            "properties": {
                "claim": {"type": "string"},
                "series": {"type": "boolean", "default": False},
                "based_on": {"type": ["string", "null"]},
            },
            "additionalProperties": False,
            "examples": [EXAMPLES["UnmarkBody"]],
        },
    }


def _person_part(components: Schema) -> Schema:
    """What `fields` leaves of a person in the list."""
    whole = components["WirePerson"]
    part = whole | {"title": "PersonPart", "required": ["id"], "description": "A person as `fields` asked for her."}
    listed = [{"$ref": "#/components/schemas/WirePerson"}, {"$ref": "#/components/schemas/PersonPart"}]
    components["WirePeople"]["properties"]["people"]["items"] = {"anyOf": listed}
    return {"PersonPart": part}


def _fault_components() -> Schema:
    meanings = "\n".join(f"- `{name}` ({each.status}): {each.meaning}" for name, each in ERRORS.items())
    return {
        "ErrorId": {"type": "string", "title": "ErrorId", "enum": list(ERRORS), "description": meanings},
        "Fault": {
            "type": "object",
            "title": "Fault",
            "required": ["error", "message", "detail"],
            "properties": {
                "error": {"$ref": "#/components/schemas/ErrorId"},
                "message": {"type": "string", "description": "One sentence, for a person."},
                "detail": {
                    "type": "object",
                    "description": "For a program: `field` and `value` where one field is at fault, what stands where "
                    "something has changed, `request` (its id in the log) where it is broken on our side.",
                },
            },
            "examples": [FAULTS["invalid"]],
        },
    }


def _refusals(ids: list[str]) -> Schema:
    by_status: dict[int, list[str]] = {}
    for name in ids:
        by_status.setdefault(ERRORS[name].status, []).append(name)
    return {str(status): _refusal(status, names) for status, names in by_status.items()}


def _refusal(status: int, names: list[str]) -> Schema:
    answer: Schema = {
        "description": " ".join(f"`{name}`: {ERRORS[name].meaning}" for name in names),
        "headers": {"X-Request-Id": REQUEST_ID},
        "content": {
            "application/json": {
                "schema": {
                    "allOf": [
                        {"$ref": "#/components/schemas/Fault"},
                        {"type": "object", "properties": {"error": {"enum": names}}},
                    ]
                },
                "examples": {name: {"$ref": f"#/components/examples/{name}"} for name in names},
            }
        },
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE):
        answer["headers"]["Retry-After"] = RETRY_AFTER
    if status == HTTPStatus.UNAUTHORIZED:
        answer["headers"]["WWW-Authenticate"] = {"schema": {"type": "string", "examples": ["Bearer"]}}
    return answer


_CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Callendar//EN\r\nEND:VCALENDAR\r\n"
_FEED: Schema = {
    "schema": {
        "type": "string",
        "description": "Server-sent events. `event` names the kind, `data` is one JSON object of that one's schema: "
        + ", ".join(f"`{re.sub('Event$', '', name).lower()}` (`{name}`)" for name in EVENTS)
        + ". `id`, where it stands, is the version to resume from; `retry` says how many milliseconds to wait before "
        "connecting anew.",
        "x-events": {re.sub("Event$", "", name).lower(): {"$ref": f"#/components/schemas/{name}"} for name in EVENTS},
    },
    "example": "retry: 2371\n\n"
    'event: time\ndata: {"now":"2026-11-23T09:00:00Z"}\n\n'
    'event: people\nid: 0178fcc0-34\ndata: {"version":"0178fcc0-34","now":"2026-11-23T09:00:01Z",'
    '"listed_until":"2026-11-25T09:00:01Z","people":[],"gone":["p_4f1c09a2b77e6d10"]}\n\n',
}
