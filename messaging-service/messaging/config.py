"""Settings of the messaging context, read once from the environment (docs/interfaces.md)."""

from dataclasses import dataclass, field

from kit.config import ServiceSettings, SettingsError

_HISTORY_DAYS = range(35, 3651)
"""From as long as the keys of messages are kept (blackbox.py) to ten years."""


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """TB_* of the messaging processes."""

    messaging_grpc: str = "127.0.0.1:50052"
    portal_grpc: str = "127.0.0.1:50051"
    delivery_grpc: str = "127.0.0.1:50053"
    billing_grpc: str = "127.0.0.1:50054"
    llm_base_url: str = ""
    """Any endpoint that speaks OpenAI's API; empty = answers without a model."""
    llm_api_key: str = field(default="", repr=False)
    llm_model: str = ""
    """Comma-separated models, tried in their order."""
    history_days: int = 180
    """For how long messages are kept, at least: they go by whole months. No less than their keys are."""
    storage_url: str = "file:///tmp/teachbase/storage"
    """Where documents' files lie: `file:///folder` or `s3://bucket/prefix` (credentials from AWS_*)."""

    def __post_init__(self) -> None:
        """Refuse to forget what may still be repeated."""
        super().__post_init__()
        if self.history_days not in _HISTORY_DAYS:
            raise SettingsError(f"TB_HISTORY_DAYS is {_HISTORY_DAYS.start} to {_HISTORY_DAYS.stop - 1}")
