"""What goes wrong, one kind at a time: each is entered when it begins and left when it is over."""

import asyncio
import contextlib
import math
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import httpx

from devstack.settings import METRICS_OFFSETS
from kit import ids
from tests.chaos.breakage import KINDS, OF_A_SEND, PROCESSES, SEND, kill, set_faults, wipe
from tests.chaos.stack import CONTEXTS, Ground

AN_OUTAGE_S = 60.0
_A_WHILE_S = 9.0
_KILLED_EVERY_S = 3.0
_BACK_S = 30.0
_JUMP_S = 60
_UPGRADE_S = 15
"""Of each process there is one here, and nobody stands in while it starts: some seconds on a busy machine."""
_PLENTY = 1_000_000


@dataclass
class Scene:
    """The ground with who is on it; `times` says how often the fault struck: one that never did proves nothing."""

    ground: Ground
    members: Sequence[str]
    times: int = field(default=0)


Applied = Callable[[Scene], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """A kind of fault, and for how long it is there."""

    name: str
    applied: Applied
    seconds: float = _A_WHILE_S
    may_refuse: bool = False
    """Whether an event may be answered other than 200, which Bitrix24 takes for its end."""
    is_timed: bool = True
    """Whether the clock by which the simulator dates messages is to be believed."""
    at_most_s: float = math.inf
    """How long a reply may take: of what happens every day."""
    needs: frozenset[str] = frozenset()
    """Of the ground (`Ground.has`)."""


@asynccontextmanager
async def killed(name: str, how: signal.Signals, scene: Scene) -> AsyncIterator[None]:
    """Kill a process again and again."""

    async def again_and_again() -> None:
        while True:
            scene.times += kill(scene.ground.product, name, how)
            await asyncio.sleep(_KILLED_EVERY_S)

    killing = asyncio.create_task(again_and_again())
    yield
    killing.cancel()
    await asyncio.gather(killing, return_exceptions=True)


@asynccontextmanager
async def away(name: str, how: signal.Signals, scene: Scene) -> AsyncIterator[None]:
    """End an engine, and have nobody start it again."""
    os.kill(scene.ground.supervisor, signal.SIGSTOP)
    try:
        scene.times += kill(scene.ground.product, name, how)
        yield
    finally:
        os.kill(scene.ground.supervisor, signal.SIGCONT)


@asynccontextmanager
async def hanging(name: str, scene: Scene) -> AsyncIterator[None]:
    """Have a process keep its connections and answer nothing."""
    with scene.ground.product.frozen(name):
        scene.times += 1
        yield


@asynccontextmanager
async def redis_wiped(scene: Scene) -> AsyncIterator[None]:
    """Have Redis forget everything."""
    for _ in range(3):
        scene.times += await wipe(scene.ground.product)
        await asyncio.sleep(1)
    yield


@asynccontextmanager
async def cut_off(context: str, scene: Scene) -> AsyncIterator[None]:
    """Lose what is said to a context and what it says."""
    wire = scene.ground.wires[context]
    async with wire.cut():
        scene.times += wire.connections
        yield


@asynccontextmanager
async def clock_jumped(scene: Scene) -> AsyncIterator[None]:
    """Set the clocks of all processes but the engines forward, and back in the end."""
    scene.ground.clock.write_text(f"+{_JUMP_S}")
    try:
        await asyncio.sleep(2)  # the library looks once a second
        scene.times += await _jumped(scene)
        yield
    finally:
        scene.ground.clock.write_text("+0")


@asynccontextmanager
async def disk_full(scene: Scene) -> AsyncIterator[None]:
    """Fill the spool's disk while messaging is away: what does not fit is refused, what was taken is kept."""
    junk = scene.ground.spool / "junk"
    with scene.ground.product.frozen("messaging"):
        with contextlib.suppress(OSError), junk.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        scene.times += bool(junk.stat().st_size)
        yield
        junk.unlink()


@asynccontextmanager
async def restarted_in_turn(scene: Scene) -> AsyncIterator[None]:
    """Have every process of ours end as an upgrade has it end, and its successor take over."""
    for name in PROCESSES:
        before = scene.ground.product.pid(name)
        os.kill(before, signal.SIGTERM)
        scene.times += 1
        await _successor(scene, name, before)
    yield


@asynccontextmanager
async def portals_fail(kind: str, scene: Scene) -> AsyncIterator[None]:
    """Have every portal answer a third of the calls in one wrong way."""
    method = SEND if kind in OF_A_SEND else "*"
    delay_ms = 700 if kind == "slow" else 0
    fault = {"kind": kind, "method": method, "rate": 0.3, "count": _PLENTY, "delay_ms": delay_ms}
    await set_faults(scene.ground.product, scene.members, [fault])
    yield
    for portal in (await scene.ground.product.sim("GET", "/portals"))["items"]:
        scene.times += sum(_PLENTY - one["count"] for one in portal["faults"])
    await set_faults(scene.ground.product, scene.members, [])


async def _jumped(scene: Scene) -> bool:
    """Return whether the gateway tells another time than this process."""
    port = scene.ground.product.environment["TB_GATEWAY_PORT"]
    told = (await scene.ground.product.http.get(f"http://127.0.0.1:{port}/health")).headers["x-trace-id"]
    return ids.time_of(UUID(told)).timestamp() - time.time() > _JUMP_S / 2  # a trace id carries its time


async def _successor(scene: Scene, name: str, before: int) -> None:
    product = scene.ground.product
    metrics = (
        f"http://127.0.0.1:{int(product.environment['TB_METRICS_BASE_PORT']) + METRICS_OFFSETS[name]}/metrics"
    )
    async with asyncio.timeout(_BACK_S):
        while True:
            with contextlib.suppress(httpx.HTTPError, FileNotFoundError, ValueError):
                if product.pid(name) != before and (await product.http.get(metrics)).status_code == 200:
                    break
            await asyncio.sleep(0.2)
    await asyncio.sleep(1)


FAULTS: tuple[Fault, ...] = (
    *(Fault(f"{name} killed", partial(killed, name, signal.SIGKILL)) for name in PROCESSES),
    Fault("redis killed", partial(killed, "redis", signal.SIGKILL)),
    Fault("redis wiped", redis_wiped),
    Fault("redis hangs", partial(hanging, "redis")),
    Fault("redis away", partial(away, "redis", signal.SIGKILL), AN_OUTAGE_S),
    Fault("postgres crashes", partial(killed, "postgres", signal.SIGQUIT)),
    Fault("postgres hangs", partial(hanging, "postgres"), 20),
    Fault("postgres away", partial(away, "postgres", signal.SIGQUIT), AN_OUTAGE_S),
    *(Fault(f"network to {context} cut", partial(cut_off, context), 20) for context in CONTEXTS),
    *(Fault(f"portals: {kind}", partial(portals_fail, kind)) for kind in KINDS),
    Fault("clock forward and back", clock_jumped, is_timed=False, needs=frozenset({"clock"})),
    Fault("spool's disk full", disk_full, 15, may_refuse=True, needs=frozenset({"disk"})),
    Fault("rolling restart", restarted_in_turn, 1, at_most_s=_UPGRADE_S),
)
