"""`python -m edge serve / requeue`."""

import argparse
import socket

import uvicorn
import uvloop

from edge.app import build
from edge.config import Settings, SpoolSettings
from edge.requeue import requeue
from kit import log, metrics, tracing
from kit.config import read


async def serve(settings: Settings) -> None:
    """Serve HTTP until stopped."""
    server: uvicorn.Server | None = None
    config = uvicorn.Config(
        build(settings, lambda: server is not None and server.should_exit),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=5,
        backlog=4096,
    )
    ports = [settings.gateway_port, *([settings.extra_port] if settings.extra_port else [])]
    server = uvicorn.Server(config)
    await server.serve(sockets=[_listen(settings.gateway_host, port) for port in ports])


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.set_inheritable(True)
    return listener


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m edge")
    parser.add_argument("command", choices=["serve", "requeue"])
    command: str = parser.parse_args().command
    log.configure("gateway")
    if command == "requeue":
        spool = read(SpoolSettings)
        _, left = requeue(spool)
        raise SystemExit(1 if left else 0)
    settings = read(Settings)
    metrics.serve(settings.metrics_port)
    tracing.configure("gateway", settings.otlp_endpoint)
    uvloop.run(serve(settings))
    tracing.close()


if __name__ == "__main__":
    main()
