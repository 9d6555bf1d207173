"""What the built-in model says of the corpus. `python -m bench.meaning` embeds its passages, in ten minutes."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import numpy as np

from bench import corpus
from messaging.clients.embeddings import LOCAL, Embeddings, EmbeddingSource
from messaging.clients.endpoint import Endpoints
from messaging.knowledge.fusion import NEAREST, OPENING, Vectors
from messaging.knowledge.passage import Passage

_FILE = Path(__file__).parent / "knowledge" / "embeddings.npz"
_SOURCE = EmbeddingSource(LOCAL)


class Meaning:
    """Compares questions, embedded as they come, with passages: as the statement `nearest` does."""

    def __init__(self, passages: Sequence[Passage], vectors: Vectors) -> None:
        self._ids = [one.id for one in passages]
        self._vectors = vectors
        openings = {one.document_id: place for place, one in reversed(list(enumerate(passages)))}
        self._openings = [openings[one.document_id] for one in passages]
        self._embeddings = Embeddings(Endpoints())

    async def similar(self, question: str) -> Mapping[UUID, float]:
        """Return how near the nearest passages are to a question."""
        [vector] = await self._embeddings.question(_SOURCE, question)
        cosines = self._vectors @ vector
        near = (cosines + OPENING * cosines[self._openings]) / (1 + OPENING)
        return {self._ids[place]: float(near[place]) for place in np.argsort(-near, kind="stable")[:NEAREST]}


def of_corpus(passages: Sequence[Passage]) -> Meaning:
    """Read what was embedded. Raises ValueError where the passages are others by now."""
    with np.load(_FILE) as kept:
        if kept["sha256"].item() != _sha256(passages):
            raise ValueError("the passages are not those that were embedded: run `python -m bench.meaning`")
        return Meaning(passages, kept["vectors"].astype(np.float32))


def _sha256(passages: Sequence[Passage]) -> str:
    return hashlib.sha256("\0".join(one.embedded_text for one in passages).encode()).hexdigest()


async def _embed() -> None:
    passages = corpus.passages()
    vectors = await Embeddings(Endpoints()).passages(_SOURCE, [one.embedded_text for one in passages])
    np.savez_compressed(_FILE, sha256=_sha256(passages), vectors=vectors.astype(np.float16))


if __name__ == "__main__":
    asyncio.run(_embed())
