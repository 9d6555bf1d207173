"""Statements of ingest: set-based, one round trip each for a batch of any size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncConnection

from messaging.domain import Incoming, KnownPortal, Outcome, RawEvent, Verdict, dialog_id_of
from messaging.parse import Parsed


@dataclass(frozen=True)
class Judged:
    """An event with what it is, ready to be stored. `body` is redacted."""

    raw: RawEvent
    parsed: Parsed
    verdict: Verdict
    body: bytes
    body_sha256: bytes
    headers: dict[str, str]


async def portals_by_member(conn: AsyncConnection, member_ids: Sequence[str]) -> dict[str, KnownPortal]:
    """Return the portals of member_ids, from this context's read model."""
    rows = await conn.execute(
        text("""
            SELECT id, member_id, state, bot_id, token_hashes FROM portals
            WHERE member_id = ANY(CAST(:member_ids AS text[]))
        """),
        {"member_ids": list(member_ids)},
    )
    return {row.member_id: KnownPortal(row.id, row.state, row.bot_id, tuple(row.token_hashes)) for row in rows}


async def take_keys(conn: AsyncConnection, judged: Sequence[Judged]) -> dict[tuple[UUID, str], UUID]:
    """Take the keys of events; returns who has each key: the event's own id, or that of the one before it."""
    rows = await conn.execute(
        text("""
            INSERT INTO inbox_keys (portal_id, key, id)
            SELECT portal_id, key, id
            FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS text[]), CAST(:ids AS uuid[]))
                AS new (portal_id, key, id)
            ORDER BY portal_id, key
            ON CONFLICT (portal_id, key) DO UPDATE SET key = excluded.key
            RETURNING portal_id, key, id
        """),
        {
            "portal_ids": [one.verdict.portal_id for one in judged],
            "keys": [one.verdict.key for one in judged],
            "ids": [one.raw.id for one in judged],
        },
    )
    return {(row.portal_id, row.key): row.id for row in rows}


_INSERT_INBOUND = text("""
    INSERT INTO bitrix_inbound_events (
        portal_id, id, received_at, method, path, domain, member_id, event, dialog_id, user_id, content_type,
        headers, body, body_truncated, body_sha256, token_hash, remote_ip, outcome,
        reason)
    SELECT portal_id, id, received_at, method, path, domain, member_id, event, dialog_id, user_id, content_type,
           CAST(headers AS jsonb), body, body_truncated, body_sha256, token_hash, remote_ip, outcome, reason
    FROM unnest(
        CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:received AS timestamptz[]),
        CAST(:methods AS text[]), CAST(:paths AS text[]), CAST(:domains AS text[]), CAST(:members AS text[]),
        CAST(:events AS text[]), CAST(:dialogs AS text[]), CAST(:users AS bigint[]), CAST(:types AS text[]),
        CAST(:headers AS text[]), :bodies, CAST(:truncated AS boolean[]), :hashes, :token_hashes,
        CAST(:ips AS text[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[])
    ) AS new (portal_id, id, received_at, method, path, domain, member_id, event, dialog_id, user_id, content_type,
              headers, body, body_truncated, body_sha256, token_hash, remote_ip, outcome, reason)
    ON CONFLICT DO NOTHING
""").bindparams(*(bindparam(name, type_=ARRAY(BYTEA)) for name in ("bodies", "hashes", "token_hashes")))


async def insert_inbound(conn: AsyncConnection, judged: Sequence[Judged]) -> None:
    """Store the blackbox rows; one that is there (the call is a repeat) stays."""
    wire = [one.parsed.event for one in judged]
    await conn.execute(
        _INSERT_INBOUND,
        {
            "portal_ids": [one.verdict.portal_id for one in judged],
            "ids": [one.raw.id for one in judged],
            "received": [one.raw.received_at for one in judged],
            "methods": [one.raw.method for one in judged],
            "paths": [one.raw.path for one in judged],
            "domains": [event.domain for event in wire],
            "members": [event.member_id for event in wire],
            "events": [event.name for event in wire],
            "dialogs": [event.chat.dialog_id for event in wire],
            "users": [event.actor.id for event in wire],
            "types": [one.raw.content_type for one in judged],
            "headers": [orjson.dumps(one.headers).decode() for one in judged],
            "bodies": [one.body for one in judged],
            "truncated": [one.raw.body_truncated for one in judged],
            "hashes": [one.body_sha256 for one in judged],
            "token_hashes": [one.parsed.token_hash for one in judged],
            "ips": [one.raw.remote_ip for one in judged],
            "outcomes": [one.verdict.outcome for one in judged],
            "reasons": [one.verdict.reason for one in judged],
        },
    )


async def insert_events(conn: AsyncConnection, judged: Sequence[Judged]) -> None:
    """Store what happened: received, ignored or refused. A line has the id of its request."""
    await conn.execute(
        text("""
            INSERT INTO events (portal_id, id, trace_id, type, provider_event, provider_event_id, dialog_id,
                                message_id, reason, payload)
            SELECT portal_id, id, id, type, provider_event, provider_event_id, dialog_id, message_id, reason,
                   CAST(payload AS jsonb)
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:types AS text[]),
                CAST(:names AS text[]), CAST(:keys AS text[]), CAST(:dialog_ids AS uuid[]),
                CAST(:message_ids AS uuid[]), CAST(:reasons AS text[]), CAST(:payloads AS text[])
            ) AS new (portal_id, id, type, provider_event, provider_event_id, dialog_id, message_id, reason,
                      payload)
            ON CONFLICT DO NOTHING
        """),
        {
            "portal_ids": [one.verdict.portal_id for one in judged],
            "ids": [one.raw.id for one in judged],
            "types": [_type(one.verdict) for one in judged],
            "names": [one.parsed.event.name for one in judged],
            "keys": [one.verdict.key for one in judged],
            "dialog_ids": [_dialog_id(one.verdict) for one in judged],
            "message_ids": [one.raw.id if one.verdict.message else None for one in judged],
            "reasons": [one.verdict.reason for one in judged],
            "payloads": [orjson.dumps(_payload(one)).decode() for one in judged],
        },
    )


