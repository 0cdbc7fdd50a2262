"""Authentication: who asks, by token or by session cookie; and what a browser may send on whose behalf.

Tokens and sessions are rows of ours (`design.md` §5). A lookup is kept for two seconds; what is revoked in this process
stops at once, in another within those two.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp
from msgspec import Struct

from callendar.contracts.clock import Clock
from callendar.contracts.store import Store, StoreError
from callendar.domain.hand import Origin
from callendar.domain.person import Person, ViewerId
from callendar.domain.privacy import Viewer
from callendar.engine.sign_in import network_of
from callendar.engine.tokens import hash_secret, prolong_session
from callendar.web.cookie import SESSION, comes_by_https, read_cookie
from callendar.web.faults import CODES, Fault
from callendar.web.guesses import Guesses
from callendar.web.lookups import Lookups

KEPT_SECONDS = 2.0
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_KEPT = 10_000
PROLONGED_SECONDS = 3600.0
"""At most so often is it written down that a session is used."""
NEVER = float("-inf")

OPEN_TO_ALL = {"exclude_from_auth": True}
"""For `opt` of a route that needs no sign-in."""


class SignedIn(Struct, frozen=True, gc=False):
    """How the viewer came: what `request.auth` holds."""

    secret_hash: bytes
    by_cookie: bool


class Kept(Struct, frozen=True, gc=False):
    """A lookup; times are the monotonic clock's."""

    viewer: Viewer
    looked_up: float
    prolonged: float


class Doorkeeper:
    """Knows who holds a secret."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._lookups = Lookups(store, clock)
        self._clock = clock
        self.guesses = Guesses(clock)
        self._kept: dict[bytes, Kept] = {}
        self._forgotten = 0
        """How often everybody was forgotten: a lookup begun before the last time is not kept as a fresh one."""

    async def find_viewer(self, secret_hash: bytes) -> Viewer | None:
        """Who that is now; None when unknown, revoked or expired. A session that is used lasts longer."""
        now = self._clock.monotonic()
        kept = self._kept.get(secret_hash)
        if kept is not None and now - kept.looked_up < KEPT_SECONDS:
            return kept.viewer
        forgotten = self._forgotten
        viewer = await self._lookups.find(secret_hash)
        if viewer is None:
            self._kept.pop(secret_hash, None)
            return None
        prolonged = kept.prolonged if kept is not None else NEVER
        if now - prolonged >= PROLONGED_SECONDS:
            prolonged = now
            # Whoever may see is not kept from it by a database that takes no writes just now.
            with suppress(StoreError):
                await prolong_session(self._store, secret_hash, self._clock.now())
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        looked_up = now if forgotten == self._forgotten else NEVER
        self._kept[secret_hash] = Kept(viewer, looked_up, prolonged)
        return viewer

    def has_let_in(self, secret_hash: bytes) -> bool:
        """Whether somebody with this secret was let in when it was looked up last."""
        return secret_hash in self._kept

    async def find_seen(self, caller: Viewer, seen_as: ViewerId) -> Viewer | None:
        """The viewer as whom a caller sees; None when he is no administrator, or there is no such viewer any more."""
        if caller.role != "administrator":
            return None
        return await self._store.load_viewer_by_id(caller.company_id, seen_as)

    def forget(self) -> None:
        """Look everybody up anew: something was revoked."""
        self._kept = {each: Kept(kept.viewer, NEVER, kept.prolonged) for each, kept in self._kept.items()}
        self._forgotten += 1


class Authentication(AbstractAuthenticationMiddleware):
    """Lets nobody past who is not signed in, and no browser that was sent by another site."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper, public_url: str | None) -> None:
        super().__init__(app)
        self._doorkeeper = doorkeeper
        self._public_url = public_url

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        """Raises `Fault` 401 without a valid token or session, 403 for a write that another site may have sent, 429 to
        whoever has tried too many secrets that are nobody's."""
        viewer, signed_in = await identify(connection, self._doorkeeper, self._public_url)
        if signed_in.by_cookie and cast(dict[str, Any], connection.scope)["method"] not in SAFE:
            check_same_site(connection, self._public_url)
        return AuthenticationResult(user=viewer, auth=signed_in)


def check_same_site(connection: ASGIConnection[Any, Any, Any, Any], public_url: str | None) -> None:
    """Raises `Fault` 403 for a write that a page of another site may have sent."""
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    else:
        own = f"{connection.url.scheme}://{connection.headers.get('host', '')}"
        public = origin_of(public_url) if public_url else None
        ours = origin is not None and origin_of(origin) in (origin_of(own), public)
    if not ours:
        raise Fault(
            403,
            "cross_site",
            "A write with the console's session has to come from the console; use a token instead.",
        )


async def identify(
    connection: ASGIConnection[Any, Any, Any, Any], doorkeeper: Doorkeeper, public_url: str | None
) -> tuple[Viewer, SignedIn]:
    """Who asks, and how he came; raises `Fault` 401 without a valid token or session, 429 after too many wrong ones."""
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, secret = header.partition(" ")
        if scheme.casefold() != "bearer" or not secret.strip():
            raise not_signed_in("The Authorization header is no `Bearer TOKEN`.")
        signed_in = SignedIn(hash_secret(secret.strip()), by_cookie=False)
    else:
        cookie = read_cookie(connection, SESSION, secure=comes_by_https(connection, public_url))
        if cookie is None:
            raise not_signed_in()
        signed_in = SignedIn(hash_secret(cookie), by_cookie=True)
    network = network_of(connection.client.host if connection.client else None)
    if not doorkeeper.has_let_in(signed_in.secret_hash):
        doorkeeper.guesses.check(network)
    viewer = await doorkeeper.find_viewer(signed_in.secret_hash)
    if viewer is None:
        doorkeeper.guesses.note(network)
        raise not_signed_in("The token or session is unknown, revoked or has expired; sign in again.")
    return viewer, signed_in


def origin_of(url: str) -> str:
    """Scheme, host and port as browsers compare them; of what is no address, that itself."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme.casefold(), "")
    return f"{parts.scheme}://{parts.netloc}".casefold().removesuffix(usual)


def not_signed_in(message: str = CODES[401][1]) -> Fault:
    """The answer to somebody unknown."""
    return Fault(401, "not_signed_in", message)


def order_origin(viewer: Viewer, signed_in: SignedIn, person: Person) -> Origin:
    """In which role an order for a person is given."""
    if not signed_in.by_cookie:
        return "api"
    if viewer.person_id == person.id:
        return "app"
    if viewer.role == "telephonist":
        return "telephonist"
    return "delegate" if viewer.id in person.delegates else "colleague"


def check_administrator(viewer: Viewer) -> None:
    """Raises `Fault` 403 for anybody else."""
    if viewer.role != "administrator":
        raise Fault(403, "forbidden", "Only administrators may do this.")
