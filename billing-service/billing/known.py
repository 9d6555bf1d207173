"""What portals are on, as it was read last: the statement that relies on it looks whether it is so still."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from billing.domain import Subscription
from billing.subscriptions import subscriptions_of

_MOST = 20_000
"""Of them that are remembered, each about a kilobyte."""


class Known:
    """Remembers subscriptions. They may be out of date: their `row_version` tells."""

    def __init__(self) -> None:
        self._of: dict[UUID, Subscription] = {}

    async def of(
        self, conn: AsyncConnection, portal_ids: Collection[UUID], now: datetime
    ) -> dict[UUID, Subscription]:
        """Return what each portal is on, read where it is not known."""
        found = {one: self._of[one] for one in portal_ids if one in self._of and _holds(self._of[one], now)}
        missing = set(portal_ids) - set(found)
        return found | await self.anew(conn, missing, now) if missing else found

    async def anew(
        self, conn: AsyncConnection, portal_ids: Collection[UUID], now: datetime
    ) -> dict[UUID, Subscription]:
        """Return what each portal is on now."""
        read = await subscriptions_of(conn, portal_ids, now)
        if len(self._of) + len(read) > _MOST:
            self._of.clear()
        self._of |= read
        return read


def _holds(one: Subscription, now: datetime) -> bool:
    return one.holds_until is None or now < one.holds_until
