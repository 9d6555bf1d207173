"""Settings of the portal context, read once from the environment (docs/interfaces.md)."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kit.config import ServiceSettings, SettingsError

DEFAULT_ADMIN_PASSWORD = "changeme"  # noqa: S105 - refused outside TB_ENV=dev


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings):
    """TB_* of the portal processes."""

    portal_grpc: str = "127.0.0.1:50051"
    public_url: str = "http://127.0.0.1:3000"
    bitrix_client_id: str
    bitrix_client_secret: str = field(repr=False)
    bitrix_oauth_url: str = ""
    bitrix_dev_hosts: str = ""
    admin_email: str = "admin@localhost"
    admin_password: str = field(default=DEFAULT_ADMIN_PASSWORD, repr=False)

    def __post_init__(self) -> None:
        """Refuse the default password where it would be a hole."""
        super().__post_init__()
        if self.env != "dev" and self.admin_password == DEFAULT_ADMIN_PASSWORD:
            raise SettingsError("TB_ADMIN_PASSWORD has its default value; TB_ENV=production needs one of yours")

    @property
    def dev_hosts(self) -> list[str]:
        """Hosts that may be plain or private: those named, and the OAuth server that was named."""
        return [*self.bitrix_dev_hosts.split(","), urlsplit(self.bitrix_oauth_url).netloc]
