"""Settings of the billing context, read once from the environment (docs/interfaces.md)."""

from dataclasses import dataclass

from kit.config import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """TB_* of the billing processes."""

    billing_grpc: str = "127.0.0.1:50054"
