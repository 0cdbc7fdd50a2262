"""Probe: something is written and taken away again, to learn whether anything can be."""

from __future__ import annotations

from sqlalchemy import delete

from callendar.store.connect import Connections
from callendar.store.tables import meta

NAME = "probe"
PROBE_LETTERS = 1 << 16
"""More than what an order by hand or a usual reading needs, so that whoever passes the probe is not refused next."""


async def probe(connections: Connections) -> None:
    """Return when it could be written; raises what a write raises."""
    async with connections.write() as writer:
        await writer.upsert(meta, {"name": NAME, "value": "." * PROBE_LETTERS})
    async with connections.write() as writer:
        await writer.execute(delete(meta).where(meta.c.name == NAME))
