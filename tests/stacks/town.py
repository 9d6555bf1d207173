"""A simulator that outlives the stacks that talk to it: a stack may be lost, and another takes its place."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.e2e.product import ROOT, Product, eventually

KEYS = "bm90IGEgc2VjcmV0OiBkZXYga2V5LCBwdWJsaXNoZWQ="


class Town:
    """Where stacks run, one after another, and what each is told."""

    def __init__(self, folder: Path, base: int) -> None:
        self.folder = folder
        self.base = base
        sim = f"127.0.0.1:{base + 3}"
        self.environment = {
            "TB_SIM": "off",
            "TB_PUBLIC_URL": f"http://127.0.0.1:{base + 1}",
            "TB_SECRET_KEYS": KEYS,
            "TB_BITRIX_CLIENT_ID": "app.local.teachbase",
            "TB_BITRIX_CLIENT_SECRET": "local-secret",
            "TB_BITRIX_OAUTH_URL": f"http://{sim}",
            "TB_BITRIX_DEV_HOSTS": sim,
            "TB_BITRIX_JS_URL": f"http://{sim}/api/v1/",
        }

    def devstack(self, product: Product, *command: str, **more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command about a stack that was started or is to be."""
        return subprocess.run(
            [sys.executable, "-m", "devstack", *command],
            cwd=ROOT,
            env={**product.environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )


@asynccontextmanager
async def simulated(folder: Path, base: int) -> AsyncIterator[Town]:
    """The simulator on a port of the block that begins with `base`, for as long as the context lasts."""
    town = Town(folder, base)
    environment = {**os.environ, **town.environment, "TB_SIM_PORT": str(base + 3), "TB_RUN_DIR": str(folder)}
    simulator = await asyncio.create_subprocess_exec(sys.executable, "-m", "b24sim", cwd=ROOT, env=environment)

    async def is_up() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(f"http://127.0.0.1:{base + 3}/health")).status_code == 200
            except httpx.TransportError:
                return False

    try:
        await eventually(is_up)
        yield town
    finally:
        simulator.terminate()
        await simulator.wait()
