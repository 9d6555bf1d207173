"""Commands that documents name within a sentence: they run, and do what is said there."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from devstack.ports import next_free
from tests.e2e.product import eventually
from tests.house import commands
from tests.ops import shell
from tests.ops.cluster import BIN, ROOT

ASKED = {"TB_PUBLIC_URL": "https://bot.example", "TB_BITRIX_CLIENT_ID": "app", "TB_ADMIN_EMAIL": "a@b.example"}


def python(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a module of this house."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_requeue_of_an_empty_spool_has_nothing_to_do(tmp_path: Path) -> None:
    done = python("edge", "requeue", TB_SPOOL_DIR=str(tmp_path))

    assert done.returncode == 0, done.stderr


def test_a_part_of_the_benchmarks_is_measured_alone() -> None:
    done = python("bench", "--quick", "--only", "decode")

    assert done.returncode == 0, done.stderr
    assert "Decoding an event" in done.stdout


def test_images_are_built_with_the_version_that_is_named(tmp_path: Path) -> None:
    clone = shell.tree(tmp_path / "clone")
    (clone / "secrets").mkdir()
    made = shell.run("scripts/secrets", clone, environment={"TB_BITRIX_CLIENT_SECRET": "x"})
    built = shell.run("TB_VERSION=1.0.0 docker compose build", clone, environment=ASKED)

    assert (made.returncode, built.returncode) == (0, 0), made.stderr + built.stderr
    assert {"teachbase/gateway:1.0.0", "teachbase/portal:1.0.0"} <= set(built.stdout.split())


@pytest.mark.parametrize(("port", "is_there"), [("3000", True), ("3999", False)])
def test_the_console_of_a_cluster_is_forwarded(tmp_path: Path, port: str, is_there: bool) -> None:
    release = subprocess.run(
        [BIN / "kubectl", "kustomize", ROOT / "k8s" / "overlays" / "prod"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "release.yaml").write_text(release)

    done = shell.run(f"kubectl port-forward deployment/envoy {port}", folder)

    assert (done.returncode == 0) is is_there, done.stderr


async def test_the_simulator_serves_alone(tmp_path: Path) -> None:
    text = commands.block("bitrix-sim/README.md", ".venv/bin/python -m b24sim")
    port = next_free(0)
    environment = {**os.environ, "TB_SIM_PORT": str(port), "TB_RUN_DIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec("bash", "-c", f"exec {text}", cwd=ROOT, env=environment)

    async def is_up() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(f"http://127.0.0.1:{port}/health")).status_code == 200
            except httpx.TransportError:
                return False

    try:
        await eventually(is_up, what="the simulator")
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize("module", ["tests.chaos", "devstack", "bench"])
def test_what_takes_long_begins(module: str) -> None:
    done = python(module, "--help")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage:")
