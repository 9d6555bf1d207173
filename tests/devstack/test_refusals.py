"""Starts and resets that are refused, and what is said of them."""

from tests.devstack.stack import Stack


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


def test_reset_deletes_nothing_that_is_not_a_run_directory(stack: Stack) -> None:
    stack.run_dir.mkdir()
    (stack.run_dir / "precious").touch()

    done = stack.command("reset")

    assert done.returncode == 1
    assert (stack.run_dir / "precious").exists()
