"""From the contexts' messages to the API's rows."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message as ProtoMessage
from google.protobuf.struct_pb2 import Struct

from edge.schemas import admin as rows
from edge.schemas.portal import PortalSettings
from kit.pb import enum_name, words
from teachbase.delivery.v1 import delivery_pb2 as delivery
from teachbase.messaging.v1 import messaging_pb2 as messaging
from teachbase.portal.v1 import admin_pb2 as admin
from teachbase.portal.v1 import portal_pb2 as portal


def portal_row(value: portal.Portal, plan: str) -> rows.Portal:
    """Return a portal's row; `plan` comes from billing."""
    return rows.Portal(
        id=value.id,
        created_at=at(value, "created_at"),
        domain=value.domain,
        member_id=value.member_id,
        status=enum_name(portal.PortalState, value.state),
        bot=rows.PortalBot(
            id=value.bot.id or None,
            status=enum_name(portal.BotState, value.bot.state),
            error_code=value.bot.error_code or None,
            delivery="at_least_once" if value.bot.api == portal.BOT_API_V1 else "exactly_once",
            api=enum_name(portal.BotApi, value.bot.api),
        ),
        access=rows.PortalAccess(
            mode=enum_name(portal.AccessMode, value.access.mode),
            user_ids=list(value.access.user_ids),
            department_ids=list(value.access.department_ids),
        ),
        settings=portal_settings(value.settings),
        plan=plan,
        suspended_reason=value.suspended_reason or None,
        installed_at=maybe_at(value, "installed_at"),
        last_proven_alive_at=maybe_at(value, "last_proven_alive_at"),
        health=enum_name(portal.PortalHealth, value.health),
        health_cause=value.alerts[0].cause if value.alerts else None,
        alerts=list(map(_alert, value.alerts)),
    )


def portal_totals(value: Iterable[portal.PortalTotal]) -> rows.PortalTotals:
    """Return how many portals there are; states and healths that nobody is in are there with 0."""
    by_status = dict.fromkeys(words(portal.PortalState), 0)
    by_health = dict.fromkeys(words(portal.PortalHealth), 0)
    for one in value:
        by_status[enum_name(portal.PortalState, one.state)] += one.portals
        by_health[enum_name(portal.PortalHealth, one.health)] += one.portals
    return rows.PortalTotals(all=sum(by_status.values()), by_status=by_status, by_health=by_health)


def portal_settings(value: portal.PortalSettings) -> PortalSettings:
    """Return what an administrator chose."""
    mode = enum_name(portal.EventMode, value.event_mode)
    return PortalSettings(language=value.language or None, event_mode=mode or "webhook")


def _alert(value: portal.Alert) -> rows.Alert:
    severity = "error" if value.is_failing else "warning"
    return rows.Alert(name=value.name, severity=severity, cause=value.cause, since=maybe_at(value, "since"))


def dialog_row(value: messaging.Dialog) -> rows.Dialog:
    """Return a dialog's row."""
    return rows.Dialog(
        id=value.id,
        created_at=at(value, "created_at"),
        portal_id=value.portal_id,
        provider_dialog_id=value.provider_dialog_id,
        provider_dialog_id_raw=value.provider_dialog_id_raw,
        user_id=value.user_id,
        kind=enum_name(messaging.DialogKind, value.kind),
        state=enum_name(messaging.DialogState, value.state),
        last_message_at=at(value, "last_message_at"),
    )


def message_row(value: messaging.Message) -> rows.Message:
    """Return a message's row."""
    return rows.Message(
        id=value.id,
        created_at=at(value, "created_at"),
        portal_id=value.portal_id,
        dialog_id=value.dialog_id,
        trace_id=value.trace_id,
        provider_message_id=str(value.provider_message_id) if value.provider_message_id else None,
        direction=enum_name(messaging.Direction, value.direction),
        author_id=value.author_id,
        body=value.body,
        state=enum_name(messaging.MessageState, value.state),
        reason=value.reason or None,
        reply_to=value.reply_to or None,
    )


def event_row(value: messaging.Event) -> rows.Event:
    """Return an event's row."""
    return rows.Event(
        id=value.id,
        created_at=at(value, "created_at"),
        portal_id=value.portal_id or None,
        trace_id=value.trace_id,
        type=value.type,
        provider_event=value.provider_event or None,
        provider_event_id=value.provider_event_id or None,
        dialog_id=value.dialog_id or None,
        message_id=value.message_id or None,
        reason=value.reason or None,
        payload=plain(value.payload),
    )


