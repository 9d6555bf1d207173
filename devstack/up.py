"""`python -m devstack up`: bring the stack up, keep it up, take it down."""

import asyncio
import os
import resource
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack

from devstack import (
    certificates,
    database,
    environment,
    envoy,
    migrations,
    postgres,
    processes,
    redis,
    run_dir,
    secret_keys,
)
from devstack.errors import StackError
from devstack.output import say
from devstack.ports import held, is_free, next_free
from devstack.settings import Settings, fixed_ports, split_address
from devstack.supervisor import Supervisor
from devstack.together import together

PORT_PATIENCE = 3.0  # seconds for the last processes of a killed run to let go of their ports

NEWS_SECONDS = 15.0  # a start that takes longer says what it waits for
LOGS_SECONDS = 5.0  # between two looks at how long the logs are
OPEN_FILES = 65536  # sockets of a load test; the usual soft limit is 1024


async def up(settings: Settings) -> None:
    """Run the stack until SIGINT, SIGTERM or SIGHUP. Raises StackError when it cannot start."""
    stop = asyncio.Event()
    _stop_on_signals(stop)
    _raise_file_limit()
    with run_dir.locked(settings.run_dir), ExitStack() as ports:
        run_dir.prepare(settings.run_dir)
        stack = Supervisor(settings.run_dir)
        starting = asyncio.create_task(_bring_up(stack, settings, ports))
        asked = asyncio.create_task(stop.wait())
        bounding = asyncio.create_task(_bound_logs(settings))
        try:
            await _first_of(starting, asked, stack)
            if starting.done():
                starting.result()
                say(f"ready: http://127.0.0.1:{settings.port}")
                await asked
            say("stopping")
        finally:
            starting.cancel()
            asked.cancel()
            bounding.cancel()
            await asyncio.gather(starting, asked, bounding, return_exceptions=True)
            await stack.stop()


async def _first_of(starting: "asyncio.Task[None]", asked: "asyncio.Task[bool]", stack: Supervisor) -> None:
    while not (starting.done() or asked.done()):
        await asyncio.wait([starting, asked], timeout=NEWS_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if not (starting.done() or asked.done()):
            say(f"still waiting for {', '.join(stack.waiting()) or 'the migrations'}")


async def _bound_logs(settings: Settings) -> None:
    while True:
        await asyncio.sleep(LOGS_SECONDS)
        try:
            await asyncio.to_thread(run_dir.bound_logs, settings.run_dir)
        except OSError as error:
            say(f"logs: not bounded: {error}")


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:  # nohup
            continue
        loop.add_signal_handler(number, stop.set)


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _bring_up(stack: Supervisor, settings: Settings, ports: ExitStack) -> None:
    await _require_ports(settings)
    for host, port in map(split_address, settings.listen.values()):
        ports.enter_context(held(port, host))
    if settings.tls:
        certificates.make(processes.certificates_dir(settings), (*certificates.NAMES, processes.WATCHER))
    keys = settings.secret_keys or secret_keys.load_or_make(settings.run_dir)
    admin_dsn, redis_url = await together(_postgres(stack, settings), _redis(stack, settings))
    dsns = await database.bootstrap(admin_dsn, keys.split(",")[0])
    env = environment.shared(settings, os.environ, redis_url, keys)
    own = {context: {**env, "TB_DATABASE_DSN": dsn} for context, dsn in dsns.items()}
    servers = [_server(stack, settings, context, env, admin_dsn) for context, env in own.items()]
    await together(*servers, _simulator(stack, settings, env))
    workers = [stack.start(processes.worker(settings, context, env)) for context, env in own.items()]
    knowledge = stack.start(processes.knowledge_worker(settings, own["messaging"]))
    await together(*workers, knowledge, _front(stack, settings, env))


async def _require_ports(settings: Settings) -> None:
    deadline = time.monotonic() + PORT_PATIENCE
    seen: dict[int, str] = {}
    for variable, host, port in fixed_ports(settings):
        if port in seen:
            raise StackError(f"{variable} and {seen[port]} both name port {port}")
        seen[port] = variable
        while not is_free(port, host):
            if time.monotonic() > deadline:
                raise StackError(f"port {port} is taken by another program: stop it or set {variable}")
            await asyncio.sleep(0.1)


async def _postgres(stack: Supervisor, settings: Settings) -> str:
    if settings.postgres_dsn is not None:
        return settings.postgres_dsn
    data_dir = settings.run_dir / "postgres"
    await postgres.prepare(data_dir, durable=True)  # first: an orphan of a killed run may hold the port
    port = _engine_port("postgres", settings.postgres_port, settings)
    await stack.start(processes.postgres_engine(settings, port))
    await postgres.ensure_database(data_dir, port)
    return postgres.admin_dsn(data_dir, port)


async def _redis(stack: Supervisor, settings: Settings) -> str:
    if settings.redis_url is not None:
        return settings.redis_url
    await redis.prepare(settings.run_dir / "redis")
    port = _engine_port("redis", settings.redis_port, settings)
    await stack.start(processes.redis_engine(settings, port))
    return redis.url(port)


def _engine_port(name: str, wanted: int, settings: Settings) -> int:
    port = next_free(wanted, frozenset(port for _, _, port in fixed_ports(settings)))
    if port != wanted:
        say(f"{name}: port {wanted} is taken, using {port}")
    return port


async def _server(
    stack: Supervisor, settings: Settings, context: str, env: Mapping[str, str], admin_dsn: str
) -> None:
    if await migrations.pending(admin_dsn, context):
        await stack.run_once(f"{context}-migrate", processes.migrate_argv(context), env)
    await stack.start(processes.service(settings, context, env))


async def _simulator(stack: Supervisor, settings: Settings, env: Mapping[str, str]) -> None:
    if settings.sim_port is not None:
        await stack.start(processes.simulator(settings.sim_port, env))


async def _front(stack: Supervisor, settings: Settings, env: Mapping[str, str]) -> None:
    program = envoy.binary()
    gateway = processes.gateway(settings, env, behind_proxy=program is not None)
    if program is None:
        say("envoy: no build for this machine; the gateway listens on TB_PORT too")
        await stack.start(gateway)
    else:
        envoy.write_config(settings)
        await together(stack.start(gateway), stack.start(processes.proxy(settings, program)))
