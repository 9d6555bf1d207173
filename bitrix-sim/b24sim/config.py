"""Settings of the simulator, read once from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where the simulator listens, which application it knows and which product it serves."""

    host: str = "127.0.0.1"
    port: int = 9400
    url: str = "http://127.0.0.1:9400"
    """The simulator's own address as the product sees it: portals and the OAuth server live under it."""
    product_url: str = "http://127.0.0.1:3000"
    client_id: str = "app.local.teachbase"
    client_secret: str = "local-secret"  # noqa: S105 - the simulator's own application, not a secret
    state_file: Path | None = None
    """Snapshot of portals, tokens, bots and messages; None keeps everything in memory."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Settings from `TB_*` variables (README); TB_SIM_URL is needed only where the host binds 0.0.0.0."""
        host = env.get("TB_SIM_HOST", "127.0.0.1")
        port = int(env.get("TB_SIM_PORT", "9400"))
        return cls(
            host=host,
            port=port,
            url=env.get("TB_SIM_URL", f"http://{host}:{port}").rstrip("/"),
            product_url=env.get("TB_PUBLIC_URL", cls.product_url).rstrip("/"),
            client_id=env.get("TB_BITRIX_CLIENT_ID", cls.client_id),
            client_secret=env.get("TB_BITRIX_CLIENT_SECRET", cls.client_secret),
            state_file=Path(env.get("TB_RUN_DIR", ".run")) / "sim" / "state.json",
        )
