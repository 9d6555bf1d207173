"""Events of bots in fetch mode: asked for when messaging asks (contract 5.6)."""

from uuid import UUID

import orjson

from bitrix.client import Call
from bitrix.errors import BitrixError
from bitrix.limiter import Priority
from portal.clients.rest import PortalRest
from portal.errors import PortalUnavailable
from portal.tokens import Tokens

METHOD = "imbot.v2.Event.get"


class FetchedEvents:
    """Asks portals for the events of their bots."""

    def __init__(self, rest: PortalRest, tokens: Tokens) -> None:
        self._rest = rest
        self._tokens = tokens

    async def page(self, portal_id: UUID, offset: int, limit: int) -> bytes:
        """Return a page as Bitrix24 gives it, JSON. An offset deletes what is before it.

        Raises PortalUnavailable, NoCredential, TokenRefused, OauthUnavailable.
        """
        bot_id = (await self._tokens.current(portal_id)).bot_id
        params = {"botId": bot_id, "limit": limit, **({"offset": offset} if offset else {})}
        try:
            # The same page comes again until its events are let go.
            answer = await self._rest.ask(
                portal_id, Call(METHOD, params, is_idempotent=True), patience_s=0, priority=Priority.WELCOME
            )
        except BitrixError as error:
            raise PortalUnavailable(code=error.code, kind=error.kind.value) from None
        return orjson.dumps(answer.result)
