"""Rows as values that are looked at."""

from typing import Any

from sqlalchemy import Row

from messaging.domain import Dialog, Event, InboundEvent, Message, Outcome
from messaging.tables import bitrix_inbound_events

INBOUND = [c for c in bitrix_inbound_events.c if c.name not in {"body", "headers", "token_hash"}]
"""Of the blackbox, what a list shows."""


def dialog(row: Row[Any]) -> Dialog:
    """Return a row of `dialogs`."""
    return Dialog(
        id=row.id,
        portal_id=row.portal_id,
        provider_dialog_id=row.provider_dialog_id,
        provider_dialog_id_raw=row.provider_dialog_id_raw,
        user_id=row.user_id,
        kind=row.kind,
        state=row.state,
        last_message_at=row.last_message_at,
        created_at=row.created_at,
    )


def message(row: Row[Any]) -> Message:
    """Return a row of `messages`."""
    return Message(
        id=row.id,
        portal_id=row.portal_id,
        dialog_id=row.dialog_id,
        trace_id=row.trace_id,
        provider_message_id=row.provider_message_id,
        direction=row.direction,
        author_id=row.author_id,
        body=row.body,
        state=row.state,
        reason=row.reason,
        reply_to=row.reply_to,
        steps=row.steps,
        created_at=row.created_at,
    )


def event(row: Row[Any]) -> Event:
    """Return a row of `events`."""
    return Event(
        id=row.id,
        portal_id=row.portal_id,
        trace_id=row.trace_id,
        type=row.type,
        provider_event=row.provider_event,
        provider_event_id=row.provider_event_id,
        dialog_id=row.dialog_id,
        message_id=row.message_id,
        reason=row.reason,
        payload=row.payload,
        created_at=row.created_at,
    )


def inbound(row: Row[Any]) -> InboundEvent:
    """Return the columns INBOUND of a row of the blackbox."""
    values = {column.name: getattr(row, column.name) for column in INBOUND}
    return InboundEvent(**{**values, "outcome": Outcome(row.outcome)})
