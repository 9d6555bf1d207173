"""What the application needs on a portal besides its credential: the bot, events of its own life, placements."""

from uuid import UUID

import structlog

from bitrix.batch import Outcome
from bitrix.client import Call
from bitrix.errors import BitrixError
from bitrix.events import as_map, as_text
from bitrix.limiter import ENTERPRISE, Budget, Limiter
from kit.errors import DomainError
from portal import bindings
from portal.bindings import Bindings
from portal.bot import Bots
from portal.clients.rest import PortalRest
from portal.domain import Bot
from portal.settings import SettingsOfPortals

log = structlog.get_logger("setup")

_LOOK = [Call(method, {}, is_idempotent=True) for method in ("event.get", "placement.get", "app.info")]


class Setup:
    """Sets portals up; safe to repeat."""

    def __init__(
        self, settings: SettingsOfPortals, bots: Bots, rest: PortalRest, limiter: Limiter, public_url: str
    ) -> None:
        self._settings = settings
        self._bots = bots
        self._rest = rest
        self._limiter = limiter
        self._wanted = Bindings(public_url)

    async def run(self, portal_id: UUID) -> Bot:
        """Make sure of the bot, the bindings and the rate budget. What the portal refuses is stored or logged."""
        bot = await self._bots.ensure(portal_id)
        if bot.state == "registered":
            try:
                await self.bind(portal_id)
            except (BitrixError, DomainError) as error:
                # The bot answers without them; a removal is then learned from the first call that is refused.
                log.warning("not bound", portal_id=str(portal_id), error=str(error))
        return bot

    async def ensure_bot(self, portal_id: UUID) -> Bot:
        """Make sure of the bot alone."""
        return await self._bots.ensure(portal_id)

    async def bind(self, portal_id: UUID) -> list[str]:
        """Bind what is not bound, unbind what leads elsewhere; learn the budget. Returns what was refused.

        Raises BitrixError, NoCredential, OauthUnavailable, TokenRefused.
        """
        events, places, info = await self._rest.batch(portal_id, _LOOK)
        calls = self._wanted.mend_events(bindings.events(_result(events)))
        if not isinstance(places, BitrixError):
            calls += self._wanted.mend_places(bindings.places(places.result))
        ended = await self._rest.batch(portal_id, calls) if calls else []
        refused = [f"{one.method}: {one.code}" for one in (places, *ended) if isinstance(one, BitrixError)]
        if refused:
            log.warning("not bound", portal_id=str(portal_id), refused=refused)
        await self._learn(portal_id, info)
        return refused

    async def rebind_probe(self, portal_id: UUID) -> None:
        """Subscribe to the test event anew, where it is bound and yet does not come. Raises like `bind`."""
        for outcome in await self._rest.batch(portal_id, self._wanted.rebind(bindings.PROBE_EVENT)):
            _result(outcome)

    async def _learn(self, portal_id: UUID, answer: Outcome) -> None:
        """The portal's language; and its plan: the platform grants Enterprise more requests (contract 3.4)."""
        if isinstance(answer, BitrixError):
            return
        info = as_map(answer.result)
        is_enterprise = as_text(info.get("LICENSE_FAMILY")).lower().startswith("ent")
        await self._limiter.set_budget(
            await self._rest.member_of(portal_id), ENTERPRISE if is_enterprise else Budget()
        )
        await self._settings.learn_language(portal_id, as_text(info.get("LANGUAGE_ID")))


def _result(outcome: Outcome) -> object:
    if isinstance(outcome, BitrixError):
        raise outcome
    return outcome.result