def inbound_event_row(value: messaging.InboundEvent) -> rows.InboundEvent:
    """Return a row of the blackbox."""
    return rows.InboundEvent(
        id=value.id,
        created_at=at(value, "received_at"),
        received_at=at(value, "received_at"),
        portal_id=value.portal_id or None,
        trace_id=value.trace_id,
        method=value.method,
        path=value.path,
        domain=value.domain or None,
        member_id=value.member_id or None,
        event=value.event or None,
        dialog_id=value.dialog_id or None,
        user_id=value.user_id or None,
        content_type=value.content_type,
        body_truncated=value.body_truncated,
        body_sha256=value.body_sha256,
        remote_ip=value.remote_ip,
        outcome=enum_name(messaging.InboundOutcome, value.outcome),
        reason=value.reason or None,
    )


def outbox_row(value: delivery.OutboxItem) -> rows.OutboxItem:
    """Return an outbox item's row."""
    return rows.OutboxItem(
        id=value.id,
        created_at=at(value, "created_at"),
        portal_id=value.portal_id,
        trace_id=value.trace_id,
        dialog_id=value.dialog_id,
        provider_dialog_id=value.provider_dialog_id,
        message_id=value.message_id,
        part=value.part,
        state=enum_name(delivery.OutboxState, value.state),
        attempts=value.attempts,
        due_at=at(value, "due_at"),
        sent_at=maybe_at(value, "sent_at"),
        cause=value.cause or None,
        next_step=value.next_step or None,
        provider_message_id=str(value.provider_message_id) if value.provider_message_id else None,
        uuid=value.uuid,
    )


def attempt_row(value: delivery.Attempt) -> rows.Attempt:
    """Return a row of an outbox item's attempts."""
    return rows.Attempt(
        at=at(value, "at"),
        outcome=value.outcome,
        status=value.status,
        code=value.code or None,
        latency_ms=value.latency_ms,
        wait_ms=value.wait_ms,
        request_id=value.request_id,
    )


def step_row(value: messaging.TraceStep | delivery.TraceStep, service: str) -> rows.TraceStep:
    """Return a step of a trace, written by `service`."""
    return rows.TraceStep(
        at=at(value, "at"), service=service, step=value.step, took_ms=value.took_ms, detail=plain(value.detail)
    )


def plain(value: Struct) -> dict[str, Any]:
    """Return a Struct as JSON; it knows no integers, so whole numbers are made such again."""
    fields = MessageToDict(value)
    return {name: int(one) if isinstance(one, float) and one.is_integer() else one for name, one in fields.items()}


def at(message: ProtoMessage, field: str) -> str:
    """Return a moment as ISO 8601 in UTC; all of one width, so that they sort as text."""
    moment: datetime = getattr(message, field).ToDatetime(tzinfo=UTC)
    return iso(moment)


def iso(moment: datetime) -> str:
    """Return a moment in UTC likewise."""
    return moment.isoformat(timespec="microseconds")


def maybe_at(message: ProtoMessage, field: str) -> str | None:
    """Return a moment, None where it is absent."""
    return at(message, field) if message.HasField(field) else None


def admin_row(value: admin.Admin) -> rows.AdminAccount:
    """Return an account's row."""
    return rows.AdminAccount(
        id=value.id,
        email=value.email,
        role=value.role,
        created_at=at(value, "created_at"),
        must_change_password=value.must_change_password,
        disabled=value.disabled,
    )


def life_row(value: portal.LifeEntry) -> rows.LifeEntry:
    """Return what a portal went through."""
    return rows.LifeEntry(
        id=value.id,
        portal_id=value.portal_id,
        created_at=at(value, "created_at"),
        event=value.event,
        before=dict(value.before),
        after=dict(value.after),
        trace_id=value.trace_id or None,
    )


def audit_row(value: admin.AuditEntry) -> rows.AuditEntry:
    """Return a line of the audit log."""
    return rows.AuditEntry(
        id=value.id,
        created_at=at(value, "created_at"),
        admin_id=value.admin_id,
        email=value.email,
        action=value.action,
        portal_id=value.portal_id or None,
        before=plain(value.before),
        after=plain(value.after),
        remote_ip=value.remote_ip,
        trace_id=value.trace_id,
    )
