"""Counterparts that the commands are tried against."""

from __future__ import annotations

import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.acceptance.commands import Commands
from tests.cast import Shell, plain_environment
from tests.integration.radicale import RadicaleServer, start_radicale

CALDAV_USERS = {"anna": "anna-1", "bo": "bo-1"}


class FeedServer:
    """A web server of calendar feeds: what stands in `feeds` by path is answered, anything else is 404."""

    def __init__(self) -> None:
        self.feeds: dict[str, str] = {}
        feeds = self.feeds

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = feeds.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "text/calendar; charset=utf-8")
                self.send_header("Content-Length", str(len((body or "").encode())))
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def offer(self, path: str, calendar: str) -> str:
        """Put a calendar at a path; its URL."""
        self.feeds[path] = calendar
        return self.url + path


@pytest.fixture(scope="module")
def feeds() -> Generator[FeedServer]:
    """A web server of feeds."""
    server = FeedServer()
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        server.server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Generator[RadicaleServer]:
    """A CalDAV server in which anna has two calendars for events and one for tasks."""
    with start_radicale(tmp_path_factory.mktemp("radicale"), CALDAV_USERS) as server:
        server.make_calendar("anna", "work", name="Work")
        server.make_calendar("anna", "board", name="Board")
        server.make_calendar("anna", "tasks", name="Tasks", component="VTODO")
        yield server


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Generator[Commands]:
    """What runs short commands without loading the program for each."""
    commands = Commands(tmp_path_factory.mktemp("commands"), plain_environment())
    yield commands
    commands.end()


@pytest.fixture
def shell(tmp_path: Path, commands: Commands) -> Shell:
    """A shell in an empty folder."""
    folder = tmp_path / "shell"
    folder.mkdir()
    return Shell(folder, commands)
