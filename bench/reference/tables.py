"""Tables of the monolith, as declarative models. `create_all` makes them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What all tables share: a 64-bit id and time zones."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's shape
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[int]: ARRAY(BigInteger),
    }


class Portal(Base):
    """A portal that has installed the application. `token_hash`: SHA-256 of its application token."""

    __tablename__ = "portals"

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[str] = mapped_column(unique=True)
    domain: Mapped[str]
    state: Mapped[str]
    bot_id: Mapped[int]
    token_hash: Mapped[bytes]


class InboundEvent(Base):
    """The blackbox: every request, its body redacted."""

    __tablename__ = "inbound_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    trace_id: Mapped[str] = mapped_column(unique=True)
    portal_id: Mapped[int | None] = mapped_column(index=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    method: Mapped[str]
    path: Mapped[str]
    domain: Mapped[str]
    member_id: Mapped[str]
    event: Mapped[str]
    dialog_id: Mapped[str]
    user_id: Mapped[int]
    content_type: Mapped[str]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    body_sha256: Mapped[bytes]
    remote_ip: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]


class Dialog(Base):
    """A conversation with an employee."""

    __tablename__ = "dialogs"
    __table_args__ = (UniqueConstraint("portal_id", "provider_dialog_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int]
    provider_dialog_id: Mapped[str]
    user_id: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    last_message_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Message(Base):
    """A message of an employee, once: its id within the portal is unique."""

    __tablename__ = "messages"
    __table_args__ = (UniqueConstraint("portal_id", "provider_message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int]
    dialog_id: Mapped[int] = mapped_column(index=True)
    trace_id: Mapped[str]
    provider_message_id: Mapped[int]
    author_id: Mapped[int]
    author_departments: Mapped[list[int]]
    body: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Event(Base):
    """A line of what happened."""

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    portal_id: Mapped[int] = mapped_column(index=True)
    trace_id: Mapped[str]
    type: Mapped[str]
    provider_event: Mapped[str]
    provider_event_id: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
