"""The session: signing in with an address and a password, and out."""

from __future__ import annotations

from litestar import Response, delete, post
from litestar.params import JSONBody
from msgspec import Struct

from callendar.engine.sign_in import Credentials, network_of
from callendar.engine.tokens import hash_secret
from callendar.web.api.access import Me, me_of, turn_out
from callendar.web.auth import OPEN_TO_ALL, check_same_site
from callendar.web.cookie import (
    DEVICE,
    SESSION,
    comes_by_https,
    device_cookie,
    no_session_cookie,
    read_cookie,
    session_cookie,
)
from callendar.web.refusal import refuses
from callendar.web.room import Asked, AskedByAnybody, InRoom


class SignInBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs in; `company`, a name or id, when the address is a user of several."""

    email: str
    password: str
    company: str | None = None


@post(
    "/session",
    summary="Sign in",
    status_code=200,
    opt=OPEN_TO_ALL | refuses("cross_site", "wrong_sign_in", "too_many_tries", "busy"),
)
async def sign_in(request: AskedByAnybody, room: InRoom, data: JSONBody[SignInBody]) -> Response[Me]:
    """Sets the session's cookie and answers as `GET /me`."""
    secure = comes_by_https(request, room.parts.public_url)
    if request.headers.get("sec-fetch-site") or request.headers.get("origin"):
        # From a browser. Another site must not sign somebody in as somebody else.
        check_same_site(request, room.parts.public_url)
    made = await room.sign_in.sign_in(
        Credentials(email=data.email, password=data.password, company=data.company),
        network=network_of(request.client.host if request.client else None),
        device=read_cookie(request, DEVICE, secure=secure),
    )
    before = read_cookie(request, SESSION, secure=secure)
    if before is not None:
        await room.parts.store.delete_session(hash_secret(before))
        turn_out(room)
    cookies = [session_cookie(made.secret, secure=secure), device_cookie(made.device, secure=secure)]
    return Response(await me_of(room, made.viewer), cookies=cookies)


@delete("/session", summary="Sign out")
async def sign_out(request: Asked, room: InRoom) -> Response[None]:
    """Ends the console's session and its feeds; a token is not ended by this."""
    if request.auth.by_cookie:
        await room.parts.store.delete_session(request.auth.secret_hash)
        turn_out(room)
    secure = comes_by_https(request, room.parts.public_url)
    return Response(None, status_code=204, cookies=[no_session_cookie(secure=secure)])


ROUTES = [sign_in, sign_out]
