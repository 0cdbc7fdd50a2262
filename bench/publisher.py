"""A server in a process of its own that publishes a folder: `/feed/NAME.ics`, and `/dav/NAME/` for a folder of objects.

`python -m bench.publisher FOLDER` prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

import anyio
from anyio.abc import SocketAttribute

from tests.stand_ins.caldav import multistatus
from tests.stand_ins.web import Asked, Reply, WebServer

_HREF = re.compile(rb"<D:href>([^<]*)</D:href>")


class Publisher:
    """Answers from files as they stand."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answer(self, asked: Asked) -> Reply:
        kind, _, rest = unquote(asked.path).strip("/").partition("/")
        if kind == "feed":
            return Reply(body=(self._folder / "feed" / rest).read_bytes())
        return self._dav(asked, self._folder / "dav" / rest.split("/")[0])

    def _dav(self, asked: Asked, calendar: Path) -> Reply:
        root = f"/dav/{calendar.name}/"
        if asked.method == "GET":
            return Reply(body=(calendar / unquote(asked.path).rpartition("/")[2]).read_bytes())
        if asked.method == "PROPFIND":
            about = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>c</D:displayname>"
            return multistatus([_found(root, about)])
        if b"sync-collection" in asked.body:
            names = sorted(each.name for each in calendar.iterdir())
            token = sha256("".join(names).encode()).hexdigest()[:8]
            if token.encode() in asked.body:
                return multistatus([], token=token)
            return multistatus(
                [_found(root + quote(each), f'<D:getetag>"{each}"</D:getetag>') for each in names], token
            )
        responses: list[str] = []
        for href in _HREF.findall(asked.body):
            name = unquote(href.decode()).rpartition("/")[2]
            data = escape((calendar / name).read_text(encoding="utf-8"))
            told = f'<D:getetag>"{name}"</D:getetag><C:calendar-data>{data}</C:calendar-data>'
            responses.append(_found(root + quote(name), told))
        return multistatus(responses)


def _found(href: str, properties: str) -> str:
    return (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )


async def _serve(folder: Path) -> None:
    server = WebServer(Publisher(folder).answer)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    print(listener.extra(SocketAttribute.local_port), flush=True)
    async with anyio.create_task_group() as group:
        group.start_soon(server.run, listener)
        await anyio.to_thread.run_sync(sys.stdin.read, abandon_on_cancel=True)
        group.cancel_scope.cancel()


if __name__ == "__main__":
    anyio.run(_serve, Path(sys.argv[1]))
