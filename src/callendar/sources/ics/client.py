"""The feed's bytes, from a server or a file, unless they are those known already."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import anyio.to_thread
import httpx2
from msgspec import Struct

from callendar.contracts.source import NotShared, SignInNeeded, Unreachable, Unreadable
from callendar.net import HttpClient, refusal, spoken_url
from callendar.sources.ics.wire import Cursor

MAX_FILE_BYTES = 20_000_000


class Fetched(Struct, frozen=True, kw_only=True):
    """A body with what identifies it."""

    body: bytes
    etag: str | None = None
    modified: str | None = None
    cache_control: str = ""


async def fetch_feed(http: HttpClient, url: httpx2.URL, known: Cursor | None) -> Fetched | None:
    """The feed; None when its server says that it has not changed.

    Raises:
        SourceError: Any refusal.
    """
    headers = {"Accept": "text/calendar, */*;q=0.5"}
    if known is not None and known.etag:
        headers["If-None-Match"] = known.etag
    if known is not None and known.modified:
        headers["If-Modified-Since"] = known.modified
    answer = await http.send("GET", url, headers=headers)
    if answer.status == 304 and headers.keys() & {"If-None-Match", "If-Modified-Since"}:
        return None
    if answer.status == 401:
        raise SignInNeeded(
            f"{spoken_url(answer.url)} wants user and password; connect it anew as https://USER:PASSWORD@…"
        )
    if answer.status != 200:
        raise refusal(answer)
    return Fetched(
        body=answer.body,
        etag=answer.headers.get("etag"),
        modified=answer.headers.get("last-modified"),
        cache_control=answer.headers.get("cache-control", ""),
    )


async def read_file(path: Path, known: Cursor | None) -> Fetched | None:
    """The file; None when its size and time are those known.

    Raises:
        NotShared: It is not there.
        SignInNeeded: This user may not read it.
        Unreadable: It is no file, or too long.
    """
    try:
        return await anyio.to_thread.run_sync(_read_file, path, known, abandon_on_cancel=True)
    except FileNotFoundError as error:
        raise NotShared(f"there is no file {path}; check its path") from error
    except PermissionError as error:
        raise SignInNeeded(f"the user that Callendar runs as may not read {path}; change its rights") from error
    except OSError as error:
        raise Unreachable(f"{path} cannot be read ({error.strerror}); it is tried again by and by") from error


def _read_file(path: Path, known: Cursor | None) -> Fetched | None:
    if not path.is_file():
        if path.exists():
            raise Unreadable(f"{path} is not a file; name the calendar file itself", item=str(path))
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        mark = f"{about.st_mtime_ns}-{about.st_size}-{about.st_ino}"
        if known is not None and known.etag == mark:
            return None
        body = file.read(MAX_FILE_BYTES + 1)
    if len(body) > MAX_FILE_BYTES:
        raise Unreadable(
            f"{path} holds more than {MAX_FILE_BYTES // 1_000_000} MB, which is more than a calendar should; divide it",
            item=str(path),
        )
    return Fetched(body=body, etag=mark)
