"""`python -m <service> serve|work|migrate`: the same commands for every service, and more where it has more."""

import argparse
import asyncio
import importlib
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import uvloop

from kit import tracing
from kit.config import ProcessSettings, ServiceSettings, SettingsError, read

_NAMES: Mapping[str, str] = MappingProxyType({"serve": "{service}", "work": "{service}-worker"})
"""Of processes, as their logs call them; any further command is a worker."""
_NONE: Mapping[str, str] = MappingProxyType({})


def main(service: str, migrations: Path, more: Mapping[str, str] = _NONE) -> None:
    """Run one command of a service until SIGTERM or SIGINT.

    `serve` runs `<service>.serve.run(stop)`, `work` runs `<service>.worker.run(stop)`; `more` names the modules of
    further commands: only what the command needs is imported. `migrate` brings the schema named like the service
    to the newest revision in `migrations`.
    """
    modules = {"serve": "serve", "work": "worker", **more}
    parser = argparse.ArgumentParser(prog=f"python -m {service}")
    parser.add_argument("command", choices=[*modules, "migrate"])
    command: str = parser.parse_args().command
    try:
        if command == "migrate":
            importlib.import_module("kit.migrate").upgrade(migrations, service, read(ServiceSettings).database_dsn)
        else:
            module = importlib.import_module(f"{service}.{modules[command]}")
            name = _NAMES.get(command, f"{command}-worker").format(service=service)
            tracing.configure(name, read(ProcessSettings).otlp_endpoint)
            uvloop.run(until_stopped(module.run))
            tracing.close()
    except SettingsError as error:
        raise SystemExit(f"{service}: {error}") from None


async def until_stopped(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `run(stop)`; SIGTERM or SIGINT sets `stop`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(stop)


async def run_tasks(stop: asyncio.Event, *tasks: Awaitable[None]) -> None:
    """Run endless tasks until `stop` is set or one of them ends, then cancel all; raise what one raised."""
    running = [asyncio.ensure_future(task) for task in tasks]
    stopping = asyncio.ensure_future(stop.wait())
    done, _ = await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in [*running, stopping]:
        task.cancel()
    await asyncio.gather(*running, stopping, return_exceptions=True)
    for task in done:
        if task is not stopping and not task.cancelled() and (error := task.exception()):
            raise error
