"""The steps of taking an event in; each ends with a commit."""

import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bench.reference.tables import Dialog, Event, InboundEvent, Message, Portal

_SECRETS = re.compile(rb"((?:access_token|refresh_token|application_token)(?:%5D|\])?=)[^&]+")


@dataclass(frozen=True)
class Form:
    """The fields of an event that are kept."""

    name: str
    domain: str
    member_id: str
    application_token: str
    dialog_id: str
    user_id: int
    message_id: int
    text: str
    departments: list[int]

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "Form":
        """Take an event from the flat fields of its form."""
        return cls(
            name=fields["event"],
            domain=fields["auth[domain]"],
            member_id=fields["auth[member_id]"],
            application_token=fields["auth[application_token]"],
            dialog_id=fields["data[chat][dialogId]"],
            user_id=int(fields["data[user][id]"]),
            message_id=int(fields["data[message][id]"]),
            text=fields["data[message][text]"],
            departments=[int(value) for key, value in fields.items() if key.startswith("data[user][departments]")],
        )


@dataclass(frozen=True)
class Arrival:
    """The request around an event."""

    method: str
    path: str
    content_type: str
    headers: dict[str, str]
    body: bytes
    remote_ip: str


async def store_inbound(session: AsyncSession, arrival: Arrival, form: Form) -> InboundEvent:
    """Keep the request, redacted."""
    inbound = InboundEvent(
        trace_id=uuid.uuid4().hex,
        method=arrival.method,
        path=arrival.path,
        domain=form.domain,
        member_id=form.member_id,
        event=form.name,
        dialog_id=form.dialog_id,
        user_id=form.user_id,
        content_type=arrival.content_type,
        headers=arrival.headers,
        body=_SECRETS.sub(rb"\1***", arrival.body),
        body_sha256=hashlib.sha256(arrival.body).digest(),
        remote_ip=arrival.remote_ip,
        outcome="received",
        reason="",
    )
    session.add(inbound)
    await session.commit()
    return inbound


async def authenticate(session: AsyncSession, inbound: InboundEvent, form: Form) -> Portal | None:
    """Return the portal whose token the event carries; say in the blackbox when there is none."""
    portal = await session.scalar(select(Portal).where(Portal.member_id == form.member_id))
    given = hashlib.sha256(form.application_token.encode()).digest()
    if portal is None or not hmac.compare_digest(given, portal.token_hash):
        inbound.outcome, inbound.reason = "refused", "unknown_portal" if portal is None else "wrong_token"
        portal = None
    else:
        inbound.outcome, inbound.portal_id = "accepted", portal.id
    await session.commit()
    return portal


async def store_event(session: AsyncSession, portal: Portal, inbound: InboundEvent, form: Form) -> None:
    """Note what happened."""
    payload = {"provider_message_id": form.message_id, "dialog_id": form.dialog_id, "user_id": form.user_id}
    session.add(
        Event(
            portal_id=portal.id,
            trace_id=inbound.trace_id,
            type="rx",
            provider_event=form.name,
            provider_event_id=f"m:{form.message_id}",
            payload=payload,
        )
    )
    await session.commit()


async def touch_dialog(session: AsyncSession, portal: Portal, form: Form) -> int:
    """Create the dialog or note that it goes on; returns its id."""
    statement = insert(Dialog).values(
        portal_id=portal.id,
        provider_dialog_id=form.dialog_id,
        user_id=form.user_id,
        kind="group" if form.dialog_id.startswith("chat") else "private",
        state="pending",
        last_message_at=datetime.now(UTC),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["portal_id", "provider_dialog_id"],
        set_={"last_message_at": statement.excluded.last_message_at, "state": statement.excluded.state},
    )
    dialog_id = (await session.execute(statement.returning(Dialog.id))).scalar_one()
    await session.commit()
    return dialog_id


async def store_message(
    session: AsyncSession, portal: Portal, dialog_id: int, inbound: InboundEvent, form: Form
) -> int | None:
    """Keep the message; returns its id, None when it was here before."""
    statement = insert(Message).values(
        portal_id=portal.id,
        dialog_id=dialog_id,
        trace_id=inbound.trace_id,
        provider_message_id=form.message_id,
        author_id=form.user_id,
        author_departments=form.departments,
        body=form.text,
        state="pending",
    )
    statement = statement.on_conflict_do_nothing(index_elements=["portal_id", "provider_message_id"])
    message_id = (await session.execute(statement.returning(Message.id))).scalar_one_or_none()
    await session.commit()
    return message_id
