"""The REST of portals: within the budget, with a live token, repeated only where that is safe, batched."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit

from bitrix import batch, metrics
from bitrix.batch import Outcome
from bitrix.breaker import Breaker
from bitrix.client import Answer, BitrixClient, Call, Credential
from bitrix.decisions import Pause, Repeat, failure, line_of
from bitrix.errors import BitrixError, Kind, PortalRenamed
from bitrix.limiter import Limiter, Priority
from bitrix.retry import RetryBudget, backoff_s

_OF_ONE_CALL = {Kind.REQUEST, Kind.DIALOG, Kind.CONFIG}
"""Failures that say nothing about the other calls of a batch."""


class Tokens(Protocol):
    """The credential of one portal, kept by whoever calls. What its methods raise passes through."""

    async def get(self) -> Credential:
        """Return the credential as it is, expired or not."""

    async def refresh_after(self, stale: Credential) -> Credential:
        """Return a credential newer than one that the portal refused; refresh only if there is none yet."""

    async def moved(self, stale: Credential, client_endpoint: str) -> Credential:
        """Return the credential at the new address that the portal named, which the policy allows.

        It is a claim: the OAuth server's app.info confirms it, and then it may be stored (contract 2.4).
        """


class Rest:
    """Calls methods of any portal. One per process."""

    def __init__(self, client: BitrixClient, limiter: Limiter, breaker: Breaker) -> None:
        self._client = client
        self._limiter = limiter
        self._breaker = breaker
        self._retries = RetryBudget()

    async def call(
        self, tokens: Tokens, call: Call, *, patience_s: float, priority: Priority = Priority.INTERACTIVE
    ) -> Answer:
        """Return the answer of a method.

        `patience_s` bounds all waiting together: for the budget, for the breaker and before repeats; 0 = now or
        not at all. What an answer itself takes comes on top (client.TOTAL_S). A refused token is refreshed once
        and a renamed portal followed once, in whichever order. Raises BitrixError, and what `tokens` raises; its
        `outcome_is_known` speaks for all attempts.
        """
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + patience_s
        credential = await tokens.get()
        self._retries.first(credential.member_id)
        repeats, refreshed, renamed = 0, False, False
        unsure: BitrixError | None = None
        while True:
            try:
                answer = await self._once(credential, call, ends_at, priority)
            except BitrixError as error:
                if isinstance(error, PortalRenamed) and not renamed:
                    credential = await tokens.moved(credential, self._new_endpoint(credential, call, error))
                    renamed = True
                    continue
                if line_of(error).repeat is Repeat.REFRESHED and not refreshed:
                    fresh = await tokens.refresh_after(credential)
                    endpoint = credential.client_endpoint if renamed else fresh.client_endpoint
                    refreshed, credential = True, replace(fresh, client_endpoint=endpoint)
                    continue
                # A repeat that was refused does not tell what became of an earlier one that nobody answered.
                unsure = unsure if error.outcome_is_known else error
                wait_s = _before_repeat_s(error, call, repeats)
                if wait_s is None or loop.time() + wait_s > ends_at:
                    raise unsure or error from None
                if not self._retries.spend(credential.member_id):
                    raise unsure or error from None
                repeats += 1
                await asyncio.sleep(wait_s)
            else:
                return answer

    async def batch(
        self,
        tokens: Tokens,
        calls: Sequence[Call],
        *,
        patience_s: float,
        priority: Priority = Priority.INTERACTIVE,
        halt: bool = False,
    ) -> list[Outcome]:
        """Return how each call ended, in as few requests as may be, made one after another in the calls' order.

        After a failure that concerns the whole portal the calls not begun yet are not tried; with `halt` after
        any failure. They end as BitrixError `not_tried`.
        """
        member_id = (await tokens.get()).member_id
        outcomes: list[Outcome] = []
        for places in batch.pack(calls):
            part = [calls[place] for place in places]
            try:
                if len(part) == 1:
                    outcomes.append(await self.call(tokens, part[0], patience_s=patience_s, priority=priority))
                    continue
                joined = batch.join(part, halt=halt)
                answer = await self.call(tokens, joined, patience_s=patience_s, priority=priority)
            except BitrixError as error:
                outcomes += [error] * len(part)
                if halt or error.kind not in _OF_ONE_CALL:
                    return outcomes + batch.untried(calls[len(outcomes) :], error)
                continue
            ended = batch.split(answer, part, member_id, halt=halt)
            for one, outcome in zip(part, ended, strict=True):
                await self._heed(member_id, one.method, outcome)
            outcomes += ended
            if halt and (failed := _first_failure(ended)):
                return outcomes + batch.untried(calls[len(outcomes) :], failed)
        return outcomes

    def _new_endpoint(self, credential: Credential, call: Call, error: PortalRenamed) -> str:
        """Return the endpoint that a renamed portal named: another host, the same path, https. Raises `error`.

        The simulator's portals have their names in the path: of that one part a path may differ.
        """
        old = urlsplit(f"{credential.client_endpoint}{call.method}").path.split("/")
        try:
            new = urlsplit(error.location)
        except ValueError:
            raise error from None
        path = new.path.split("/")
        if len(path) != len(old) or path[-2:] != ["rest", call.method] or not new.netloc:
            raise error
        self._client.policy.check_url(error.location)
        return f"{new.scheme}://{new.netloc}{new.path.removesuffix(call.method)}"

    async def _once(self, credential: Credential, call: Call, ends_at: float, priority: Priority) -> Answer:
        member_id, method = credential.member_id, call.method
        await self._limiter.wait(member_id, ends_at, priority, (method, *call.carries))
        passage = await self._breaker.enter(member_id)
        if passage.wait_s:
            metrics.HELD_BACK.labels("breaker_open").inc()
            raise failure("breaker_open", portal=member_id, method=method, retry_after_s=passage.wait_s)
        began = time.perf_counter()
        try:
            answer = await self._client.ask(credential, method, call.params)
        except BitrixError as error:
            metrics.CALL_SECONDS.labels(error.kind).observe(time.perf_counter() - began)
            # Who says that it has moved is well.
            await self._breaker.tell(member_id, passage, None if isinstance(error, PortalRenamed) else error)
            await self._heed(member_id, method, error)
            raise
        metrics.CALL_SECONDS.labels("ok").observe(time.perf_counter() - began)
        await self._breaker.tell(member_id, passage, None)
        await self._heed(member_id, method, answer)
        return answer

    async def _heed(self, member_id: str, method: str, outcome: Outcome) -> None:
        """Let rest what has to: a method near its limit of run time, whatever the portal throttles."""
        if isinstance(outcome, Answer):
            await self._limiter.spare(member_id, method, outcome.operating_s, outcome.operating_reset_at)
            return
        line = line_of(outcome)
        rest_s = max(line.pause_s, outcome.retry_after_s or 0.0)
        if line.pause is Pause.PORTAL:
            await self._limiter.brake(member_id, rest_s)
        elif line.pause is Pause.METHOD:
            await self._limiter.brake(member_id, rest_s, method)


def _first_failure(outcomes: Sequence[Outcome]) -> BitrixError | None:
    return next((one for one in outcomes if isinstance(one, BitrixError)), None)


def _before_repeat_s(error: BitrixError, call: Call, repeats: int) -> float | None:
    """Return the seconds to wait before a call is made again, None when it must not be."""
    repeat = line_of(error).repeat
    if repeat is Repeat.ALWAYS or (repeat is Repeat.IDEMPOTENT and call.is_idempotent):
        return max(backoff_s(repeats, random.random()), error.retry_after_s or 0.0)  # noqa: S311 - jitter
    return None
