"""Credentials under an older key are sealed anew, so that the older key can be taken out of the ring."""

from dataclasses import replace
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from kit.ids import NIL
from kit.keyring import KeyRing
from portal.repository import rotation as statements
from portal.repository.rotation import Sealed

log = structlog.get_logger("rotation")

_PAGE = 200


class Rotation:
    """Seals credentials under the newest key of the ring."""

    def __init__(self, engine: AsyncEngine, keyring: KeyRing) -> None:
        self._engine = engine
        self._keyring = keyring

    async def round(self) -> int:
        """Go through all credentials; returns how many were sealed anew. One no key opens is left."""
        after: tuple[UUID, int] = (NIL, 0)
        renewed = 0
        while page := await self._page(after):
            old = [anew for one in page if (anew := self._rotated(one)) != one]
            if old:
                async with self._engine.begin() as conn:
                    renewed += await statements.replace(conn, old)
            after = (page[-1].portal_id, page[-1].user_id)
        if renewed:
            log.info("credentials sealed anew", credentials=renewed)
        return renewed

    async def _page(self, after: tuple[UUID, int]) -> list[Sealed]:
        async with self._engine.connect() as conn:
            return await statements.page(conn, after, _PAGE)

    def _rotated(self, one: Sealed) -> Sealed:
        try:
            return replace(
                one,
                access_token=self._keyring.rotated(one.access_token),
                refresh_token=self._keyring.rotated(one.refresh_token),
            )
        except ValueError:
            log.error("no key opens a credential", portal_id=str(one.portal_id), user_id=one.user_id)
            return one
