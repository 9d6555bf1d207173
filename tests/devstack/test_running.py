"""A running stack: real engines and Envoy, with fake services."""

import json
import os
import signal
import socket
import stat
import time
import urllib.error
import urllib.request

import pytest

from tests.devstack.stack import NAMES, Stack, descendants


def test_every_process_is_a_descendant_with_a_pid_file_and_a_line(running: Stack) -> None:
    family = descendants(running.process.pid)

    pids = {name: running.pid(name) for name in NAMES}

    assert set(pids.values()) <= family
    assert {path.stem for path in (running.run_dir / "pids").iterdir()} == set(NAMES)
    for name, pid in pids.items():
        assert any(line.startswith(f"{name} ") and f"pid {pid} " in line for line in running.lines())
    assert f"ready: {running.url}" in running.lines()


def test_a_service_gets_its_own_role_and_the_gateway_none(running: Stack) -> None:
    portal, gateway = running.given("portal", "serve"), running.given("edge", "serve")

    assert portal["TB_DATABASE_DSN"].startswith("postgresql://tb_portal:")
    assert "TB_DATABASE_DSN" not in gateway
    assert gateway["TB_SPOOL_DIR"] == str(running.run_dir / "spool")
    assert gateway["TB_BITRIX_DEV_HOSTS"] == f"127.0.0.1:{running.environment['TB_SIM_PORT']}"
    assert gateway["TB_BITRIX_OAUTH_URL"] == f"http://127.0.0.1:{running.environment['TB_SIM_PORT']}"
    assert gateway["TB_PUBLIC_URL"] == running.url
    base = int(running.environment["TB_METRICS_BASE_PORT"])
    assert portal["TB_METRICS_PORT"] == str(base + 1)
    assert running.given("billing", "work")["TB_METRICS_PORT"] == str(base + 14)


def test_the_keys_are_readable_by_the_owner_only(running: Stack) -> None:
    path = running.run_dir / "secrets.json"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["TB_SECRET_KEYS"] == running.given("edge", "serve")["TB_SECRET_KEYS"]


def test_the_proxy_passes_requests_and_logs_them_without_the_query(running: Stack) -> None:
    with urllib.request.urlopen(f"{running.url}/v1/bitrix/install?AUTH_ID=hidden") as answer:
        assert answer.status == 200
    log = running.run_dir / "logs" / "access.log"
    deadline = time.monotonic() + 5
    while "/v1/bitrix/install" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)

    entries = [json.loads(line) for line in log.read_text().splitlines()]

    entry = next(entry for entry in entries if entry["path"] == "/v1/bitrix/install")
    assert entry["status"] == 200
    assert entry["upstream_ms"] is not None
    assert "hidden" not in log.read_text()


@pytest.mark.parametrize("name", ["postgres", "redis", "messaging-worker", "billing", "envoy"])
def test_what_is_killed_is_started_again(running: Stack, name: str) -> None:
    before = running.pid(name)
    os.kill(before, signal.SIGKILL)

    running.wait_for(f"{name} died: exit code ")
    after = running.wait_restarted(name, before)

    assert after != before
    assert after in descendants(running.process.pid)


def test_an_event_that_comes_while_the_gateway_restarts_waits_for_it(running: Stack) -> None:
    before = running.pid("gateway")
    os.kill(before, signal.SIGKILL)
    while is_served(int(running.environment["TB_GATEWAY_PORT"])):
        time.sleep(0.01)

    request = urllib.request.Request(f"{running.url}/v1/bitrix/events", data=b"event=X")
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(request, timeout=20)
    answer.value.close()

    assert answer.value.code == 501  # what the fake gateway says to a POST: it was reached
    running.wait_restarted("gateway", before)


def is_served(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_a_second_stack_in_the_same_run_directory_is_refused(running: Stack) -> None:
    done = running.command("up")

    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"devstack: a stack already runs in {running.run_dir} (pid {running.process.pid}): "
        "stop it or set TB_RUN_DIR"
    )
