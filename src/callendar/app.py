"""The one page that says what is wired to what: it picks adapters, opens them in order, closes them in reverse."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from msgspec import Struct, structs

from callendar import __version__
from callendar.contracts.backup import Copied, Progress, Restored
from callendar.contracts.clock import Clock
from callendar.contracts.meter import Meter
from callendar.contracts.source import SourceContext, SourceKind
from callendar.contracts.store import Store, StoreError
from callendar.contracts.switchboard import SwitchboardKind
from callendar.domain.errors import InvalidValue
from callendar.domain.person import ViewerId
from callendar.domain.rules import CompanyId
from callendar.engine.choosing import CalendarDesk
from callendar.engine.clock import SystemClock
from callendar.engine.connecting import ConnectionDesk
from callendar.engine.expanding import ProcessExpander
from callendar.engine.held import HeldPeople
from callendar.engine.lag import measure_lag
from callendar.engine.orders import OrderDesk
from callendar.engine.password import Passwords
from callendar.engine.present import SwitchboardPlace
from callendar.engine.service import Engine
from callendar.logs import LEVELS, set_up_logs
from callendar.settings import Settings
from callendar.store import backup
from callendar.store import restore as restoring
from callendar.store.hold import hold
from callendar.store.open import find_keys, migrate, open_store

if TYPE_CHECKING:
    from litestar import Litestar

    from callendar.web.server import Listen

SOURCES, SWITCHBOARDS = "callendar.sources", "callendar.switchboards"
"""Entry-point groups; ours register as a third party's do."""
GIVE_WAY_SECONDS = 0.001


class Parts(Struct, frozen=True, kw_only=True):
    """An installation opened for one command."""

    settings: Settings
    clock: Clock
    expand: ProcessExpander
    sources: Mapping[str, SourceKind]
    store: Store
    held: HeldPeople
    """Empty until it is opened or refreshed."""
    orders: OrderDesk
    calendars: CalendarDesk

    def connections(self, *, files: bool) -> ConnectionDesk:
        """The desk for connections; files of this machine can be named by whoever is at it."""
        context = structs.replace(self.source_context, allow_files=files)
        return ConnectionDesk(self.store, self.held, self.clock, self.sources, context)

    @property
    def source_context(self) -> SourceContext:
        """What every source is given."""
        return SourceContext(
            expand=self.expand, clock=self.clock, allow_private_networks=self.settings.private_networks
        )

    def source_kind(self, name: str) -> SourceKind:
        """A kind of source that is installed.

        Raises:
            InvalidValue: None such is installed; the message names those that are.
        """
        if name not in self.sources:
            raise InvalidValue(f"nothing installed reads {name!r}; there are {', '.join(sorted(self.sources))}")
        return self.sources[name]

    async def is_served(self) -> bool:
        """Whether a `serve` holds the database."""
        try:
            async with hold(self.settings.database):
                return False
        except StoreError:
            return True


async def back_up(settings: Settings, file: Path, *, force: bool, progress: Progress) -> Copied:
    """Write a backup of the database, which may be served meanwhile; see `store/backup`."""
    await migrate(settings.database)
    return await backup.back_up(settings.database, file, force=force, progress=progress)


async def restore(settings: Settings, file: Path, *, progress: Progress) -> Restored:
    """Put a backup in place of the database, which nobody may serve meanwhile; see `store/restore`."""
    return await restoring.restore(settings.database, file, now=SystemClock().now(), progress=progress)


@asynccontextmanager
async def open_parts(settings: Settings, *, stored: bool = True) -> AsyncGenerator[Parts]:
    """Open what a command needs.

    Args:
        stored: False keeps the database closed: the command gets an empty one in memory.
    """
    clock, meter = SystemClock(), Meter()
    async with AsyncExitStack() as stack:
        expand = await stack.enter_async_context(ProcessExpander(meter=meter))
        store = await open_store(
            settings.database if stored else ":memory:",
            clock=clock,
            keys=find_keys(settings.secret_key, settings.secret_key_file) if stored else None,
            meter=meter,
        )
        stack.push_async_callback(store.close)
        held = HeldPeople(store, meter)
        yield Parts(
            settings=settings,
            clock=clock,
            expand=expand,
            sources=_registered(SOURCES),
            store=store,
            held=held,
            orders=OrderDesk(store, held, clock),
            calendars=CalendarDesk(store, held, clock),
        )


