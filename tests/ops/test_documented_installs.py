"""The README's way to a running product, to one host and to a cluster, walked in a clone."""

import base64
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.house import commands
from tests.ops import shell
from tests.ops.cluster import BIN, ROOT, Cluster
from tests.ops.standins import objects
from tests.ops.test_cluster import SECRETS

SECRET = {"<of the application>": "from-bitrix24"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return shell.tree(tmp_path / "clone")


def test_a_clone_is_made_and_started_as_the_readme_shows(tmp_path: Path) -> None:
    """With what is installed here; CI installs it in a clone of its own, by the same targets."""
    text = commands.block("README.md", "git clone").replace("<this repository>", str(ROOT))
    clone, start = text.strip().splitlines()
    made = shell.run(clone, tmp_path)
    assert made.returncode == 0, made.stderr
    home = tmp_path / "teachbase"
    (home / ".venv").symlink_to(BIN.parent)
    (home / "admin-ui" / "node_modules").symlink_to(ROOT / "admin-ui" / "node_modules")
    (home / "admin-ui" / "dist").symlink_to(ROOT / "admin-ui" / "dist")
    base = 30000 + os.getpid() % 100 * 20  # beside those of other stacks, below what the kernel gives away
    names = ("TB_PORT", "TB_GATEWAY_PORT", "TB_SIM_PORT", "TB_POSTGRES_PORT", "TB_REDIS_PORT")
    grpc = {f"TB_{name}_GRPC": f"127.0.0.1:{base + 5 + n}" for n, name in enumerate(("PORTAL", "MESSAGING"))}
    grpc |= {f"TB_{name}_GRPC": f"127.0.0.1:{base + 7 + n}" for n, name in enumerate(("DELIVERY", "BILLING"))}
    ports = {name: str(base + n) for n, name in enumerate(names)} | grpc | {"TB_METRICS_BASE_PORT": str(base + 10)}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TB_")}

    with (tmp_path / "said").open("wb") as said:
        # What is installed counts as fresh: neither network nor minutes are spent here (`-o`: never remade).
        line = f"exec {start} -o .venv/.ready -o admin-ui/dist/.ready"
        process = subprocess.Popen(
            ["bash", "-c", line], cwd=home, env=inherited | ports, stdout=said, stderr=said, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 90
        while f"ready: http://127.0.0.1:{base}" not in (tmp_path / "said").read_text():
            assert process.poll() is None, (tmp_path / "said").read_text()
            assert time.monotonic() < deadline, (tmp_path / "said").read_text()
            time.sleep(0.2)
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C does
        process.wait(20)
    assert (home / ".run" / "postgres").is_dir()
    reset = subprocess.run(
        ["make", "reset"], cwd=home, env=inherited | ports, capture_output=True, text=True, check=False
    )
    assert (reset.returncode, (home / ".run").exists()) == (0, False), reset.stderr


def test_one_host_is_installed_as_the_readme_shows(clone: Path) -> None:
    done = shell.run(commands.block("README.md", "TB_BITRIX_CLIENT_SECRET="), clone, SECRET)

    assert done.returncode == 0, done.stderr
    assert re.findall(r"^docker compose (\w+)", done.stdout, re.MULTILINE) == ["build", "up"]
    assert (clone / "secrets" / "bitrix_client_secret").read_text() == "from-bitrix24"
    assert "TB_ADMIN_EMAIL=you@example.com" in (clone / ".env").read_text()


def test_a_host_without_its_address_is_refused(clone: Path) -> None:
    text = commands.block("README.md", "TB_BITRIX_CLIENT_SECRET=").replace("TB_PUBLIC_URL", "TB_PUBLIC_ADDRESS")

    assert shell.run(text, clone, SECRET).returncode != 0


@pytest.fixture
def cluster(clone: Path) -> dict[str, Any]:
    """What the README's first block makes in a cluster, by kind and name."""
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [context]}
    (clone / "kubeconfig").write_text(yaml.safe_dump(config))
    for name in ("documents", "backup"):
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
        (clone / f"{name}.env").write_text("".join(f"{key}=x\n" for key in keys))

    done = shell.run(
        commands.block("README.md", "TB_POSTGRES_HOST="), clone, SECRET, {"KUBECONFIG": str(clone / "kubeconfig")}
    )

    assert done.returncode == 0, done.stderr
    told = yaml.safe_load((clone / "kubeconfig").read_text())
    assert told["contexts"][0]["context"]["namespace"] == "teachbase"
    return {one["metadata"]["name"]: one for one in objects(clone / "created.yaml")}


def test_the_secrets_of_a_cluster_are_those_that_its_pods_read(cluster: dict[str, Any]) -> None:
    made = {name: set(one["data"]) for name, one in cluster.items()}
    asked = {name: keys for name, keys in SECRETS.items() if not name.endswith("-tls")}
    dsn = base64.b64decode(cluster["portal"]["data"]["database_dsn"]).decode()

    assert {name: made[name] for name in asked} == asked
    assert "@postgres.teachbase.svc:5432/teachbase" in dsn
    assert cluster["postgres-admin"]["type"] == "kubernetes.io/basic-auth"
    named = set(re.findall(r"'(?:secretName|name)': '([\w-]+)'", str(Cluster("prod").objects)))
    assert made.keys() <= named


def test_a_release_is_rolled_out_migrations_first(clone: Path) -> None:
    done = shell.run(commands.block("README.md", "kubectl kustomize"), clone)

    assert done.returncode == 0, done.stderr
    applied = done.stdout.splitlines()
    release = len(objects(clone / "release.yaml"))
    first, second = applied[:-release], applied[-release:]
    assert "Job/migrate" in first
    assert not any(one.startswith("Deployment/") for one in first)
    assert "StatefulSet/gateway" not in first
    assert {"Deployment/messaging", "StatefulSet/gateway"} <= set(second)
