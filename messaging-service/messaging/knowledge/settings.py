"""How a portal is answered: what it chose, over what everybody gets."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

STRICTNESS: Mapping[str, float] = {"strict": 1.15, "balanced": 1.0, "lenient": 0.85}
"""What the gate is multiplied by."""


@dataclass(frozen=True)
class AnswerSettings:
    """Settings as they count for a portal. `history`: how many earlier messages a model is shown."""

    model_enabled: bool = False
    base_url: str = ""
    models: tuple[str, ...] = ()
    tone: str = "neutral"
    strictness: str = "balanced"
    language: str = "question"
    citations: str = "full"
    history: int = 4
    embeddings: str = "off"
    """Whose: of the built-in model (local), or of `embedding_model` at the same address as the models."""
    embedding_model: str = ""

    def over(self, chosen: Mapping[str, Any]) -> "AnswerSettings":
        """Return these with what was chosen in their place."""
        known = {field.name for field in fields(self)}
        given = {name: value for name, value in chosen.items() if name in known}
        return replace(self, **{**given, "models": tuple(given.get("models", self.models))})

    @property
    def has_embedding_endpoint(self) -> bool:
        """Whether an endpoint is to be asked for embeddings."""
        return self.embeddings == "endpoint" and bool(self.base_url) and bool(self.embedding_model)

    @property
    def has_model(self) -> bool:
        """Whether a model is to be asked."""
        return self.model_enabled and bool(self.base_url) and bool(self.models)

    @property
    def asks_models(self) -> bool:
        """Whether an answer waits for a model of any sort."""
        return self.has_model or self.has_embedding_endpoint or self.embeddings == "local"
