"""Stands in for every process of the house: the same commands and ports, nothing behind them."""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORTS = {"edge": "TB_GATEWAY_PORT", "b24sim": "TB_SIM_PORT"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def serve_grpc(address: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    import grpc
    from grpc_health.v1 import health, health_pb2, health_pb2_grpc

    servicer = health.HealthServicer()
    servicer.set("", health_pb2.HealthCheckResponse.SERVING)
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


def main(package: str) -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "serve"
    run_dir = Path(os.environ["TB_RUN_DIR"])
    (run_dir / f"{package}-{command}.json").write_text(json.dumps(dict(os.environ)))
    if (run_dir / f"{package}-{command}.fails").exists():
        sys.exit(f"{package} was told to fail")
    if command == "migrate":
        return
    if "FAKE_STUBBORN" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if package in PORTS or command in {"work", "knowledge"}:
        port = int(os.environ[PORTS.get(package, "TB_METRICS_PORT")])
        ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
    serve_grpc(os.environ[f"TB_{package.upper()}_GRPC"])
