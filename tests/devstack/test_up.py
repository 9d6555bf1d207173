"""Starting and stopping the stack: real engines and Envoy, with fake services."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.devstack.stack import NAMES, Stack, alive, descendants


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


def test_it_stops_in_time_even_when_nothing_listens_to_signals(stack: Stack) -> None:
    stack.environment["FAKE_STUBBORN"] = "1"
    stack.up()
    family = descendants(stack.process.pid)

    took = stack.stop()

    assert took < 15
    assert stack.process.returncode == 0
    assert alive(family) == set()


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
