"""The state on disk: written a second after a change and on the way out, read at start."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from b24sim.cloud import Cloud
from b24sim.dedup import Record
from b24sim.model import Message
from b24sim.portal import Portal
from b24sim.tokens import TokenStore

DEBOUNCE_SECONDS: Final = 1.0
REST_FACTOR: Final = 20
"""A big state is written less often: the pause is at least this many times the last write."""
CHUNK: Final = 500
DERIVED: Final[dict[str, Any]] = {
    "messages": True,
    "private_chats": True,
    "uuids": True,
    "live": True,
    "chats": {"__all__": {"message_ids"}},
}


@dataclass(slots=True)
class SavedPortal:
    """A portal without what can be derived, its messages, and its uuids that never became a message."""

    portal: Portal
    messages: list[Message]
    burnt: dict[str, float]


@dataclass(slots=True)
class Saved:
    """The whole file."""

    tokens: TokenStore
    portals: list[SavedPortal]


SAVED: Final = TypeAdapter(Saved)
TOKENS: Final = TypeAdapter(TokenStore)
PORTAL: Final = TypeAdapter(Portal)
MESSAGES: Final = TypeAdapter(list[Message])
BURNT: Final = TypeAdapter(dict[str, float])


@dataclass
class Snapshots:
    """Writes the cloud to `path` whenever it changed; with no path it does nothing."""

    cloud: Cloud
    path: Path | None
    task: asyncio.Task[None] | None = field(default=None)

    def load(self) -> None:
        """Fill the cloud from the file, where there is one."""
        if self.path is None or not self.path.exists():
            return
        saved = SAVED.validate_json(self.path.read_bytes())
        self.cloud.tokens = saved.tokens
        for item in saved.portals:
            _reindex(item)
            self.cloud.add(item.portal)
        self.cloud.changed.clear()

    def start(self) -> None:
        """Begin to write after changes."""
        self.task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write for the last time."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        if self.path is not None:
            _replace(self.path, b"".join(_parts(self.cloud)))

    async def _run(self) -> None:
        while self.path is not None:
            await self.cloud.changed.wait()
            await asyncio.sleep(DEBOUNCE_SECONDS)
            self.cloud.changed.clear()
            started = time.perf_counter()
            parts = []
            for part in _parts(self.cloud):
                parts.append(part)
                await asyncio.sleep(0)  # a call of a portal waits for one part, not for the whole state
            await asyncio.to_thread(_replace, self.path, b"".join(parts))
            await asyncio.sleep(REST_FACTOR * (time.perf_counter() - started))


def _parts(cloud: Cloud) -> Iterator[bytes]:
    yield b'{"tokens":' + TOKENS.dump_json(cloud.tokens, exclude={"recent"}) + b',"portals":['
    for number, portal in enumerate(list(cloud.portals.values())):
        yield b"," if number else b""
        yield from _portal_parts(portal)
    yield b"]}"


def _portal_parts(portal: Portal) -> Iterator[bytes]:
    yield b'{"portal":' + PORTAL.dump_json(portal, exclude=DERIVED)
    burnt = {uuid: item.at for uuid, item in portal.uuids.records.items() if item.message_id is None}
    yield b',"burnt":' + BURNT.dump_json(burnt) + b',"messages":['
    messages = list(portal.messages.values())
    for start in range(0, len(messages), CHUNK):
        items = MESSAGES.dump_json(messages[start : start + CHUNK])[1:-1]
        yield b"," + items if start else items
    yield b"]}"


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(content)
    draft.replace(path)


def _reindex(saved: SavedPortal) -> None:
    """Derive again what the file leaves out."""
    portal = saved.portal
    for chat in portal.chats.values():
        if chat.kind == "private":
            user_id = next(member for member in chat.members if member not in portal.bots)
            bot_id = next(member for member in chat.members if member in portal.bots)
            portal.private_chats[bot_id, user_id] = chat.id
    for message in saved.messages:
        portal.messages[message.id] = message
        portal.chats[message.chat_id].message_ids.append(message.id)
        if message.uuid and message.author_id not in portal.users:
            portal.uuids.records[message.uuid] = Record(message.at, message.id)
            portal.live.templates[message.uuid] += not message.deleted
    for uuid, at in saved.burnt.items():
        portal.uuids.records[uuid] = Record(at)
