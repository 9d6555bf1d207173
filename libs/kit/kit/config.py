"""Settings that every service process reads, once, from the environment (docs/interfaces.md)."""

from typing import Literal

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProcessSettings(BaseSettings):
    """What any process of the house needs to say how it is and to be trusted."""

    model_config = SettingsConfigDict(env_prefix="TB_", frozen=True, extra="ignore")

    env: Literal["dev", "production"] = "dev"
    metrics_port: int = 0
    """Where /metrics listens; 0 = nowhere."""
    secret_keys: SecretStr
    """Comma-separated Fernet keys, newest first."""


class ServiceSettings(ProcessSettings):
    """What a service with a schema and a queue of its own needs besides."""

    database_dsn: SecretStr
    """`postgresql://role:password@host:port/database` of the service's own role."""
    redis_url: str
    database_pool: int = 10
    """Connections that one process may hold."""
