"""The product and its simulator as their users see them: over HTTP."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from devstack.postgres import admin_dsn

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 90
SESSION_S = 600.0
"""Shorter than a session of the staff lasts."""
EVENTS = Path(__file__).parents[1] / "fixtures" / "bitrix24" / "events"
FORM = {"content-type": "application/x-www-form-urlencoded"}


class Product:
    """A running stack."""

    def __init__(self, run_dir: Path, environment: dict[str, str]) -> None:
        self.run_dir = run_dir
        self.environment = environment
        self.url = f"http://127.0.0.1:{environment['TB_PORT']}"
        self.sim_url = f"http://127.0.0.1:{environment['TB_SIM_PORT']}"
        self._http: httpx.AsyncClient | None = None
        self._admin_token, self._signed_in_at = "", 0.0

    def wait_ready(self, process: "subprocess.Popen[bytes]", output: Path, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while f"ready: {self.url}" not in output.read_text():
            assert process.poll() is None, f"the stack ended:\n{output.read_text()}"
            assert time.monotonic() < deadline, f"not ready:\n{output.read_text()}"
            time.sleep(0.1)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            self._http = http
            yield
        self._http = None

    @property
    def http(self) -> httpx.AsyncClient:
        assert self._http is not None
        return self._http

    async def sim(self, method: str, path: str, **body: Any) -> Any:
        """Call the simulator's control API."""
        answer = await self.http.request(method, f"{self.sim_url}/control{path}", json=body or None)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def portal(self, **options: Any) -> dict[str, Any]:
        """Create a portal in the simulator; its domain is one of its own."""
        options.setdefault("domain", f"p{uuid.uuid4().hex[:10]}.b24.test")
        portal: dict[str, Any] = await self.sim("POST", "/portals", **options)
        return portal

    async def install(self, portal: dict[str, Any], user_ids: list[int]) -> dict[str, Any]:
        """Install the app as the wizard page does; returns both answers."""
        installed: dict[str, Any] = await self.sim(
            "POST", f"/portals/{portal['member_id']}/install", user_ids=user_ids
        )
        assert installed["complete"]["status"] == "ok", installed
        assert installed["finalize"]["status"] == "ok", installed
        return installed

    async def write(self, portal: dict[str, Any], user_id: int, text: str, **options: Any) -> int:
        """Write to the bot as an employee; returns the message's id in Bitrix24."""
        path = f"/portals/{portal['member_id']}/messages"
        written = await self.sim("POST", path, user_id=user_id, text=text, **options)
        return int(written["message_id"])

    async def visible(self, portal: dict[str, Any], dialog_id: str | None = None) -> list[dict[str, Any]]:
        """Return every message that the portal shows, oldest first."""
        query = f"?dialog_id={dialog_id}" if dialog_id else ""
        shown = await self.sim("GET", f"/portals/{portal['member_id']}/messages{query}")
        items: list[dict[str, Any]] = shown["items"]
        return items

    async def post_event(self, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.http.post(f"{self.url}/v1/bitrix/events", content=body, headers=headers or FORM)

    async def admin(self, path: str, **query: Any) -> Any:
        """Read from the console's API."""
        answer = await self.admin_answer(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def admin_post(self, path: str, **body: Any) -> httpx.Response:
        """Change something through the console's API."""
        headers = await self.admin_headers()
        return await self.http.post(f"{self.url}/v1/admin{path}", json=body or None, headers=headers)

    async def admin_answer(self, path: str, **query: Any) -> httpx.Response:
        headers = await self.admin_headers()
        return await self.http.get(f"{self.url}/v1/admin{path}", params=query or None, headers=headers)

    async def admin_headers(self) -> dict[str, str]:
        if not self._admin_token or time.monotonic() - self._signed_in_at > SESSION_S:
            login = await self.http.post(
                f"{self.url}/v1/admin/auth/login", json={"email": "admin@localhost", "password": "changeme"}
            )
            assert login.status_code == 200, login.text
            self._admin_token, self._signed_in_at = login.json()["access_token"], time.monotonic()
        return {"authorization": f"Bearer {self._admin_token}"}

    async def operate(self, path: str, **body: Any) -> httpx.Response:
        """Have the console's API do something, as the owner."""
        headers = await self.admin_headers()
        return await self.http.post(f"{self.url}/v1/admin{path}", json=body or None, headers=headers, timeout=60)

    async def sql(self, context: str, statement: str, *values: Any) -> list[Any]:
        """Run a statement on a context's schema, as nobody of the product may."""
        dsn = admin_dsn(self.run_dir / "postgres", int(self.environment["TB_POSTGRES_PORT"]))
        session = await asyncpg.connect(dsn, server_settings={"search_path": context})
        try:
            return list(await session.fetch(statement, *values))
        finally:
            await session.close()

    def pid(self, name: str) -> int:
        return int((self.run_dir / "pids" / f"{name}.pid").read_text())

    def kill(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGKILL)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a process and its children without ending them: connections stay open and nothing answers."""
        pid = self.pid(name)
        ps = ["ps", "-o", "pid=", "--ppid", str(pid)]
        children = subprocess.run(ps, capture_output=True, text=True, check=False)  # it fails where there is none
        pids = [pid, *map(int, children.stdout.split())]
        for one in pids:
            os.kill(one, signal.SIGSTOP)
        try:
            yield
        finally:
            for one in pids:
                os.kill(one, signal.SIGCONT)

    def log(self, name: str) -> str:
        return (self.run_dir / "logs" / f"{name}.log").read_text()


@contextmanager
def running(folder: Path, base: int, tree: Path = ROOT, /, **more: str) -> Iterator[Product]:
    """A whole stack of the sources in `tree`: as `make run` starts it, in its own folder, on ports from `base`."""
    ports = {
        name: str(base + offset)
        for offset, name in enumerate(
            ("TB_PORT", "TB_GATEWAY_PORT", "TB_SIM_PORT", "TB_POSTGRES_PORT", "TB_REDIS_PORT"), start=1
        )
    }
    grpc = {
        f"TB_{name}_GRPC": f"127.0.0.1:{base + 10 + offset}"
        for offset, name in enumerate(("PORTAL", "MESSAGING", "DELIVERY", "BILLING"))
    }
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TB_")},
        **ports,
        **grpc,
        "TB_METRICS_BASE_PORT": str(base + 20),
        "TB_RUN_DIR": str(folder / "run"),
        "TB_PUBLIC_URL": f"http://127.0.0.1:{ports['TB_PORT']}",
        **more,
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "devstack", "up"], cwd=tree, env=environment, stdout=output, stderr=output
        )
    product = Product(folder / "run", environment)
    try:
        product.wait_ready(process, folder / "output", READY_WITHIN_S)
        yield product
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


async def eventually(check: Callable[[], Awaitable[Any]], seconds: float = 15, what: str = "it") -> Any:
    """Return the first true answer of `check`, asked every 100 ms."""
    deadline = time.monotonic() + seconds
    while not (found := await check()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        await asyncio.sleep(0.1)
    return found
