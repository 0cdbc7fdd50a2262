"""The parts that the web is made over, all open when it begins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from callendar.contracts.clock import Clock
from callendar.contracts.store import Store
from callendar.domain.person import ViewerId
from callendar.engine.choosing import CalendarDesk
from callendar.engine.connecting import ConnectionDesk
from callendar.engine.held import HeldPeople
from callendar.engine.orders import OrderDesk
from callendar.engine.password import Passwords


class WebParts(Struct, frozen=True, kw_only=True):
    """What `app` hands to the web."""

    store: Store
    held: HeldPeople
    """Open and running."""
    orders: OrderDesk
    connections: ConnectionDesk
    calendars: CalendarDesk
    passwords: Passwords
    clock: Clock
    version: str
    """Of the program, for `openapi.json` and health."""
    public_url: str | None = None
    """Under which browsers reach it, when that is not what they name as host."""
    console_dir: Path | None = None
    """Folder of the built console; None or without `index.html` = a plain page says that it is not built."""
    tickets: Mapping[str, ViewerId] = {}
    """Tickets that a browser may swap for a session, and the token that the session acts for."""
