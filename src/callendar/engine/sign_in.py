"""Signing in: an address and a password become a session, within limits that hold for guessing and lock nobody out.

A try is counted before the password is checked, so that many at once get no further than as many in a row. A browser
that has signed in as this user before keeps a secret, the device, and is counted by that alone: strangers who guess at
an account, or from the same network, make other strangers wait, not the person herself.
"""

from __future__ import annotations

from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from secrets import token_urlsafe

from msgspec import Struct

from callendar.contracts.clock import Clock
from callendar.contracts.kept import Account, TryKey, TryKind
from callendar.contracts.store import NotFound, Store
from callendar.domain.errors import CallendarError, InvalidValue
from callendar.domain.limit import Limit
from callendar.domain.password import check_new_password, one_form
from callendar.domain.privacy import Viewer
from callendar.engine.password import Busy, Passwords, TryLater
from callendar.engine.tokens import create_session
from callendar.engine.users import fold_email

QUARTER_HOUR, HOUR = 900, 3600
OF_ACCOUNT = Limit(free=5, first_seconds=15, most_seconds=QUARTER_HOUR, forgotten_seconds=HOUR)
OF_ADDRESS = Limit(free=30, first_seconds=15, most_seconds=QUARTER_HOUR, forgotten_seconds=HOUR)
"""Wider, as a whole company may come from one address."""
MOST_EMAIL_LETTERS = 320


class WrongSignIn(CallendarError):
    """The address, the password or the company is wrong, the user is disabled, or a company has to be named: which of
    them is not told, and takes equally long."""

    code = "wrong_sign_in"


class TooManyTries(TryLater):
    """So many have failed that the next has to wait."""

    code = "too_many_tries"


class Credentials(Struct, frozen=True, kw_only=True):
    """What somebody typed."""

    email: str
    password: str
    company: str | None = None
    """Name or id; needed when the address is a user of several."""


class SignedInAs(Struct, frozen=True, kw_only=True):
    """A session just begun."""

    viewer: Viewer
    secret: str
    """For the session's cookie."""
    device: str
    """For the cookie by which the browser is known the next time."""


class SignIn:
    """Lets users in."""

    def __init__(self, store: Store, clock: Clock, passwords: Passwords) -> None:
        self._store = store
        self._clock = clock
        self._passwords = passwords

    async def sign_in(self, credentials: Credentials, *, network: str, device: str | None) -> SignedInAs:
        """Begin a session.

        Args:
            network: Where it comes from (`network_of`).
            device: The secret by which the browser says that it has signed in before.

        Raises:
            WrongSignIn: No; see there.
            TooManyTries: Wait first.
            Busy: Too many sign in at this moment.
        """
        email = fold_email(credentials.email)[:MOST_EMAIL_LETTERS]
        known = _key("device", f"{email}\n{device}") if device else None
        if known is None or not await self._store.has_tries(known):
            known = None
        account_key, address_key = _key("account", email), _key("address", network)
        limits = {account_key: OF_ACCOUNT, address_key: OF_ADDRESS} if known is None else {known: OF_ACCOUNT}
        await self._count(limits)
        try:
            account = await self._check(email, credentials)
        except Busy:
            for key in limits:
                await self._store.take_back_try(key)
            raise
        user = account.user
        try:
            secret = await create_session(self._store, user.id, self._clock.now(), password_hash=account.password_hash)
        except NotFound:  # disabled, or given another password, in this very moment
            raise _wrong() from None
        if known is None or device is None:
            device = token_urlsafe(32)
            known = _key("device", f"{email}\n{device}")
            await self._store.end_tries(account_key, self._clock.now())
            await self._store.take_back_try(address_key)
        await self._store.end_tries(known, self._clock.now())
        viewer = Viewer(
            id=user.id, company_id=user.company_id, role=user.role, name=user.name, person_id=user.person_id
        )
        return SignedInAs(viewer=viewer, secret=secret, device=device)

    async def _check(self, email: str, credentials: Credentials) -> Account:
        """The account that the password opens. One password is checked, whatever there is, so that all take as long."""
        try:
            password = one_form(credentials.password)
        except InvalidValue:
            password = None
        found = [
            each
            for each in await self._store.load_accounts(email)
            if credentials.company is None or _is_named(each, credentials.company)
        ]
        account = found[0] if len(found) == 1 and found[0].user.disabled_at is None and password is not None else None
        password_hash = account.password_hash if account is not None else None
        right = await self._passwords.verify(password_hash, password or "")
        if account is None or password is None or password_hash is None or not right:
            raise _wrong()
        if self._passwords.is_outdated(password_hash):
            newer = await self._passwords.hash(password)
            user = account.user
            if await self._store.save_password(
                user.company_id, user.id, newer, replacing=password_hash, keep_sessions=True
            ):
                return Account(user=user, company_name=account.company_name, password_hash=newer)
        return account

    async def change_password(self, viewer: Viewer, current: str, new: str) -> str:
        """Give oneself another password: all sessions end, and the secret of a new one is returned.

        Raises:
            NotFound: The viewer is no user, or has no password.
            WrongSignIn: `current` is not the password.
            InvalidValue: The new one may not be.
            TooManyTries, Busy: As for signing in.
        """
        account = await self._find(viewer)
        await self._count({_key("own", viewer.id): OF_ACCOUNT})
        try:
            right = await self._passwords.verify(account.password_hash, one_form(current))
        except InvalidValue:
            right = False
        if not right:
            raise WrongSignIn("current: it is not your password")
        chosen = check_new_password(new, email=account.user.email, name=account.user.name)
        password_hash = await self._passwords.hash(chosen)
        if not await self._store.save_password(
            viewer.company_id, viewer.id, password_hash, replacing=account.password_hash
        ):
            raise WrongSignIn("current: it is not your password any more")
        await self._store.end_tries(_key("own", viewer.id), self._clock.now())
        return await create_session(self._store, viewer.id, self._clock.now(), password_hash=password_hash)

    async def _find(self, viewer: Viewer) -> Account:
        for user in await self._store.load_users(viewer.company_id):
            if user.id == viewer.id:
                for account in await self._store.load_accounts(user.email):
                    if account.user.id == user.id and account.password_hash is not None:
                        return account
        raise NotFound("you sign in with a token, which has no password")

    async def _count(self, limits: dict[TryKey, Limit]) -> None:
        wait = await self._store.count_try(limits, self._clock.now())
        if wait:
            raise TooManyTries(
                f"too many sign-ins have failed; wait {_spoken(wait)}, or ask an administrator for a new password", wait
            )


def network_of(host: str | None) -> str:
    """Where somebody comes from, as tries are counted: an IPv4 address, the /64 of an IPv6 one."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return host or "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def _key(kind: TryKind, value: str) -> TryKey:
    return TryKey(kind=kind, key=sha256(value.encode()).digest())


def _is_named(account: Account, company: str) -> bool:
    return company.strip() == account.user.company_id or company.strip().casefold() == account.company_name.casefold()


def _wrong() -> WrongSignIn:
    return WrongSignIn(
        "the address or the password is wrong; if the address is known to several companies, name yours too"
    )


def _spoken(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{-(-seconds // 60)} minutes"
