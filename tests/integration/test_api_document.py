"""`openapi.json`: valid, whole, and true to its own examples. (That answers are as it says, `described.py` looks at
whenever a test asks the API anything.)"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from callendar.domain.errors import CallendarError
from callendar.web.example import EVENTS, EXAMPLES, FAULTS
from callendar.web.faults import CODES, STATUSES
from callendar.web.refusal import ERRORS
from callendar.web.site import API
from tests.integration.api_cast import ANNA, Cast, open_cast
from tests.integration.described import errors_of

pytestmark = pytest.mark.anyio

METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture
async def cast() -> AsyncGenerator[Cast]:
    """A company behind its API."""
    async with open_cast() as cast:
        yield cast


@pytest.fixture
async def document(cast: Cast) -> dict[str, Any]:
    """As it is served to anybody."""
    async with cast.browser() as client:
        answer = await client.get(f"{API}/openapi.json")
    assert answer.headers["content-type"].startswith("application/json")
    return answer.json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and what is said of it."""
    return [
        (path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]


async def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    """By a validator that is not ours."""
    assert document["openapi"].startswith("3.1")
    assert [str(each) for each in OpenAPIV31SpecValidator(document).iter_errors()] == []


async def test_every_route_is_described_in_full(document: dict[str, Any]) -> None:
    """Summary, description, one tag, an id of its own, and each parameter with a sentence."""
    tags = {each["name"] for each in document["tags"]}
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"].endswith((".", ")")), where
        assert set(operation["tags"]) <= tags, where
        assert len(operation["tags"]) == 1, where
        for parameter in operation.get("parameters", []):
            assert parameter["description"].endswith("."), f"{where}: {parameter['name']}"
            if parameter["in"] == "path":
                assert "{" + parameter["name"] + "}" in path, where


async def test_every_body_has_an_example_that_is_valid(document: dict[str, Any]) -> None:
    """Of requests and answers, errors and events."""
    seen = 0

    def check(schema: dict[str, Any], example: Any, where: str) -> None:
        validator = Draft202012Validator(
            {**schema, "components": document["components"]}, format_checker=FormatChecker()
        )
        assert [each.message for each in errors_of(validator, example)] == [], where

    for path, method, operation in operations(document):
        bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for status, body in bodies.items():
            for kind, content in body.get("content", {}).items():
                where = f"{method} {path} {status}"
                if "examples" in content:
                    for reference in content["examples"].values():
                        name = reference["$ref"].rpartition("/")[2]
                        check(content["schema"], document["components"]["examples"][name]["value"], where)
                else:
                    assert "example" in content, where
                    check(content["schema"], content["example"], f"{where} {kind}")
                seen += 1
        for parameter in operation.get("parameters", []):
            if "example" in parameter:
                check(parameter["schema"], parameter["example"], f"{method} {path} {parameter['name']}")
    assert seen > 300
    for name in EVENTS:
        schema = document["components"]["schemas"][name]
        check(schema, schema["examples"][0], name)
    assert set(EXAMPLES) <= set(document["components"]["schemas"]), "an example of nothing"


async def test_every_error_stands_in_one_list(document: dict[str, Any]) -> None:
    """Each with an example and its status, and no class of ours is mapped to one that is not there."""
    assert document["components"]["schemas"]["ErrorId"]["enum"] == list(ERRORS)
    assert set(FAULTS) == set(ERRORS)
    for kind, status in STATUSES:
        assert ERRORS[kind.code].status == status, kind
    for status, (name, _) in CODES.items():
        assert ERRORS[name].status == status
    used = {
        name
        for _, _, operation in operations(document)
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for name in answer["content"]["application/json"]["examples"]
    }
    assert used == set(ERRORS) - {"method_not_allowed"}


def test_every_class_that_is_told_has_an_error_of_its_own() -> None:
    """What is raised by engine and domain and reaches the web is in the list, or is told as broken on our side."""
    told = {kind.code for kind, _ in STATUSES}
    assert told <= set(ERRORS)
    assert all(issubclass(kind, CallendarError) for kind, _ in STATUSES)


async def test_who_needs_no_sign_in_is_said(document: dict[str, Any]) -> None:
    """Health and signing in are open; everything else takes a token or the session, a calendar a key as well."""
    open_to_all = {path for path, _, operation in operations(document) if operation.get("security") == []}
    assert open_to_all == {f"{API}/health", f"{API}/session"}
    assert document["security"] == [{"token": []}, {"session": []}]


async def test_the_feed_s_events_are_described(document: dict[str, Any]) -> None:
    """By name, each with its schema, beside an example of the stream."""
    content = document["paths"][f"{API}/feed"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    assert set(content["schema"]["x-events"]) == {"people", "fresh", "lines", "time", "reset"}
    assert re.findall(r"^event: (\w+)$", content["example"], flags=re.MULTILINE) == ["time", "people"]
    headers = {each["name"] for each in document["paths"][f"{API}/feed"]["get"]["parameters"]}
    assert {"Last-Event-ID", "since"} <= headers


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        pytest.param("GET", "people?departmnt=Sales", "did you mean department?", id="nearest"),
        pytest.param("GET", "people?zzz=1", "there are ids, department, fields, limit, after", id="nothing-near"),
        pytest.param("GET", "rules?verbose=1", "there are none here", id="none-known"),
        pytest.param("PUT", f"people/{ANNA}/referral?basedon=x-1", "did you mean based_on?", id="on-a-write"),
        pytest.param("GET", "people?limit=1&limit=2", "more than once", id="twice"),
        pytest.param("GET", "health?probe=1", "there are none here", id="open-route"),
    ],
)
async def test_an_unknown_parameter_is_refused(cast: Cast, method: str, path: str, said: str) -> None:
    """400, with the parameter and the nearest there is; passed over in silence it would be a filter that is none."""
    answer = await cast.ask("anna", method, path, {"reason": "lunch"} if method == "PUT" else None)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")
    assert said in answer.json()["message"]
    assert (await cast.seen("anna"))["state"]["kind"] == "available"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_is_not_json_is_refused(cast: Cast, kind: str) -> None:
    """415; curl's form, for one."""
    async with cast.sent_by("anna") as client:
        headers = {"Content-Type": kind} if kind else {}
        answer = await client.put(f"people/{ANNA}/referral", content=b'{"reason": "lunch"}', headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")


async def test_a_missing_body_is_told_in_words(cast: Cast) -> None:
    """Not by the name of a variable of ours."""
    answer = await cast.ask("anna", "PUT", f"people/{ANNA}/referral")
    assert (answer.status_code, answer.json()["message"]) == (400, "The body is missing; send a JSON object.")