async def upsert_dialogs(conn: AsyncConnection, judged: Sequence[Judged], now: datetime) -> None:
    """Create or touch the dialogs of messages, each once, in the order of their ids; pending ones are marked."""
    found: dict[UUID, tuple[Judged, Incoming, datetime | None]] = {}
    for one in judged:
        if (message := one.verdict.message) is None:
            continue
        dialog_id = dialog_id_of(one.verdict.portal_id, message.provider_dialog_id)
        before = found.get(dialog_id)
        owed = now if one.verdict.message_state == "pending" else before[2] if before else None
        found[dialog_id] = (one, message, owed)
    touched = sorted(found.items(), key=lambda item: (item[1][0].verdict.portal_id, item[0]))
    await conn.execute(
        text("""
            INSERT INTO dialogs (portal_id, id, provider_dialog_id, provider_dialog_id_raw, user_id, kind, state,
                                 last_message_at, pending_since)
            SELECT portal_id, id, provider_dialog_id, raw, user_id, kind,
                   CASE WHEN pending_since IS NULL THEN 'idle' ELSE 'pending' END, last_message_at, pending_since
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:provider_ids AS text[]),
                CAST(:raws AS text[]), CAST(:user_ids AS bigint[]), CAST(:kinds AS text[]),
                CAST(:moments AS timestamptz[]), CAST(:pending AS timestamptz[])
            ) AS new (portal_id, id, provider_dialog_id, raw, user_id, kind, last_message_at, pending_since)
            ON CONFLICT (portal_id, id) DO UPDATE
            SET last_message_at = greatest(dialogs.last_message_at, excluded.last_message_at),
                pending_since = coalesce(dialogs.pending_since, excluded.pending_since),
                state = CASE WHEN dialogs.state = 'idle' THEN excluded.state ELSE dialogs.state END
        """),
        {
            "portal_ids": [one.verdict.portal_id for _, (one, _, _) in touched],
            "ids": [dialog_id for dialog_id, _ in touched],
            "provider_ids": [message.provider_dialog_id for _, (_, message, _) in touched],
            "raws": [message.provider_dialog_id_raw for _, (_, message, _) in touched],
            "user_ids": [message.author_id for _, (_, message, _) in touched],
            "kinds": ["private" if message.is_private else "group" for _, (_, message, _) in touched],
            "moments": [one.raw.received_at for _, (one, _, _) in touched],
            "pending": [owed for _, (_, _, owed) in touched],
        },
    )


async def insert_messages(conn: AsyncConnection, judged: Sequence[Judged]) -> None:
    """Store the messages that events bring. A message has the id of its request."""
    brought = [(one, one.verdict.message) for one in judged if one.verdict.message]
    await conn.execute(
        text("""
            INSERT INTO messages (portal_id, id, dialog_id, trace_id, provider_message_id, direction, kind,
                                  author_id, author_departments, body, state, reason, created_at)
            SELECT portal_id, id, dialog_id, id, provider_message_id, 'rx', kind, author_id,
                   CAST(departments AS bigint[]), body, state, reason, created_at
            FROM unnest(
                CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:dialog_ids AS uuid[]),
                CAST(:provider_ids AS bigint[]), CAST(:kinds AS text[]), CAST(:authors AS bigint[]),
                CAST(:departments AS text[]), CAST(:bodies AS text[]), CAST(:states AS text[]),
                CAST(:reasons AS text[]), CAST(:moments AS timestamptz[])
            ) AS new (portal_id, id, dialog_id, provider_message_id, kind, author_id, departments, body, state,
                      reason, created_at)
            ON CONFLICT DO NOTHING
        """),
        {
            "portal_ids": [one.verdict.portal_id for one, _ in brought],
            "ids": [one.raw.id for one, _ in brought],
            "dialog_ids": [_dialog_id(one.verdict) for one, _ in brought],
            "provider_ids": [message.provider_message_id for _, message in brought],
            "kinds": [message.kind for _, message in brought],
            "authors": [message.author_id for _, message in brought],
            "departments": ["{" + ",".join(map(str, message.departments)) + "}" for _, message in brought],
            "bodies": [message.body for _, message in brought],
            "states": [one.verdict.message_state for one, _ in brought],
            "reasons": [one.verdict.reason for one, _ in brought],
            "moments": [one.raw.received_at for one, _ in brought],
        },
    )


_TYPES = {"accepted": "rx", "refused": "refused", "error": "error"}


def _type(verdict: Verdict) -> str:
    if verdict.is_notice and verdict.outcome is Outcome.ACCEPTED:
        return "life_cycle"
    return _TYPES.get(verdict.outcome, "ignored")


def _dialog_id(verdict: Verdict) -> UUID | None:
    if verdict.message is None:
        return None
    return dialog_id_of(verdict.portal_id, verdict.message.provider_dialog_id)


def _payload(one: Judged) -> dict[str, Any]:
    event = one.parsed.event
    fields = {
        "provider_message_id": str(event.message.id or ""),
        "provider_dialog_id": event.chat.dialog_id,
        "user_id": str(event.actor.id or ""),
        "command": event.command.name,
        "reaction": event.reaction,
    }
    return {name: value for name, value in fields.items() if value}
