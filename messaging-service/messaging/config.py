"""Settings of the messaging context, read once from the environment (docs/interfaces.md)."""

from dataclasses import dataclass, field

from kit.config import ServiceSettings


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
    storage_url: str = "file:///tmp/teachbase/storage"
    """Where documents' files lie: `file:///folder` or `s3://bucket/prefix` (credentials from AWS_*)."""
