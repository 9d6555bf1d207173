"""The portals that ingest has seen lately, held in memory: most batches need not ask the database who they are.

The feed of portals moves a cursor with every change, so one row tells whether anything held here may be old.
"""

import time
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from kit import changefeed
from messaging.classify import is_authentic
from messaging.domain import KnownPortal
from messaging.parse import Parsed
from messaging.repository import inbox as statements
from messaging.repository.portals import FEED

LOOK_EVERY_S = 0.5
"""How often the feed's cursor is looked at: a change is felt this much later than the feed brings it."""
_TRUSTED_S = 2.0
"""Since the last look, after which nothing held is believed."""
_MOST = 20_000


class KnownPortals:
    """Portals by their member_id."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._portals: dict[str, KnownPortal] = {}
        self._cursor = -1
        self._looked_at = float("-inf")

    async def look(self) -> None:
        """Forget everything when the feed has brought a change."""
        async with self._engine.connect() as conn:
            cursor = await changefeed.load_cursor(conn, FEED)
        if cursor != self._cursor or len(self._portals) > _MOST:
            self._portals = {}
        self._cursor, self._looked_at = cursor, time.monotonic()

    async def of(self, conn: AsyncConnection, parsed: Sequence[Parsed]) -> dict[str, KnownPortal]:
        """Return the portals that events name; one that would refuse its event is asked for anew."""
        held = self._portals if time.monotonic() - self._looked_at < _TRUSTED_S else {}
        found: dict[str, KnownPortal] = {}
        missing: set[str] = set()
        for one in parsed:
            member_id = one.event.member_id
            portal = held.get(member_id)
            if portal and (one.is_fetched or is_authentic(one, portal)):
                found[member_id] = portal
            elif member_id:
                missing.add(member_id)
        if missing:
            read = await statements.portals_by_member(conn, sorted(missing))
            found |= read
            # A change that came meanwhile has put another dict in the place of this one.
            held |= read
        return found
