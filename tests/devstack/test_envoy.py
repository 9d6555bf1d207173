"""The proxy's configuration, by the real Envoy; `test_up.py` sends requests through it."""

import contextlib
import json
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from devstack import envoy
from devstack.ports import next_free
from devstack.processes import gateway
from devstack.settings import read


def test_envoy_accepts_the_configuration(tmp_path: Path) -> None:
    program = envoy.binary()
    if program is None:
        pytest.skip("no build of Envoy for this machine")
    (tmp_path / "logs").mkdir()
    config = envoy.write_config(read({"TB_RUN_DIR": str(tmp_path), "TB_PORT": "3999"}))

    done = subprocess.run(
        [program, "--mode", "validate", "--config-path", config, "--log-level", "warning"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"configuration '{config}' OK"
    assert "warning" not in done.stderr


def test_a_post_waits_for_a_gateway_that_comes_and_is_never_sent_twice(tmp_path: Path) -> None:
    program = envoy.binary()
    if program is None:
        pytest.skip("no build of Envoy for this machine")
    (tmp_path / "logs").mkdir()
    port, upstream = next_free(0), next_free(0)
    received: list[str] = []
    settings = read({"TB_RUN_DIR": str(tmp_path), "TB_PORT": str(port), "TB_GATEWAY_PORT": str(upstream)})
    config = envoy.write_config(settings)
    command: list[str | Path] = [program, "--config-path", config, "--log-level", "error", "--base-id", "77"]
    proxy = subprocess.Popen([*command, "--concurrency", "1"])
    try:
        _wait_listening(port)
        late = threading.Timer(1.0, _serve_and_break, [upstream, received])
        late.start()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/bitrix/events", b"event=X", method="POST")

        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=15)
        with refused.value as answer:
            body = json.loads(answer.read())
        late.join()
    finally:
        proxy.terminate()
        proxy.wait(10)

    assert sorted(body) == ["detail", "error", "message", "trace_id"]
    assert body["error"] == "upstream_unavailable"
    assert body["trace_id"] == refused.value.headers["x-trace-id"]
    assert refused.value.code == 503  # it arrived, and the answer was cut off: repeating it could do it twice
    assert [line for line in received if line.startswith("POST")] == ["POST /v1/bitrix/events HTTP/1.1"]


def _serve_and_break(port: int, received: list[str]) -> None:
    """Take connections for three seconds; read each request's first line and hang up without an answer."""
    end = time.monotonic() + 3
    with socket.create_server(("127.0.0.1", port)) as server:
        while (left := end - time.monotonic()) > 0:
            server.settimeout(left)
            with contextlib.suppress(TimeoutError):
                connection, _ = server.accept()
                with connection:
                    received.append(connection.recv(4096).decode().splitlines()[0])


def _wait_listening(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("Envoy does not listen")


def test_without_a_proxy_the_gateway_listens_on_both_ports() -> None:
    settings = read({"TB_PORT": "3999"})

    assert "TB_EXTRA_PORT" not in gateway(settings, {}, behind_proxy=True).env
    assert gateway(settings, {}, behind_proxy=False).env["TB_EXTRA_PORT"] == "3999"
