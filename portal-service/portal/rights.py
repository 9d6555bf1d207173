"""Who a user of a portal is, by the user's own token (contract 6.5)."""

import asyncio
from typing import Any

import structlog

from bitrix.errors import BitrixError
from bitrix.events import as_flag, as_map, as_text
from portal.clients.rest import PortalRest
from portal.domain import PortalUser, VerifiedInstall
from portal.errors import RightsUnknown

log = structlog.get_logger("rights")


class Rights:
    """Asks portals."""

    def __init__(self, rest: PortalRest) -> None:
        self._rest = rest

    async def is_admin(self, install: VerifiedInstall) -> bool:
        """Return whether the token's user administers the portal. Raises RightsUnknown when it does not say."""
        return (await self.user(install)).is_admin

    async def user(self, install: VerifiedInstall) -> PortalUser:
        """Return the token's user. Either method may lack its scope; RightsUnknown when neither answers."""
        role, profile = await asyncio.gather(self._ask(install, "user.admin"), self._ask(install, "profile"))
        if isinstance(role, BitrixError) and isinstance(profile, BitrixError):
            raise RightsUnknown(user_id=install.user_id, code=profile.code)
        card = as_map(None if isinstance(profile, BitrixError) else profile)
        is_admin = (not isinstance(role, BitrixError) and as_flag(role)) or as_flag(card.get("ADMIN"))
        name = f"{as_text(card.get('NAME'))} {as_text(card.get('LAST_NAME'))}".strip()
        return PortalUser(install.user_id, name, is_admin)

    async def _ask(self, install: VerifiedInstall, method: str) -> Any:
        """Return what a method says, or its failure."""
        try:
            return await self._rest.call_as(
                install.member_id, install.client_endpoint, install.access_token, method, {}
            )
        except BitrixError as error:
            log.warning("rights not learned", portal_id=str(install.portal_id), method=method, code=error.code)
            return error
