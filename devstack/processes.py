"""The process table: what runs, with which environment, and when it counts as ready."""

import functools
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from devstack import certificates, envoy, postgres, probes, redis, unroot
from devstack.readiness import Probe
from devstack.settings import Settings
from devstack.spawn import CALLER, Account
from kit.config import TransportSettings, read

WATCHER = "supervisor"
UI_DIR = Path(__file__).parents[1] / "admin-ui" / "dist"


class Stage(IntEnum):
    """Higher stages stop first: nobody loses a server that it still calls."""

    ENGINE = 0
    SERVE = 1
    WORK = 2
    EDGE = 3
    PROXY = 4


# Seconds from the stop signal to SIGKILL. Stages stop one after another: the sum stays below 15.
GRACE = {Stage.ENGINE: 3.0, Stage.SERVE: 2.5, Stage.WORK: 4.0, Stage.EDGE: 3.5, Stage.PROXY: 1.0}


@dataclass(frozen=True)
class Process:
    """One row of the table."""

    name: str
    argv: tuple[str | Path, ...]
    env: Mapping[str, str]
    stage: Stage
    address: str  # printed when it is ready
    ready: Probe
    prepare: Callable[[], Awaitable[None]] | None = None  # before every start
    account: Account = CALLER
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL  # what the kernel sends when the supervisor dies


def postgres_engine(settings: Settings, port: int) -> Process:
    """The embedded Postgres on `port`."""
    data_dir = settings.run_dir / "postgres"
    return Process(
        name="postgres",
        argv=tuple(postgres.command(data_dir, port, durable=True)),
        env=postgres.ENVIRONMENT,
        stage=Stage.ENGINE,
        address=f"127.0.0.1:{port}",
        ready=functools.partial(postgres.is_ready, data_dir, port),
        prepare=functools.partial(postgres.prepare, data_dir, durable=True),
        account=unroot.account(),
        stop_signal=postgres.STOP_SIGNAL,
        death_signal=postgres.DEATH_SIGNAL,
    )


def redis_engine(settings: Settings, port: int) -> Process:
    """The embedded Redis on `port`."""
    data_dir = settings.run_dir / "redis"
    return Process(
        name="redis",
        argv=tuple(redis.command(data_dir, port)),
        env=redis.ENVIRONMENT,
        stage=Stage.ENGINE,
        address=f"127.0.0.1:{port}",
        ready=functools.partial(redis.is_ready, port),
        prepare=functools.partial(redis.prepare, data_dir),
        stop_signal=redis.STOP_SIGNAL,
        death_signal=redis.DEATH_SIGNAL,
    )


def migrate_argv(context: str) -> tuple[str | Path, ...]:
    """The command that brings the schema of `context` to the current version."""
    return (sys.executable, "-m", context, "migrate")


def service(settings: Settings, context: str, env: Mapping[str, str]) -> Process:
    """The gRPC server of `context`."""
    address = settings.listen[context]
    own = {
        f"TB_{context.upper()}_GRPC": address,
        "TB_METRICS_PORT": str(settings.metrics_port(context)),
    }
    return Process(
        name=context,
        argv=(sys.executable, "-m", context, "serve"),
        env={**env, **_identity(settings, context), **own},
        stage=Stage.SERVE,
        address=address,
        ready=functools.partial(probes.grpc_serving, address, context, _watcher(settings)),
    )


def worker(settings: Settings, context: str, env: Mapping[str, str]) -> Process:
    """The queue worker of `context`."""
    return _worker(settings, f"{context}-worker", (context, "work"), env)


def certificates_dir(settings: Settings) -> Path:
    """Where the certificates of this run lie."""
    return settings.run_dir / "tls"


def _identity(settings: Settings, context: str) -> dict[str, str]:
    return certificates.files(certificates_dir(settings), context) if settings.tls else {}


def _watcher(settings: Settings) -> TransportSettings:
    """As whom the supervisor asks for the others' health."""
    return read(TransportSettings, _identity(settings, WATCHER))


def knowledge_worker(settings: Settings, env: Mapping[str, str]) -> Process:
    """Messaging's worker that reads documents."""
    return _worker(settings, "knowledge-worker", ("messaging", "knowledge"), env)


def _worker(settings: Settings, name: str, command: tuple[str, str], env: Mapping[str, str]) -> Process:
    port = settings.metrics_port(name)
    return Process(
        name=name,
        argv=(sys.executable, "-m", *command),
        env={**env, **_identity(settings, command[0]), "TB_METRICS_PORT": str(port)},
        stage=Stage.WORK,
        address=f"127.0.0.1:{port}/metrics",
        ready=functools.partial(probes.http_ok, port, "/metrics"),
    )


def simulator(port: int, env: Mapping[str, str]) -> Process:
    """The portal simulator on `port`."""
    return Process(
        name="sim",
        argv=(sys.executable, "-m", "b24sim"),
        env={**env, "TB_SIM_PORT": str(port)},
        stage=Stage.EDGE,
        address=f"127.0.0.1:{port}",
        ready=functools.partial(probes.http_ok, port, "/health"),
    )


def gateway(settings: Settings, env: Mapping[str, str], behind_proxy: bool) -> Process:
    """The HTTP gateway; without a proxy it listens on TB_PORT too."""
    extra = {} if behind_proxy else {"TB_EXTRA_PORT": str(settings.port)}
    own = {
        "TB_METRICS_PORT": str(settings.metrics_port("gateway")),
        "TB_SPOOL_DIR": str(settings.run_dir / "spool"),
        "TB_LOG_DIR": str(settings.run_dir / "logs"),
        "TB_UI_DIR": str(UI_DIR),
    }
    return Process(
        name="gateway",
        argv=(sys.executable, "-m", "edge", "serve"),
        env={**env, **_identity(settings, "gateway"), **own, **extra},
        stage=Stage.EDGE,
        address=f"127.0.0.1:{settings.gateway_port}",
        ready=functools.partial(probes.http_ok, settings.gateway_port, "/ready"),
    )


def proxy(settings: Settings, binary: Path) -> Process:
    """Envoy on TB_PORT, in front of the gateway."""
    return Process(
        name="envoy",
        argv=tuple(envoy.command(binary, settings)),
        env={},
        stage=Stage.PROXY,
        address=f"127.0.0.1:{settings.port}",
        ready=functools.partial(probes.http_ok, settings.port, "/health"),
    )
