"""What this context makes of delivery's outcomes: the state of replies, and send_ok or send_err."""

import hashlib
from datetime import UTC
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import changefeed, ids
from messaging.repository import outcomes as statements
from messaging.repository.outcomes import Told
from teachbase.delivery.v1 import delivery_pb2 as pb

FEED = "outcomes"
_STATES = {pb.OUTBOX_STATE_SENT: "sent", pb.OUTBOX_STATE_DEAD: "failed"}
"""Of messages; any other outcome says that a dead letter was taken up again."""


class Outcomes:
    """Follows delivery."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def cursor(self) -> int:
        """Return how far the feed was taken."""
        async with self._engine.connect() as conn:
            return await changefeed.load_cursor(conn, FEED)

    async def apply(self, page: pb.WatchOutcomesResponse) -> None:
        """Take a page: states, events and the cursor in one transaction."""
        told = [_told(outcome) for outcome in page.outcomes]
        async with self._engine.begin() as conn:
            if await changefeed.advance_cursor(conn, FEED, page.cursor) and told:
                await statements.set_message_states(conn, told)
                await statements.insert_events(conn, [one for one in told if one.state in statements.ENDS])


def _told(outcome: pb.Outcome) -> Told:
    at = outcome.at.ToDatetime(tzinfo=UTC)
    seed = f"{outcome.message_id}|{outcome.state}|{outcome.at.ToMicroseconds()}".encode()
    chance = int.from_bytes(hashlib.sha256(seed).digest()[:10], "big")
    return Told(
        event_id=ids.stamp(ids.milliseconds(at), chance),
        portal_id=UUID(outcome.portal_id),
        message_id=UUID(outcome.message_id),
        dialog_id=UUID(outcome.dialog_id),
        trace_id=UUID(hex=outcome.trace_id) if outcome.trace_id else ids.NIL,
        state=_STATES.get(outcome.state, "pending"),
        provider_message_id=outcome.provider_message_id,
        cause=outcome.cause,
        at=at,
    )
