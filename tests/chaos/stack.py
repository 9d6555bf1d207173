"""The product as chaos needs it: wires that can be cut, a clock that can jump, a disk that can be full."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from devstack.ports import next_free
from tests.chaos.network import Wire, wires
from tests.e2e.product import Product

ROOT = Path(__file__).parents[2]
CONTEXTS = ("portal", "messaging", "delivery", "billing")
_READY_S = 120
_FIRST_PORT = 24_000
_PORTS = ("TB_PORT", "TB_GATEWAY_PORT", "TB_SIM_PORT", "TB_POSTGRES_PORT", "TB_REDIS_PORT", "TB_METRICS_BASE_PORT")
_SPOOL_MB = 32
"""Of a disk of its own, where one can be mounted: enough for the events of an outage, at 4 KB each."""


@dataclass(frozen=True)
class Ground:
    """Where things are broken."""

    product: Product
    supervisor: int
    """Its pid: while it is stopped nothing that dies is started again."""
    wires: dict[str, Wire]
    clock: Path
    """By how much the clocks of all processes but the engines are off, like `+60`."""
    spool: Path
    has: frozenset[str]
    """What this machine can have: `disk`, a small one of the spool's own; `clock`, one that jumps."""


@asynccontextmanager
async def started() -> AsyncIterator[Ground]:
    """Start everything in a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as name,
        _small_disk(Path(name) / "run" / "spool") as is_small,
    ):
        folder, ports = Path(name), _ports()
        clock = folder / "clock"
        clock.write_text("+0")
        faked = _clock_of(clock)
        has = {name for name, is_there in (("disk", is_small), ("clock", bool(faked))) if is_there}
        listens = {context: (ports[f"TB_{context.upper()}_GRPC"], ports[context]) for context in CONTEXTS}
        environment = {
            **{variable: value for variable, value in os.environ.items() if not variable.startswith("TB_")},
            **{variable: str(ports[variable]) for variable in _PORTS},
            **{f"TB_{context.upper()}_GRPC": f"127.0.0.1:{here}" for context, (here, _) in listens.items()},
            **{f"TB_{context.upper()}_LISTEN": f"127.0.0.1:{there}" for context, (_, there) in listens.items()},
            **faked,
            "TB_RUN_DIR": str(folder / "run"),
            "TB_PUBLIC_URL": f"http://127.0.0.1:{ports['TB_PORT']}",
        }
        async with wires(listens) as between:
            process = _start(folder / "output", environment)
            product = Product(folder / "run", environment)
            try:
                await asyncio.to_thread(product.wait_ready, process, folder / "output", _READY_S)
                async with product.connected():
                    yield Ground(product, process.pid, between, clock, folder / "run" / "spool", frozenset(has))
            finally:
                process.send_signal(signal.SIGTERM)
                await asyncio.to_thread(process.wait, 60)


def _start(output: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    with output.open("wb") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "devstack", "up"], cwd=ROOT, env=environment, stdout=told, stderr=told
        )


def _ports() -> dict[str, int]:
    ports = dict[str, int]()
    for name in (*_PORTS, *(f"TB_{context.upper()}_GRPC" for context in CONTEXTS), *CONTEXTS):
        ports[name] = next_free(max(ports.values(), default=_FIRST_PORT) + 20)
    return ports


def _clock_of(file: Path) -> dict[str, str]:
    """What has every process of ours read the wall clock through libfaketime; time that passes stays real."""
    spec = find_spec("libfaketime")
    if spec is None or spec.origin is None:  # it is there on Linux only
        return {}
    library = Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SPOOL_MB}m", "none", str(folder)]
    is_mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            with contextlib.suppress(subprocess.CalledProcessError):
                subprocess.run(["umount", str(folder)], check=True)
