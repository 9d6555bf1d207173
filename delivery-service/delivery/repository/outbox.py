"""Statements on outbox items that are on their way."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from delivery.domain import Button, Claimed, OutboundMessage, Settled, State
from delivery.repository.lanes import LOOK_AHEAD
from kit import ids
from kit.db import sql


async def insert(conn: AsyncConnection, messages: Sequence[OutboundMessage], now: datetime) -> set[UUID]:
    """Take messages in; returns the ids that are new. `seq`, the order of sending, is that of `messages`."""
    rows = await conn.scalars(
        sql("""
            INSERT INTO outbox (portal_id, id, dialog_id, provider_dialog_id, part, body, reply_to_provider_id,
                                priority, uuid, trace_id, buttons, due_at, created_at)
            SELECT portal_id, id, dialog_id, provider_dialog_id, part, body, reply_to, priority, uuid, trace_id,
                   CAST(buttons AS jsonb), :now, :now
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:dialog_ids AS uuid[]),
                CAST(:provider_dialog_ids AS text[]), CAST(:parts AS integer[]), CAST(:bodies AS text[]),
                CAST(:reply_tos AS bigint[]), CAST(:priorities AS smallint[]), CAST(:uuids AS text[]),
                CAST(:trace_ids AS text[]), CAST(:buttons AS text[])
            ) WITH ORDINALITY AS m (portal_id, id, dialog_id, provider_dialog_id, part, body, reply_to, priority,
                                    uuid, trace_id, buttons, place)
            ORDER BY place
            ON CONFLICT DO NOTHING
            RETURNING id
        """),
        {
            "now": now,
            "portal_ids": [m.portal_id for m in messages],
            "ids": [m.id for m in messages],
            "dialog_ids": [m.dialog_id for m in messages],
            "provider_dialog_ids": [m.provider_dialog_id for m in messages],
            "parts": [m.part for m in messages],
            "bodies": [m.body for m in messages],
            "reply_tos": [m.reply_to_provider_id for m in messages],
            "priorities": [m.priority for m in messages],
            "uuids": [m.uuid for m in messages],
            "trace_ids": [m.trace_id for m in messages],
            "buttons": [orjson.dumps(m.buttons).decode() for m in messages],
        },
    )
    return set(rows.all())


async def claim(
    conn: AsyncConnection,
    portal_ids: Sequence[UUID],
    token: UUID,
    now: datetime,
    unknown_due: datetime,
    limit: int,
) -> dict[UUID, tuple[Claimed, ...]]:
    """Hold up to `limit` items of each lane, first those that people wait for, in order within each dialog.

    An item waits while an earlier one of its dialog is not due. An item that a dead worker left in `sending`
    may have been shown: it is turned into `unknown`, due at `unknown_due`, and claimed when that has come.

    Rows are updated by their key alone: statistics of an empty queue tell the planner that nothing is open, and
    given an open state it would read all that is, once for each row.
    """
    rows = await conn.execute(
        sql("""
            WITH open AS MATERIALIZED (
                SELECT portal_id, id, seq, priority, state,
                       bool_and(due_at <= :now AND state <> 'sending')
                           OVER (PARTITION BY portal_id, dialog_id ORDER BY seq) AS may_go
                FROM unnest(CAST(:portal_ids AS uuid[])) AS lane (portal_id) CROSS JOIN LATERAL (
                    SELECT id, seq, dialog_id, priority, state, due_at FROM outbox
                    WHERE outbox.portal_id = lane.portal_id
                      AND state IN ('created', 'sending', 'unknown', 'retry')
                    ORDER BY seq LIMIT :look_ahead
                ) AS first
            ), left_behind AS (
                UPDATE outbox SET state = 'unknown', due_at = :unknown_due, lease_token = NULL,
                                  unknown_since = coalesce(unknown_since, :now)
                FROM open
                WHERE outbox.portal_id = open.portal_id AND outbox.id = open.id AND open.state = 'sending'
            ), ranked AS (
                SELECT portal_id, id, state,
                       row_number() OVER (PARTITION BY portal_id ORDER BY priority, seq) AS place
                FROM open WHERE may_go
            ), picked AS (
                SELECT portal_id, id, state FROM ranked WHERE place <= :limit
            )
            UPDATE outbox SET state = 'sending', lease_token = :token
            FROM picked
            WHERE outbox.portal_id = picked.portal_id AND outbox.id = picked.id
            RETURNING outbox.portal_id, outbox.id, dialog_id, provider_dialog_id, body, buttons,
                      reply_to_provider_id, uuid, trace_id, attempts, picked.state AS state_before, unknown_since,
                      created_at, priority, seq
        """),
        {
            "portal_ids": list(portal_ids),
            "token": token,
            "now": now,
            "unknown_due": unknown_due,
            "limit": limit,
            "look_ahead": LOOK_AHEAD,
        },
    )
    found: dict[UUID, list[Claimed]] = defaultdict(list)
    for row in sorted(rows.all(), key=lambda row: (row.priority, row.seq)):
        found[row.portal_id].append(_claimed(row))
    return {portal_id: tuple(items) for portal_id, items in found.items()}


def _claimed(row: Row[Any]) -> Claimed:
    return Claimed(
        id=row.id,
        portal_id=row.portal_id,
        dialog_id=row.dialog_id,
        provider_dialog_id=row.provider_dialog_id,
        body=row.body,
        buttons=tuple(Button(**button) for button in row.buttons),
        reply_to_provider_id=row.reply_to_provider_id,
        uuid=row.uuid,
        trace_id=row.trace_id,
        priority=row.priority,
        attempts=row.attempts,
        state_before=State(row.state_before),
        unknown_since=row.unknown_since,
        created_at=row.created_at,
    )


async def settle(conn: AsyncConnection, settled: Sequence[Settled], token_of: dict[UUID, UUID]) -> set[UUID]:
    """Store what became of claimed items that this worker still holds (`token_of` lane); returns their ids.

    By key, as `claim`: who has a lease is `sending`.
    """
    rows = await conn.scalars(
        sql("""
            UPDATE outbox AS item
            SET state = done.state, due_at = done.due_at, cause = done.cause, next_step = done.next_step,
                provider_message_id = done.provider_message_id, attempts = done.attempts,
                unknown_since = done.unknown_since, lease_token = NULL,
                sent_at = CASE WHEN done.state = 'sent' THEN done.due_at END
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:tokens AS uuid[]),
                CAST(:states AS text[]), CAST(:due AS timestamptz[]), CAST(:causes AS text[]),
                CAST(:next_steps AS text[]), CAST(:provider_ids AS bigint[]), CAST(:attempts AS integer[]),
                CAST(:unknown AS timestamptz[])
            ) AS done (portal_id, id, token, state, due_at, cause, next_step, provider_message_id, attempts,
                       unknown_since)
            WHERE item.portal_id = done.portal_id AND item.id = done.id AND item.lease_token = done.token
            RETURNING item.id
        """),
        {
            "portal_ids": [s.item.portal_id for s in settled],
            "ids": [s.item.id for s in settled],
            "tokens": [token_of[s.item.portal_id] for s in settled],
            "states": [s.state for s in settled],
            "due": [s.due_at for s in settled],
            "causes": [s.cause for s in settled],
            "next_steps": [s.next_step for s in settled],
            "provider_ids": [s.provider_message_id for s in settled],
            "attempts": [s.attempts for s in settled],
            "unknown": [s.unknown_since for s in settled],
        },
    )
    return set(rows.all())


async def add_attempts(conn: AsyncConnection, settled: Sequence[Settled]) -> None:
    """Log the requests that were made, each under the time it was made at."""
    made = [(s.item, s.attempt) for s in settled if s.attempt]
    await conn.execute(
        sql("""
            INSERT INTO delivery_attempts (portal_id, id, outbox_id, outcome, status, code, latency_ms, wait_ms,
                                           created_at, request_id)
            SELECT * FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:outbox_ids AS uuid[]),
                CAST(:outcomes AS text[]), CAST(:statuses AS integer[]), CAST(:codes AS text[]),
                CAST(:latencies AS integer[]), CAST(:waits AS integer[]), CAST(:moments AS timestamptz[]),
                CAST(:request_ids AS text[])
            )
        """),
        {
            "portal_ids": [item.portal_id for item, _ in made],
            "ids": [ids.uuid7() for _ in made],
            "outbox_ids": [item.id for item, _ in made],
            "outcomes": [attempt.outcome for _, attempt in made],
            "statuses": [attempt.status for _, attempt in made],
            "codes": [attempt.code for _, attempt in made],
            "latencies": [attempt.latency_ms for _, attempt in made],
            "waits": [attempt.wait_ms for _, attempt in made],
            "moments": [attempt.at for _, attempt in made],
            "request_ids": [attempt.request_id for _, attempt in made],
        },
    )
