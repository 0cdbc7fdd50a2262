"""Connecting: calendar systems, tried before they are saved or changed, and let go of.

A secret goes in and never comes out: not in an answer, an error, a log or the audit. Of an address only the host is
shown, as the rest may be a key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex
from urllib.parse import urlsplit

import anyio
from msgspec import UNSET, Struct, UnsetType, structs

from callendar.contracts.clock import Clock
from callendar.contracts.kept import Audit
from callendar.contracts.source import FoundCalendar, SignInNeeded, Source, SourceContext, SourceKind, Unreachable
from callendar.contracts.store import Conflict, NotFound, Store
from callendar.domain.booking import Calendar, Connection, ConnectionId
from callendar.domain.line import tidy_line
from callendar.domain.person import PersonId
from callendar.domain.privacy import Viewer
from callendar.domain.rules import CompanyId
from callendar.engine.choosing import found_id, save_order
from callendar.engine.held import HeldPeople
from callendar.engine.invalid import InvalidField
from callendar.engine.plan import replan
from callendar.engine.trail import audit_of

TRY_SECONDS = 60.0
TRIES_AT_ONCE = 4
"""Of one company; the others wait for their turn."""
POLL_SECONDS = (1, 86_400)
MOST_LETTERS = 2000
"""Of one setting."""
TOLD = 20
"""Calendars named in a refusal."""
AT_ONCE = 50
"""People changed in one transaction."""


async def open_source(kind: SourceKind, connection: Connection, context: SourceContext) -> Source:
    """Open a connection's source.

    Raises:
        SourceError: Also when the connection's own secret could not be opened.
    """
    if connection.fault is not None:
        raise SignInNeeded(connection.fault)
    return await kind.open(connection, context)


class Tried(Struct, frozen=True, kw_only=True):
    """A connection that answered."""

    calendars: Sequence[FoundCalendar]
    """Every one that it reaches, in the server's order."""
    clock_offset_seconds: float | None
    """How far its server's clock is ahead of ours."""


class ConnectionPatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a connection; absent = as it was. Of the settings those given, null takes one away."""

    name: str | UnsetType = UNSET
    poll_seconds: int | UnsetType = UNSET
    settings: dict[str, str | None] | UnsetType = UNSET


class ConnectionState(Struct, frozen=True, kw_only=True):
    """A connection with how its calendars are."""

    connection: Connection
    server: str | None
    """The host alone; None where there is none, as of a file."""
    shown: dict[str, str]
    """Its settings, neither secrets nor addresses."""
    calendars: tuple[Calendar, ...]

    @property
    def failing(self) -> tuple[Calendar, ...]:
        """Those in use that cannot be read, the one failing longest first."""
        failing = [each for each in self.calendars if each.selected and each.failing_since is not None]
        return tuple(sorted(failing, key=lambda each: (each.failing_since, each.id)))


class ConnectionDesk:
    """Keeps the connections of companies.

    Args:
        context: What a connection is tried with. Its `allow_files` is for what is given here: a connection that is
            kept already may be a file.
    """

    def __init__(
        self,
        store: Store,
        held: HeldPeople,
        clock: Clock,
        kinds: Mapping[str, SourceKind],
        context: SourceContext,
    ) -> None:
        self._store = store
        self._held = held
        self._clock = clock
        self._kinds = kinds
        self._context = context
        self._turns: dict[CompanyId, anyio.CapacityLimiter] = {}

    @property
    def kinds(self) -> Sequence[SourceKind]:
        """What is installed, by name."""
        return [self._kinds[name] for name in sorted(self._kinds)]

    def kind(self, name: str) -> SourceKind:
        """A kind that is installed.

        Raises:
            InvalidField: None such is; the message names those that are.
        """
        if name not in self._kinds:
            raise InvalidField("kind", name, f"nothing installed reads {name!r}; there are {', '.join(self._kinds)}")
        return self._kinds[name]

    # looking -------------------------------------------------------------------------------------------------------

    async def load(self, company_id: CompanyId) -> list[ConnectionState]:
        """All of a company, by name."""
        calendars: dict[ConnectionId, list[Calendar]] = {}
        for calendar in await self._store.load_calendars(company_id):
            calendars.setdefault(calendar.connection_id, []).append(calendar)
        return [
            self._state(each, tuple(calendars.get(each.id, ())))
            for each in await self._store.load_connections(company_id)
        ]

    def _state(self, connection: Connection, calendars: tuple[Calendar, ...]) -> ConnectionState:
        kind = self._kinds.get(connection.kind)
        plain = {each.name for each in kind.settings if not (each.secret or each.address)} if kind is not None else ()
        return ConnectionState(
            connection=connection,
            server=server_of(connection, kind),
            shown={name: value for name, value in connection.settings.items() if name in plain},
            calendars=calendars,
        )

    async def find(self, company_id: CompanyId, connection_id: str) -> ConnectionState:
        """One; `NotFound` if the company has none such."""
        for state in await self.load(company_id):
            if state.connection.id == connection_id:
                return state
        raise NotFound(f"there is no connection {connection_id!r}")

    async def find_alike(self, connection: Connection, person_id: PersonId) -> ConnectionState | None:
        """The one over which this person's calendars of the same place and user are read already."""
        kind = self.kind(connection.kind)
        secret_place = any(each.secret and each.address for each in kind.settings)
        for state in await self.load(connection.company_id):
            kept = state.connection
            hers = any(each.person_id == person_id for each in state.calendars)
            alike = (kept.kind, kept.settings) == (connection.kind, connection.settings) and kept.fault is None
            if hers and alike and not (secret_place and kept.secret != connection.secret):
                return state
        return None

    async def try_kept(self, connection: Connection) -> Tried:
        """Try a connection that is kept; raises `SourceError` with the mend."""
        return await self._try(connection, structs.replace(self._context, allow_files=True))

    async def find_calendar(
        self, company_id: CompanyId, connection_id: str, wanted: str | None
    ) -> tuple[Connection, FoundCalendar]:
        """A calendar that a kept connection offers now, by its `found_id`; None = the only one. Raises as `try_kept`.

        Raises:
            InvalidField: It offers none such, or several and none is named.
        """
        connection = (await self.find(company_id, connection_id)).connection
        found = (await self.try_kept(connection)).calendars
        for each in found:
            if wanted == found_id(each.ref) or (wanted is None and len(found) == 1):
                return connection, each
        offered = ", ".join(f"{found_id(each.ref)} ({each.name})" for each in found[:TOLD]) or "none"
        raise InvalidField("ref", wanted, f"the connection offers no such calendar; there are: {offered}")

    # changing ------------------------------------------------------------------------------------------------------

    async def try_new(
        self,
        company_id: CompanyId,
        kind_name: str,
        name: str | None,
        given: Mapping[str, str | None],
        poll_seconds: int | None = None,
    ) -> tuple[Connection, Tried]:
        """A connection that answers and can be saved, with what it answered; nothing is saved yet.

        Args:
            name: None = the kind and the host.

        Raises:
            InvalidField: A setting is missing, unknown, or cannot be.
            SourceError: It does not answer as it should; says the mend.
        """
        kind = self.kind(kind_name)
        connection = new_connection(company_id, kind, given)
        server = server_of(connection, kind)
        connection = structs.replace(
            connection,
            name=name if name is not None else f"{kind.name}: {server}" if server else kind.name,
            poll_seconds=kind.poll_seconds if poll_seconds is None else poll_seconds,
        )
        connection = _checked(connection)
        return connection, await self._try(connection, self._context)

    async def add(
        self,
        company_id: CompanyId,
        kind_name: str,
        name: str | None,
        given: Mapping[str, str | None],
        poll_seconds: int | None = None,
        *,
        by: Viewer | None = None,
    ) -> tuple[Connection, Tried]:
        """Try a new connection and save it; raises as `try_new`."""
        connection, tried = await self.try_new(company_id, kind_name, name, given, poll_seconds)
        async with self._store.change(company_id, []) as tx:
            await tx.save_connection(connection)
            if by is not None:
                await tx.record_audit(_audit(by, "connection_add", connection, self._clock.now()))
        await self._held.refresh()
        return connection, tried

    async def change(
        self, company_id: CompanyId, connection_id: str, patch: ConnectionPatch, *, by: Viewer | None = None
    ) -> Tried | None:
        """Change a connection, tried first when its settings change; what it answered then. Raises as `try_new`."""
        before = (await self.find(company_id, connection_id)).connection
        given = {} if patch.settings is UNSET else patch.settings
        after = with_settings(before, self.kind(before.kind), given) if given else before
        after = _checked(
            structs.replace(
                after,
                name=before.name if patch.name is UNSET else patch.name,
                poll_seconds=before.poll_seconds if patch.poll_seconds is UNSET else patch.poll_seconds,
            )
        )
        moved = (after.settings, after.secret) != (before.settings, before.secret)
        tried = await self._try(after, self._context) if moved else None
        changed = [*sorted(given), *(each for each in ("name", "poll_seconds") if getattr(patch, each) is not UNSET)]
        async with self._store.change(company_id, []) as tx:
            stands = await tx.load_connection(before.id)
            if structs.replace(stands, read_at=None) != structs.replace(before, read_at=None):
                raise Conflict("the connection has been changed meanwhile; look again")
            await tx.save_connection(after)
            if by is not None:
                entry = _audit(by, "connection_change", after, self._clock.now(), changed=", ".join(changed))
                await tx.record_audit(entry)
        await self._held.refresh()
        if moved:
            calendars = (await self.find(company_id, connection_id)).calendars
            await self._store.request_sync(company_id, [each.id for each in calendars if each.selected])
        return tried

    async def remove(
        self, company_id: CompanyId, connection_id: str, *, with_calendars: bool, by: Viewer | None = None
    ) -> None:
        """Let a connection go.

        Args:
            with_calendars: Its calendars go with it, and whoever had them is planned anew.

        Raises:
            Conflict: It has calendars and they are not to go.
        """
        state = await self.find(company_id, connection_id)
        connection = state.connection
        people = sorted({each.person_id for each in state.calendars})
        if people and not with_calendars:
            whose = "one person" if len(people) == 1 else f"{len(people)} people"
            raise Conflict(
                f"calendars of {whose} are read over it; remove them first, or let them go with it by calendars=true"
            )
        for first in range(0, len(people), AT_ONCE):
            batch = people[first : first + AT_ONCE]
            async with self._store.change(company_id, batch) as tx:
                for person_id in batch:
                    kept = await tx.load_calendars(person_id)
                    for calendar in kept:
                        if calendar.connection_id == connection.id:
                            await tx.delete_calendar(calendar.id)
                    await save_order(tx, [each for each in kept if each.connection_id != connection.id])
                    await replan(tx, person_id)
        async with self._store.change(company_id, []) as tx:
            await tx.delete_connection(connection.id)
            if by is not None:
                await tx.record_audit(_audit(by, "connection_delete", connection, self._clock.now()))
        await self._held.refresh()

    async def _try(self, connection: Connection, context: SourceContext) -> Tried:
        turns = self._turns.setdefault(connection.company_id, anyio.CapacityLimiter(TRIES_AT_ONCE))
        async with turns:
            return await try_connection(self.kind(connection.kind), connection, context)


