"""Passwords as they are kept: argon2id, computed beside the event loop, a few at a time."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from os import urandom
from secrets import choice

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callendar.domain.errors import CallendarError

AT_ONCE = 2
"""Each takes 64 MiB of memory and four threads for a tenth of a second or so."""
MOST_WAITING = 20
"""More are sent away: nobody waits longer than a few seconds, and a flood takes no memory."""
GENERATED_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""None that is easily taken for another; 20 of them have 100 random bits."""


class TryLater(CallendarError):
    """Not now; the same may be asked again after a while."""

    code = "try_later"

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Busy(TryLater):
    """Too many passwords are being checked already."""

    code = "busy"


class Passwords:
    """Hashes and checks passwords, `AT_ONCE` of them at a time.

    Args:
        hasher: Its parameters are those of new hashes; tests take cheap ones.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = anyio.CapacityLimiter(AT_ONCE)
        self._under_way = 0
        self._nobody = _hash_of_nothing(self._hasher)

    async def hash(self, password: str) -> str:
        """As it is kept. Raises `Busy`."""
        async with self._turn():
            return await anyio.to_thread.run_sync(self._hasher.hash, password, limiter=self._threads)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether that is the password. Without a hash it is not, which takes just as long. Raises `Busy`."""
        async with self._turn():
            right = await anyio.to_thread.run_sync(
                self._verify, password_hash or self._nobody, password, limiter=self._threads
            )
        return right and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[None]:
        if self._under_way >= AT_ONCE + MOST_WAITING:
            raise Busy("many are signing in just now; try again in a few seconds", 5)
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False


def generate_password() -> str:
    """One that nobody has to remember: four groups of five letters and digits."""
    return "-".join("".join(choice(GENERATED_LETTERS) for _ in range(5)) for _ in range(4))


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash that no password has, whose check takes as long as any other's."""
    parameters = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, digest = (b64encode(urandom(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19${parameters}${salt}${digest}"
