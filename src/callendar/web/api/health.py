"""Health: whether this process can do its work, which is to show and to keep; asked without signing in."""

from __future__ import annotations

from datetime import datetime

from litestar import get, head
from msgspec import Struct

from callendar.contracts.store import StoreAway, StoreError
from callendar.web.auth import OPEN_TO_ALL
from callendar.web.faults import Fault, describe
from callendar.web.room import InRoom


class Health(Struct, frozen=True, kw_only=True):
    """All is well."""

    status: str
    version: str
    instance: str
    """Names the installation's database: a client that sees another talks to another installation, or to a restore."""
    now: datetime


@get("/health", summary="Whether the service is up", opt=OPEN_TO_ALL)
async def show_health(room: InRoom) -> Health:
    """503 while the database cannot be asked, or nothing can be kept in it; `error` and the log say which."""
    try:
        await room.parts.store.check()
    except StoreAway as error:
        _, fault, _ = describe(error)
        raise Fault(503, fault.error, fault.message) from None
    except StoreError:
        raise Fault(503, "unavailable", "The store cannot be asked; the log says more.") from None
    return Health(status="ok", version=room.parts.version, instance=room.parts.store.epoch, now=room.parts.clock.now())


@head("/health", opt=OPEN_TO_ALL, include_in_schema=False)
async def show_health_head(room: InRoom) -> None:
    """The same without a body, as load balancers ask."""
    await show_health.fn(room)


ROUTES = [show_health, show_health_head]
