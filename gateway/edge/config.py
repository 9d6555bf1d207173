"""Settings of the gateway, read once from the environment (docs/interfaces.md)."""

from dataclasses import dataclass
from pathlib import Path

from kit.config import ProcessSettings, TransportSettings


@dataclass(frozen=True, kw_only=True)
class SpoolSettings(TransportSettings):
    """TB_* of whoever brings the spool's events to messaging."""

    messaging_grpc: str = "127.0.0.1:50052"
    spool_dir: Path = Path(".run/spool")


@dataclass(frozen=True, kw_only=True)
class Settings(ProcessSettings, SpoolSettings):
    """TB_* of the gateway."""

    gateway_port: int = 8000
    gateway_host: str = "127.0.0.1"
    public_url: str = "http://127.0.0.1:3000"
    """What browsers call: where it is https, they are told to call nothing else."""
    trusted_proxies: str = "127.0.0.1"
    """Comma-separated addresses and networks whose X-Forwarded-For is believed."""
    extra_port: int = 0
    """A second port to listen on, where no Envoy runs for this platform; 0 = none."""
    portal_grpc: str = "127.0.0.1:50051"
    delivery_grpc: str = "127.0.0.1:50053"
    billing_grpc: str = "127.0.0.1:50054"
    log_dir: Path = Path(".run/logs")
    """Where the processes' logs are, a file each."""
    loki_url: str = ""
    """Where they are instead, like http://loki:3100; empty = in `log_dir`."""
    ui_dir: Path = Path("admin-ui/dist")
    """What `npm run build` of admin-ui wrote."""
    bitrix_js_url: str = "https://api.bitrix24.tech/api/v1/"
    """Where pages in a portal's frame load BX24 from (contract 6.4)."""
