"""Statements on the audit log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import ids, trace
from portal.domain import Actor, AuditEntry
from portal.tables import admin_users, audit_log


async def write(
    conn: AsyncConnection,
    actor: Actor,
    action: str,
    portal_id: UUID | None,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    now: datetime,
) -> None:
    """Store who changed what, in the transaction of the change."""
    email = await conn.scalar(select(admin_users.c.email).where(admin_users.c.id == actor.admin_id))
    await conn.execute(
        insert(audit_log).values(
            id=ids.uuid7(),
            created_at=now,
            admin_id=actor.admin_id,
            email=email or "",
            action=action,
            portal_id=portal_id,
            before=before,
            after=after,
            remote_ip=actor.remote_ip,
            trace_id=trace.current.get(),
        )
    )


async def page(
    conn: AsyncConnection,
    *,
    portal_id: UUID | None,
    admin_id: UUID | None,
    action: str,
    since: datetime | None,
    until: datetime | None,
    before: UUID | None,
    limit: int,
) -> list[AuditEntry]:
    """Return entries, newest first, older than `before`."""
    statement = select(audit_log).order_by(audit_log.c.id.desc()).limit(limit)
    if portal_id:
        statement = statement.where(audit_log.c.portal_id == portal_id)
    if admin_id:
        statement = statement.where(audit_log.c.admin_id == admin_id)
    if action:
        statement = statement.where(audit_log.c.action == action)
    if since:
        statement = statement.where(audit_log.c.created_at >= since)
    if until:
        statement = statement.where(audit_log.c.created_at < until)
    if before:
        statement = statement.where(audit_log.c.id < before)
    return [
        AuditEntry(
            id=row.id,
            created_at=row.created_at,
            admin_id=row.admin_id,
            email=row.email,
            action=row.action,
            portal_id=row.portal_id,
            before=row.before,
            after=row.after,
            remote_ip=row.remote_ip,
            trace_id=row.trace_id,
        )
        for row in await conn.execute(statement)
    ]
