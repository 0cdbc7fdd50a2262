"""Connections as tests keep them, outside any other change."""

from __future__ import annotations

from callendar.contracts.store import Store
from callendar.domain.booking import Connection, ConnectionId
from callendar.domain.rules import CompanyId


async def save_connection(store: Store, connection: Connection) -> None:
    """Add or change one."""
    async with store.change(connection.company_id, []) as tx:
        await tx.save_connection(connection)


async def delete_connection(store: Store, company_id: CompanyId, connection_id: ConnectionId) -> None:
    """Remove one."""
    async with store.change(company_id, []) as tx:
        await tx.delete_connection(connection_id)
