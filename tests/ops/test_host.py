"""What an installation of one host is made of: compose.yaml, the Dockerfile, Envoy's configuration."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devstack import certificates, envoy, envoy_config
from tests.ops.cluster import BIN, OVERLAYS, ROOT, Cluster
from tests.ops.program import SETTINGS, problems, program, settings

ASKED = {"TB_PUBLIC_URL": "https://bot.example", "TB_BITRIX_CLIENT_ID": "app", "TB_ADMIN_EMAIL": "a@b.example"}


@pytest.fixture(scope="module")
def compose() -> Any:
    """compose.yaml as Docker would take it."""
    command: list[str | Path] = [BIN / "docker-compose", "-f", ROOT / "compose.yaml", "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=ASKED)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_dockerfile_is_clean_and_has_a_target_for_every_image(compose: Any) -> None:
    linted = subprocess.run([BIN / "hadolint", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    stages = re.findall(r"^FROM \S+ AS (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    built = {one["build"]["target"]: _name(one["image"]) for one in compose["services"].values() if "build" in one}
    used = {_name(one["image"]) for one in compose["services"].values()}
    used |= {
        _name(container["image"])
        for overlay in OVERLAYS
        for pod in Cluster(overlay).pods()
        for container in pod.containers
    }

    assert (linted.returncode, linted.stdout) == (0, "")
    assert built.keys() <= set(stages)
    assert {one for one in used if one.startswith("teachbase/")} == {f"teachbase/{target}" for target in built}
    assert set(built.values()) == {f"teachbase/{target}" for target in built}


def _name(image: str) -> str:
    return image.partition(":")[0]


def test_every_program_is_told_all_that_it_needs_and_nothing_that_it_does_not_know(
    compose: Any, tmp_path: Path
) -> None:
    seen = set()
    for one in compose["services"].values():
        name = program(one["image"])
        if name is not None:
            files = {secret["target"] for secret in one["secrets"]} | _identity(one)
            assert problems(name, one["environment"], files) == []
            settings(name, one["environment"], tmp_path)
            assert files == {value for key, value in one["environment"].items() if key.endswith("_FILE")}
            seen.add(name)
    assert seen == set(SETTINGS)


def _identity(service: Any) -> set[str]:
    """The files by which a container says which context it is; a migration never says so."""
    folders = {volume["target"] for volume in service.get("volumes", [])}
    speaks = "/run/tls" in folders or service["command"] == ["migrate"]
    return {f"/run/tls/{name}" for name in ("tls.crt", "tls.key", "ca.crt")} if speaks else set()


def test_each_container_has_the_certificate_of_its_context_alone(compose: Any) -> None:
    job = compose["services"]["certificates"]
    made = {volume["target"].rpartition("/")[2]: volume["source"] for volume in job["volumes"]}
    assert made.keys() == {*certificates.NAMES, "authority"}
    assert job["network_mode"] == "none"
    for name, one in compose["services"].items():
        context = program(one["image"])
        mounted = {volume["source"]: volume for volume in one.get("volumes", []) if "tls-" in volume["source"]}
        if name == "certificates" or context == "bootstrap" or one["command"] == ["migrate"] or context is None:
            assert name == "certificates" or not mounted, name
        else:
            assert mounted.keys() == {made[context]}, name
            assert mounted[made[context]]["read_only"] is True, name


def test_every_container_is_hardened_limited_and_watched(compose: Any) -> None:
    for name, one in compose["services"].items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert "memory" in one["deploy"]["resources"]["limits"], name
        assert "healthcheck" in one or one["restart"] == "no", name  # a job ends
        assert "user" in one or one["image"].startswith("teachbase/"), name  # ours are nobody's in the Dockerfile


def test_only_the_proxy_is_reached_and_the_console_from_this_host_alone(compose: Any) -> None:
    published = {
        (name, port.get("host_ip"), port["published"], port["target"])
        for name, one in compose["services"].items()
        for port in one.get("ports", [])
    }
    arguments = compose["services"]["envoy"]["build"]["args"]

    assert published == {
        ("envoy", "127.0.0.1", "3000", 3000),
        ("envoy", None, "8080", 8080),
        ("grafana", "127.0.0.1", "3001", 3000),
    }
    assert (arguments["TB_PORT"], arguments["TB_PUBLIC_PORT"]) == ("3000", "8080")


def test_what_must_outlive_a_container_is_on_a_volume(compose: Any) -> None:
    folders = {
        (name, volume["target"])
        for name, one in compose["services"].items()
        for volume in one.get("volumes", [])
        if volume["type"] == "volume"
    }
    told = {name: one.get("environment") or {} for name, one in compose["services"].items()}

    assert ("gateway", told["gateway"]["TB_SPOOL_DIR"]) in folders
    for name in ("messaging", "knowledge-worker"):
        assert (name, told[name]["TB_STORAGE_URL"].removeprefix("file://")) in folders
    assert {("postgres", "/var/lib/postgresql/data"), ("redis", "/data")} <= folders


def test_envoy_takes_what_its_image_is_built_with(compose: Any, tmp_path: Path) -> None:
    binary = envoy.binary()
    if binary is None:
        pytest.skip("no build of Envoy for this machine")
    arguments = compose["services"]["envoy"]["build"]["args"]
    certificates.make(tmp_path / "tls", ("bot.example",))
    for part in ("devstack/__init__.py", "devstack/envoy_config.py", "envoy/envoy.yaml"):  # all that its build has
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).write_text((ROOT / part).read_text())
    subprocess.run(
        [sys.executable, "-m", "devstack.envoy_config", tmp_path],
        cwd=tmp_path,
        env={**arguments, "TB_PUBLIC_TLS_DIR": str(tmp_path / "tls" / "bot.example")},
        check=True,
    )

    for file in (envoy_config.PLAIN, envoy_config.TLS):
        done = subprocess.run(
            [binary, "--mode", "validate", "--config-path", tmp_path / file, "--log-level", "warning"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, ""), file


def test_the_certificate_of_the_public_address_is_looked_for_where_it_is_mounted(compose: Any) -> None:
    proxy = compose["services"]["envoy"]
    wanted = proxy["build"]["args"]["TB_PUBLIC_TLS_DIR"]

    assert [one["target"] for one in proxy["volumes"]] == [wanted]
    for overlay in OVERLAYS:
        pod = next(one for one in Cluster(overlay).pods() if one.owner == "envoy")
        mounts = {one["mountPath"]: one["name"] for one in pod.containers[0]["volumeMounts"]}
        assert pod.volumes[mounts[wanted]]["secret"] == {"secretName": "public-tls", "optional": True}


def test_the_secrets_that_compose_names_are_those_that_are_made(compose: Any, tmp_path: Path) -> None:
    script = tmp_path / "scripts" / "secrets"
    script.parent.mkdir()
    script.write_text((ROOT / "scripts" / "secrets").read_text())

    first = subprocess.run(
        ["sh", script], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
    )
    given = {"PATH": "/usr/bin:/bin", "TB_BITRIX_CLIENT_SECRET": "from Bitrix24"}
    keys = (tmp_path / "secrets" / "secret_keys").read_bytes()
    subprocess.run(["sh", script], capture_output=True, check=True, env=given)

    made = {file.name: file for file in (tmp_path / "secrets").iterdir() if file.is_file()}
    assert first.returncode == 1
    assert "TB_BITRIX_CLIENT_SECRET" in first.stderr
    assert made.keys() == compose["secrets"].keys()
    assert made["secret_keys"].read_bytes() == keys
    assert (tmp_path / "secrets").stat().st_mode & 0o77 == 0
