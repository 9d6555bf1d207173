"""What was deleted when a portal's administrator asked for it: a signed line from each context, kept for good."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit.keyring import KeyRing
from portal.repository import deletions as statements


class Deletions:
    """Keeps deletion reports. A line holds counts of rows, nothing of what stood in them."""

    def __init__(self, engine: AsyncEngine, keyring: KeyRing, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._keys = keyring.signing_keys("deletion-report")
        self._now = now

    async def report(self, portal_id: UUID, asked_at: datetime, context: str, deleted: Mapping[str, int]) -> None:
        """Keep a context's line; told twice, the counts of the second telling are those of what was left: none."""
        async with self._engine.begin() as conn:
            await self.write(conn, portal_id, asked_at, context, deleted)

    async def write(
        self, conn: AsyncConnection, portal_id: UUID, asked_at: datetime, context: str, deleted: Mapping[str, int]
    ) -> None:
        """Keep a line in a transaction of the caller."""
        reported_at = self._now()
        signature = _sign(self._keys[0], portal_id, asked_at, context, deleted, reported_at)
        await statements.add(conn, portal_id, asked_at, context, dict(deleted), reported_at, signature)

    async def is_genuine(self, portal_id: UUID, asked_at: datetime, context: str) -> bool:
        """Return whether a line is there and is as it was written."""
        async with self._engine.connect() as conn:
            line = await statements.find(conn, portal_id, asked_at, context)
        return line is not None and any(
            hmac.compare_digest(
                line.signature, _sign(key, portal_id, asked_at, context, line.deleted, line.reported_at)
            )
            for key in self._keys
        )


def _sign(
    key: bytes, portal_id: UUID, asked_at: datetime, context: str, deleted: Mapping[str, int], at: datetime
) -> bytes:
    said = orjson.dumps(
        [str(portal_id), asked_at.isoformat(), context, dict(deleted), at.isoformat()],
        option=orjson.OPT_SORT_KEYS,
    )
    return hmac.digest(key, said, hashlib.sha256)
