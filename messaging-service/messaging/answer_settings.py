"""Settings of answers: everybody's, each portal's own over them, and the keys of models, sealed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db
from kit.errors import InvalidArgument
from kit.ids import NIL
from kit.keyring import KeyRing
from messaging.clients.model import Endpoint
from messaging.errors import ModelAddressNotAllowed
from messaging.knowledge.settings import AnswerSettings
from messaging.repository import answer_settings as statements
from messaging.repository.answer_settings import Stored

FRESH_S = 2.0
"""How long what was read is believed: a change is felt this much later."""
ALLOWED = "allowed_base_urls"
"""Of everybody's settings: where portals may have their models."""


@dataclass(frozen=True)
class Chosen:
    """What was chosen for a portal (or for everybody), and what counts."""

    own: Mapping[str, Any]
    has_api_key: bool
    effective: AnswerSettings
    allowed_base_urls: tuple[str, ...]


class AnswerSettingsBook:
    """Reads and changes them. `base`: what the environment says, under everything."""

    def __init__(self, engine: AsyncEngine, keyring: KeyRing, base: Endpoint, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._keyring = keyring
        self._base = base
        self._now = now
        self._read: dict[UUID, tuple[float, Stored, Stored]] = {}

    async def of(self, portal_id: UUID) -> AnswerSettings:
        """Return what counts for a portal."""
        everybodys, own = await self._stored(portal_id)
        return self._default().over(everybodys.settings).over(own.settings)

    async def endpoint(self, portal_id: UUID) -> Endpoint:
        """Return where a portal's models answer, with the key of whoever named the address."""
        everybodys, own = await self._stored(portal_id)
        effective = self._default().over(everybodys.settings).over(own.settings)
        for stored in (own, everybodys):
            if stored.settings.get("base_url") == effective.base_url and stored.api_key:
                return Endpoint(effective.base_url, self._keyring.decrypt(stored.api_key), effective.models)
        key = self._base.api_key if effective.base_url == self._base.base_url else ""
        return Endpoint(effective.base_url, key, effective.models)

    async def chosen(self, portal_id: UUID) -> Chosen:
        """Return what was chosen for a portal; NIL: for everybody."""
        self._read.pop(portal_id, None)
        everybodys, own = await self._stored(portal_id)
        return Chosen(
            own=own.settings,
            has_api_key=bool(own.api_key),
            effective=self._default().over(everybodys.settings).over(own.settings),
            allowed_base_urls=tuple(everybodys.settings.get(ALLOWED, ())),
        )

    async def choose(self, portal_id: UUID, settings: Mapping[str, Any], api_key: str | None) -> Chosen:
        """Replace what was chosen; `api_key` None keeps the key, "" removes it.

        Raises InvalidArgument, ModelAddressNotAllowed.
        """
        base_url = str(settings.get("base_url", ""))
        if base_url:
            _check_url(base_url)
            everybodys, _ = await self._stored(portal_id)
            allowed = {self._base.base_url, *everybodys.settings.get(ALLOWED, ())}
            if portal_id != NIL and base_url not in allowed:
                raise ModelAddressNotAllowed(base_url=base_url)
        for url in settings.get(ALLOWED, ()):
            _check_url(url)
        sealed = None if api_key is None else self._keyring.encrypt(api_key) if api_key else b""
        async with self._engine.begin() as conn:
            await statements.save(conn, portal_id, settings, sealed, self._now())
        self._read.clear()
        return await self.chosen(portal_id)

    def _default(self) -> AnswerSettings:
        given = bool(self._base.base_url and self._base.models)
        return AnswerSettings(model_enabled=given, base_url=self._base.base_url, models=self._base.models)

    async def _stored(self, portal_id: UUID) -> tuple[Stored, Stored]:
        read = self._read.get(portal_id)
        if read is None or time.monotonic() - read[0] > FRESH_S:
            async with db.at_once(self._engine).connect() as conn:
                found = await statements.find(conn, [NIL, portal_id])
            nothing = Stored({}, b"")
            own = nothing if portal_id == NIL else found.get(portal_id, nothing)
            read = (time.monotonic(), found.get(NIL, nothing), own)
            if portal_id == NIL:
                read = (read[0], nothing, found.get(NIL, nothing))
            self._read[portal_id] = read
        return read[1], read[2]


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username
        or parts.query
        or parts.fragment
    ):
        raise InvalidArgument(field="base_url", problem="is not an http or https address")
