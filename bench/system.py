"""What a benchmark runs on: engines of its own, and servers as child processes on free ports."""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from devstack import redis
from devstack.database import bootstrap
from devstack.environment import WITHHELD
from devstack.errors import StackError
from devstack.orphans import holders
from devstack.postgres import embedded_postgres
from devstack.readiness import Probe, wait_ready
from devstack.spawn import spawn

ROOT = Path(__file__).parents[1]
SECRET = "bench"
START_S = 30.0
STOP_S = 15.0


@dataclass(frozen=True)
class Engines:
    """A Postgres and a Redis that serve nobody else. They are durable: what is acknowledged is on disk."""

    folder: Path
    admin_dsn: str
    dsns: Mapping[str, str]
    """Of the roles `messaging` and `reference`, each with a schema of its own."""
    redis_url: str
    processes: Mapping[str, int]
    """Name -> pid."""

    async def another(self, name: str) -> "Engines":
        """Return the same engines with a database and a folder of that name, made here."""
        folder = self.folder / name
        folder.mkdir()
        session = await asyncpg.connect(self.admin_dsn)
        await session.execute(f"CREATE DATABASE {name}")
        await session.close()
        admin_dsn = f"{self.admin_dsn.rpartition('/')[0]}/{name}"
        return replace(
            self, folder=folder, admin_dsn=admin_dsn, dsns=await bootstrap(admin_dsn, SECRET, tuple(self.dsns))
        )

    async def settle(self) -> None:
        """Write out what earlier runs left in memory, so that the next run does not pay for it."""
        session = await asyncpg.connect(self.admin_dsn)
        await session.execute("CHECKPOINT")
        await session.close()


@contextlib.asynccontextmanager
async def engines() -> AsyncIterator[Engines]:
    """Start them on the disk of the working copy: on a tmpfs an fsync would cost nothing."""
    with scratch() as folder:
        async with (
            embedded_postgres(folder / "postgres", 0, durable=True) as admin_dsn,
            redis.embedded_redis(folder / "redis", 0) as redis_url,
        ):
            yield Engines(
                folder=folder,
                admin_dsn=admin_dsn,
                dsns=await bootstrap(admin_dsn, SECRET, ("messaging", "reference", "delivery", "billing")),
                redis_url=redis_url,
                processes={
                    "postgres": _postmaster(folder / "postgres"),
                    "redis": holders(folder / "redis", redis.binary().name)[0],
                },
            )


@contextlib.asynccontextmanager
async def server(
    name: str, module: Sequence[str], env: Mapping[str, str], log: Path, ready: Probe
) -> AsyncIterator[int]:
    """Run `python -m <module>` for as long as the context lasts; yields its pid.

    Raises StackError when it does not become ready.
    """
    process = await _spawn(module, env, log)
    try:
        await wait_ready(name, process, ready, START_S, log)
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()


async def run(module: Sequence[str], env: Mapping[str, str], log: Path) -> None:
    """Run `python -m <module>` to its end. Raises StackError when it fails."""
    if await (await _spawn(module, env, log)).wait():
        raise StackError(f"{' '.join(module)} failed, see {log}")


async def _spawn(module: Sequence[str], env: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    inherited = {name: value for name, value in os.environ.items() if name not in WITHHELD and name[:3] != "TB_"}
    return await spawn([sys.executable, "-m", *module], log, env={**inherited, **env}, cwd=ROOT)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder of the benchmark's own on the disk of the working copy; after an error its logs stay."""
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=cache))
    folder.chmod(0o755)  # Postgres may have to pass it as nobody
    try:
        yield folder
    except Exception:
        shutil.rmtree(folder / "postgres", ignore_errors=True)
        shutil.rmtree(folder / "redis", ignore_errors=True)
        raise  # the logs stay: the error may name one
    shutil.rmtree(folder)


def _postmaster(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().split()[0])
