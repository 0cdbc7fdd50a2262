"""The console as it was built: its page, its files, and the ticket that lets a browser in."""

from __future__ import annotations

from html import escape
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from litestar import Response, route
from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct

from callendar.contracts.store import NotFound
from callendar.engine.tokens import create_session, hash_secret
from callendar.web.auth import OPEN_TO_ALL
from callendar.web.cookie import comes_by_https, session_cookie
from callendar.web.faults import not_found
from callendar.web.room import AskedByAnybody, InRoom, Room

A_YEAR = 31_536_000


@route("/", http_method=["GET", "HEAD"], opt=OPEN_TO_ALL, include_in_schema=False)
async def show_page(request: AskedByAnybody, room: InRoom, ticket: FromQuery[str | None] = None) -> Response[Any]:
    """The console's page; with a ticket, a session first and then the page without it."""
    if ticket is not None:
        return await _admit(request, room, ticket)
    page = room.parts.console_dir and room.parts.console_dir / "index.html"
    if page is None or not page.is_file():
        return _plain(
            "The console is not built",
            "This server answers programs under /api/v1. In a checkout, `make demo` builds the console.",
            200,
        )
    return Response(page.read_bytes(), media_type=MediaType.HTML, headers={"Cache-Control": "no-cache"})


async def _admit(request: AskedByAnybody, room: Room, ticket: str) -> Response[Any]:
    token_id = room.parts.tickets.get(ticket)
    if token_id is None:
        # A token's own secret lets a browser in as well: whoever holds it may do as much without one.
        holder = await room.parts.store.load_viewer(hash_secret(ticket), room.parts.clock.now())
        token_id = holder and holder.id
    refused = _plain(
        "This ticket is not valid",
        "It is wrong, revoked, or of an earlier start of the service; take the newest address.",
        403,
    )
    if token_id is None:
        return refused
    try:
        secret = await create_session(room.parts.store, token_id, room.parts.clock.now())
    except NotFound:
        return refused
    cookie = session_cookie(secret, secure=comes_by_https(request, room.parts.public_url))
    return Redirect("/", status_code=303, cookies=[cookie], headers={"Cache-Control": "no-store"})


class Asset(Struct, frozen=True, gc=False):
    """A file of the console, whose name has a hash of its content."""

    media_type: str
    data: bytes


def load_assets(folder: Path | None) -> dict[str, Asset]:
    """The files under `assets`, by their path there; none where the console is not built."""
    if folder is None:
        return {}
    assets = folder / "assets"
    return {
        path.relative_to(assets).as_posix(): Asset(
            guess_type(path.name)[0] or "application/octet-stream", path.read_bytes()
        )
        for path in sorted(assets.rglob("*"))
        if path.is_file()
    }


def console_routes(folder: Path | None) -> list[HTTPRouteHandler]:
    """The page, and its files as they stand now."""
    assets = load_assets(folder)

    @route("/assets/{name:path}", http_method=["GET", "HEAD"], opt=OPEN_TO_ALL, include_in_schema=False)
    async def show_asset(name: FromPath[str]) -> Response[bytes]:
        asset = assets.get(name.lstrip("/"))
        if asset is None:
            raise not_found("There is no such file of the console.")
        kept = {"Cache-Control": f"public, max-age={A_YEAR}, immutable"}
        return Response(asset.data, media_type=asset.media_type, headers=kept)

    return [show_page, show_asset]


def _plain(title: str, text: str, status: int) -> Response[str]:
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)} - Callendar</title>'
    page += f"<h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    return Response(page, media_type=MediaType.HTML, status_code=status, headers={"Cache-Control": "no-store"})
