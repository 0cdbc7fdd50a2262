"""The web: the API, the feed and the console over the open parts of the service."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Litestar, Request, Router
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute
from litestar.types import ASGIApp, ControllerRouterHandler

from callendar.web.api import (
    access,
    calendars,
    claims,
    company,
    connections,
    explain,
    health,
    people,
    referrals,
    rulebook,
    session,
    timetable,
    users,
)
from callendar.web.auth import OPEN_TO_ALL, Authentication
from callendar.web.console import console_routes
from callendar.web.cookie import SESSION
from callendar.web.document import complete
from callendar.web.faults import answer_fault
from callendar.web.parts import WebParts
from callendar.web.policy import policy_of
from callendar.web.query import check_asked
from callendar.web.room import Room, furnish
from callendar.web.traffic import Traffic

API = "/api/v1"
MOST_BODY_BYTES = 1024 * 1024


class DocumentPlugin(JsonRenderPlugin):
    """Renders the completed document, once."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=MediaType.JSON)
        self._rendered: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        if self._rendered is None:
            self._rendered = msgspec.json.encode(complete(openapi_schema, request.app))
        return self._rendered


class SchemaRouter(Router):
    """Serves the schema alone: the framework's page for other addresses would take the place of our 404."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        """Register a route, unless it is that page."""
        if isinstance(value, HTTPRouteHandler) and "/{path:str}" in value.paths:
            return []
        return super().register(value)


def create_web(parts: WebParts) -> Litestar:
    """The ASGI application; `end_feeds` before its server waits for connections to close."""
    room = furnish(parts)

    # A function, as the framework copies everything else that it is handed, to the bottom.
    def authenticate(app: ASGIApp) -> ASGIApp:
        return Authentication(app, room.doorkeeper, parts.public_url)

    def once(app: ASGIApp) -> ASGIApp:
        return room.once.around(app)

    api = Router(
        path=API,
        route_handlers=[
            *people.ROUTES,
            *timetable.ROUTES,
            *referrals.ROUTES,
            *claims.ROUTES,
            *explain.ROUTES,
            *rulebook.ROUTES,
            *access.ROUTES,
            *session.ROUTES,
            *users.ROUTES,
            *company.ROUTES,
            *connections.ROUTES,
            *calendars.ROUTES,
            *health.ROUTES,
        ],
        middleware=[authenticate, once],
        before_request=check_asked,
    )
    web = Litestar(
        route_handlers=[api, *console_routes(parts.console_dir)],
        dependencies={"room": Provide(lambda: room, sync_to_thread=False)},
        exception_handlers={Exception: answer_fault},
        compression_config=CompressionConfig(
            backend="brotli",
            brotli_quality=4,
            gzip_compress_level=5,
            exclude_opt_key="exclude_from_compression",
        ),
        openapi_config=_openapi(parts),
        request_max_body_size=MOST_BODY_BYTES,
        before_send=[policy_of(parts.public_url)],
        logging_config=None,
        debug=False,
    )
    web.state["room"] = room
    # Around everything, also what is of no route.
    web.asgi_handler = Traffic(parts.held.meter).around(web.asgi_handler)
    return web


def end_feeds(web: Litestar) -> None:
    """End every open feed now."""
    room: Room = web.state["room"]
    room.feeds.stop()


def _openapi(parts: WebParts) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Callendar",
        version=parts.version,
        description="People's calendars, joined with their company's telephone switchboard.",
        path=API,
        render_plugins=[DocumentPlugin()],
        openapi_router=SchemaRouter(path=API, route_handlers=[], include_in_schema=False, opt=OPEN_TO_ALL),
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                "token": SecurityScheme(type="http", scheme="bearer"),
                "session": SecurityScheme(type="apiKey", security_scheme_in="cookie", name=SESSION),
                "key": SecurityScheme(type="apiKey", security_scheme_in="query", name="key"),
            }
        ),
        security=[{"token": []}, {"session": []}],
    )