async def serve_until_stopped(
    settings: Settings,
    *,
    ready: Callable[[str, Parts], Awaitable[None]],
    switchboards: tuple[SwitchboardPlace, ...] = (),
    tickets: Mapping[str, ViewerId] | None = None,
) -> None:
    """Run everything until a signal asks to stop.

    Args:
        ready: Awaited once with the address and the parts when answers are given.
        switchboards: Those to drive beside the ones in the settings.
        tickets: Secrets that a browser swaps for a session, with the id of the token whose rights it gets.

    Raises:
        CannotSpeakTls: The certificate or its key cannot be used; nothing has been begun then.
        StoreError: Another serve holds the database, now or after this one has lost it, or it cannot be opened.
    """
    from callendar.web.metrics import create_metrics
    from callendar.web.server import MetricsServer, Server
    from callendar.web.tls import tls_context

    set_up_logs(settings.log, least=LEVELS[settings.log_level], file=settings.log_file)
    if settings.tls_cert is not None and settings.tls_key is not None:
        # Tried before the database is held and switchboards are told anything.
        tls_context(settings.tls_cert, settings.tls_key)
    async with hold(settings.database) as held_database:
        places = (*_switchboards(settings), *switchboards)
        async with open_parts(settings) as parts:
            engine = engine_over(parts, places)
            web = web_over(parts, tickets or {})
            held = anyio.Event()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(held_database.keep)
                tasks.start_soon(_run_engine, engine, held)
                tasks.start_soon(parts.expand.warm_up)
                await held.wait()
                settle()
                tasks.start_soon(measure_lag, parts.held.meter)
                if settings.metrics_port is not None:
                    metrics = create_metrics(web.state["room"])
                    tasks.start_soon(MetricsServer(metrics, settings.metrics_host, settings.metrics_port).run)
                await Server(web, listen_of(settings)).run(lambda url: ready(url, parts))
                tasks.cancel_scope.cancel()


def engine_over(parts: Parts, switchboards: Sequence[SwitchboardPlace] = ()) -> Engine:
    """The engine of an installation."""
    return Engine(
        store=parts.store,
        held=parts.held,
        clock=parts.clock,
        sources=parts.sources,
        switchboards=switchboards,
        expand=parts.expand,
        allow_private_networks=parts.settings.private_networks,
    )


def web_over(parts: Parts, tickets: Mapping[str, ViewerId] | None = None) -> Litestar:
    """The web of an installation."""
    # A third of the start of every command, and only `serve` needs it.
    from callendar.web.parts import WebParts
    from callendar.web.site import create_web

    return create_web(
        WebParts(
            store=parts.store,
            held=parts.held,
            orders=parts.orders,
            connections=parts.connections(files=False),
            calendars=parts.calendars,
            passwords=Passwords(),
            clock=parts.clock,
            console_dir=find_console(parts.settings),
            tickets=tickets or {},
            version=__version__,
            public_url=parts.settings.public_url,
        )
    )


def settle() -> None:
    """Have the loop come to its turn soon: threads beside it give way after a millisecond, and the collector passes
    over what is there for good, the imports and the rows that are held."""
    sys.setswitchinterval(GIVE_WAY_SECONDS)
    gc.collect()
    gc.freeze()


async def _run_engine(engine: Engine, held: anyio.Event) -> None:
    await engine.run(ready=held)


def listen_of(settings: Settings) -> Listen:
    """Where a service with these settings listens."""
    from callendar.web.server import Listen

    return Listen(
        host=settings.host,
        port=settings.port,
        tls_cert=settings.tls_cert,
        tls_key=settings.tls_key,
        trusted_proxies=settings.trusted_proxies,
        public_url=settings.public_url,
    )


def find_console(settings: Settings) -> Path | None:
    """The folder of the built console: as set, in the package, or in the checkout; None when it is not built."""
    candidates = [Path(settings.console)] if settings.console else []
    with contextlib.suppress(TypeError):
        candidates.append(Path(str(files("callendar") / "web" / "static")))
    candidates.append(Path(__file__).resolve().parents[2] / "console" / "dist")
    return next((each for each in candidates if (each / "index.html").is_file()), None)


def _registered(group: str) -> dict[str, Any]:
    return {point.name: point.load()() for point in entry_points(group=group)}


def _switchboards(settings: Settings) -> list[SwitchboardPlace]:
    kinds: Mapping[str, SwitchboardKind] = _registered(SWITCHBOARDS)
    places: list[SwitchboardPlace] = []
    for name, given in settings.switchboards.items():
        kind = given.get("kind", "")
        if kind not in kinds:
            raise InvalidValue(
                f"switchboards.{name}: kind {kind!r} is not installed; there are {', '.join(sorted(kinds))}"
            )
        company = given.get("company")
        places.append(
            SwitchboardPlace(
                name=name,
                kind=kinds[kind],
                settings={key: value for key, value in given.items() if key not in ("kind", "company")},
                company_id=CompanyId(company) if company else None,
            )
        )
    return places


def demo_switchboard(path: Path) -> SwitchboardPlace:
    """The demo's own switchboard, which writes lines to a file."""
    kinds: Mapping[str, SwitchboardKind] = _registered(SWITCHBOARDS)
    return SwitchboardPlace(name="demo", kind=kinds["demo"], settings={"path": str(path)})
