"""Gathers the facts of a diagnosis: each source within a time of its own, and none of them stops another.

A portal is asked in two requests: one batch of reads, and the test event.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from bitrix.breaker import Breaker, Condition
from bitrix.client import Call, Credential
from bitrix.decisions import failure
from bitrix.errors import BitrixError
from bitrix.oauth import AppInfo, OAuthServer
from kit.errors import DomainError
from portal.bindings import Bindings
from portal.bot_profile import CODE
from portal.checks import facts as ask
from portal.checks.authority import is_away
from portal.checks.facts import Authority, Facts, Probe, Stored
from portal.checks.own import why_no_probe
from portal.clients.rest import PortalRest
from portal.domain import Bot, base_of
from portal.errors import NoCredential
from portal.portals import Portals
from portal.probes import Probes, call_of
from portal.tokens import Tokens

REST_S = 8.0
PATIENCE_S = 3.0
"""Of them to wait for the portal's rate budget and before repeats."""
ECHO_S = 8.0
"""Somebody watches: an event that is slower than that proves itself to the next diagnosis."""
_READS = (ask.APP_INFO, ask.IS_ADMIN, ask.EVENTS, ask.PLACES)


class Gatherer:
    """Gathers facts."""

    def __init__(
        self,
        portals: Portals,
        tokens: Tokens,
        oauth: OAuthServer,
        rest: PortalRest,
        breaker: Breaker,
        probes: Probes,
        wanted: Bindings,
        now: Callable[[], datetime],
    ) -> None:
        self._portals = portals
        self._tokens = tokens
        self._oauth = oauth
        self._rest = rest
        self._breaker = breaker
        self._probes = probes
        self._wanted = wanted
        self._now = now

    async def gather(self, portal_id: UUID, *, refresh_is_proven: bool = False) -> Facts:
        """Return the facts of a portal. Raises PortalNotFound.

        `refresh_is_proven`: it has just been seen to work; a refresh more would prove nothing.
        """
        portal = await self._portals.get(portal_id)
        facts = Facts(portal, self._now(), self._oauth.client_id, self._wanted)
        with_token, breaker = await asyncio.gather(
            self._with_token(facts, refresh_is_proven), self._look(portal.member_id)
        )
        facts = await self._with_rest(replace(with_token, breaker=breaker))
        return await self._with_probe(facts)

    async def _look(self, member_id: str) -> Condition | None:
        return await self._breaker.look(member_id)

    async def _with_token(self, facts: Facts, refresh_is_proven: bool) -> Facts:
        """Ask the OAuth server: of the token, for a new pair, and where the token was not good, of the new one."""
        try:
            token, live = await self._tokens.newest(facts.portal.id)
        except NoCredential:
            return replace(facts, stored_token=await self._authority("none", ""))
        facts = replace(facts, stored=Stored(token, live))
        said = await self._authority(token.access_token, token.server_endpoint)
        facts = replace(facts, stored_token=said)
        if isinstance(said.answer, AppInfo):
            facts = replace(facts, live=said.answer)
            if refresh_is_proven:
                return replace(facts, refreshed=True)
        elif is_away(said.answer):
            return replace(facts, refreshed=said.answer)
        return await self._with_refresh(facts)

    async def _with_refresh(self, facts: Facts) -> Facts:
        try:
            fresh = await self._tokens.prove_refresh(facts.portal.id)
        except BitrixError as error:
            return replace(facts, refreshed=error)
        except DomainError as error:
            return replace(facts, refreshed=failure("no_answer", method="oauth refresh", description=error.reason))
        facts = replace(facts, refreshed=True)
        if facts.live is None:
            said = await self._authority(fresh.access_token, fresh.server_endpoint)
            facts = replace(facts, live=said.answer if isinstance(said.answer, AppInfo) else None)
        return facts

    async def _authority(self, access_token: str, server_endpoint: str) -> Authority:
        started = time.perf_counter()
        answer: AppInfo | BitrixError
        try:
            answer = await self._oauth.app_info(access_token, server_endpoint)
        except BitrixError as error:
            answer = error
        return Authority(answer, round((time.perf_counter() - started) * 1000))

    async def _with_rest(self, facts: Facts) -> Facts:
        """Ask the portal, where there is a token that it should take and calls are not held back."""
        credential = await self._credential(facts)
        if credential is None or (facts.breaker and facts.breaker.word == "open"):
            return facts
        asked_at, reads = self._now().timestamp(), _reads(facts.portal.bot)
        try:
            async with asyncio.timeout(REST_S):
                outcomes = await self._rest.batch_as(credential, reads, PATIENCE_S)
        except TimeoutError:
            outcomes = [failure("deadline", portal=facts.portal.member_id, method=one.method) for one in reads]
        rest = {call.method: outcome for call, outcome in zip(reads, outcomes, strict=True)}
        return replace(facts, rest=rest, asked_at=asked_at, answered_at=self._now().timestamp())

    async def _with_probe(self, facts: Facts) -> Facts:
        credential = await self._credential(facts)
        if credential is None or why_no_probe(facts):
            return facts
        portal_id = facts.portal.id
        probe_id = await self._probes.begin(portal_id)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(REST_S):
                (outcome,) = await self._rest.batch_as(credential, [call_of(probe_id)], PATIENCE_S)
        except TimeoutError:
            outcome = failure("deadline", portal=facts.portal.member_id, method="event.test")
        refusal = outcome.code if isinstance(outcome, BitrixError) else ""
        await self._probes.sent(portal_id, probe_id, refusal)
        echoed = not refusal and await self._probes.wait(portal_id, probe_id, ECHO_S)
        took_s = time.perf_counter() - started
        return replace(facts, probe=Probe(round(took_s * 1000) if echoed else None, round(took_s, 1), refusal))

    async def _credential(self, facts: Facts) -> Credential | None:
        """Return the token that is good now, at the address that the OAuth server told with it.

        While that server is away a token that should still be good is tried where the portal was last.
        """
        if facts.live is None:
            return _stored_credential(facts)
        token, _ = await self._tokens.newest(facts.portal.id)
        return Credential(facts.portal.member_id, base_of(facts.live.client_endpoint), token.access_token)


def _stored_credential(facts: Facts) -> Credential | None:
    if facts.stored is None or facts.stored_token is None or not is_away(facts.stored_token.answer):
        return None
    token = facts.stored.token
    if token.expires_at <= facts.now:
        return None
    return Credential(token.member_id, token.client_endpoint, token.access_token)


def _reads(bot: Bot) -> list[Call]:
    """Return the reads of a batch; a portal with a classic bot has no methods of the second generation."""
    names = [*_READS, ask.CLASSIC_BOTS] if bot.is_classic else [*_READS, ask.OWN_BOTS]
    reads = [Call(name, {}, is_idempotent=True) for name in names]
    return reads if bot.is_classic else [*reads, Call(ask.BOT_BY_CODE, {"code": CODE}, is_idempotent=True)]
