"""Statements of ingest: set-based, one round trip each for a batch of any size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.db import sql
from messaging.domain import Incoming, KnownPortal, Outcome, RawEvent, Verdict, dialog_id_of
from messaging.parse import Parsed

Owners: TypeAlias = dict[tuple[UUID, str], UUID]
"""Whose a key of a portal is: the id of the first event that had it."""


@dataclass(frozen=True)
class Judged:
    """An event with what it is, ready to be stored. `body` is redacted; `in_blackbox`: its request is kept."""

    raw: RawEvent
    parsed: Parsed
    verdict: Verdict
    body: bytes
    body_sha256: bytes
    headers: dict[str, str]
    in_blackbox: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether one statement stores all of it: it amends nothing, and portal is told nothing."""
        return not self.verdict.amends and not self.verdict.is_notice and not self.verdict.reaction


_PORTALS = sql("""
    SELECT id, member_id, state, bot_id, token_hashes FROM portals
    WHERE member_id = ANY(CAST(:member_ids AS text[]))
""")

_TAKE_KEYS = sql("""
    INSERT INTO inbox_keys (portal_id, key, id)
    SELECT portal_id, key, id
    FROM unnest(CAST(:portal_ids AS uuid[]), CAST(:keys AS text[]), CAST(:ids AS uuid[]))
        AS new (portal_id, key, id)
    ORDER BY portal_id, key
    ON CONFLICT (portal_id, key) DO UPDATE SET key = excluded.key
    RETURNING portal_id, key, id
""")

# One statement is a transaction of its own and one round trip: a batch of a few events costs a quarter of what
# a statement per table cost. Keys are taken first, for whose they are decides what else is stored; a duplicate
# leaves its request and a line. Rows are locked in the order of their keys, so two batches cannot wait in a ring.
_STORE = sql("""
    WITH new AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:portal_ids AS uuid[]), CAST(:ids AS uuid[]), CAST(:keys AS text[]),
            CAST(:received AS timestamptz[]), CAST(:methods AS text[]), CAST(:paths AS text[]),
            CAST(:domains AS text[]), CAST(:members AS text[]), CAST(:names AS text[]),
            CAST(:told_dialogs AS text[]), CAST(:users AS bigint[]), CAST(:types AS text[]),
            CAST(:headers AS text[]), :bodies, CAST(:truncated AS boolean[]), :hashes, :token_hashes,
            CAST(:ips AS text[]), CAST(:outcomes AS text[]), CAST(:reasons AS text[]),
            CAST(:in_blackbox AS boolean[]), CAST(:lines AS text[]), CAST(:payloads AS text[]),
            CAST(:dialog_ids AS uuid[]), CAST(:dialogs AS text[]), CAST(:raw_dialogs AS text[]),
            CAST(:dialog_kinds AS text[]), CAST(:provider_ids AS bigint[]), CAST(:kinds AS text[]),
            CAST(:authors AS bigint[]), CAST(:departments AS text[]), CAST(:texts AS text[]),
            CAST(:states AS text[])
        ) WITH ORDINALITY AS new (
            portal_id, id, key, received_at, method, path, domain, member_id, event, told_dialog, user_id,
            content_type, headers, body, body_truncated, body_sha256, token_hash, remote_ip, outcome, reason,
            in_blackbox, line, payload, dialog_id, dialog, raw_dialog, dialog_kind, provider_message_id, kind,
            author_id, departments, said, state, place
        )
    ), taken AS (
        INSERT INTO inbox_keys (portal_id, key, id)
        SELECT DISTINCT ON (portal_id, key) portal_id, key, id FROM new WHERE key <> ''
        ORDER BY portal_id, key, place
        ON CONFLICT (portal_id, key) DO UPDATE SET key = excluded.key
        RETURNING portal_id, key, id
    ), owned AS MATERIALIZED (
        SELECT new.*, taken.id AS owner, coalesce(taken.id <> new.id, false) AS is_duplicate
        FROM new LEFT JOIN taken USING (portal_id, key)
    ), asked AS MATERIALIZED (
        SELECT portal_id, id, dialog_id, dialog, raw_dialog, dialog_kind, provider_message_id, kind, author_id,
               departments, said, state, reason, received_at, place
        FROM owned WHERE dialog_id IS NOT NULL AND NOT is_duplicate
    ), touched AS (
        INSERT INTO dialogs (portal_id, id, provider_dialog_id, provider_dialog_id_raw, user_id, kind, state,
                             last_message_at, pending_since)
        SELECT portal_id, dialog_id, last.dialog, last.raw_dialog, last.author_id, last.dialog_kind,
               CASE WHEN is_owed THEN 'pending' ELSE 'idle' END, last.received_at,
               CASE WHEN is_owed THEN CAST(:now AS timestamptz) END
        FROM (
            SELECT DISTINCT ON (portal_id, dialog_id) *,
                   bool_or(state = 'pending') OVER (PARTITION BY portal_id, dialog_id) AS is_owed
            FROM asked ORDER BY portal_id, dialog_id, place DESC
        ) AS last
        ORDER BY portal_id, dialog_id
        ON CONFLICT (portal_id, id) DO UPDATE
        SET last_message_at = greatest(dialogs.last_message_at, excluded.last_message_at),
            pending_since = coalesce(dialogs.pending_since, excluded.pending_since),
            state = CASE WHEN dialogs.state = 'idle' THEN excluded.state ELSE dialogs.state END
    ), said AS (
        INSERT INTO messages (portal_id, id, dialog_id, trace_id, provider_message_id, direction, kind, author_id,
                              author_departments, body, state, reason, created_at)
        SELECT portal_id, id, dialog_id, id, provider_message_id, 'rx', kind, author_id,
               CAST(departments AS bigint[]), said, state, reason, received_at
        FROM asked
        ON CONFLICT DO NOTHING
    ), seen AS (
        INSERT INTO bitrix_inbound_events (
            portal_id, id, received_at, method, path, domain, member_id, event, dialog_id, user_id, content_type,
            headers, body, body_truncated, body_sha256, token_hash, remote_ip, outcome, reason)
        SELECT portal_id, id, received_at, method, path, domain, member_id, event, told_dialog, user_id,
               content_type, CAST(headers AS jsonb), body, body_truncated, body_sha256, token_hash, remote_ip,
               CASE WHEN is_duplicate THEN 'duplicate' ELSE outcome END,
               CASE WHEN is_duplicate THEN 'same as ' || owner ELSE reason END
        FROM owned WHERE in_blackbox
        ON CONFLICT DO NOTHING
    ), noted AS (
        INSERT INTO events (portal_id, id, trace_id, type, provider_event, provider_event_id, dialog_id,
                            message_id, reason, payload)
        SELECT portal_id, id, id, CASE WHEN is_duplicate THEN 'ignored' ELSE line END, event, key,
               CASE WHEN NOT is_duplicate THEN dialog_id END,
               CASE WHEN NOT is_duplicate AND dialog_id IS NOT NULL THEN id END,
               CASE WHEN is_duplicate THEN 'same as ' || owner ELSE reason END, CAST(payload AS jsonb)
        FROM owned
        ON CONFLICT DO NOTHING
    )
    SELECT id, owner FROM owned WHERE is_duplicate
""").bindparams(*(bindparam(name, type_=ARRAY(BYTEA)) for name in ("bodies", "hashes", "token_hashes")))


