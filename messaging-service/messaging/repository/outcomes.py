"""Statements that take delivery's outcomes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql

ENDS = {"sent": "send_ok", "failed": "send_err"}
"""The line that is stored of a message that ended."""


@dataclass(frozen=True)
class Told:
    """How a reply ended, as delivery tells it. `event_id` follows from it, so telling it twice stores it once."""

    event_id: UUID
    portal_id: UUID
    message_id: UUID
    dialog_id: UUID
    trace_id: UUID
    state: str
    """Of the message: sent, failed, or pending again."""
    provider_message_id: int
    cause: str
    at: datetime


async def set_message_states(conn: AsyncConnection, told: Sequence[Told]) -> None:
    """Give replies the state that they ended in."""
    await conn.execute(
        sql("""
            UPDATE messages AS m
            SET state = done.state, reason = done.cause, provider_message_id = done.provider_message_id
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:states AS text[]),
                CAST(:causes AS text[]), CAST(:provider_ids AS bigint[])
            ) AS done (portal_id, id, state, cause, provider_message_id)
            WHERE m.portal_id = done.portal_id AND m.id = done.id
        """),
        {
            "portal_ids": [one.portal_id for one in told],
            "ids": [one.message_id for one in told],
            "states": [one.state for one in told],
            "causes": [one.cause for one in told],
            "provider_ids": [one.provider_message_id for one in told],
        },
    )


async def insert_events(conn: AsyncConnection, told: Sequence[Told]) -> None:
    """Store a line for each outcome: send_ok or send_err."""
    await conn.execute(
        sql("""
            INSERT INTO events (portal_id, id, trace_id, type, provider_event, provider_event_id, dialog_id,
                                message_id, reason, payload, created_at)
            SELECT portal_id, id, trace_id, type, '', '', dialog_id, message_id, reason, CAST(payload AS jsonb), at
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:trace_ids AS uuid[]),
                CAST(:types AS text[]), CAST(:dialog_ids AS uuid[]), CAST(:message_ids AS uuid[]),
                CAST(:reasons AS text[]), CAST(:payloads AS text[]), CAST(:moments AS timestamptz[])
            ) AS new (portal_id, id, trace_id, type, dialog_id, message_id, reason, payload, at)
            ON CONFLICT DO NOTHING
        """),
        {
            "portal_ids": [one.portal_id for one in told],
            "ids": [one.event_id for one in told],
            "trace_ids": [one.trace_id for one in told],
            "types": [ENDS[one.state] for one in told],
            "dialog_ids": [one.dialog_id for one in told],
            "message_ids": [one.message_id for one in told],
            "reasons": [one.cause for one in told],
            "payloads": [
                orjson.dumps({"provider_message_id": str(one.provider_message_id)}).decode() for one in told
            ],
            "moments": [one.at for one in told],
        },
    )
