"""What the caller's environment says, read once; the defaults are those of docs/interfaces.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.database import CONTEXTS
from devstack.errors import StackError

FIRST_GRPC_PORT = 50051
DEFAULT_PASSWORD = "changeme"  # noqa: S105 - published in docs/interfaces.md, refused outside dev
# Offsets from TB_METRICS_BASE_PORT; every other port of the stack has a variable of its own.
METRICS_OFFSETS = {
    "gateway": 0,
    "portal": 1,
    "messaging": 2,
    "delivery": 3,
    "billing": 4,
    "portal-worker": 11,
    "messaging-worker": 12,
    "delivery-worker": 13,
    "billing-worker": 14,
    "knowledge-worker": 15,
}
BITRIX_VARIABLES = (
    "TB_BITRIX_CLIENT_ID",
    "TB_BITRIX_CLIENT_SECRET",
    "TB_BITRIX_OAUTH_URL",
    "TB_BITRIX_DEV_HOSTS",
    "TB_BITRIX_JS_URL",
)


@dataclass(frozen=True)
class Settings:
    """One run of the stack."""

    run_dir: Path
    env: str
    port: int
    public_port: int  # of the proxy's public listener; 0 = any free one, for nobody outside asks a laptop
    gateway_port: int
    sim_port: int | None  # None = without the simulator
    grpc: Mapping[str, str]  # context -> host:port, as the others reach it
    listen: Mapping[str, str]  # context -> host:port where it listens: the same, unless something stands between
    metrics_base_port: int
    postgres_port: int  # where the search for a free one begins
    redis_port: int
    postgres_dsn: str | None  # an administrator's; None = the embedded engine
    redis_url: str | None
    public_url: str
    bitrix: Mapping[str, str]  # the TB_BITRIX_* that every process gets
    admin_email: str
    admin_password: str
    secret_keys: str | None  # None = generated in run_dir
    public_tls_dir: str  # tls.crt and tls.key of the proxy's public listener; without them it speaks http
    tls: bool  # contexts speak mutual TLS, with certificates made in run_dir

    def metrics_port(self, name: str) -> int:
        """Where the process `name` serves its metrics."""
        return self.metrics_base_port + METRICS_OFFSETS[name]


def read(environment: Mapping[str, str]) -> Settings:
    """Build the settings from `environment`. Raises StackError naming the variable that makes no sense."""
    port = _port(environment, "TB_PORT", 3000)
    grpc = {
        context: _address(environment, f"TB_{context.upper()}_GRPC", f"127.0.0.1:{FIRST_GRPC_PORT + number}")
        for number, context in enumerate(CONTEXTS)
    }
    sim_port = None if environment.get("TB_SIM", "").lower() == "off" else _port(environment, "TB_SIM_PORT", 9400)
    return Settings(
        run_dir=Path(environment.get("TB_RUN_DIR") or ".run").absolute(),
        env=_env(environment),
        port=port,
        public_port=_port(environment, "TB_PUBLIC_PORT", 0) if environment.get("TB_PUBLIC_PORT") else 0,
        gateway_port=_port(environment, "TB_GATEWAY_PORT", 8000),
        sim_port=sim_port,
        grpc=grpc,
        listen={
            context: _address(environment, f"TB_{context.upper()}_LISTEN", grpc[context]) for context in CONTEXTS
        },
        metrics_base_port=_port(environment, "TB_METRICS_BASE_PORT", 9100),
        postgres_port=_port(environment, "TB_POSTGRES_PORT", 5432),
        redis_port=_port(environment, "TB_REDIS_PORT", 6379),
        postgres_dsn=environment.get("TB_POSTGRES_DSN") or None,
        redis_url=environment.get("TB_REDIS_URL") or None,
        public_url=environment.get("TB_PUBLIC_URL") or f"http://127.0.0.1:{port}",
        bitrix=_bitrix(environment, sim_port),
        admin_email=environment.get("TB_ADMIN_EMAIL") or "admin@localhost",
        admin_password=environment.get("TB_ADMIN_PASSWORD") or DEFAULT_PASSWORD,
        secret_keys=environment.get("TB_SECRET_KEYS") or None,
        public_tls_dir=environment.get("TB_PUBLIC_TLS_DIR", ""),
        tls=_tls(environment),
    )


def fixed_ports(settings: Settings) -> list[tuple[str, str, int]]:
    """Every port that must be free at the start, as (variable, host, port)."""
    metrics = [settings.metrics_port(name) for name in METRICS_OFFSETS]
    services = [
        (f"TB_{context.upper()}_GRPC", *split_address(address)) for context, address in settings.listen.items()
    ]
    simulator = [] if settings.sim_port is None else [("TB_SIM_PORT", "127.0.0.1", settings.sim_port)]
    return [
        ("TB_PORT", "127.0.0.1", settings.port),
        ("TB_GATEWAY_PORT", "127.0.0.1", settings.gateway_port),
        *services,
        *simulator,
        *(("TB_METRICS_BASE_PORT", "127.0.0.1", port) for port in metrics),
    ]


def _bitrix(environment: Mapping[str, str], sim_port: int | None) -> dict[str, str]:
    given = {name: environment[name] for name in BITRIX_VARIABLES if name in environment}
    if sim_port is None:  # the caller brings the portal and the application
        return given
    simulator = {
        "TB_BITRIX_CLIENT_ID": "app.local.teachbase",
        "TB_BITRIX_CLIENT_SECRET": "local-secret",
        "TB_BITRIX_OAUTH_URL": f"http://127.0.0.1:{sim_port}",
        "TB_BITRIX_DEV_HOSTS": f"127.0.0.1:{sim_port}",
        "TB_BITRIX_JS_URL": f"http://127.0.0.1:{sim_port}/api/v1/",
    }
    return simulator | given


def _env(environment: Mapping[str, str]) -> str:
    env = environment.get("TB_ENV") or "dev"
    if env not in {"dev", "production"}:
        raise StackError(f"TB_ENV is neither dev nor production: {env}")
    if env != "dev" and environment.get("TB_ADMIN_PASSWORD", DEFAULT_PASSWORD) in {"", DEFAULT_PASSWORD}:
        raise StackError(f"TB_ENV={env} needs a TB_ADMIN_PASSWORD of its own")
    return env


def _tls(environment: Mapping[str, str]) -> bool:
    tls = environment.get("TB_TLS") or "off"
    if tls not in {"on", "off"}:
        raise StackError(f"TB_TLS is neither on nor off: {tls}")
    return tls == "on"


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise StackError(f"{name} is not a port number: {text}")
    return int(text)


def _address(environment: Mapping[str, str], name: str, default: str) -> str:
    address = environment.get(name) or default
    if not (":" in address and address.rpartition(":")[2].isdecimal()):
        raise StackError(f"{name} is not host:port: {address}")
    return address


def split_address(address: str) -> tuple[str, int]:
    """Return the parts of `host:port`."""
    host, _, port = address.rpartition(":")
    return host, int(port)
