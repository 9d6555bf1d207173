"""What Bitrix24 tells of the application's life on a portal (contract 1.4): installed, updated, paid, removed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bitrix.errors import BitrixError, Kind
from bitrix.events import as_flag, as_map
from kit.errors import DomainError
from portal import changes
from portal.bot import Bots
from portal.clients.rest import PortalRest
from portal.domain import Marketplace, portal_id_of
from portal.errors import LookedLately, NoCredential, OauthUnavailable, TokenRefused
from portal.install import Installs
from portal.life import Move, State
from portal.probes import Probes
from portal.remove import Removals
from portal.repository import application_tokens
from portal.repository import portals as statements

log = structlog.get_logger("life")


LOOK_EVERY = timedelta(minutes=1)
_MOST_DAYS = 100_000


@dataclass
class LifeEvent:
    """An event as it says of itself; also a claim to verify (portal.verify)."""

    member_id: str
    event: str
    is_proven: bool
    clean: bool
    application_token_hash: bytes
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    server_endpoint: str
    remote_ip: str
    received_at: datetime | None = None
    application_token: str = ""
    probe: str = ""
    """Of ONAPPTEST: which probe it echoes."""


class LifeCycle:
    """Follows the application on portals. Every event is safe to repeat."""

    def __init__(
        self,
        engine: AsyncEngine,
        installs: Installs,
        bots: Bots,
        rest: PortalRest,
        removals: Removals,
        probes: Probes,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._installs = installs
        self._bots = bots
        self._rest = rest
        self._removals = removals
        self._probes = probes
        self._now = now
        self._looked: dict[UUID, datetime] = {}

    async def handle(self, event: LifeEvent) -> State:
        """Do what an event asks for. Returns where the portal stands.

        Raises PortalNotFound, LookedLately, and for an install or update what Installs.accept raises.
        """
        portal_id = portal_id_of(event.member_id)
        if event.event in {"ONAPPINSTALL", "ONAPPUPDATE"} and event.access_token:
            await self._installs.accept(event, event.application_token_hash)
        elif event.event == "ONAPPPAYMENT":
            await self._state(portal_id)  # nobody is asked, and nothing kept, for a portal that is not there
            self._take_turn_to_look(portal_id)
            await self.look_at_payment(portal_id)
        elif event.is_proven and event.event == "ONAPPUNINSTALL":
            await self._remove(portal_id, event)
        elif event.is_proven and event.event in {"ONIMBOTV2DELETE", "ONIMBOTDELETE"}:
            await self._look_for_bot(portal_id)
        elif event.is_proven:
            await self._probes.heard(portal_id, event.probe)
        return await self._state(portal_id)

    async def _remove(self, portal_id: UUID, event: LifeEvent) -> None:
        """Obey a removal, unless it is of an install before the one there is: events may come late."""
        async with self._engine.begin() as conn:
            await statements.lock_state(conn, portal_id)
            portal = await statements.get(conn, portal_id)
            newest = await application_tokens.newest(conn, portal_id)
            is_old = portal.installed_at and event.received_at and event.received_at < portal.installed_at
            if is_old or (newest and event.application_token_hash and event.application_token_hash != newest):
                log.info("removal of an earlier install", portal_id=str(portal_id))
                return
            await self._removals.remove(conn, portal_id, clean=event.clean)
        log.info("application removed", portal_id=str(portal_id), clean=event.clean)

    def _take_turn_to_look(self, portal_id: UUID) -> None:
        """Anybody can send a hint of a payment: a portal is asked once in LOOK_EVERY whatever comes.

        The hint is not dropped, for it may be the true one: who told it tells it again. Raises LookedLately.
        """
        now = self._now()
        self._looked = {one: at for one, at in self._looked.items() if at > now - LOOK_EVERY}
        if portal_id in self._looked:
            raise LookedLately(portal_id=portal_id)
        self._looked[portal_id] = now

    async def _look_for_bot(self, portal_id: UUID) -> None:
        """Ask the portal itself: the event may be of an earlier bot, and come late."""
        try:
            await self._bots.look_for(portal_id)
        except (BitrixError, NoCredential, OauthUnavailable, TokenRefused) as error:
            log.warning("bot not looked for", portal_id=str(portal_id), error=str(error))

    async def look_at_payment(self, portal_id: UUID) -> None:
        """Ask the portal itself: the event proves nothing and says little (contract 8)."""
        info: dict[str, Any] = {}
        try:
            info = as_map(await self._rest.call(portal_id, "app.info", {}, is_idempotent=True))
            move = Move.LAPSED if as_flag(info.get("PAYMENT_EXPIRED")) else Move.PAID
        except BitrixError as error:
            if error.kind is not Kind.PLAN:
                log.warning("payment not learned", portal_id=str(portal_id), code=error.code)
                return
            move = Move.LAPSED
        except TokenRefused as refusal:
            if refusal.detail.get("kind") != Kind.PLAN:
                raise
            move = Move.LAPSED
        except DomainError as error:
            log.warning("payment not learned", portal_id=str(portal_id), reason=error.reason)
            return
        async with self._engine.begin() as conn:
            await statements.move(conn, portal_id, move, self._now())
            await statements.note_marketplace(conn, portal_id, _said(info, move, self._now()))
            await changes.announce(conn, portal_id)

    async def _state(self, portal_id: UUID) -> State:
        async with self._engine.connect() as conn:
            portal = await statements.get(conn, portal_id)
        return State(portal.state)


def _said(info: dict[str, Any], move: Move, now: datetime) -> Marketplace:
    days = info.get("DAYS")
    return Marketplace(
        status=str(info.get("STATUS") or "")[:8],
        days=days if isinstance(days, int) and abs(days) < _MOST_DAYS else None,
        is_payment_expired=move is Move.LAPSED,
        noted_at=now,
    )
