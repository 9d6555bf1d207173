"""Mends what a diagnosis found: the fixer of each failed check, then the checks again, until nothing new comes up.

Behind one trouble may stand another: who could not be asked before may have lost the bot as well.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.breaker import Breaker
from bitrix.errors import BitrixError
from kit.errors import DomainError
from portal.checks.catalog import Findings
from portal.checks.finding import Finding
from portal.diagnose import Diagnoses, Diagnosis
from portal.domain import Actor
from portal.endpoint import Endpoints
from portal.errors import PortalUnavailable
from portal.life_cycle import LifeCycle
from portal.repository import audit
from portal.setup import Setup
from portal.tokens import Tokens

log = structlog.get_logger("mend")

ROUNDS = 3
NO_NEW_ROUND_AFTER_S = 20.0
"""Somebody waits for the answer."""
FIXER_S = 15.0


@dataclass(frozen=True)
class Fix:
    """What was done about a check: nothing where `did` is empty. `error`: why the fixer did not get through."""

    did: str
    error: str
    before: Finding
    after: Finding


@dataclass(frozen=True)
class Mended:
    """The fixes by check, and how all checks stand now."""

    fixes: Mapping[str, Fix]
    findings: Findings


class Mender:
    """Mends portals. Every fixer is safe to repeat."""

    def __init__(
        self,
        engine: AsyncEngine,
        diagnoses: Diagnoses,
        tokens: Tokens,
        endpoints: Endpoints,
        breaker: Breaker,
        setup: Setup,
        life_cycle: LifeCycle,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._diagnoses = diagnoses
        self._tokens = tokens
        self._endpoints = endpoints
        self._breaker = breaker
        self._setup = setup
        self._life_cycle = life_cycle
        self._now = now
        self._fixers: dict[str, Callable[[Diagnosis], Awaitable[object]]] = {
            "refresh_works": self._other_credential,
            "token_valid": self._other_credential,
            "domain_unchanged": self._take_address,
            "breaker_closed": self._half_open,
            "payment": self._look_at_payment,
            "bot_present": self._ensure_bot,
            "bot_handler": self._ensure_bot,
            "event_handlers": self._bind,
            "placements_bound": self._bind,
            "events_arriving": self._rebind,
        }

    async def attempt(self, portal_id: UUID, actor: Actor, elsewhere: Mapping[str, Any]) -> Mended:
        """Mend what can be mended, and keep who had it done. Raises PortalNotFound.

        `elsewhere`: failed checks of other contexts, which are about to be mended there.
        """
        started = time.monotonic()
        latest = await self._diagnoses.make(portal_id)
        tried: dict[str, tuple[str, str, Finding]] = {}
        for _ in range(ROUNDS):
            new = [name for name in latest.failed if name not in tried]
            if not new:
                break
            tried |= await self._fix(latest, new)
            if not any(tried[name][0] for name in new):
                break
            proven = latest.facts.refreshed is True
            latest = await self._diagnoses.make(portal_id, refresh_is_proven=proven)
            if time.monotonic() - started > NO_NEW_ROUND_AFTER_S:
                break
        fixes = {
            name: Fix(did, error, before, latest.findings[name]) for name, (did, error, before) in tried.items()
        }
        if fixes or elsewhere:
            await self._audit(portal_id, actor, fixes, elsewhere)
        log.info("mended", portal_id=str(portal_id), tried=list(tried), failed=latest.failed)
        return Mended(fixes, latest.findings)

    async def _fix(self, diagnosis: Diagnosis, names: list[str]) -> dict[str, tuple[str, str, Finding]]:
        """Run the fixers of failed checks, each once; returns what was done, its failure and the finding."""
        done: dict[Callable[[Diagnosis], Awaitable[object]], str] = {}
        tried: dict[str, tuple[str, str, Finding]] = {}
        for name in names:
            finding = diagnosis.findings[name]
            fixer = self._fixers.get(name)
            if fixer is None or not finding.fix:
                tried[name] = ("", "", finding)
                continue
            if fixer not in done:
                done[fixer] = await self._run(fixer, diagnosis)
            tried[name] = (finding.fix, done[fixer], finding)
        return tried

    async def _run(self, fixer: Callable[[Diagnosis], Awaitable[object]], diagnosis: Diagnosis) -> str:
        """Run a fixer; returns why it did not get through, "" when it did."""
        try:
            async with asyncio.timeout(FIXER_S):
                await fixer(diagnosis)
        except BitrixError as error:
            return f"{error.method}: {error.code}"
        except DomainError as error:
            return str(error)
        except TimeoutError:
            return f"It took longer than {FIXER_S:.0f} seconds."
        except Exception as error:
            log.error("fixer broke", portal_id=str(diagnosis.facts.portal.id), exc_info=error)
            return f"The fixer itself broke ({type(error).__name__}); the cause is in the log."
        return ""

    async def _other_credential(self, diagnosis: Diagnosis) -> None:
        if diagnosis.facts.refreshed is not True:
            await self._tokens.give_up_newest(diagnosis.facts.portal.id)

    async def _take_address(self, diagnosis: Diagnosis) -> None:
        await self._endpoints.confirm(diagnosis.facts.portal.id)

    async def _half_open(self, diagnosis: Diagnosis) -> None:
        await self._breaker.half_open(diagnosis.facts.portal.member_id)

    async def _look_at_payment(self, diagnosis: Diagnosis) -> None:
        await self._life_cycle.look_at_payment(diagnosis.facts.portal.id)

    async def _ensure_bot(self, diagnosis: Diagnosis) -> None:
        bot = await self._setup.ensure_bot(diagnosis.facts.portal.id)
        if bot.state != "registered":
            raise PortalUnavailable(code=bot.error_code)

    async def _bind(self, diagnosis: Diagnosis) -> None:
        if refused := await self._setup.bind(diagnosis.facts.portal.id):
            raise PortalUnavailable(code=", ".join(refused))

    async def _rebind(self, diagnosis: Diagnosis) -> None:
        await self._setup.rebind_probe(diagnosis.facts.portal.id)

    async def _audit(
        self, portal_id: UUID, actor: Actor, fixes: Mapping[str, Fix], elsewhere: Mapping[str, Any]
    ) -> None:
        before = {name: _line(fix.before) for name, fix in fixes.items()}
        after = {name: {**_line(fix.after), "did": fix.did, "error": fix.error} for name, fix in fixes.items()}
        handed_on = {name: {"state": "handed_on"} for name in elsewhere}
        async with self._engine.begin() as conn:
            await audit.write(
                conn,
                actor,
                "portal.attempt_fix",
                portal_id,
                before={**before, **elsewhere},
                after={**after, **handed_on},
                now=self._now(),
            )


def _line(finding: Finding) -> dict[str, Any]:
    return {"state": finding.state.value, "reason": finding.reason}
