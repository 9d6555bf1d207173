"""Settings of answers: everybody's, each portal's own over them, and the keys of models, sealed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit import db
from kit.errors import InvalidArgument
from kit.ids import NIL
from kit.keyring import KeyRing
from messaging.clients.embeddings import LOCAL, EmbeddingSource
from messaging.clients.endpoint import Endpoint
from messaging.errors import ModelAddressNotAllowed
from messaging.knowledge.settings import AnswerSettings
from messaging.repository import answer_settings as statements
from messaging.repository import embeddings
from messaging.repository.answer_settings import Stored

FRESH_S = 2.0
"""How long what was read is believed: a change is felt this much later."""
_MOST_READ = 5_000
_NOTHING = Stored({}, b"")
_EMBEDDING = ("embeddings", "embedding_model", "base_url")
"""What decides which model embeds, beside the key."""
ALLOWED = "allowed_base_urls"
"""Of everybody's settings: where portals may have their models."""


@dataclass(frozen=True)
class Chosen:
    """What was chosen for a portal (or for everybody), and what counts."""

    own: Mapping[str, Any]
    has_api_key: bool
    effective: AnswerSettings
    allowed_base_urls: tuple[str, ...]


@dataclass(frozen=True)
class _Read:
    """What was stored `at` a moment of the monotonic clock, and what counts by it."""

    at: float
    everybodys: Stored
    own: Stored
    effective: AnswerSettings


class AnswerSettingsBook:
    """Reads and changes them. `base`: what the environment says, under everything."""

    def __init__(self, engine: AsyncEngine, keyring: KeyRing, base: Endpoint, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._keyring = keyring
        self._base = base
        self._now = now
        self._read: dict[UUID, _Read] = {}

    async def of(self, portal_id: UUID) -> AnswerSettings:
        """Return what counts for a portal."""
        return (await self._fresh(portal_id)).effective

    async def endpoint(self, portal_id: UUID) -> Endpoint:
        """Return where a portal's models answer, with a key that was given for that address and no other."""
        read = await self._fresh(portal_id)
        everybodys, own, effective = read.everybodys, read.own, read.effective
        for stored in (own, everybodys):
            if key := self._key_for(stored, effective.base_url):
                return Endpoint(effective.base_url, key, effective.models)
        key = self._base.api_key if effective.base_url == self._base.base_url else ""
        return Endpoint(effective.base_url, key, effective.models)

    async def embedding_source(self, portal_id: UUID) -> EmbeddingSource | None:
        """Return the model that embeds for a portal, None where words alone decide."""
        effective = await self.of(portal_id)
        if effective.embeddings == "local":
            return EmbeddingSource(LOCAL)
        if not effective.has_embedding_endpoint:
            return None
        endpoint = await self.endpoint(portal_id)
        return EmbeddingSource(
            f"{endpoint.base_url} {effective.embedding_model}",
            replace(endpoint, models=(effective.embedding_model,)),
        )

    def forget(self) -> None:
        """Read everything anew."""
        self._read.clear()

    async def chosen(self, portal_id: UUID) -> Chosen:
        """Return what was chosen for a portal; NIL: for everybody."""
        self._read.pop(portal_id, None)
        read = await self._fresh(portal_id)
        everybodys, own, effective = read.everybodys, read.own, read.effective
        own = everybodys if portal_id == NIL else own
        return Chosen(
            own=own.settings,
            has_api_key=bool(self._key_for(own, effective.base_url)),
            effective=effective,
            allowed_base_urls=tuple(everybodys.settings.get(ALLOWED, ())),
        )

    async def choose(self, portal_id: UUID, settings: Mapping[str, Any], api_key: str | None) -> Chosen:
        """Replace what was chosen; `api_key` None keeps the key, "" removes it.

        Raises InvalidArgument, ModelAddressNotAllowed.
        """
        self._read.pop(portal_id, None)  # what is compared with must be what is there now
        read = await self._fresh(portal_id)
        everybodys, own = read.everybodys, read.own
        base_url = str(settings.get("base_url", ""))
        if base_url:
            _check_url(base_url)
            if portal_id != NIL and not self._is_allowed(base_url, everybodys):
                raise ModelAddressNotAllowed(base_url=base_url)
        for url in settings.get(ALLOWED, ()):
            _check_url(url)
        sealed = None
        if api_key is not None:
            _check_key(api_key)
            meant_for = base_url or self._effective(everybodys, _NOTHING).base_url
            sealed = self._keyring.encrypt(f"{meant_for}\n{api_key}") if api_key else b""
        async with self._engine.begin() as conn:
            await statements.save(conn, portal_id, settings, sealed, self._now())
            before = everybodys if portal_id == NIL else own
            if api_key is not None or any(before.settings.get(name) != settings.get(name) for name in _EMBEDDING):
                await embeddings.make_due(conn, portal_id, self._now())
        self.forget()
        return await self.chosen(portal_id)

    def _effective(self, everybodys: Stored, own: Stored) -> AnswerSettings:
        chosen = own.settings
        if not self._is_allowed(str(chosen.get("base_url", "")), everybodys):
            # It was allowed when it was chosen; who took it off the list meant those too.
            chosen = {name: value for name, value in chosen.items() if name != "base_url"}
        return self._default().over(everybodys.settings).over(chosen)

    def _is_allowed(self, base_url: str, everybodys: Stored) -> bool:
        allowed = {self._base.base_url, everybodys.settings.get("base_url"), *everybodys.settings.get(ALLOWED, ())}
        return not base_url or base_url in allowed

    def _key_for(self, stored: Stored, base_url: str) -> str:
        if not stored.api_key:
            return ""
        meant_for, _, key = self._keyring.decrypt(stored.api_key).partition("\n")
        return key if meant_for == base_url else ""

    def _default(self) -> AnswerSettings:
        given = bool(self._base.base_url and self._base.models)
        return AnswerSettings(model_enabled=given, base_url=self._base.base_url, models=self._base.models)

    async def _fresh(self, portal_id: UUID) -> "_Read":
        read = self._read.get(portal_id)
        if read is None or time.monotonic() - read.at > FRESH_S:
            async with db.at_once(self._engine).connect() as conn:
                found = await statements.find(conn, [NIL, portal_id])
            everybodys = found.get(NIL, _NOTHING)
            own = _NOTHING if portal_id == NIL else found.get(portal_id, _NOTHING)
            read = _Read(time.monotonic(), everybodys, own, self._effective(everybodys, own))
            if len(self._read) >= _MOST_READ:
                self.forget()
            self._read[portal_id] = read
        return read


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.username or parts.query or parts.fragment:
        raise InvalidArgument(field="base_url", problem="is not an http or https address")


def _check_key(api_key: str) -> None:
    if not all("!" <= letter <= "~" for letter in api_key):
        raise InvalidArgument(field="api_key", problem="holds what no header can hold")
