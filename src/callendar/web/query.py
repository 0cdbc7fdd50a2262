"""Query: what stands behind the `?`, and the kind of body, checked before a route is asked."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, cast

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from structlog.contextvars import bind_contextvars

from callendar.domain.privacy import Viewer
from callendar.web.faults import CODES, Fault


async def check_asked(request: Request[Any, Any, Any]) -> None:
    """Refuse what a route would pass over in silence; from here on the log knows whose request it is.

    Raises:
        Fault: 400 for a parameter the route does not know or that stands there twice, and for a body that is missing;
            415 for a body that is not JSON.
    """
    viewer: Viewer | None = cast(dict[str, Any], request.scope).get("user")
    if viewer is not None:
        bind_contextvars(company=viewer.company_id, viewer=viewer.id)
    handler: HTTPRouteHandler = request.scope["route_handler"]  # pyright: ignore[reportAssignmentType]
    _check_query(request, known_parameters(handler))
    _check_body(request, handler)


def known_parameters(handler: HTTPRouteHandler) -> list[str]:
    """The query parameters of a route."""
    return [
        parameter.kwarg_definition.name or name
        for name, parameter in handler.parsed_fn_signature.parameters.items()
        if isinstance(parameter.kwarg_definition, QueryParameter)
    ]


def _check_query(request: Request[Any, Any, Any], known: list[str]) -> None:
    given = [name for name, _ in request.query_params.multi_items()]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            mend = f"did you mean {near[0]}?" if near else "leave it out."
            there = f"there are {', '.join(known)}" if known else "there are none here"
            raise Fault(
                400,
                "invalid",
                f"{name[:50]}: there is no such parameter; {there}; {mend}",
                {"field": name[:50], **({"suggestion": near[0]} if near else {})},
            )
        if given.count(name) > 1:
            raise Fault(400, "invalid", f"{name}: it stands there more than once; give it once.", {"field": name})


def _check_body(request: Request[Any, Any, Any], handler: HTTPRouteHandler) -> None:
    length = request.headers.get("content-length", "0")
    has_body = length != "0" or "transfer-encoding" in request.headers
    if has_body and request.headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
        raise Fault(415, *CODES[415])
    if not has_body and "data" in handler.parsed_fn_signature.parameters:
        raise Fault(400, "invalid", "The body is missing; send a JSON object.")
