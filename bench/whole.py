"""The whole stack as `make run` starts it, on ports and in a folder of its own."""

import functools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from bench.system import scratch, server
from devstack.ports import next_free
from devstack.postgres import admin_dsn
from devstack.probes import http_ok

_PORTS = ("TB_PORT", "TB_GATEWAY_PORT", "TB_SIM_PORT", "TB_POSTGRES_PORT", "TB_REDIS_PORT")


@dataclass(frozen=True)
class Stack:
    """All processes at work."""

    url: str
    sim_url: str
    dsn: str
    """The superuser's."""
    session: Any
    redis_port: int
    processes: Mapping[str, int]
    """Name -> pid."""


@asynccontextmanager
async def whole_stack(of: Path | None = None) -> AsyncIterator[Stack]:
    """Start it; yields when everything is ready. `of`: a folder that it may have been in before."""
    with nullcontext(of) if of else scratch() as folder:
        ports: dict[str, int] = {}
        for name in (*_PORTS, "TB_METRICS_BASE_PORT", *(f"grpc{place}" for place in range(4))):
            ports[name] = next_free(max(ports.values(), default=20_000) + 20)
        contexts = ("PORTAL", "MESSAGING", "DELIVERY", "BILLING")
        url = f"http://127.0.0.1:{ports['TB_PORT']}"
        env = {
            **{name: str(port) for name, port in ports.items() if name.startswith("TB_")},
            **{f"TB_{name}_GRPC": f"127.0.0.1:{ports[f'grpc{place}']}" for place, name in enumerate(contexts)},
            "TB_RUN_DIR": str(folder / "run"),
            "TB_PUBLIC_URL": url,
        }
        ready = functools.partial(http_ok, ports["TB_PORT"], "/ready")
        async with server("stack", ["devstack", "up"], env, folder / "stack.log", ready):
            dsn = admin_dsn(folder / "run" / "postgres", ports["TB_POSTGRES_PORT"])
            session = await asyncpg.connect(dsn)
            pids = {pid.stem: int(pid.read_text()) for pid in (folder / "run" / "pids").glob("*.pid")}
            sim_url = f"http://127.0.0.1:{ports['TB_SIM_PORT']}"
            yield Stack(url, sim_url, dsn, session, ports["TB_REDIS_PORT"], pids)
            await session.close()


def http_client() -> httpx.AsyncClient:
    """Return a client that waits as long as the whole way may take."""
    return httpx.AsyncClient(timeout=60, trust_env=False, limits=httpx.Limits(max_connections=200))
