"""Statements on notices of the application's life that portal is to be told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.domain import Notice

MAX_UNPROVEN = 1000
"""Anybody can send one: what is over is refused like any other event, and the wizard's page installs as well."""


_INSERT = sql("""
    INSERT INTO life_cycle_notices (portal_id, id, member_id, event, is_proven, clean, token_hash, access_token,
                                    refresh_token, expires_in, server_endpoint, remote_ip, probe, due_at)
    SELECT new.*, CAST(:now AS timestamptz) FROM unnest(
        CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:members AS text[]), CAST(:events AS text[]),
        CAST(:proven AS boolean[]), CAST(:clean AS boolean[]), :hashes, :access_tokens, :refresh_tokens,
        CAST(:expires AS integer[]), CAST(:endpoints AS text[]), CAST(:ips AS text[]),
        CAST(:probes AS text[])
    ) AS new (portal_id, id, member_id, event, is_proven, clean, token_hash, access_token, refresh_token,
              expires_in, server_endpoint, remote_ip, probe)
    WHERE new.is_proven OR (
        (SELECT count(*) < :most FROM life_cycle_notices AS waiting WHERE NOT waiting.is_proven)
        AND NOT EXISTS (
            SELECT 1 FROM life_cycle_notices AS same
            WHERE NOT same.is_proven AND same.event = 'ONAPPPAYMENT' AND new.event = 'ONAPPPAYMENT'
              AND same.member_id = new.member_id
        )
    )
    ON CONFLICT DO NOTHING
""").bindparams(*(bindparam(name, type_=ARRAY(BYTEA)) for name in ("hashes", "access_tokens", "refresh_tokens")))


async def insert(conn: AsyncConnection, notices: Sequence[Notice], now: datetime) -> None:
    """Store notices; of those that nothing proves no more than MAX_UNPROVEN wait at a time."""
    await conn.execute(
        _INSERT,
        {
            "now": now,
            "most": MAX_UNPROVEN,
            "portal_ids": [one.portal_id for one in notices],
            "ids": [one.id for one in notices],
            "members": [one.member_id for one in notices],
            "events": [one.event for one in notices],
            "proven": [one.is_proven for one in notices],
            "clean": [one.clean for one in notices],
            "hashes": [one.token_hash for one in notices],
            "access_tokens": [one.access_token for one in notices],
            "refresh_tokens": [one.refresh_token for one in notices],
            "expires": [one.expires_in for one in notices],
            "endpoints": [one.server_endpoint for one in notices],
            "ips": [one.remote_ip for one in notices],
            "probes": [one.probe for one in notices],
        },
    )


async def claim(conn: AsyncConnection, now: datetime, lease_until: datetime, limit: int) -> list[Notice]:
    """Hold notices that are due, of each portal the first: an install must not overtake the removal before it.

    What is proven goes first, and waits for nothing that anybody may have sent.
    """
    rows = await conn.execute(
        sql("""
            WITH due AS (
                SELECT n.portal_id, n.id FROM life_cycle_notices AS n
                WHERE n.due_at <= :now AND NOT EXISTS (
                    SELECT 1 FROM life_cycle_notices AS earlier
                    WHERE earlier.member_id = n.member_id AND earlier.id < n.id
                      AND (earlier.is_proven OR NOT n.is_proven)
                )
                ORDER BY n.is_proven DESC, n.id LIMIT :limit
                FOR UPDATE SKIP LOCKED
            )
            UPDATE life_cycle_notices AS n SET due_at = :lease_until, attempts = n.attempts + 1
            FROM due WHERE n.portal_id = due.portal_id AND n.id = due.id
            RETURNING n.*
        """),
        {"now": now, "lease_until": lease_until, "limit": limit},
    )
    return [
        Notice(
            portal_id=row.portal_id,
            id=row.id,
            member_id=row.member_id,
            event=row.event,
            is_proven=row.is_proven,
            clean=row.clean,
            token_hash=row.token_hash,
            access_token=row.access_token,
            refresh_token=row.refresh_token,
            expires_in=row.expires_in,
            server_endpoint=row.server_endpoint,
            remote_ip=row.remote_ip,
            probe=row.probe,
            attempts=row.attempts,
        )
        for row in rows
    ]


async def postpone(conn: AsyncConnection, notice: Notice, due_at: datetime) -> None:
    """Have a notice told again later."""
    await conn.execute(
        sql("UPDATE life_cycle_notices SET due_at = :due_at WHERE portal_id = :portal_id AND id = :id"),
        {"due_at": due_at, "portal_id": notice.portal_id, "id": notice.id},
    )


async def drop(conn: AsyncConnection, notice: Notice) -> None:
    """Forget a notice, its tokens with it: portal knows, or will not hear of it."""
    await conn.execute(
        sql("DELETE FROM life_cycle_notices WHERE portal_id = :portal_id AND id = :id"),
        {"portal_id": notice.portal_id, "id": notice.id},
    )


async def note_refusal(conn: AsyncConnection, notice: Notice, reason: str) -> None:
    """Say at the event why nothing came of it."""
    for table in ("bitrix_inbound_events", "events"):
        await conn.execute(
            sql(
                f"UPDATE {table} SET reason = :reason "  # noqa: S608 - one of two names of our own
                "WHERE portal_id = :portal_id AND id = :id"
            ),
            {"reason": reason, "portal_id": notice.portal_id, "id": notice.id},
        )
