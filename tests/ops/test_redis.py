"""Redis as compose.yaml and k8s start it: without the password nobody does anything."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from devstack.ports import next_free
from devstack.readiness import wait_ready
from devstack.redis import ENVIRONMENT, binary
from devstack.spawn import spawn
from kit import heartbeat
from kit.clock import utc_now
from kit.queue import BELL_KEY, Bell
from tests.e2e.product import eventually
from tests.ops.cluster import OVERLAYS, ROOT, Cluster

CHECK = ["redis-cli", "-e", "--no-auth-warning", "--user", "health", "--pass", "none", "ping"]


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What `scripts/secrets` makes."""
    script = tmp_path / "scripts" / "secrets"
    script.parent.mkdir()
    script.write_text((ROOT / "scripts" / "secrets").read_text())
    given = {"PATH": "/usr/bin:/bin", "TB_BITRIX_CLIENT_SECRET": "from Bitrix24"}
    subprocess.run(["sh", script], capture_output=True, check=True, env=given)
    return tmp_path / "secrets"


@pytest.fixture
async def url(secrets: Path, tmp_path: Path) -> AsyncIterator[str]:
    """A server with these secrets; yields the URL that services get."""
    port = next_free(0)
    told = (secrets / "redis_url").read_text().replace("@redis:6379", f"@127.0.0.1:{port}")
    started = [secrets / "redis_conf" if word.startswith("/run/") else word for word in _line()[1:]]
    line = [binary(), *started, "--port", str(port), "--bind", "127.0.0.1", "--dir", tmp_path]
    server = await spawn(line, tmp_path / "redis.log", env=ENVIRONMENT)

    async def is_ready() -> bool:
        try:
            async with Redis(port=port, username="health", password="none") as client:
                return bool(await client.ping())
        except (RedisError, OSError):
            return False

    await wait_ready("redis", server, is_ready, 20, tmp_path / "redis.log")
    yield told
    server.terminate()
    await server.wait()


def _line() -> list[str]:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    line: list[str] = compose["services"]["redis"]["command"]
    return line


async def test_who_has_the_password_rings_and_beats(url: str) -> None:
    bell = Bell(url, "letters")
    bell.ring("look")
    await bell.close()
    beating = asyncio.create_task(heartbeat.beat(url, "worker"))
    async with heartbeat.connect(url) as client:

        async def is_told() -> bool:
            return [one.name for one in await heartbeat.read(client, utc_now())] == ["worker"]

        await eventually(is_told)
        rung: Any = client.llen(BELL_KEY.format(queue="letters"))  # one signature for clients of both kinds
        assert await rung == 1
    beating.cancel()


async def test_who_has_not_does_nothing_and_may_ask_whether_it_is_up(url: str) -> None:
    address = url.rpartition("@")[2]
    for stranger in (f"redis://{address}", f"redis://:guessed@{address}"):
        async with Redis.from_url(stranger) as client:
            with pytest.raises(AuthenticationError):
                await client.get("key")
    async with Redis.from_url(f"redis://health:none@{address}") as client:
        assert await client.ping()
        for refused in (client.get("key"), client.info(), client.execute_command("ACL", "LIST")):
            with pytest.raises(NoPermissionError):
                await refused


def test_compose_and_the_cluster_start_and_check_it_alike() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["redis"]
    assert compose["healthcheck"]["test"] == ["CMD", *CHECK]
    for overlay in OVERLAYS:
        pod = next(one for one in Cluster(overlay).pods() if one.owner == "redis")
        [container] = pod.containers
        own = [word.replace("/run/secrets/redis/", "/run/secrets/") for word in container["args"]]
        assert own == _line(), overlay
        assert container["readinessProbe"]["exec"]["command"] == CHECK, overlay
