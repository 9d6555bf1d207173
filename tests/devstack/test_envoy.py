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
from typing import Any

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


@pytest.mark.parametrize(
    ("path", "away_s", "code", "arrived"),
    [
        # It was cut off half-way: an install could be done twice, an event is the same event.
        ("/v1/bitrix/install/complete", 1, 503, 1),
        ("/v1/bitrix/events", 8, 200, 3),  # nobody sends it again: it waits longer
    ],
)
def test_a_post_waits_for_a_gateway_that_comes_and_only_an_event_is_sent_twice(
    tmp_path: Path, path: str, away_s: float, code: int, arrived: int
) -> None:
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
        late = threading.Timer(away_s, _serve_and_break_twice, [upstream, received])
        late.start()
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", b"event=X", method="POST")
        answer = _answer_of(request)
        body, headers = json.loads(answer.read()), answer.headers
        late.join()
    finally:
        proxy.terminate()
        proxy.wait(10)

    assert answer.code == code
    assert [line for line in received if line.startswith("POST")] == [f"POST {path} HTTP/1.1"] * arrived
    if code == 503:
        assert sorted(body) == ["detail", "error", "message", "trace_id"]
        assert body["error"] == "upstream_unavailable"
        assert body["trace_id"] == headers["x-trace-id"]


def test_the_public_listener_carries_what_bitrix24_and_its_users_ask_for_and_nothing_else(tmp_path: Path) -> None:
    program = envoy.binary()
    if program is None:
        pytest.skip("no build of Envoy for this machine")
    (tmp_path / "logs").mkdir()
    public, upstream = next_free(0), next_free(0)
    ports = {"TB_PORT": str(next_free(0)), "TB_PUBLIC_PORT": str(public), "TB_GATEWAY_PORT": str(upstream)}
    config = envoy.write_config(read({"TB_RUN_DIR": str(tmp_path), **ports}))
    command: list[str | Path] = [program, "--config-path", config, "--log-level", "error", "--base-id", "78"]
    proxy = subprocess.Popen([*command, "--concurrency", "1"])
    gateway_stand_in = threading.Thread(target=_serve_and_break_twice, args=[upstream, []])
    gateway_stand_in.start()
    carried = ["/v1/bitrix/handler", "/v1/portal/status", "/assets/app.js"]
    kept = ["/v1/admin/portals", "/v1/debug/simulate", "/metrics", "/ready", "/v1/bitrix/../admin/portals", "/"]
    try:
        _wait_listening(public)
        answers = {
            path: _answer_of(urllib.request.Request(f"http://127.0.0.1:{public}{path}")).code
            for path in carried + kept
        }
    finally:
        proxy.terminate()
        proxy.wait(10)
        gateway_stand_in.join()

    assert answers == dict.fromkeys(carried, 200) | dict.fromkeys(kept, 404)


def _answer_of(request: urllib.request.Request) -> Any:
    try:
        return urllib.request.urlopen(request, timeout=15)
    except urllib.error.HTTPError as refused:
        return refused


def _serve_and_break_twice(port: int, received: list[str]) -> None:
    """Take connections for five seconds and read each request; the first two POSTs get no answer."""
    end = time.monotonic() + 5
    with socket.create_server(("127.0.0.1", port)) as server:
        while (left := end - time.monotonic()) > 0:
            server.settimeout(left)
            with contextlib.suppress(TimeoutError):
                connection, _ = server.accept()
                with connection:
                    received.append(connection.recv(4096).decode().splitlines()[0])
                    posts = sum(line.startswith("POST") for line in received)
                    if posts > 2 or received[-1].startswith("GET"):
                        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")


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
