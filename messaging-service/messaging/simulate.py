"""A message as if a person of a portal had written it, for developers."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix import phpform
from kit import ids
from messaging import ingest
from messaging.domain import RawEvent, Receipt
from messaging.errors import PortalUnknown, SimulationOff
from messaging.ingest import Inbox
from messaging.parse import Parsed
from messaging.repository import portals as statements

PATH = "/v1/debug/simulate/bitrix/incoming"
"""Stands in the blackbox where the events address does; no request from outside is stored with it."""
_FIRST_ID = 1 << 40
"""No message of a real portal has such an id."""


class Simulation:
    """Makes events."""

    def __init__(self, engine: AsyncEngine, inbox: Inbox, now: Callable[[], datetime], *, is_on: bool) -> None:
        self._engine = engine
        self._inbox = inbox
        self._now = now
        self._is_on = is_on

    async def incoming(self, trace_id: UUID, portal_id: UUID, user_id: int, said: str, remote_ip: str) -> Receipt:
        """Take in a message in the private dialog of a person. Raises PortalUnknown, SimulationOff."""
        if not self._is_on:
            raise SimulationOff
        async with self._engine.connect() as conn:
            found = await statements.address(conn, portal_id)
        if found is None:
            raise PortalUnknown(portal_id=portal_id)
        member_id, bot_id = found
        raw = RawEvent(
            id=trace_id,
            received_at=self._now(),
            method="POST",
            path=PATH,
            content_type="application/x-www-form-urlencoded",
            body=phpform.encode(_fields(member_id, bot_id, user_id, said, trace_id)),
            body_truncated=False,
            headers={},
            remote_ip=remote_ip,
        )
        read = ingest.parse_safely(raw)
        # Nobody of Bitrix24 sent it, so it has no token; who may ask for it is its proof.
        [receipt] = await self._inbox.take_in([raw], [Parsed(read.event, read.error, is_fetched=True)])
        return receipt


def _fields(member_id: str, bot_id: int, user_id: int, said: str, trace_id: UUID) -> dict[str, phpform.Encodable]:
    return {
        "event": "ONIMBOTV2MESSAGEADD",
        "data": {
            "bot": {"id": bot_id},
            "message": {
                "id": _FIRST_ID + ids.milliseconds(ids.time_of(trace_id)) * 1024 + trace_id.int % 1024,
                "authorId": user_id,
                "text": said,
                "isSystem": False,
            },
            "chat": {"dialogId": str(user_id)},
            "user": {"id": user_id, "active": True, "type": "employee"},
        },
        "auth": {"member_id": member_id},
    }
