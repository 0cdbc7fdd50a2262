"""Running the demo: Radicale, the company, its calendars, and a `serve` over all of it."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

import anyio
import msgspec
from msgspec import Struct, structs

from callendar.app import Parts, demo_switchboard, open_parts, serve_until_stopped
from callendar.cli.demo.calendars import address_of
from callendar.cli.demo.cast import CAST, Member
from callendar.cli.demo.company import Demo, Keys, lay_out
from callendar.cli.demo.radicale import DemoFault, Radicale, fill, free_port, running_radicale
from callendar.cli.desk import console
from callendar.domain.booking import ConnectionId
from callendar.domain.person import PersonId, ViewerId
from callendar.settings import Settings
from callendar.store.place import FilePlace
from callendar.store.sqlite.hold import hold_file

SERVICE_USER = "callendar"
READ_SECONDS = 120
STILL_GOOD = timedelta(minutes=20)
"""A start so soon after another leaves the calendars as they are: the quiet people still are."""


class Secrets(Struct, frozen=True, kw_only=True):
    """What the demo makes up once and keeps in its folder."""

    passwords: dict[str, str]
    ticket: str
    keys: Keys | None = None
    ids: dict[str, PersonId] = {}
    laid_out_at: datetime | None = None
    """When the cast's calendars were last laid out relative to the moment."""


class AccessPerson(Struct, frozen=True, kw_only=True):
    """A person of the first thirty, with her calendar in Radicale."""

    id: str
    name: str
    email: str
    extension: str
    calendar_url: str
    user: str
    password: str


class Access(Struct, frozen=True, kw_only=True):
    """`.demo/access.json` (`api.md`, Demo)."""

    console_url: str
    api_url: str
    token: str
    admin_token: str
    caldav_url: str
    people: list[AccessPerson]


async def run_demo(*, folder: Path, port: int, reset: bool, people: int) -> None:
    """Start everything, write `access.json`, say where to look, and run until Ctrl-C ends all of it."""
    database = folder / "callendar.db"
    access = folder / "access.json"
    _prepare(folder, reset=reset)
    with hold_file(FilePlace(database)):
        access.unlink(missing_ok=True)
    settings = Settings(database=str(database), port=free_port(port), log_file=str(folder / "callendar.log"))
    secrets = _load_secrets(folder)
    with console.status("Starting Radicale and laying out the calendars…") as status:
        async with running_radicale(folder / "radicale", secrets.passwords) as server:
            async with open_parts(settings) as parts:
                now = parts.clock.now()
                if secrets.laid_out_at is None or not timedelta(0) <= now - secrets.laid_out_at <= STILL_GOOD:
                    await fill(server, CAST, secrets.passwords, now)
                    secrets = structs.replace(secrets, laid_out_at=now)
                service = (SERVICE_USER, secrets.passwords[SERVICE_USER])
                demo = await lay_out(
                    parts, server, service, people, keys=secrets.keys, ids=secrets.ids, say=status.update
                )
                secrets = structs.replace(secrets, keys=demo.keys, ids=demo.ids)
                _keep_secrets(folder, secrets)

            async def ready(url: str, parts: Parts) -> None:
                status.update("Reading the calendars…")
                await _all_read(parts, demo.connections)
                status.stop()
                given = _access(url, server, secrets, demo)
                _write_private(access, msgspec.json.format(msgspec.json.encode(given), indent=2))
                console.print(f"\n  Console   {given.console_url}", highlight=False, soft_wrap=True)
                console.print(f"  API       {given.api_url}   (tokens in {access})", highlight=False, soft_wrap=True)
                console.print(
                    f"  CalDAV    {given.caldav_url}   (passwords there too)", highlight=False, soft_wrap=True
                )
                console.print("  Ctrl-C ends all of it.\n", highlight=False)

            await serve_until_stopped(
                settings,
                ready=ready,
                switchboards=(demo_switchboard(folder / "switchboard.log"),),
                tickets={secrets.ticket: ViewerId(demo.keys.session_token_id)},
            )


async def _all_read(parts: Parts, ours: frozenset[ConnectionId]) -> None:
    """Wait until the demo's own calendars have been read once, so that nobody of the cast is unknown when it is ready.
    What users have connected themselves is not waited for."""
    with anyio.move_on_after(READ_SECONDS):
        while True:
            woken, now = parts.held.waiter(), parts.clock.now()
            rows = [row for company in parts.held.companies.values() for row in company.rows.values()]
            waited_for = [row for row in rows if row.connections and ours.issuperset(row.connections)]
            if all(row.known_until is not None and row.known_until > now for row in waited_for):
                return
            await woken.wait()


def _prepare(folder: Path, *, reset: bool) -> None:
    ours = (folder / "secrets.json").exists()
    if folder.exists() and not ours and any(folder.iterdir()):
        raise DemoFault(f"{folder} holds something else than a demo; give another with --folder")
    if reset and ours:
        with hold_file(FilePlace(folder / "callendar.db")):
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def _load_secrets(folder: Path) -> Secrets:
    path = folder / "secrets.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Secrets)
    users = [*(member.user for member in CAST), SERVICE_USER]
    secrets = Secrets(passwords={user: token_urlsafe(12) for user in users}, ticket=token_urlsafe(24))
    _keep_secrets(folder, secrets)
    return secrets


def _keep_secrets(folder: Path, secrets: Secrets) -> None:
    _write_private(folder / "secrets.json", msgspec.json.encode(secrets))


def _write_private(path: Path, body: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(body)


def _access(url: str, server: Radicale, secrets: Secrets, demo: Demo) -> Access:
    def described(member: Member) -> AccessPerson:
        person = demo.people[member.user]
        return AccessPerson(
            id=person.id,
            name=person.name,
            email=person.email or address_of(member),
            extension=person.extensions[0].number if person.extensions else member.extension,
            calendar_url=server.calendar_url(member.user),
            user=member.user,
            password=secrets.passwords[member.user],
        )

    return Access(
        console_url=f"{url}/?ticket={secrets.ticket}",
        api_url=f"{url}/api/v1",
        token=demo.keys.token,
        admin_token=demo.keys.admin_token,
        caldav_url=server.url,
        people=[described(member) for member in CAST if member.user in demo.people],
    )
