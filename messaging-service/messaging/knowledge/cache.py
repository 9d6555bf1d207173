"""The indexes that are in use, as many as fit: one per portal and version of its documents."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from messaging.knowledge.lexical import NO_SYNONYMS, LexicalIndex
from messaging.knowledge.passage import Passage

BUILDS = 2
"""At a time: one takes up to thirty times as much memory as the text it is made from."""

Load = Callable[[], Awaitable[Sequence[Passage]]]
_Key = tuple[UUID, int]


class IndexCache:
    """Keeps what was asked for last, within `limit_bytes`; the newest stays even if it alone is larger.

    It belongs to one event loop. A thousand portals of 200 passages take about 1.2 GB.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._indexes: OrderedDict[_Key, LexicalIndex] = OrderedDict()
        self._builds: dict[_Key, asyncio.Task[LexicalIndex]] = {}
        self._turn = asyncio.Semaphore(BUILDS)
        self.size_bytes = 0
        """Of all that is kept."""

    def has(self, portal_id: UUID, version: int) -> bool:
        """Whether an index is at hand."""
        return (portal_id, version) in self._indexes

    async def get(
        self, portal_id: UUID, version: int, load: Load, synonyms: Mapping[str, Sequence[str]] = NO_SYNONYMS
    ) -> LexicalIndex:
        """Return the index of the portal's documents as of the version.

        Where there is none, `load` is called and an index built in a thread, once for all who wait for it; what it
        raises, all of them get, and the next one tries again. A caller that is cancelled stops nobody else.
        """
        key = (portal_id, version)
        kept = self._indexes.get(key)
        if kept is not None:
            self._indexes.move_to_end(key)
            return kept
        build = self._builds.get(key)
        if build is None:
            build = asyncio.create_task(self._build(key, load, synonyms))
            self._builds[key] = build
            build.add_done_callback(lambda done: self._built(key, done))
        return await asyncio.shield(build)

    async def _build(self, key: _Key, load: Load, synonyms: Mapping[str, Sequence[str]]) -> LexicalIndex:
        async with self._turn:
            passages = await load()
            index = await asyncio.to_thread(LexicalIndex.build, passages, synonyms)
        self._keep(key, index)
        return index

    def _built(self, key: _Key, done: asyncio.Task[LexicalIndex]) -> None:
        del self._builds[key]
        if not done.cancelled():
            done.exception()  # seen, even if nobody waits any more

    def _keep(self, key: _Key, index: LexicalIndex) -> None:
        for other in [other for other in self._indexes if other[0] == key[0]]:
            self._drop(other)  # nobody asks for another version of the portal's documents again
        self._indexes[key] = index
        self.size_bytes += index.size_bytes
        while self.size_bytes > self._limit_bytes and len(self._indexes) > 1:
            self._drop(next(iter(self._indexes)))

    def _drop(self, key: _Key) -> None:
        self.size_bytes -= self._indexes.pop(key).size_bytes
