"""The proxy's configuration, by the real Envoy; `test_up.py` sends requests through it."""

import subprocess
from pathlib import Path

import pytest

from devstack import envoy
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


def test_nothing_is_retried() -> None:
    assert "retry_policy" not in envoy.TEMPLATE.read_text()


def test_without_a_proxy_the_gateway_listens_on_both_ports() -> None:
    settings = read({"TB_PORT": "3999"})

    assert "TB_EXTRA_PORT" not in gateway(settings, {}, behind_proxy=True).env
    assert gateway(settings, {}, behind_proxy=False).env["TB_EXTRA_PORT"] == "3999"