async def try_connection(kind: SourceKind, connection: Connection, context: SourceContext) -> Tried:
    """Ask a connection what it reaches; raises `SourceError` with the mend."""
    try:
        with anyio.fail_after(TRY_SECONDS):
            source = await open_source(kind, connection, context)
            try:
                found = await source.find_calendars()
                return Tried(calendars=found, clock_offset_seconds=source.clock_offset_seconds)
            finally:
                with anyio.CancelScope(shield=True):
                    await source.close()
    except TimeoutError as error:
        raise Unreachable(f"it has not told its calendars within {TRY_SECONDS:g} s; try again") from error


def new_connection(company_id: CompanyId, kind: SourceKind, given: Mapping[str, str | None]) -> Connection:
    """A connection with the settings that its kind asks for, named for the kind; raises as `with_settings`."""
    blank = Connection(
        id=ConnectionId("c_" + token_hex(8)),
        company_id=company_id,
        kind=kind.name,
        name=kind.name,
        settings={},
        poll_seconds=kind.poll_seconds,
    )
    return with_settings(blank, kind, given)


def with_settings(connection: Connection, kind: SourceKind, given: Mapping[str, str | None]) -> Connection:
    """The connection with the settings that are given; others stay, None or an empty one takes one away.

    A secret belongs to the settings that it was given with: when those change it has to be given anew, so that nobody
    can have it sent to a server of his own.

    Raises:
        InvalidField: A setting is missing, unknown, or cannot be. Values are never told.
    """
    asked = {each.name: each for each in kind.settings}
    settings, secret = dict(connection.settings), connection.secret
    for name, value in given.items():
        if name not in asked:
            known = ", ".join(asked) or "none"
            raise InvalidField(f"settings.{name}", None, f"{kind.name} has no such setting; there are: {known}")
        if value is not None and len(value) > MOST_LETTERS:
            raise InvalidField(f"settings.{name}", None, f"it has {len(value)} letters; {MOST_LETTERS} are the most")
        if asked[name].secret:
            secret = value or None
        elif value and value.strip():
            settings[name] = value.strip()
        else:
            settings.pop(name, None)
    secrets = [each.name for each in kind.settings if each.secret]
    if connection.secret is not None and settings != connection.settings and not any(each in given for each in secrets):
        raise InvalidField(
            f"settings.{secrets[0]}", None, "give it anew: it is kept for the settings as they were, and these change"
        )
    for each in kind.settings:
        if each.required and not (secret if each.secret else settings.get(each.name)):
            raise InvalidField(f"settings.{each.name}", None, f"{kind.name} needs it: {each.help}")
    return structs.replace(connection, settings=settings, secret=secret, fault=None)


def server_of(connection: Connection, kind: SourceKind | None) -> str | None:
    """The host that a connection leads to."""
    for setting in kind.settings if kind is not None else ():
        if setting.address:
            given = (connection.secret if setting.secret else connection.settings.get(setting.name)) or ""
            try:
                return urlsplit(given if "://" in given or given.startswith("/") else f"https://{given}").hostname
            except ValueError:
                return None
    return None


def _checked(connection: Connection) -> Connection:
    least, most = POLL_SECONDS
    if not least <= connection.poll_seconds <= most:
        raise InvalidField(
            "poll_seconds",
            connection.poll_seconds,
            f"{connection.poll_seconds} is out of range; give {least} to {most}",
        )
    name = tidy_line(connection.name, "name")
    if name is None:
        raise InvalidField("name", connection.name, "it is empty; say what the connection is called")
    return structs.replace(connection, name=name)


def _audit(by: Viewer, action: str, connection: Connection, now: datetime, changed: str | None = None) -> Audit:
    named = {"connection": connection.id, "name": connection.name, "kind": connection.kind}
    return audit_of(by, action, now, detail=named | ({} if changed is None else {"changed": changed}))
