"""Settings of the portal context, read once from the environment (docs/interfaces.md)."""

from urllib.parse import urlsplit

from pydantic import SecretStr, model_validator

from kit.config import ServiceSettings

DEFAULT_ADMIN_PASSWORD = "changeme"  # noqa: S105 - refused outside TB_ENV=dev


class Settings(ServiceSettings):
    """TB_* of the portal processes."""

    portal_grpc: str = "127.0.0.1:50051"
    public_url: str = "http://127.0.0.1:3000"
    bitrix_client_id: str
    bitrix_client_secret: SecretStr
    bitrix_oauth_url: str = ""
    bitrix_dev_hosts: str = ""
    admin_email: str = "admin@localhost"
    admin_password: SecretStr = SecretStr(DEFAULT_ADMIN_PASSWORD)

    @model_validator(mode="after")
    def _refuse_default_password(self) -> "Settings":
        if self.env != "dev" and self.admin_password.get_secret_value() == DEFAULT_ADMIN_PASSWORD:
            raise ValueError("TB_ADMIN_PASSWORD still has its default value; set one before TB_ENV=production")
        return self

    @property
    def dev_hosts(self) -> list[str]:
        """Hosts that may be plain or private: those named, and the OAuth server that was named."""
        return [*self.bitrix_dev_hosts.split(","), urlsplit(self.bitrix_oauth_url).netloc]
