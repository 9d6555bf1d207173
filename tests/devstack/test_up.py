"""`python -m devstack up` over real engines and Envoy, with fake services."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devstack.stack import NAMES, Stack, alive, descendants


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("up"))
    stack.up()
    yield stack
    stack.kill()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(tmp_path)
    yield stack
    stack.kill()


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


def test_the_proxy_answers_in_the_envelope_while_the_gateway_is_away(running: Stack) -> None:
    before = running.pid("gateway")
    os.kill(before, signal.SIGKILL)

    request = urllib.request.Request(f"{running.url}/v1/bitrix/events", data=b"event=X")
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request)
    with refusal.value as answer:
        body = json.loads(answer.read())

    assert refusal.value.code == 503
    assert body["error"] == "upstream_unavailable"
    assert body["trace_id"] == refusal.value.headers["x-trace-id"]
    assert sorted(body) == ["detail", "error", "message", "trace_id"]
    running.wait_restarted("gateway", before)


def test_a_second_stack_in_the_same_run_directory_is_refused(running: Stack) -> None:
    done = running.command("up")

    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"devstack: a stack already runs in {running.run_dir} (pid {running.process.pid}): "
        "stop it or set TB_RUN_DIR"
    )


def test_it_stops_within_its_time_and_starts_again_with_its_data(stack: Stack) -> None:
    stack.up()
    family = descendants(stack.process.pid)
    keys = (stack.run_dir / "secrets.json").read_bytes()

    took = stack.stop(signal.SIGINT)
    left = alive(family)
    warm = stack.up()

    assert took < 15
    assert stack.output.read_text().count("\n") >= len(NAMES)
    assert left == set()
    assert (stack.run_dir / "secrets.json").read_bytes() == keys
    assert warm < 20
    assert stack.stop() < 15
    assert stack.process.returncode == 0
    assert list((stack.run_dir / "pids").iterdir()) == []


def test_nothing_outlives_a_killed_supervisor_and_the_next_start_works(stack: Stack) -> None:
    stack.up()
    family = descendants(stack.process.pid)

    stack.stop(signal.SIGKILL)
    stack.up()  # at once, while the old engines may still be going down

    assert alive(family, seconds=5) == set()
    assert stack.stop() < 15
    assert stack.process.returncode == 0


def test_a_failing_migration_is_shown_and_stops_everything(stack: Stack) -> None:
    stack.run_dir.mkdir(parents=True)
    (stack.run_dir / "delivery-migrate.fails").touch()

    done = stack.command("up")

    assert done.returncode == 1
    assert "delivery-migrate | delivery was told to fail" in done.stdout
    assert done.stderr.startswith("devstack: delivery-migrate failed with exit code 1, see ")
    assert "ready:" not in done.stdout


def test_a_service_that_never_comes_up_ends_the_start(stack: Stack) -> None:
    stack.run_dir.mkdir(parents=True)
    (stack.run_dir / "portal-serve.fails").touch()

    done = stack.command("up")

    assert done.returncode == 1
    assert "portal | portal was told to fail" in done.stdout
    assert done.stderr.startswith("devstack: portal died 5 times before it was ready, see ")


def test_a_taken_port_is_named_with_its_variable(running: Stack, stack: Stack) -> None:
    stack.environment["TB_SIM_PORT"] = running.environment["TB_SIM_PORT"]

    done = stack.command("up")

    assert done.returncode == 1
    taken = running.environment["TB_SIM_PORT"]
    assert done.stderr.strip() == f"devstack: port {taken} is taken by another program: stop it or set TB_SIM_PORT"


def test_taken_engine_ports_are_passed_over(running: Stack, stack: Stack) -> None:
    for name in ("TB_POSTGRES_PORT", "TB_REDIS_PORT"):
        stack.environment[name] = running.environment[name]

    stack.up()

    assert any(line.startswith("postgres: port ") and " is taken, using " in line for line in stack.lines())
    assert stack.given("edge", "serve")["TB_REDIS_URL"] != running.given("edge", "serve")["TB_REDIS_URL"]


def test_engines_of_the_caller_are_used_instead(running: Stack, stack: Stack) -> None:
    password = (running.run_dir / "postgres" / "superuser.password").read_text()
    port = running.environment["TB_POSTGRES_PORT"]
    stack.environment |= {
        "TB_POSTGRES_DSN": f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres",
        "TB_REDIS_URL": f"redis://127.0.0.1:{running.environment['TB_REDIS_PORT']}/1",
        "TB_SECRET_KEYS": running.given("edge", "serve")["TB_SECRET_KEYS"],
    }

    stack.up()

    portal = stack.given("portal", "serve")
    assert portal["TB_REDIS_URL"].endswith("/1")
    assert portal["TB_DATABASE_DSN"].endswith(f"@127.0.0.1:{port}/postgres")
    assert "TB_POSTGRES_DSN" not in portal
    assert not (stack.run_dir / "postgres").exists()
    assert not (stack.run_dir / "pids" / "redis.pid").exists()


def test_without_the_simulator_the_callers_portal_is_used(tmp_path: Path) -> None:
    stack = Stack(tmp_path, TB_SIM="off", TB_BITRIX_CLIENT_ID="app.mine", TB_BITRIX_DEV_HOSTS="127.0.0.1:1")
    try:
        stack.up()
        gateway = stack.given("edge", "serve")
    finally:
        stack.kill()

    assert gateway["TB_BITRIX_CLIENT_ID"] == "app.mine"
    assert "TB_BITRIX_OAUTH_URL" not in gateway
    assert not any(line.startswith("sim ") for line in stack.lines())


def test_it_stops_when_its_parent_dies(stack: Stack) -> None:
    stack.environment["MAKEFLAGS"] = ""
    makefile = stack.run_dir.with_name("Makefile")
    makefile.write_text("SHELL := /bin/bash\nrun:\n\t@exec $(PY) -m devstack up --with-parent\n")
    with stack.output.open("wb") as output:
        stack._process = subprocess.Popen(
            ["make", "-f", str(makefile), "run", f"PY={sys.executable}"],
            env=stack.environment,
            stdout=output,
            stderr=output,
        )
    stack.wait_for("ready: ")
    family = descendants(stack.process.pid)

    stack.stop(signal.SIGKILL)

    assert len(family) > len(NAMES)
    assert alive(family, seconds=15) == set()


def test_reset_stops_the_stack_and_deletes_its_state(stack: Stack) -> None:
    stack.up()
    family = descendants(stack.process.pid)

    done = stack.command("reset")

    assert done.returncode == 0
    assert done.stdout == f"deleted {stack.run_dir}\n"
    assert alive(family, seconds=2) == set()
    assert not stack.run_dir.exists()


def test_reset_deletes_nothing_that_is_not_a_run_directory(stack: Stack) -> None:
    stack.run_dir.mkdir()
    (stack.run_dir / "precious").touch()

    done = stack.command("reset")

    assert done.returncode == 1
    assert (stack.run_dir / "precious").exists()