async def portals_by_member(conn: AsyncConnection, member_ids: Sequence[str]) -> dict[str, KnownPortal]:
    """Return the portals of member_ids, from this context's read model."""
    rows = await conn.execute(_PORTALS, {"member_ids": list(member_ids)})
    return {row.member_id: KnownPortal(row.id, row.state, row.bot_id, tuple(row.token_hashes)) for row in rows}


async def take_keys(conn: AsyncConnection, judged: Sequence[Judged]) -> Owners:
    """Take the keys of events; returns who has each key: the event's own id, or that of the one before it."""
    rows = await conn.execute(
        _TAKE_KEYS,
        {
            "portal_ids": [one.verdict.portal_id for one in judged],
            "keys": [one.verdict.key for one in judged],
            "ids": [one.raw.id for one in judged],
        },
    )
    return {(row.portal_id, row.key): row.id for row in rows}


async def store(conn: AsyncConnection, judged: Sequence[Judged], now: datetime) -> dict[UUID, UUID]:
    """Store events whole: keys, requests, lines, dialogs and messages.

    Returns for each that was a duplicate whose its key is. What is there (the call is a repeat) stays.
    """
    wire = [one.parsed.event for one in judged]
    asked = [one.verdict.message for one in judged]
    rows = await conn.execute(
        _STORE,
        {
            "now": now,
            "portal_ids": [one.verdict.portal_id for one in judged],
            "ids": [one.raw.id for one in judged],
            "keys": [one.verdict.key for one in judged],
            "received": [one.raw.received_at for one in judged],
            "methods": [one.raw.method for one in judged],
            "paths": [one.raw.path for one in judged],
            "domains": [event.domain for event in wire],
            "members": [event.member_id for event in wire],
            "names": [event.name for event in wire],
            "told_dialogs": [event.chat.dialog_id for event in wire],
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
            "in_blackbox": [one.in_blackbox for one in judged],
            "lines": [_type(one.verdict) for one in judged],
            "payloads": [orjson.dumps(_payload(one)).decode() for one in judged],
            "dialog_ids": [_dialog_id(one.verdict) for one in judged],
            "dialogs": [message and message.provider_dialog_id for message in asked],
            "raw_dialogs": [message and message.provider_dialog_id_raw for message in asked],
            "dialog_kinds": [message and _dialog_kind(message) for message in asked],
            "provider_ids": [message and message.provider_message_id for message in asked],
            "kinds": [message and message.kind for message in asked],
            "authors": [message and message.author_id for message in asked],
            "departments": [message and _array(message.departments) for message in asked],
            "texts": [message and message.body for message in asked],
            "states": [one.verdict.message_state for one in judged],
        },
    )
    return {row.id: row.owner for row in rows}


_TYPES = {"accepted": "rx", "refused": "refused", "error": "error"}


def _type(verdict: Verdict) -> str:
    if verdict.is_notice and verdict.outcome is Outcome.ACCEPTED:
        return "life_cycle"
    return _TYPES.get(verdict.outcome, "ignored")


def _dialog_id(verdict: Verdict) -> UUID | None:
    if verdict.message is None:
        return None
    return dialog_id_of(verdict.portal_id, verdict.message.provider_dialog_id)


def _dialog_kind(message: Incoming) -> str:
    return "private" if message.is_private else "group"


def _array(numbers: Sequence[int]) -> str:
    """Numbers as a literal: arrays within an array would have to be of one length."""
    return "{" + ",".join(map(str, numbers)) + "}"


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
