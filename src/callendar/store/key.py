"""Keys: what secrets are sealed with, from a setting or from a file beside the database."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from msgspec import Struct
from structlog import get_logger

from callendar.contracts.store import StoreError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

log = get_logger()

SUFFIX = ".key"
"""Of the file beside the database."""


def key_of(database: Path) -> Path:
    """Where the keys of a SQLite file are that nobody has named another place for."""
    return database.with_name(database.name + SUFFIX)


class KeyFault(StoreError):
    """There is no key to seal with; the message says what to give."""

    code = "secret_key"


class KeyPlace(Struct, frozen=True, kw_only=True):
    """Where the keys are. One stands on each line or between commas; the first seals, all open."""

    text: str | None = None
    """Given as they are, by the setting `secret_key`."""
    file: Path | None = None
    """Read anew whenever a secret is sealed, or cannot be opened."""
    is_ours: bool = False
    """Nobody named the file: it is made at the first need, and a rotation rewrites it."""

    def __str__(self) -> str:
        if self.file is not None:
            return f"the key file {self.file}"
        return "the setting secret_key" if self.text is not None else "the setting secret_key or secret_key_file"

    def __repr__(self) -> str:
        return f"KeyPlace({self})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("place", str(self))]


def new_key() -> str:
    """A key that nobody has: 32 random bytes in 44 letters."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


class KeyRing:
    """The keys of one place, as they were when last looked at. Whoever seals holds the database's write lock, so that
    no two processes make or rewrite the file at once."""

    def __init__(self, place: KeyPlace) -> None:
        self.place = place
        self.made = False
        """The file was made here."""
        self.fault: str | None = "the keys have not been looked at"
        """Why there are none, or fewer than there should be, in words."""
        self._seen: object = None
        self._texts: tuple[str, ...] = ()
        self._fernets: tuple[Fernet, ...] = ()

    @property
    def count(self) -> int:
        """How many can be used."""
        return len(self._texts)

    def look(self) -> bool:
        """Read the keys anew; whether any of them is new. Those known stay when the file is gone."""
        seen = _state(self.place.file) if self.place.file is not None else "given"
        if seen is not None and seen == self._seen:
            return False
        text, self.fault = self._fetch()
        self._seen = seen
        if text is None:
            return False
        before = self._texts
        self._texts, self._fernets, wrong = _parse(text)
        if wrong:
            self.fault = (
                f"{self.place} holds something that is no key, in place {wrong[0]}; a key has 44 letters, as "
                "`callendar secrets new-key` prints one"
            )
        elif not self._texts:
            self.fault = f"{self.place} is empty; put a key there"
        return not set(self._texts) <= set(before)

    def open(self, token: bytes) -> bytes | None:
        """What was sealed; None when no key opens it, not even one that has come since."""
        from cryptography.fernet import InvalidToken

        while True:
            for fernet in self._fernets:
                try:
                    return fernet.decrypt(token)
                except InvalidToken:
                    continue
            if not self.look():
                return None

    async def first(self) -> Fernet:
        """The key to seal with, as it stands now; one is made where there is none and it is ours to make.

        Raises:
            KeyFault: There is none, or something is wrong with those there are.
        """
        self.look()
        if self.place.is_ours and self.place.file is not None and not self.place.file.exists():
            await self._make(self.place.file)
        if self.fault is not None:
            raise KeyFault(f"a secret cannot be sealed: {self.fault}")
        return self._fernets[0]

    async def renew(self) -> bool:
        """Put a new key before those of a file of ours; False where the keys are somebody else's to change."""
        await self.first()
        if not self.place.is_ours or self.place.file is None:
            return False
        await anyio.to_thread.run_sync(_rewrite, self.place.file, (new_key(), *self._texts))
        self.look()
        return True

    async def drop(self) -> int:
        """Leave the first key alone in a file of ours; how many went."""
        await self.first()
        if not self.place.is_ours or self.place.file is None:
            return 0
        gone = len(self._texts) - 1
        if gone:
            await anyio.to_thread.run_sync(_rewrite, self.place.file, self._texts[:1])
            self.look()
        return gone

    def warnings(self) -> Sequence[str]:
        """What is not well with the file though it can be used."""
        try:
            mode = self.place.file.stat().st_mode if self.place.file is not None else 0
        except OSError:
            return ()
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            return (f"{self.place} may be used by others than its owner; take that from them: chmod 600",)
        return ()

    def _fetch(self) -> tuple[str | None, str | None]:
        file = self.place.file
        if file is None:
            return self.place.text, None if self.place.text is not None else f"no key is given; set {self.place}"
        try:
            return file.read_text(encoding="ascii"), None
        except FileNotFoundError:
            return None, f"there is no key file {file}"
        except UnicodeDecodeError:
            return None, f"{self.place} holds no keys"
        except OSError as error:
            return None, f"{self.place} cannot be read ({error.strerror}); let the user that runs Callendar read it"

    async def _make(self, file: Path) -> None:
        # Those still known here outlive their file, or what they have sealed would be lost with it.
        keys = self._texts or (new_key(),)
        await anyio.to_thread.run_sync(_make, file, keys)
        self.made = True
        log.info("key_file_made", file=str(file))
        self.look()


def _state(file: Path) -> object:
    """What differs when a file is another, or has been written; None when it cannot be looked at."""
    try:
        about = file.stat()
    except OSError:
        return None
    return about.st_ino, about.st_mtime_ns, about.st_size


def _parse(text: str) -> tuple[tuple[str, ...], tuple[Fernet, ...], list[int]]:
    """The keys, and the places of what is none, counted from 1."""
    from cryptography.fernet import Fernet

    lines = [line.strip() for line in text.splitlines()]
    parts = [part for line in lines if not line.startswith("#") for part in re.split(r"[,\s]+", line) if part]
    texts: list[str] = []
    fernets: list[Fernet] = []
    wrong: list[int] = []
    for place, part in enumerate(parts, 1):
        try:
            fernets.append(Fernet(part))
            texts.append(part)
        except ValueError:
            wrong.append(place)
    return tuple(texts), tuple(fernets), wrong


def _make(file: Path, keys: Sequence[str]) -> None:
    """Make the file unless somebody has been quicker."""
    draft = _draft(file, keys)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    except OSError as error:
        raise KeyFault(f"{file} cannot be made ({error.strerror}); it is to hold the key of secrets") from error
    finally:
        draft.unlink()
    _sync_folder(file)


def _rewrite(file: Path, keys: Sequence[str]) -> None:
    """Put these keys in place of those in the file, all at once."""
    draft = _draft(file, keys)
    try:
        draft.replace(file)
    except OSError as error:
        draft.unlink()
        raise KeyFault(f"{file} cannot be written ({error.strerror}); nothing was changed") from error
    _sync_folder(file)


def _draft(file: Path, keys: Sequence[str]) -> Path:
    draft = file.with_name(f"{file.name}.{token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as written:
            written.write("".join(f"{key}\n" for key in keys))
            written.flush()
            os.fsync(written.fileno())
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise KeyFault(f"{file} cannot be written ({error.strerror}); it holds the key of secrets") from error
    return draft


def _sync_folder(file: Path) -> None:
    """Have the name outlive a power cut as well as the content."""
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
