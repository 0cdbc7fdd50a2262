"""What the API's document promises, and a look at every answer whether it keeps that.

Answers may have only the fields that the document has: it is read more strictly here than clients are to read it.
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import httpx2
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from litestar import Litestar

from callendar.web.document import complete
from callendar.web.site import API

Json = dict[str, Any]


class Description:
    """The document of one application."""

    def __init__(self, web: Litestar) -> None:
        self.document: Json = complete(web.openapi_schema.to_schema(), web)
        self._strict: Json = deepcopy(self.document["components"])
        for schema in self._strict["schemas"].values():
            _close(schema)
        self._routes = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), item)
            for path, item in self.document["paths"].items()
        ]
        self._validators: dict[str, Draft202012Validator] = {}

    def operation(self, method: str, path: str) -> Json | None:
        """What the document says of a request; None when it says nothing."""
        for route, item in self._routes:
            if route.match(path) and method.lower() in item:
                return item[method.lower()]
        return None

    async def check(self, answer: httpx2.Response) -> None:
        """Fail if the document does not have this answer: its status, its kind, its body, its headers."""
        path, method = answer.url.path, answer.request.method
        if not path.startswith(f"{API}/") or path == f"{API}/openapi.json" or method in ("HEAD", "OPTIONS"):
            return
        operation = self.operation(method, path)
        if operation is None:
            await answer.aread()
            assert answer.status_code in (401, 404, 405), f"{method} {path}: {answer.status_code} is of no route"
            self.check_body({"$ref": "#/components/schemas/Fault"}, answer.json(), f"{method} {path}")
            return
        told = operation["responses"].get(str(answer.status_code))
        assert told is not None, f"{method} {path}: {answer.status_code} is not told of; {await answer.aread()!r}"
        kind = answer.headers.get("content-type", "").partition(";")[0]
        content = told.get("content")
        if not content:
            assert await answer.aread() == b"", f"{method} {path}: {answer.status_code} has a body"
            return
        assert kind in content, f"{method} {path}: {kind} is not told of"
        if kind == "application/json":
            await answer.aread()
            self.check_body(content[kind]["schema"], answer.json(), f"{method} {path} {answer.status_code}")

    def check_event(self, name: str, data: Any) -> None:
        """Fail if the document does not have this event of the feed."""
        self.check_body({"$ref": f"#/components/schemas/{name.title()}Event"}, data, f"event {name}")

    def check_body(self, schema: Json, body: Any, what: str) -> None:
        """Fail if a body is not of a schema."""
        validator = self._validators.get(key := str(schema))
        if validator is None:
            whole = {**schema, "components": self._strict}
            validator = self._validators[key] = Draft202012Validator(whole, format_checker=FormatChecker())
        faults = [f"{each.json_path}: {each.message[:300]}" for each in errors_of(validator, body)]
        assert not faults, f"{what}: {faults}"


def errors_of(validator: Draft202012Validator, body: Any) -> list[ValidationError]:
    """What of a body is not as its schema says."""
    return list(validator.iter_errors(body))  # pyright: ignore[reportUnknownMemberType]


def _close(schema: Any) -> None:
    """No field but those that are told of."""
    if isinstance(schema, list):
        for each in schema:  # pyright: ignore[reportUnknownVariableType]
            _close(each)
    elif isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)  # pyright: ignore[reportUnknownMemberType]
        for name, each in list(schema.items()):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if name not in ("examples", "example", "enum", "default"):
                _close(each)


_described: list[Description] = []


def describe(web: Litestar) -> Description:
    """The description, made once: every application of the tests has the same routes."""
    if not _described:
        _described.append(Description(web))
    return _described[0]
