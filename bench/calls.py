"""The Bitrix24 client beside the official SDK and fast_bitrix24, against one simulator."""

import asyncio
import functools
import json
import statistics
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from b24sim.testing import Sim
from bench.callers import BATCH, CLIENTS, SEND, Done, Task
from bench.report import Goal, Section
from bench.system import ROOT, scratch, server
from devstack import redis
from devstack.ports import next_free
from devstack.probes import http_ok

_MARGIN = (
    "Ours keeps a margin on purpose (1.9 requests/s and 45 at once): a portal punishes what comes over its limit, "
    "and requests that were granted apart may arrive together. Who sends more here was refused."
)

OURS = "ours"


class CallerFailed(Exception):
    """A client gave up; the text is what it said last."""


@dataclass(frozen=True)
class Plan:
    """How long to measure."""

    rounds: int
    measure_s: float
    limited_s: float


FULL = Plan(rounds=5, measure_s=4, limited_s=60)
QUICK = Plan(rounds=1, measure_s=2, limited_s=10)


@dataclass(frozen=True)
class Row:
    """A client without limits: medians over the rounds."""

    name: str
    calls_per_s: float
    cpu_us_per_call: float
    rounds: Sequence[Done]

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return self.name, f"{self.calls_per_s:.0f}", f"{self.cpu_us_per_call:.0f}"


@dataclass(frozen=True)
class LimitedRow:
    """A client within the platform's limits."""

    name: str
    messages_per_min: float
    violations: int
    """Requests that the portal refused because its bucket was full."""
    cpu_us_per_message: float
    run: Done

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return self.name, f"{self.messages_per_min:.0f}", str(self.violations), f"{self.cpu_us_per_message:.0f}"


@dataclass(frozen=True)
class Stage:
    """What all clients talk to."""

    sim: Sim
    redis_url: str

    async def run(self, client: str, per_request: int, seconds: float, *, is_limited: bool) -> tuple[Done, str]:
        """Let a client work against a portal of its own. Returns what came of it and the portal's member_id."""
        portal: dict[str, Any] = await self.sim.portal(installed=True, limits="off")
        await self.sim.bot(portal, "http://127.0.0.1:1/events")
        if is_limited:
            limits = {"rate": 2, "burst": 50}
            await self.sim.control("PUT", f"/portals/{portal['member_id']}/limits", limits)
        task = Task(
            client=client,
            method=SEND if is_limited else "profile",
            endpoint=portal["client_endpoint"],
            member_id=portal["member_id"],
            token=portal["admin"]["access_token"],
            redis_url=self.redis_url,
            per_request=per_request,
            at_once=2 if per_request > 1 else 8,
            seconds=seconds,
            is_limited=is_limited,
        )
        return await drive(task), portal["member_id"]


async def measure(plan: Plan) -> list[Section]:
    """Measure the three one after another without limits, then side by side within them."""
    async with _stage() as stage:
        sections = [
            await _unlimited(stage, plan, 1, "REST calls one by one, no limits"),
            await _unlimited(stage, plan, BATCH, f"REST calls in batches of {BATCH}, no limits"),
        ]
        return [*sections, await _limited(stage, plan)]


async def _unlimited(stage: Stage, plan: Plan, per_request: int, title: str) -> Section:
    runs: dict[str, list[Done]] = {client: [] for client in CLIENTS}
    for number in range(plan.rounds):
        print(f"{title}: round {number + 1} of {plan.rounds}", flush=True)
        for client, done in runs.items():
            done.append((await stage.run(client, per_request, plan.measure_s, is_limited=False))[0])
    rows = [
        Row(
            name=client,
            calls_per_s=statistics.median(map(_per_s, done)),
            cpu_us_per_call=statistics.median(map(_cpu_us, done)),
            rounds=done,
        )
        for client, done in runs.items()
    ]
    rounds = list(zip(runs[OURS], *(done for client, done in runs.items() if client != OURS), strict=True))
    faster = [_per_s(our) / max(map(_per_s, others)) for our, *others in rounds]
    leaner = [_cpu_us(our) / min(map(_cpu_us, others)) for our, *others in rounds]
    return Section(
        title=title,
        head=("client", "calls/s", "client's CPU, us / call"),
        rows=rows,
        goals=[
            Goal.at_least("calls/s, times the faster of the others", 1, faster, is_ratio=True),
            Goal.at_most("CPU per call, times the leaner of the others", 1, leaner, is_ratio=True),
        ],
    )


def _per_s(done: Done) -> float:
    return done.calls / done.seconds


def _cpu_us(done: Done) -> float:
    return 1e6 * done.cpu_s / done.calls


async def _limited(stage: Stage, plan: Plan) -> Section:
    title = f"Messages to one portal within its limits (2 requests/s, 50 at once), batches of {BATCH}"
    print(f"{title}: {plan.limited_s:g} s", flush=True)
    runs = await asyncio.gather(*(stage.run(client, BATCH, plan.limited_s, is_limited=True) for client in CLIENTS))
    rows = []
    for client, (done, member_id) in zip(CLIENTS, runs, strict=True):
        answer = await stage.sim.http.get(f"/control/portals/{member_id}/messages?limit=1000000")
        shown = len(answer.json()["items"]) - BATCH  # the first batch warms up
        if client == OURS and shown != done.calls:
            raise CallerFailed(f"{done.calls} messages sent, {shown} shown")
        violations = await stage.sim.control("GET", f"/portals/{member_id}/violations")
        rows.append(
            LimitedRow(
                name=client,
                messages_per_min=60 * shown / done.seconds,
                violations=violations["total"],
                cpu_us_per_message=1e6 * done.cpu_s / shown,
                run=done,
            )
        )
    [our] = [row for row in rows if row.name == OURS]
    return Section(
        title=title,
        head=("client", "messages/min", "refused for the limit", "client's CPU, us / message"),
        rows=rows,
        goals=[Goal.at_most("ours: requests refused for the limit", 0, our.violations)],
        note=_MARGIN,
    )


@asynccontextmanager
async def _stage() -> AsyncIterator[Stage]:
    port = next_free(0)
    url = f"http://127.0.0.1:{port}"
    with scratch() as folder:
        env = {"TB_SIM_PORT": str(port), "TB_RUN_DIR": str(folder)}
        ready = functools.partial(http_ok, port, "/control/stats")
        async with (
            redis.embedded_redis(folder / "redis", 0) as redis_url,
            server("simulator", ["b24sim"], env, folder / "simulator.log", ready),
            httpx.AsyncClient(base_url=url, timeout=60) as http,
        ):
            yield Stage(Sim(http, url), redis_url)


async def drive(task: Task) -> Done:
    """Have a client work, in a process of its own. Raises CallerFailed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.callers",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    out, err = await process.communicate(json.dumps(asdict(task)).encode())
    if process.returncode:
        raise CallerFailed(err.decode(errors="replace")[-2000:])
    return Done(**json.loads(out))
