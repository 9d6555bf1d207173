"""Whether a user administers a portal, by the user's own token (contract 6.5)."""

from collections.abc import Callable
from typing import Any

import structlog

from bitrix.errors import BitrixError
from bitrix.events import as_flag, as_map
from portal.clients.rest import PortalRest
from portal.domain import VerifiedInstall
from portal.errors import RightsUnknown

log = structlog.get_logger("rights")


class Rights:
    """Asks portals."""

    def __init__(self, rest: PortalRest) -> None:
        self._rest = rest

    async def is_admin(self, install: VerifiedInstall) -> bool:
        """Ask one method, then the other: either may lack its scope. Raises RightsUnknown when neither answers."""
        by_role = await self._ask(install, "user.admin", as_flag)
        if by_role is True:
            return True
        by_profile = await self._ask(install, "profile", _admin_flag)
        if isinstance(by_role, str) and isinstance(by_profile, str):
            raise RightsUnknown(user_id=install.user_id, code=by_profile)
        return by_profile is True

    async def _ask(self, install: VerifiedInstall, method: str, read: Callable[[Any], bool]) -> bool | str:
        """Return what a method says, or the code of its failure."""
        try:
            answer = await self._rest.call_as(
                install.member_id, install.client_endpoint, install.access_token, method, {}
            )
        except BitrixError as error:
            log.warning("rights not learned", portal_id=str(install.portal_id), method=method, code=error.code)
            return error.code
        return read(answer)


def _admin_flag(profile: Any) -> bool:
    return as_flag(as_map(profile).get("ADMIN"))
