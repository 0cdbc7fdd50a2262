"""`callendar serve`, `demo` and `migrate`: what runs, and what it runs on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec import structs

from callendar.app import Parts, open_parts, serve_until_stopped
from callendar.cli.desk import run, say
from callendar.domain.errors import InvalidValue
from callendar.settings import load_settings
from callendar.store.place import without_password


def add_to(program: typer.Typer) -> None:
    """Put these commands under `callendar`."""
    program.command(epilog="Example: callendar serve --host 0.0.0.0 --port 8080")(serve)
    program.command(epilog="Example: callendar demo --port 8080 --reset")(demo)
    program.command(epilog="Example: callendar migrate")(migrate)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM file with the certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM file with its key.")] = None,
) -> None:
    """Read the calendars, drive the switchboards, serve the console and the API, until Ctrl-C."""
    given = {
        "host": host,
        "port": port,
        "tls_cert": str(tls_cert) if tls_cert else None,
        "tls_key": str(tls_key) if tls_key else None,
    }

    async def ready(url: str, _parts: Parts) -> None:
        say(f"Callendar serves {url}")

    async def work() -> None:
        settings = structs.replace(
            load_settings().settings, **{name: value for name, value in given.items() if value is not None}
        )
        await serve_until_stopped(settings, ready=ready)

    run(work)


def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The next free one is taken if it is not free.")] = 8080,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path(".demo"),
    reset: Annotated[bool, typer.Option("--reset", help="Start afresh.")] = False,
    people: Annotated[int, typer.Option(min=30, help="How many people; the first 30 in Radicale.")] = 30,
    with_: Annotated[
        str | None, typer.Option("--with", help="Stand-ins of other systems: not in this release.")
    ] = None,
    asterisk: Annotated[bool, typer.Option("--asterisk", help="A real Asterisk as well: not in this release.")] = False,
) -> None:
    """A company of thirty with full calendars in a real CalDAV server; Ctrl-C ends all it started."""
    from callendar.cli.demo.run import run_demo

    async def work() -> None:
        if with_ or asterisk:
            wanted = "--with" if with_ else "--asterisk"
            raise InvalidValue(f"this release has no {wanted} yet; leave it out")
        await run_demo(folder=folder, port=port, reset=reset, people=people)

    run(work)


def migrate() -> None:
    """Bring the database to this release's form; `serve` does so by itself."""

    async def work() -> None:
        settings = load_settings().settings
        async with open_parts(settings):
            say(f"{without_password(settings.database)} is up to date.")

    run(work)
