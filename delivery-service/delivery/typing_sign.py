"""The typing sign: a dialog shows that the bot is at work. Best effort, and never at a reply's expense."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog

from bitrix.errors import BitrixError
from bitrix.limiter import Priority
from bitrix.rest import Rest
from delivery import calls
from delivery.clients.portal import LaneTokens, PortalClient
from kit.errors import PeerError

log = structlog.get_logger("typing_sign")

_AT_ONCE = 100
_TIMEOUT_S = 5.0


class TypingSign:
    """Shows the sign, off the caller's path."""

    def __init__(self, portal: PortalClient, rest: Rest) -> None:
        self._portal = portal
        self._rest = rest
        self._showing: set[asyncio.Task[None]] = set()

    def show(self, dialogs: Sequence[tuple[UUID, str]]) -> None:
        """Show it in the dialogs named by portal and provider_dialog_id; what exceeds a sane number is dropped."""
        for portal_id, dialog_id in dialogs[: max(0, _AT_ONCE - len(self._showing))]:
            task = asyncio.create_task(self._show(portal_id, dialog_id))
            self._showing.add(task)
            task.add_done_callback(self._showing.discard)

    async def _show(self, portal_id: UUID, dialog_id: str) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                tokens = LaneTokens(self._portal, portal_id, await self._portal.token(portal_id))
                call = calls.show_typing(dialog_id, tokens.bot)
                await self._rest.call(tokens, call, patience_s=0, priority=Priority.TYPING)
        except (BitrixError, PeerError, TimeoutError) as error:
            log.debug("not shown", portal_id=str(portal_id), error=str(error))
