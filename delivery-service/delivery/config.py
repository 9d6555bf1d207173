"""Settings of the delivery context, read once from the environment (docs/interfaces.md)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from kit.config import ServiceSettings


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """TB_* of the delivery processes."""

    delivery_grpc: str = "127.0.0.1:50053"
    portal_grpc: str = "127.0.0.1:50051"
    bitrix_oauth_url: str = ""
    bitrix_dev_hosts: str = ""

    @property
    def dev_hosts(self) -> list[str]:
        """Hosts that may be plain or private: those named, and the OAuth server that was named."""
        return [*self.bitrix_dev_hosts.split(","), urlsplit(self.bitrix_oauth_url).netloc]
