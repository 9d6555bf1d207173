"""One real stack for all end-to-end tests: what `make run` starts, on ports and in a directory of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.product import Product

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 90


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("e2e")
    base = 20000 + os.getpid() % 100 * 100
    ports = {
        name: str(base + offset)
        for offset, name in enumerate(
            ("TB_PORT", "TB_GATEWAY_PORT", "TB_SIM_PORT", "TB_POSTGRES_PORT", "TB_REDIS_PORT"), start=1
        )
    }
    grpc = {
        f"TB_{name}_GRPC": f"127.0.0.1:{base + 10 + offset}"
        for offset, name in enumerate(("PORTAL", "MESSAGING", "DELIVERY", "BILLING"))
    }
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TB_")},
        **ports,
        **grpc,
        "TB_METRICS_BASE_PORT": str(base + 20),
        "TB_RUN_DIR": str(folder / "run"),
        "TB_PUBLIC_URL": f"http://127.0.0.1:{ports['TB_PORT']}",
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "devstack", "up"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    product = Product(folder / "run", environment)
    try:
        product.wait_ready(process, folder / "output", READY_WITHIN_S)
        yield product
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture
async def product(running: Product) -> AsyncIterator[Product]:
    """The stack. Whatever a test does, no call may exceed a portal's limits or offend the official schemas."""
    async with running.connected():
        yield running
        stats = await running.sim("GET", "/stats")
        assert (stats["violations"], stats["mistakes"]) == (0, 0)
